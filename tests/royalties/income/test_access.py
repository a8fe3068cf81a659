"""Who may do what with royalty money, as one table: what is refused has no effect. And who sees nothing of it."""

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import Role
from notifications.models import Notification
from royalties.models import (
    Allocation,
    BankFile,
    Distribution,
    Due,
    FeeShare,
    Invoice,
    LedgerEntry,
    PersonShare,
    Posting,
    Receipt,
    SharePlan,
)
from royalties.services.share.propose import propose
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import organization_of
from tests.factories.royalties.brokered import brokered
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    TODAY,
    bank_file,
    due,
    invoiced,
    paid,
    received,
    shared,
)

CANARY = "Kanarienvogel"


class Sides:
    """A brokered contract with something in every state, and people of every kind by name."""

    def __init__(self):
        self.contract, quoter = brokered(firm=OrganizationFactory(name=f"{CANARY} 정밀"))
        holder, firm = self.contract.holder, self.contract.firm
        line = due(self.contract)
        self.shared_out = shared(paid(invoiced(line), 55 * MILLION))
        self.to_share = paid(Invoice.objects.get(), 11 * MILLION)
        self.invoice = invoiced(due(self.contract, key="b", amount_won=7 * MILLION))
        self.due = due(self.contract, key="c")
        self.receipt = received(holder, 3 * MILLION, payer=CANARY)
        self.file = bank_file(holder, payer=CANARY)
        self.payee = holder.payees.get(email="haneul@example.org")
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "inventor": UserFactory(email="haneul@example.org"),
            "other_inventor": UserFactory(email="bada@example.org"),
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "other_institute": MembershipFactory(institute=True, manager=True).user,
            "other_firm": MembershipFactory(company=True, manager=True).user,
            "other_broker": MembershipFactory(broker=True, manager=True).user,
            "broker_staff": quoter,
            "firm_viewer": MembershipFactory(organization=firm, role=Role.VIEWER).user,
            "firm_staff": MembershipFactory(organization=firm).user,
            "firm_manager": MembershipFactory(organization=firm, manager=True).user,
            "holder_asked_to_join": MembershipFactory(organization=holder, requested=True).user,
            "holder_viewer": MembershipFactory(organization=holder, role=Role.VIEWER).user,
            "holder_staff": MembershipFactory(organization=holder).user,
            "holder_manager": MembershipFactory(organization=holder, manager=True).user,
        }


@pytest.fixture
def sides():
    with time_machine.travel(NOW, tick=False):
        yield Sides()


NOTHING = (404,) * 10
#   invoice, receipt, statement, distribution | ask, cancel, assign, book, share out, take back
TABLE = {
    "anonymous": (302,) * 10,
    "stranger": NOTHING,
    "inventor": (404, 404, 200, 404, *NOTHING[4:]),
    "other_inventor": NOTHING,
    "officer": NOTHING,
    "other_institute": NOTHING,
    "other_firm": NOTHING,
    "other_broker": NOTHING,
    "broker_staff": NOTHING,
    "firm_viewer": (404, 404, 404, 404, 403, *NOTHING[5:]),
    "firm_staff": (200, 404, 404, 404, 403, 403, 404, 404, 404, 404),
    "firm_manager": (200, 404, 404, 404, 403, 403, 404, 404, 404, 404),
    "holder_asked_to_join": NOTHING,
    "holder_viewer": (404, 404, 404, 404, 403, *NOTHING[5:]),
    "holder_staff": (200, 200, 200, 200, 302, 302, 302, 302, 403, 403),
    "holder_manager": (200, 200, 200, 200, 302, 302, 302, 302, 302, 302),
}
MODELS = (
    Invoice, Due, Receipt, Allocation, BankFile, SharePlan, Distribution, PersonShare, FeeShare, Posting, LedgerEntry,
)  # fmt: skip


def traces():
    return [list(model.objects.order_by("pk").values()) for model in MODELS] + [Notification.objects.count()]


def looks(sides):
    yield reverse("royalties:invoice", args=[sides.invoice.public_id])
    yield reverse("royalties:receipt", args=[sides.receipt.public_id])
    yield reverse("royalties:statement", args=[sides.payee.public_id])
    yield reverse("royalties:distribution", args=[sides.shared_out.public_id])


def acts(sides):
    """Address and form, in the order of the table. Taking back comes before sharing out, as the newest goes first."""
    yield 4, "invoice_new", sides.due, {"pay_by": str(TODAY), "vat_bp": "10"}
    yield 5, "invoice_cancel", sides.invoice, {"reason": "x"}
    yield 6, "receipt_assign", sides.receipt, {"invoice": str(sides.to_share.invoice.public_id)}
    yield 7, "bank_book", sides.file, {}
    yield 9, "distribution_undo", sides.shared_out, {"reason": "x"}
    yield 8, "share_out", sides.to_share, {}


