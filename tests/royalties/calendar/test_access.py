"""Who may do what with the calendar, as one table: pages and API; what is refused has no effect. Who sees nothing."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from notifications.models import Notification
from royalties.models import Due, ReachedReport, SalesStatement, UsageReport
from royalties.services.calendar.reach import report_reached
from royalties.services.calendar.report_sales import report_sales
from tests.brokers.conftest import api_of, at_now  # noqa: F401  a fixture
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.brokers.mandates import in_force as mandate_in_force
from tests.factories.deals.contracts import member
from tests.factories.royalties.calendar import SIGNED_ON, Method, Milestone, Terms, contract, due

CANARY = "kanarienvogel"
HIDDEN = (404,) * 7
#  see, report sales, report use, report reached, accept, confirm, waive
TABLE = {
    "anonymous": (302,) * 7,
    "stranger": HIDDEN,
    "other_institute": HIDDEN,
    "other_firm": HIDDEN,
    "officer": HIDDEN,
    "left_broker": HIDDEN,
    "broker": (200, 403, 403, 403, 403, 403, 403),
    "firm_viewer": (200, 403, 403, 403, 403, 403, 403),
    "firm_staff": (200, 302, 302, 302, 403, 403, 403),
    "firm_manager": (200, 302, 302, 302, 403, 403, 403),
    "holder_viewer": (200, 403, 403, 403, 403, 403, 403),
    "holder_staff": (200, 403, 403, 403, 302, 302, 403),
    "holder_manager": (200, 403, 403, 403, 302, 302, 302),
}


class Calendar:
    """A contract with something to do for everybody, and people of every kind by name."""

    def __init__(self, at):
        steps = (Milestone("one", f"{CANARY} one", 1_000_000, 12), Milestone("two", f"{CANARY} two", 1_000_000, 24))
        terms = Terms(method=Method.RUNNING, upfront_won=7_654_321, running_bp=300, milestones=steps)
        made = self.contract = contract(terms, at=at, signed_on=SIGNED_ON)
        self.at, firm = at, member(made.firm)
        self.statement = report_sales(
            contract=made, year=2024, gross_won=9_876_543, text=CANARY, by=firm, at=at
        ).statement
        self.reached = report_reached(due=due(made, "milestone:one"), reached_on=SIGNED_ON, text=CANARY, by=firm, at=at)
        self.open, self.upfront = due(made, "milestone:two"), due(made, "upfront")
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "other_institute": MembershipFactory(institute=True, manager=True).user,
            "other_firm": MembershipFactory(company=True, manager=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "left_broker": self.broker(left=True),
            "broker": self.broker(),
            "firm_viewer": member(made.firm, role=Role.VIEWER),
            "firm_staff": member(made.firm, role=Role.STAFF),
            "firm_manager": member(made.firm),
            "holder_viewer": member(made.holder, role=Role.VIEWER),
            "holder_staff": member(made.holder, role=Role.STAFF),
            "holder_manager": member(made.holder),
        }

    def broker(self, *, left=False):
        mandate = mandate_in_force(client=self.contract.firm)
        by = member(mandate.broker)
        self.contract.negotiation.brokers.create(
            organization=mandate.broker, side="firm", mandate=mandate, joined_at=self.at, joined_by=by,
            left_at=self.at if left else None,
        )  # fmt: skip
        return by

    def actions(self, face):
        """(name, address, form or body)"""
        made = self.contract
        page = face == "page"
        sales = {"year": 2025, "gross_won": 5_000_000, "text": "", "seen": 0}
        use = {"year": 2025, "usage": "in_use", "text": ""}
        reached = {"reached_on": str(SIGNED_ON), "text": "Report"}
        waived = {"reason": "Hardship", "seen_won": self.upfront.amount_won}
        named = (
            ("sales_new", "statements", made, sales),
            ("usage_new", "usage", made, use),
            ("due_reached", "due-reached", self.open, reached),
            ("sales_accept", "statement-accept", self.statement, {"text": "Books"}),
            ("reached_confirm", "reached-confirm", self.reached, {"text": ""}),
            ("due_waive", "due-waive", self.upfront, waived),
        )
        for name, api, target, body in named:
            yield (
                name,
                reverse(f"royalties{'' if page else '-api'}:{name if page else api}", args=[target.public_id]),
                body,
            )


@pytest.fixture
def calendar(at_now):  # noqa: F811
    return Calendar(at_now)


def traces():
    models = (Due, SalesStatement, UsageReport, ReachedReport)
    return [list(model.objects.order_by("pk").values()) for model in models] + [Notification.objects.count()]


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", TABLE)
def test_seeing_and_acting(client, calendar, who, face):
    user, api = calendar.people[who], api_of(calendar.people[who])
    if user and face == "page":
        sign_in(client, user)

    def status(place):
        said = TABLE[who][place]
        return {302: 401}.get(said, said) if face == "api" and who == "anonymous" else said

    made = calendar.contract
    statement, found = calendar.statement, calendar.open
    seen = {
        "page": [("calendar", made), ("sales", statement), ("sales_lines", statement), ("due", found)],
        "api": [("calendar", made), ("statements", made), ("usage", made), ("statement", statement), ("due", found)],
    }
    for name, target in seen[face]:
        url = reverse(f"royalties{'' if face == 'page' else '-api'}:{name}", args=[target.public_id])
        assert (client if face == "page" else api).get(url).status_code == status(0), name
    for place, (name, url, body) in enumerate(calendar.actions(face), start=1):
        before = traces()
        got = client.post(url, body) if face == "page" else api.post(url, body, format="json")
        expected = status(place)
        done = expected == 302 and who != "anonymous"
        allowed = {200, 201} if face == "api" and done else {expected}
        assert got.status_code in allowed, (name, got.status_code, got.content[:500])
        assert (traces() != before) == done, name


OUTSIDERS = ["anonymous", "stranger", "other_institute", "other_firm", "officer", "left_broker"]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_lists_exports_counts_and_search_of_others_say_nothing(client, calendar, who):
    """No page, list, count, export or answer of the API names contract, words or sums to who is not a party."""
    user, made = calendar.people[who], calendar.contract
    secrets = (CANARY, made.number, "7654321", "7,654,321", "9876543", "9,876,543")
    if user:
        sign_in(client, user)
    pages = [
        "/", "/royalties/", "/royalties/dues/", f"/royalties/dues/?q={made.number}", "/royalties/dues/export.csv",
        f"/royalties/dues/?contract={made.public_id}", "/royalties/rules/", "/inbox/",
    ]  # fmt: skip
    answers = ["/api/v1/royalties/dues/", f"/api/v1/royalties/dues/?q={made.number}", "/api/v1/royalties/work/"]
    texts = []
    for url in pages:
        response = client.get(url)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        texts.append(body.decode().replace(f'value="{made.number}"', "").replace(f"q={made.number}", ""))
    api = api_of(user)
    texts += [api.get(url).content.decode() for url in answers]
    assert [secret for secret in secrets for text in texts if secret in text] == []


def test_nothing_is_told_to_who_is_not_a_party(calendar):
    outside = [calendar.people[who] for who in OUTSIDERS if calendar.people[who]]
    assert not Notification.objects.filter(recipient__in=outside, kind__startswith="sales").exists()


def test_parties_see_their_own_in_list_and_export(client, calendar):
    for who in ("firm_staff", "holder_staff", "broker"):
        sign_in(client, calendar.people[who])
        page = client.get(f"/royalties/dues/?q={calendar.contract.number}").text
        export = b"".join(client.get("/royalties/dues/export.csv").streaming_content).decode()
        assert calendar.contract.number in page
        assert "7654321" in export
        assert api_of(calendar.people[who]).get("/api/v1/royalties/dues/").json()["count"] > 5
