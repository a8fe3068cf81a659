"""Programs of officers begin, write, publish, follow up, cancel and close calls as the pages do, once under a key."""

import uuid
from dataclasses import asdict

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import Role
from programmes.enums.calls import CallState
from programmes.forms.call_sections import SECTIONS
from programmes.models import Call, CallVersion, KeyedAnswer
from programmes.scheme import Words
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.programmes.calls import NOW, SCHEME, call_in, draft_call, published_call, scheme
from tests.programmes.calls.test_access import people_of, rows
from tests.programmes.review.test_access import api_of

pytestmark = pytest.mark.django_db
BEGUN = {
    "kind": "voucher", "title_ko": "바우처", "budget_won": 1_000_000_000, "opens_at": "2026-07-01T09:00:00+09:00",
    "closes_at": "2026-07-31T09:00:00Z",
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def officer(office, role=Role.STAFF):
    return MembershipFactory(organization=office, role=role, user__second_factor=True).user


def ask(api, name, call, method="get", body=None, key=None):
    url = reverse(f"programmes-api:{name}", args=[call.number] if call else [])
    if method == "get":
        return api.get(url)
    headers = {"Idempotency-Key": str(key)} if key else {}
    return getattr(api, method)(url, {} if body is None else body, format="json", headers=headers)


def test_a_call_is_begun_once_in_korean_time_for_the_office_that_is_named():
    office = OrganizationFactory(government=True, name="나")
    by = officer(office)
    first_by_name = MembershipFactory(organization__name="가", government=True, user=by).organization
    api, key = api_of(by), uuid.uuid4()
    assert ask(api, "office-calls", None, "post", BEGUN).json()["errors"][0]["field"] == "Idempotency-Key"
    body = BEGUN | {"office": str(office.public_id)}
    made, again = (ask(api, "office-calls", None, "post", body, key) for _ in range(2))
    assert (made.status_code, again.status_code, again.json()) == (201, 201, made.json())
    other = ask(api, "office-calls", None, "post", body | {"budget_won": 1}, key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    call = Call.objects.get()
    assert (call.number, call.office, call.state) == (made.json()["number"], office, CallState.DRAFT)
    assert call.closes_at.isoformat() == "2026-07-31T09:00:00+00:00"
    ask(api, "office-calls", None, "post", BEGUN, uuid.uuid4())
    assert Call.objects.latest("pk").office == first_by_name
    listed = ask(api, "office-calls", None).json()
    assert [row["number"] for row in listed["results"]] == list(
        Call.objects.order_by("-pk").values_list("number", flat=True)
    )


def test_a_call_begins_with_what_an_older_one_says():
    older = published_call()
    api = api_of(officer(OrganizationFactory(government=True)))
    times = {name: BEGUN[name] for name in ("opens_at", "closes_at")}
    missing = ask(api, "office-calls", None, "post", times | {"copy_of": "PC2026000000"}, uuid.uuid4())
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (400, "copy_of")
    made = ask(api, "office-calls", None, "post", times | {"copy_of": older.number, "budget_won": 7}, uuid.uuid4())
    assert made.status_code == 201, made.json()
    draft = CallVersion.objects.latest("pk")
    assert (draft.call.title_ko, draft.call.budget_won, draft.call.kind) == (older.title_ko, 7, older.kind)
    assert draft.content == older.current.content
    assert made.json()["draft"]["wrote_it"] is True


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"closes_at": BEGUN["opens_at"]}, "closes_at"), ({"kind": "prize"}, "kind"), ({"title_ko": " "}, "title_ko"),
        ({"budget_won": 0}, "budget_won"), ({"opens_at": "0001-01-01T00:00:00Z"}, "opens_at"),
        ({"office": str(uuid.UUID(int=1))}, "office"), ({"number": "x"}, "number"),
    ],
)  # fmt: skip
def test_what_cannot_be_begun_is_said_at_its_field(wrong, field):
    api = api_of(officer(OrganizationFactory(government=True)))
    refused = ask(api, "office-calls", None, "post", BEGUN | wrong, uuid.uuid4())
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert (Call.objects.exists(), KeyedAnswer.objects.exists()) == (False, False)


@pytest.mark.parametrize("section", [section.key for section in SECTIONS])
def test_a_section_sent_back_as_it_was_read_changes_nothing_but_its_revision(section):
    call = draft_call()
    before = asdict(call.versions.get().terms)
    api = api_of(officer(call.office))
    read = ask(api, f"office-call-{section}", call).json()
    written = ask(api, f"office-call-{section}", call, "put", read)
    assert (written.status_code, written.json()) == (200, read | {"revision": read["revision"] + 1})
    draft = call.versions.get()
    assert (draft.scheme, asdict(draft.terms), draft.revision) == (SCHEME, before, 2)
    stale = ask(api, f"office-call-{section}", call, "put", read)
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")


def test_lines_are_written_with_the_keys_that_they_have_and_new_ones_get_one():
    call = draft_call()
    api, key = api_of(officer(call.office)), uuid.uuid4()
    read = ask(api, "office-call-menu", call).json()
    new = {"ko": "시험", "en": "Tests", "zh": "试验", "area": "technical", "most_won": 5_000_000}
    body = read | {"menu": [read["menu"][1], new]}
    written, again = (ask(api, "office-call-menu", call, "put", body, key) for _ in range(2))
    assert (written.status_code, again.json()) == (200, written.json())
    assert [(line.key, line.words.en) for line in call.versions.get().scheme.menu] == [
        ("prototype", "Prototype"), ("service_1", "Tests"),
    ]  # fmt: skip
    bands = ask(api, "office-call-bands", call).json()
    bands["bands"] = [{"own_bp": 1_250, "sales_up_to_won": None}, {"own_bp": 505, "sales_up_to_won": 100}]
    assert ask(api, "office-call-bands", call, "put", bands).status_code == 200
    found = call.versions.get().scheme.bands
    assert [(band.sales_up_to_won, band.own_bp) for band in found] == [(100, 505), (None, 1_250)]
    rules = ask(api, "office-call-conditions", call).json()
    rules["conditions"].append({"kind": "industry", "codes": ["c26", " J62 "]})
    assert ask(api, "office-call-conditions", call, "put", rules).status_code == 200
    assert call.versions.get().scheme.conditions[-1].codes == ("C26", "J62")


