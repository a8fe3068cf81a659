"""Who may do what in the review, at every door: page, API, batch, Django admin; what is refused has no effect."""

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import ApiToken
from accounts.services.tokens import digest_of
from notifications.models import Notification
from programmes.enums.applications import ApplicationState
from programmes.models import (
    Agreement,
    Application,
    Declaration,
    Objection,
    Panelist,
    ReviewStep,
    Score,
    Selection,
    SelectionApproval,
)
from programmes.queries.review_waiting import waiting_kinds
from programmes.services.review import check
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory, sign_in, token_text
from tests.factories.programmes.review import (
    NOW,
    approved,
    call_row,
    eligible,
    flagged,
    fresh,
    ineligible,
    known,
    manager,
    member,
    objected,
    officer,
    proposed,
    published,
    ready,
    scored,
    submitted,
    with_paper,
)

S = ApplicationState
MODELS = (Application, Selection, SelectionApproval, Objection, Agreement, Panelist, Declaration, Score, ReviewStep)
PEOPLE = (
    "anonymous", "stranger", "superuser", "firm", "other_firm", "viewer", "other_office", "tied", "relative", "unknown",
    "panel", "proposer", "officer", "manager",
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def traces():
    return [list(model.objects.values().order_by("pk")) for model in MODELS], Notification.objects.count()


def api_of(user):
    client = APIClient()
    if user is None:
        return client
    serial = ApiToken.objects.count() + 1
    token = ApiTokenFactory(user=user, serial=serial, second_factor=True)
    assert token.digest == digest_of(token_text(serial))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_text(serial)}")
    return client


def person(who, call, application, proposer):
    """One of every kind; officers with a second factor."""

    def tied(**membership):
        found = officer(call, second_factor=True)
        MembershipFactory(user=found, **membership)
        return found

    def relative():
        found = tied(company=True)
        other = found.memberships.exclude(organization=call.office).get().organization
        profile, theirs = known(other), application.organization.business_profile
        profile.representatives, profile.representative_keys = theirs.representatives, theirs.representative_keys
        profile.save()
        return found

    made = {
        "anonymous": lambda: None,
        "stranger": UserFactory,
        "superuser": lambda: UserFactory(is_superuser=True),
        "firm": lambda: application.organization.memberships.first().user,
        "other_firm": lambda: MembershipFactory(company=True, manager=True).user,
        "viewer": lambda: officer(call, role=Role.VIEWER, second_factor=True),
        "other_office": lambda: officer(second_factor=True),
        "tied": lambda: tied(organization=application.organization),
        "relative": relative,
        "unknown": lambda: tied(company=True),
        "panel": lambda: member(call, user=officer(call, second_factor=True)).user,
        "proposer": lambda: proposer,
        "officer": lambda: officer(call, second_factor=True),
        "manager": lambda: manager(call, second_factor=True),
    }
    return made[who]()


# --- the check of documents: page, API, batch of each -----------------------------------------------------------------

CHECK = {"page", "api", "batch", "batch_api"}


def ask_to_check(client, user, made, act, door):
    body = {"text": "No"} if act == "ineligible" else {}
    number = made.call.number
    if door == "api":
        return api_of(user).post(reverse(f"programmes-api:review-{act}", args=[made.public_id]), body, format="json")
    if door == "batch_api":
        body |= {"act": act, "applications": [{"id": str(made.public_id)}], "dry_run": False}
        return api_of(user).post(reverse("programmes-api:review-batch", args=[number]), body, format="json")
    client.logout()
    if user:
        sign_in(client, user)
    if door == "page":
        url = reverse("programmes:review_act", args=[made.public_id, act])
        return client.post(url, {"revision": made.revision, f"{act}-text": "No"})
    given = {"act": act, "text": "No", "go": "1", "application": made.public_id}
    given[f"revision-{made.public_id}"] = made.revision
    return client.post(reverse("programmes:review_batch", args=[number]), given)


MAY_CHECK = {"officer", "manager", "panel", "proposer"}