@pytest.mark.parametrize("who", TABLE)
def test_seeing_and_acting(client, sides, who):
    user, row = sides.people[who], TABLE[who]
    if user:
        sign_in(client, user)
    for place, url in enumerate(looks(sides)):
        assert client.get(url).status_code == row[place], url
    for place, name, thing, form in acts(sides):
        if name == "share_out" and row[place] == 302 and user:
            form = {"seen": propose(Allocation.objects.get(pk=thing.pk), today=TODAY).digest}
        before = traces()
        response = client.post(reverse(f"royalties:{name}", args=[thing.public_id]), form)
        assert response.status_code == row[place], name
        assert (traces() != before) == (user is not None and row[place] == 302), name


LISTS = (
    "invoices", "invoices_export", "to_ask_for", "receipts", "receipts_export", "bank_files", "sharing", "statements",
    "payroll", "my_statement", "my_statement_export", "fees", "fees_export",
)  # fmt: skip
APIS = ("invoices", "receipts", "shares", "fees", "to-share", "distributions", "bank-files")
OUTSIDE = ["stranger", "officer", "other_institute", "other_firm", "other_broker", "holder_asked_to_join"]


def text_of(response):
    return (b"".join(response.streaming_content) if response.streaming else response.content).decode(errors="replace")


@pytest.mark.parametrize("who", OUTSIDE)
def test_lists_exports_counts_and_inboxes_of_others_say_nothing(client, sides, who):
    user = sides.people[who]
    sign_in(client, user)
    secrets = (CANARY, sides.invoice.number, sides.receipt.number, sides.shared_out.number, "haneul@example.org")
    for name in LISTS:
        for query in ({}, {"q": CANARY}, {"q": sides.invoice.number}):
            text = text_of(client.get(reverse(f"royalties:{name}"), query))
            # What was asked for comes back in the form and in the addresses of other languages.
            assert not [secret for secret in secrets if secret in text and secret != query.get("q")], name
    api = api_of(user)
    for name in APIS:
        found = api.get(reverse(f"royalties-api:{name}"))
        assert found.status_code == 200
        assert found.json()["count"] == 0
    assert not Notification.objects.filter(recipient=user, kind__startswith="royalty").exists()


def test_an_inventor_sees_the_own_statement_and_of_it_nobody_else(client, sides):
    sign_in(client, sides.people["inventor"])
    page = client.get(reverse("royalties:my_statement"))
    assert "Lee Bada" not in page.text
    lines = page.context["lines"]
    assert [line.share.payee.email for line in lines] == ["haneul@example.org"]
    export = text_of(client.get(reverse("royalties:my_statement_export")))
    assert "haneul@example.org" in export
    assert "bada@example.org" not in export
    api = api_of(sides.people["inventor"])
    assert {row["email"] for row in api.get(reverse("royalties-api:shares")).json()["results"]} == {
        "haneul@example.org"
    }
    assert api.get(reverse("royalties-api:invoices")).json()["count"] == 0


def test_a_broker_sees_its_own_fee_and_nothing_else(client, sides):
    quoter = sides.people["broker_staff"]
    sign_in(client, quoter)
    page = client.get(reverse("royalties:fees"))
    assert [fee.broker for fee in page.context["page"]] == [organization_of(quoter)] * len(page.context["page"])
    assert page.context["page"].paginator.count == FeeShare.objects.filter(broker=organization_of(quoter)).count() > 0
    assert Notification.objects.filter(recipient=quoter, kind="royalty_fee_earned").exists()
    for name in ("receipts", "sharing", "statements", "bank_files", "to_ask_for"):
        assert client.get(reverse(f"royalties:{name}")).status_code == 403, name
    led = client.get(reverse("royalties:invoices"))
    assert (led.status_code, led.url) == (302, reverse("royalties:fees"))
    assert client.get(reverse("royalties:invoices_export")).status_code == 403
    assert f'href="{reverse("royalties:fees")}"' in client.get("/").text
    api = api_of(quoter)
    assert [api.get(reverse(f"royalties-api:{name}")).json()["count"] for name in APIS[:3]] == [0, 0, 0]


def test_a_firm_sees_its_invoices_and_what_it_paid_but_not_who_got_it(client, sides):
    sign_in(client, sides.people["firm_staff"])
    page = client.get(reverse("royalties:invoices"))
    assert page.context["page"].paginator.count == 2
    invoice = client.get(reverse("royalties:invoice", args=[sides.to_share.invoice.public_id]))
    assert sides.to_share.receipt.number in invoice.text
    assert "Kim Haneul" not in invoice.text
    api = api_of(sides.people["firm_staff"])
    assert api.get(reverse("royalties-api:invoices")).json()["count"] == 2
    assert api.get(reverse("royalties-api:receipts")).json()["count"] == 0


def test_mails_and_messages_name_no_sum_and_nobody(sides):
    told = Notification.objects.filter(kind__startswith="royalty")
    assert told.exists()
    for each in told:
        words = str(each.params)
        assert not any(secret in words for secret in (CANARY, "Kim", "haneul", "000000"))
