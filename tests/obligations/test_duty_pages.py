"""The page of a duty and the API: who may do what, two at once, nothing overwritten, nothing typed lost."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from obligations.models import Discharge, Exemption, Obligation
from obligations.services.discharge import accept_extension, discharge, verify
from tests.factories.obligations import NOW, duty, exemption
from tests.factories.tech_listings import ListingFactory
from tests.obligations.cases import SOON, Case, file, state


@pytest.fixture
def case(world, client):
    return Case(world, client)


SENT = {
    "discharge": lambda case: {"listing": case.listing.number},
    "undischarge": lambda case: {"listing": str(case.listing.public_id)},
    "verify": lambda case: {},
    "delay": lambda case: {"until": str(timezone.localdate() + timedelta(days=30)), "reason": "Abroad"},
    "count": lambda case: {"count": 2},
    "ask": lambda case: {"ground": "ip_pending", "until": str(SOON), "text": "Filed abroad", "evidence": file()},
    "decide": lambda case: {"exemption": str(case.asked.public_id), "decision": "grant", "until": str(SOON)},
    "take_back": lambda case: {"exemption": str(case.asked.public_id)},
}
SIDE = {name: "officer" if name in {"verify", "delay", "count", "decide"} else "staff" for name in SENT}
PEOPLE = ("stranger", "firm", "broker", "other_institute", "viewer", "staff", "officer", "officer_of_the_institute")
INVISIBLE = {"stranger", "firm", "broker", "other_institute", "viewer"}


def prepared(case, action):
    if action in {"undischarge", "verify"}:
        case.list_it()
    if action in {"decide", "take_back"}:
        case.asked = case.exempt()
    return SENT[action](case)


@pytest.mark.parametrize("action", SENT)
def test_who_may_by_page_and_api(case, action):
    data = prepared(case, action)
    before = state()
    for who in PEOPLE:
        if who == SIDE[action] or (action, who) == ("undischarge", "officer"):  # who looked may say so, too
            continue
        refused = 404 if who in INVISIBLE else 403
        if who == "staff" or who.startswith("officer"):
            assert case.as_(who).client.get(case.page).status_code == 200
        for sent in (case.as_(who).send(action, **data), case.call(who, action, **data)):
            assert sent.status_code == refused, (who, sent.content)
        if "evidence" in data:
            data["evidence"] = file()
    assert state() == before
    done = case.as_(SIDE[action]).send(action, **data)
    assert (done.status_code, done.headers.get("Location")) == (302, case.page)
    assert state() != before


@pytest.mark.parametrize("action", SENT)
def test_by_api_too_and_a_get_changes_nothing(case, action):
    data = prepared(case, action)
    before = state()
    assert case.as_(SIDE[action]).client.get(f"{case.page}{action.replace('_', '-')}/").status_code == 302
    assert state() == before
    done = case.call(SIDE[action], action, **data)
    assert done.status_code == 200, done.content
    assert done.json()["id"] == str(case.duty.public_id)
    assert state() != before


def test_anonymous_is_sent_to_sign_in(case):
    assert case.client.get(case.page).status_code == 302
    assert case.send("verify").status_code == 302


# --- two at once ---


@pytest.mark.parametrize("action", [name for name in SENT if name != "discharge"])
def test_the_second_tab_is_told_and_overwrites_nothing(case, action):
    data = prepared(case, action)
    seen = case.duty.revision
    # Something else happens between opening the page and pressing the button.
    Obligation.objects.filter(pk=case.duty.pk).update(revision=seen + 1, listings_needed=1)
    before = state()
    for sent in (
        case.as_(SIDE[action]).send(action, revision=seen, **data),
        case.call(SIDE[action], action, revision=seen, **data | ({"evidence": file()} if action == "ask" else {})),
    ):
        assert sent.status_code == 409, sent.content
    assert state() == before


def test_a_page_says_what_changed_and_by_whom_and_keeps_what_was_typed(case):
    seen = case.duty.revision
    colleague = case.person("officers_manager")
    until = timezone.localdate() + timedelta(days=20)
    accept_extension(obligation=case.duty, until=until, reason="Laboratory closed", by=colleague, at=timezone.now())
    late = timezone.localdate() + timedelta(days=50)
    sent = case.as_("officer").send("delay", revision=seen, until=str(late), reason="What I typed for long")
    assert sent.status_code == 409
    assert "Laboratory closed" in sent.text
    assert str(colleague) in sent.text
    assert "What I typed for long" in sent.text
    case.duty.refresh_from_db()
    assert case.duty.extended_to == until
    # Pressed again, knowing what changed, it holds.
    again = case.send("delay", revision=sent.context["forms"]["delay"]["revision"].value(), until=str(late), reason="x")
    assert again.status_code == 302


def test_what_cannot_be_done_any_more_shows_what_was_typed(case):
    asked = case.exempt()
    seen = case.duty.revision
    other = case.person("officers_manager")
    case.as_("officers_manager").send("decide", exemption=str(asked.public_id), decision="refuse", text="No proof")
    sent = case.as_("officer").send(
        "decide",
        revision=seen,
        exemption=str(asked.public_id),
        decision="grant",
        until=str(SOON),
        text="My long reason",
    )
    assert sent.status_code == 409
    assert f"{other} decided this before you" in sent.text
    assert "My long reason" in sent.text
    assert ("Decision", "Grant") in sent.context["typed"]
    assert "decide" not in sent.context["forms"]
    assert Exemption.objects.get().state == "refused"


def test_the_institute_takes_back_while_the_officer_decides(case):
    asked = case.exempt()
    seen = case.duty.revision
    case.as_("staff").send("take_back", exemption=str(asked.public_id))
    sent = case.as_("officer").send(
        "decide", revision=seen, exemption=str(asked.public_id), decision="grant", until=str(SOON)
    )
    assert sent.status_code == 409
    assert "The institute took this back before you" in sent.text
    told = case.call("officer", "decide", revision=seen, exemption=str(asked.public_id), decision="grant")
    assert (told.status_code, told.json()["code"]) == (409, "duty_not_open")


def test_what_was_granted_meanwhile_is_not_lost_by_taking_back(case):
    asked = case.exempt()
    seen = case.duty.revision
    case.as_("officer").send("decide", exemption=str(asked.public_id), decision="grant", until=str(SOON))
    sent = case.as_("staff").send("take_back", revision=seen, exemption=str(asked.public_id))
    assert sent.status_code == 409
    assert "An officer" in sent.text  # to the institute an officer has no name
    assert str(case.person("officer")) not in sent.text
    assert Exemption.objects.get().state == "granted"


def test_the_api_says_what_changed_too(case):
    seen = case.duty.revision
    until = timezone.localdate() + timedelta(days=20)
    by = case.person("officers_manager")
    accept_extension(obligation=case.duty, until=until, reason="Closed", by=by, at=timezone.now())
    told = case.call("officer", "delay", revision=seen, until=str(until + timedelta(days=3)), reason="x")
    assert told.json()["code"] == "changed_meanwhile"
    assert str(by) in told.json()["detail"]


def test_a_revision_that_there_has_not_been_yet_is_a_conflict_about_nothing(case):
    told = case.call("officer", "verify", revision=case.duty.revision + 5)
    assert told.json()["code"] == "changed_meanwhile"
    assert "Since then" not in told.json()["detail"]


def test_a_double_click_discharges_once(case):
    first = case.as_("staff").send("discharge", listing=case.listing.number)
    second = case.send("discharge", listing=case.listing.number)
    assert [first.status_code, second.status_code] == [302, 302]
    assert Discharge.objects.count() == 1


# --- what is typed wrongly ---


@pytest.mark.parametrize(
    ("action", "data", "field"),
    [
        ("discharge", {"listing": "S1999000001"}, "listing"),
        ("discharge", {"listing": ""}, "listing"),
        ("delay", {"until": "2020-01-01", "reason": "x"}, "until"),
        ("delay", {"until": "2100-01-01", "reason": "x"}, "until"),
        ("count", {"count": 0}, "count"),
        ("ask", {"ground": "moon", "until": str(SOON), "text": "Long text", "evidence": b"%PDF-1"}, "ground"),
        ("ask", {"ground": "ip_pending", "until": str(SOON), "text": "Long text"}, "evidence"),
        ("ask", {"ground": "ip_pending", "until": "2100-01-01", "text": "Long text", "evidence": b"%PDF-1"}, "until"),
        ("ask", {"ground": "ip_pending", "until": str(SOON), "text": "Long text", "evidence": b"MZ"}, "evidence"),
        ("decide", {"decision": "refuse", "text": ""}, "text"),
        ("decide", {"decision": "grant", "until": "2100-01-01"}, "until"),
    ],
)
def test_a_mistake_is_said_beside_its_field(case, action, data, field):
    if action == "decide":
        case.asked = case.exempt()
        data = data | {"exemption": str(case.asked.public_id)}
    if isinstance(data.get("evidence"), bytes):
        data = data | {"evidence": SimpleUploadedFile("x.pdf", data["evidence"])}
    before = state()
    sent = case.as_(SIDE[action]).send(action, **data)
    assert sent.status_code == 422
    assert list(sent.context["refused"].errors) == [field]
    if "Long text" in data.values():
        assert "Long text" in sent.text
    assert f'id="{action}" open' in sent.text
    assert state() == before


def test_an_exemption_of_another_duty_is_not_found(case):
    other = exemption(duty(), until=SOON, runs_from=timezone.localdate())
    case.exempt()
    before = state()
    sent = case.as_("officer").send("decide", exemption=str(other.public_id), decision="grant", until=str(SOON))
    assert sent.status_code in {403, 404}
    assert state() == before


# --- history ---


@pytest.mark.django_db(transaction=True)
def test_history_says_who_did_what_and_names_officers_to_officers_only(case):
    case.as_("staff").send("discharge", listing=case.listing.number)
    case.duty.refresh_from_db()
    verify(obligation=case.duty, by=case.person("officer"), at=timezone.now())
    lines = case.as_("officer").client.get(case.page).context["history"]
    assert [line.title for line in lines] == [
        "The duty arose", "Listed by a technology", "Done, not yet verified", "Verified",
    ]  # fmt: skip
    by = {line.title: line.by for line in lines}
    assert str(case.person("staff")) in by["Listed by a technology"]
    assert by["Verified"] == str(case.person("officer"))
    shown = {line.title: line.by for line in case.as_("staff").client.get(case.page).context["history"]}
    assert shown["Verified"] == "An officer"


@pytest.mark.parametrize("by", ["page", "api"])
def test_a_duty_asks_as_often_however_much_happened(case, by):
    url = case.page if by == "page" else reverse("obligations-api:duty-page", args=[case.duty.public_id])

    def asked():
        case.as_("officer").client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert case.client.get(url).status_code == 200
        return len(captured)

    def happen():
        listing = ListingFactory(holder=case.world.institute)
        discharge(obligation=case.duty, listing=listing, by=case.world.staff, at=NOW)
        case.exempt(state="refused")

    happen()
    few = asked()
    for _ in range(5):
        happen()
    assert asked() == few
    assert few <= 30


# --- the list ---


def test_an_institute_sees_its_own_duties_and_officers_the_rows_of_the_figures(case):
    duty()
    url = reverse("obligations:duty_list")
    assert [row.pk for row in case.as_("staff").client.get(url).context["page"]] == [case.duty.pk]
    rows = case.as_("officer").client.get(url, {"figure": "overdue"}, follow=True)
    assert rows.redirect_chain == [(f"{reverse('obligations:duties')}?figure=overdue", 302)]
    assert rows.context["page"].paginator.count == 2
    assert 'aria-current="page"' in rows.text
    assert case.as_("firm").client.get(url).status_code == 403
    empty = case.as_("staff").client.get(url, {"figure": "exempt"})
    assert "No duty is like this" in empty.text