@pytest.mark.parametrize("door", sorted(CHECK))
@pytest.mark.parametrize("act", ["eligible", "ineligible"])
@pytest.mark.parametrize("who", PEOPLE)
def test_who_checks_documents(client, who, act, door):
    made = submitted()
    user = person(who, made.call, made, officer(made.call, second_factor=True))
    before = traces()

    answer = ask_to_check(client, user, made, act, door)

    if who in MAY_CHECK:
        assert answer.status_code == (302 if door == "page" else 200)
        assert fresh(made).state == act
        return
    assert traces() == before
    if who == "anonymous":
        assert answer.status_code == (401 if "api" in door else 302)
    elif who in {"other_office", "superuser"}:  # no permission keeps a superuser out, but nothing is visible
        assert answer.status_code == 404
    elif who in {"tied", "relative", "unknown"} and "batch" in door:
        assert answer.status_code == 200  # told row by row
    elif who == "tied":  # of the own firm an officer sees what the firm sees
        assert answer.status_code == 404
    else:
        assert answer.status_code == 403


# --- a selection: approve, send back, publish -------------------------------------------------------------------------

MAY_DECIDE = {"officer", "manager"}
MAY_PUBLISH = {"officer", "manager", "panel", "proposer", "tied", "relative", "unknown"}
"""Publishing carries out what others approved; nobody decides anything by it."""


def ask_about_selection(client, user, found, act, door):
    bodies = {"publish": {}, "take-back": {"text": "x"}}
    body = bodies.get(act, {"digest": found.digest, "text": "x"})
    if door == "api":
        return api_of(user).post(
            reverse(f"programmes-api:selection-{act}", args=[found.public_id]), body, format="json"
        )
    client.logout()
    if user:
        sign_in(client, user)
    given = {f"{act}-{key}": value for key, value in body.items()}
    return client.post(reverse("programmes:selection_act", args=[found.public_id, act]), given)


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("act", ["approve", "send-back", "take-back", "publish"])
@pytest.mark.parametrize("who", PEOPLE)
def test_who_decides_on_a_selection(client, who, act, door):
    call, [made] = ready(60)
    proposer = officer(call, second_factor=True)
    user = person(who, call, made, proposer)  # before it is proposed: a panel is closed by then
    found = proposed(call=call, by=proposer)
    if act == "publish":
        approved(found)
    before = traces()

    answer = ask_about_selection(client, user, found, act, door)

    if who in (MAY_PUBLISH if act in {"publish", "take-back"} else MAY_DECIDE):
        assert answer.status_code == (302 if door == "page" else 200), answer.content
        assert traces() != before
        return
    assert traces() == before
    expected = {"anonymous": 401 if door == "api" else 302, "other_office": 404, "superuser": 404}
    assert answer.status_code == expected.get(who, 403)


# --- objections and agreements ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", PEOPLE)
def test_who_answers_an_objection(client, who, door):
    by = officer(second_factor=True)
    call = call_row(office=by.memberships.get().organization)
    made = ineligible(call, by=by)
    user = person(who, call, made, by)
    found = objected(made)
    before = traces()
    if door == "api":
        url = reverse("programmes-api:office-objection-answer", args=[found.public_id])
        answer = api_of(user).post(url, {"uphold": True, "answer": "x"}, format="json")
    else:
        client.logout()
        if user:
            sign_in(client, user)
        url = reverse("programmes:office_objection_answer", args=[found.public_id])
        answer = client.post(url, {"uphold": "yes", "answer": "x"})
    if who in {"officer", "manager", "panel"}:
        assert answer.status_code == (302 if door == "page" else 200)
        assert fresh(made).state == S.ELIGIBLE
        return
    assert traces() == before
    expected = {"anonymous": 401 if door == "api" else 302, "other_office": 404, "superuser": 404, "tied": 404}
    assert answer.status_code == expected.get(who, 403)


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", [*PEOPLE, "staff_of_firm"])
def test_who_signs(client, who, door):
    call, [made] = ready(60)
    selection = published(proposed(call=call, by=officer(call, second_factor=True)))
    found = Agreement.objects.get()
    if who == "staff_of_firm":
        user = MembershipFactory(organization=made.organization).user
    else:
        user = person(who, call, made, selection.proposed_by)
    before = traces()
    if door == "api":
        url = reverse("programmes-api:agreement-sign", args=[found.public_id])
        answer = api_of(user).post(url, {"digest": found.digest}, format="json")
    else:
        client.logout()
        if user:
            sign_in(client, user)
        url = reverse("programmes:agreement_sign", args=[found.public_id])
        answer = client.post(url, {"digest": found.digest, "agreed": "on"})
    if who == "firm":
        assert answer.status_code == (302 if door == "page" else 200)
        assert fresh(made).state == S.AGREED
        return
    assert traces() == before
    hidden = {"stranger", "superuser", "other_firm", "other_office"}
    if who == "anonymous":
        assert answer.status_code == (401 if door == "api" else 302)
    else:
        assert answer.status_code == (404 if who in hidden else 403)