@pytest.mark.parametrize(
    ("section", "change", "field"),
    [
        ("menu", lambda body: body["menu"][0].update(key="theirs"), "menu.0.key"),
        ("menu", lambda body: body["menu"].append(body["menu"][0]), "menu.3.key"),
        ("menu", lambda body: body["menu"][1].update(most_won=-1), "menu.1.most_won"),
        ("menu", lambda body: body.update(menu=[{}] * 41), "menu.non_field_errors"),
        ("papers", lambda body: body["papers"][0].update(stage="never"), "papers.0.stage"),
        ("clocks", lambda body: body.update(unused_bp=10_001), "unused_bp"),
        ("clocks", lambda body: body.pop("objection"), "objection"),
        ("notice", lambda body: body.update(title_ko=""), "title_ko"),
        ("notice", lambda body: body.update(head="x"), "head"),
    ],
)
def test_what_cannot_be_written_is_said_at_its_place(section, change, field):
    call = draft_call()
    api, before = api_of(officer(call.office)), rows()
    body = ask(api, f"office-call-{section}", call).json()
    change(body)
    refused = ask(api, f"office-call-{section}", call, "put", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert rows() == before


def test_a_colleague_publishes_what_is_complete_and_the_next_version_says_why():
    call = draft_call(by=officer(OrganizationFactory(government=True)), content=scheme(notice=Words("")))
    writer, other = (api_of(user) for user in (call.created_by, officer(call.office)))
    seen = ask(other, "office-call", call).json()["draft"]
    assert (seen["wrote_it"], {each["section"] for each in seen["missing"]}) == (False, {"notice"})
    before, key = rows(), uuid.uuid4()
    own = ask(writer, "office-call-publish", call, "post", {"revision": 1})
    assert (own.status_code, own.json()["code"]) == (403, "not_allowed")
    refused = ask(other, "office-call-publish", call, "post", {"revision": 1}, key)
    assert (refused.status_code, refused.json()["code"]) == (400, "call_not_ready")
    assert refused.json()["errors"][0]["field"] == "notice"
    assert rows() == before
    notice = ask(writer, "office-call-notice", call).json() | dict.fromkeys(
        ("notice_ko", "notice_en", "notice_zh"), "x"
    )
    assert ask(writer, "office-call-notice", call, "put", notice).status_code == 200
    assert ask(other, "office-call-publish", call, "post", {"revision": 1}).status_code == 409
    key = uuid.uuid4()
    done, again = (ask(other, "office-call-publish", call, "post", {"revision": 2}, key) for _ in range(2))
    assert (done.status_code, again.json(), done.json()["draft"]) == (200, done.json(), None)
    call.refresh_from_db()
    assert (call.state, call.versions.count()) == (CallState.PUBLISHED, 1)
    assert ask(other, "office-call-notice", call).status_code == 404
    for _ in range(2):  # begun once
        after = ask(other, "office-call-next", call, "post")
        assert (after.status_code, after.json()["draft"]["serial"]) == (200, 2)
    assert [row["serial"] for row in after.json()["versions"]] == [2, 1]


ACTS = {
    "office-call-publish": {"revision": 1}, "office-call-next": {}, "office-call-close": {},
    "office-call-cancel": {"reason": "No budget."},
}  # fmt: skip
DONE = {
    CallState.DRAFT: {"office-call-publish", "office-call-cancel"},
    CallState.PUBLISHED: {"office-call-next", "office-call-cancel"},
    CallState.DECIDED: {"office-call-close"},
    CallState.CLOSED: set(),
    CallState.CANCELLED: set(),
}


@pytest.mark.parametrize("state", CallState.values)
@pytest.mark.parametrize("act", ACTS)
def test_what_an_officer_of_the_office_can_do_in_which_state(state, act):
    call = call_in(state)
    api, before, key = api_of(officer(call.office)), rows(), uuid.uuid4()
    first, again = (ask(api, act, call, "post", ACTS[act], key) for _ in range(2))
    assert (rows() != before) == (act in DONE[state])
    if act in DONE[state]:
        assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
        assert first.json()["number"] == call.number
    else:
        assert {first.status_code, again.status_code} <= {404, 409}


@pytest.mark.parametrize("state", CallState.values)
def test_nobody_but_officers_of_the_office_reads_or_changes_anything(state):
    call = call_in(state)
    before = rows()
    for who, user in people_of(call).items():
        api, status = api_of(user), 401 if who == "anonymous" else 403
        got = {ask(api, act, call, "post", body).status_code for act, body in ACTS.items()}
        got |= {ask(api, name, call).status_code for name in ("office-call", "office-call-notice")}
        got.add(ask(api, "office-call-notice", call, "put", {}).status_code)
        if who != "other_office":
            got.add(ask(api, "office-calls", None).status_code)
            got.add(ask(api, "office-calls", None, "post", BEGUN, uuid.uuid4()).status_code)
        assert got == {status}, who
    assert rows() == before