# --- what an officer reads who has to do with the applicant -----------------------------------------------------------

KEPT = {"Canary of the panel", "Canary of the check", "Canary of another firm"}


@pytest.mark.parametrize("who", ["officer", "tied", "relative", "unknown"])
def test_what_an_officer_reads_of_a_firm_it_has_to_do_with(client, who):
    call = call_row()
    made, other = submitted(call), eligible(call)
    paper = with_paper(made)
    check.find_eligible(application=made, text="Canary of the check", by=officer(call), at=NOW)
    seat = scored(fresh(made)).panelist
    scored(other, 10, 10, seat=seat)
    type(seat.user).objects.filter(pk=seat.user.pk).update(name="Canary of the panel")
    user = person(who, call, made, None)
    selection = proposed(call=call)
    flag = flagged(made, other)
    type(flag).objects.filter(pk=flag.pk).update(evidence="Canary of another firm")
    sign_in(client, user)
    api = api_of(user)
    one = {
        client.get(reverse("programmes:review_application", args=[made.public_id])),
        client.get(reverse("programmes:review_paper", args=[made.public_id, paper.public_id])),
        api.get(reverse("programmes-api:review-application", args=[made.public_id])),
    }
    lists = [
        client.get(reverse("programmes:review_queue", args=[call.number]), {"tab": "panel"}),
        client.get(reverse("programmes:review_export", args=[call.number]), {"tab": "panel"}),
        api.get(reverse("programmes-api:review-queue", args=[call.number])),
        client.get(reverse("programmes:selections", args=[call.number])),
        client.get(reverse("programmes:selection", args=[selection.public_id])),
        client.get(reverse("programmes:selection_export", args=[selection.public_id])),
        api.get(reverse("programmes-api:call-ranking", args=[call.number])),
        api.get(reverse("programmes-api:selection", args=[selection.public_id])),
    ]
    assert {answer.status_code for answer in one} == {404 if who == "tied" else 200}
    texts = [b"".join(each) if each.streaming else each.content for each in (*one, *lists)]
    shown = {word for word in KEPT if any(word.encode() in text for text in texts)}
    assert shown == (KEPT if who == "officer" else set())
    for answer, text in zip(lists, texts[3:], strict=True):
        assert answer.status_code == 200
        assert (made.number.encode() in text) == (who != "tied")
        assert other.number.encode() in text


@pytest.mark.parametrize("who", ["officer", "tied", "relative"])
def test_an_objection_of_the_own_firm_is_not_the_officers_to_read(client, who):
    made = ineligible()
    found = objected(made)
    user = person(who, made.call, made, None)
    sign_in(client, user)
    expected = 404 if who == "tied" else 200
    assert client.get(reverse("programmes:office_objection", args=[found.public_id])).status_code == expected
    pages = (
        client.get(reverse("programmes:office_objections")),
        api_of(user).get(reverse("programmes-api:office-objections")),
    )
    assert [made.number.encode() in page.content for page in pages] == [who != "tied"] * 2
    waits = [kind.rows.count() for kind in waiting_kinds(user, made.call.office, NOW.date())]
    assert sum(waits) == (0 if who == "tied" else 1)


def test_nobody_of_the_firm_is_mailed_as_an_officer_about_its_objection():
    made = ineligible()
    tied, other = person("tied", made.call, made, None), officer(made.call)
    objected(made)
    told = set(Notification.objects.filter(kind="programme_objection").values_list("recipient", flat=True))
    assert other.pk in told
    assert tied.pk not in told


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_there_is_no_django_admin_to_go_round_it():
    assert not apps.is_installed("django.contrib.admin")


def test_no_get_changes_anything(client):
    call, made = ready(60, 10)
    found = proposed(call=call)
    by = officer(call, second_factor=True)
    sign_in(client, by)
    before = traces()
    for act in ("approve", "send-back", "publish"):
        client.get(reverse("programmes:selection_act", args=[found.public_id, act]), {"approve-digest": found.digest})
    for act in ("eligible", "ineligible"):
        client.get(reverse("programmes:review_act", args=[made[0].public_id, act]))
    client.get(reverse("programmes:review_batch", args=[call.number]), {"go": 1, "act": "eligible"})
    assert traces() == before


@pytest.mark.parametrize("also", ["firm", "panel", "institute"])
def test_who_has_several_roles_still_does_the_own_work(client, also):
    """An officer who is also an applicant, a panel member, or works at an institute (lessons F62)."""
    call = call_row()
    made = eligible(call)
    by = officer(call, second_factor=True)
    if also == "firm":
        MembershipFactory(user=by, organization=made.organization, role=Role.MANAGER)
    elif also == "panel":
        member(call, user=by)
    else:
        MembershipFactory(user=by, institute=True)
    another = submitted(call)
    sign_in(client, by)
    for name, args in (("review_queue", [call.number]), ("review_application", [another.public_id]), ("panels", [])):
        assert client.get(reverse(f"programmes:{name}", args=args)).status_code == 200
    if also == "firm":
        assert client.get(reverse("programmes:decision", args=[made.public_id])).status_code == 200
    answer = client.post(
        reverse("programmes:review_act", args=[another.public_id, "eligible"]), {"revision": another.revision}
    )
    assert answer.status_code == 302
    assert fresh(another).state == S.ELIGIBLE


def test_the_same_key_through_the_api(client):
    call, _made = ready(60)
    by = officer(call, second_factor=True)
    url = reverse("programmes-api:call-selections", args=[call.number])
    key = {"HTTP_IDEMPOTENCY_KEY": "01890000-0000-7000-8000-000000000001"}
    api = api_of(by)
    first, again = (api.post(url, {"why": "x"}, format="json", **key) for _ in range(2))
    other = api.post(url, {"why": "y"}, format="json", **key)
    assert (first.status_code, again.json()["id"], other.status_code) == (200, first.json()["id"], 409)
    assert Selection.objects.count() == 1


def test_a_panel_member_reads_the_plan_by_api_only_after_the_declaration():
    made = eligible()
    seat = member(made.call)
    api = api_of(seat.user)
    url = reverse("programmes-api:panel-application", args=[seat.public_id, made.public_id])
    assert api.get(url).json()["plan"] is None
    assert "Ceramic" not in api.get(url).content.decode()
    declare = reverse("programmes-api:panel-declare", args=[seat.public_id, made.public_id])
    assert api.post(declare, {"has_conflict": False}, format="json").json()["plan"]
    score = reverse("programmes-api:panel-score", args=[seat.public_id, made.public_id])
    body = {"points": {"market": 50, "team": 20}, "hand_in": True}
    assert api.post(score, body, format="json").json()["points"] == {"market": 50, "team": 20}
    assert api.post(score, body, format="json").status_code == 409
    assert Score.objects.get().total == 70
