"""Who may do what with applications, as one table: pages and API; what is refused has no effect."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from brokers.enums.office import Act
from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application, ApplicationStep, Registration, RequirementVersion
from brokers.services.office.check_documents import pass_to_advice
from brokers.services.office.hear_others import record_advice
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY, broker_user, officer
from tests.factories.brokers.office import (
    applied,
    in_advice,
    in_check,
    in_committee,
    objected,
    requirements_draft,
)
from tests.factories.brokers.registration import agency_draft

pytestmark = pytest.mark.usefixtures("at_now")
TRADER = RegistrationKind.TRADER
S = ApplicationState
SESSION = {"members": 5, "votes_for": 4, "votes_against": 1, "recommendation": "register", "text": "x"}
#   act: (how the application comes there, fields of the form, body of the API, state afterwards)
ACTS = {
    Act.TAKE_UP: (lambda by: applied(), {}, {}, S.DOC_CHECK),
    Act.ASK_COMPLETION: (
        lambda by: in_check(by=by), {"part_other": "x", "due_on": "2026-06-20"}, {"parts": {"other": "x"}}, S.COMPLETION
    ),
    Act.PASS: (lambda by: in_check(by=by), {"text": "x"}, {"text": "x"}, S.ADVICE),
    Act.ADVICE: (
        lambda by: in_advice(by=by), {"whose": "x", "given_on": str(TODAY), "text": "x"},
        {"whose": "x", "given_on": str(TODAY), "text": "x"}, S.ADVICE,
    ),
    Act.COMMITTEE: (
        lambda by: in_advice(applied(TRADER), by=by), {"session_on": str(TODAY)}, {"session_on": str(TODAY)},
        S.COMMITTEE,
    ),
    Act.SESSION: (
        lambda by: in_committee(by=by, met=False), SESSION | {"held_on": str(TODAY)},
        SESSION | {"held_on": str(TODAY)}, S.COMMITTEE,
    ),
    Act.TRAINING: (lambda by: in_committee(by=by), {"text": "x"}, {"text": "x"}, S.TRAINING),
    Act.REGISTER: (lambda by: in_advice(by=by), {}, {}, S.DESIGNATED),
    Act.REFUSE: (lambda by: in_check(by=by), {"text": "x"}, {"text": "x"}, S.REFUSED),
    Act.OBJECTION: (
        lambda by: objected(checker=by), {"uphold": "no", "text": "x"}, {"uphold": False, "text": "x"}, S.REJECTED
    ),
}  # fmt: skip
DECIDING = (Act.REGISTER, Act.OBJECTION)
PEOPLE = (
    "anonymous", "stranger", "institute", "other_broker", "office_viewer", "applicant", "officer_of_the_applicant",
    "checker", "officer",
)  # fmt: skip


def traces():
    return (
        list(Application.objects.values().order_by("pk")),
        list(ApplicationStep.objects.values().order_by("pk")),
        Registration.objects.count(),
        list(RequirementVersion.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


def with_factor(**also):
    return MembershipFactory(government=True, user__second_factor=True, **also).user


def person(who, application, checker):
    if who == "officer_of_the_applicant":
        found = with_factor()
        if application.organization is None:
            return None
        MembershipFactory(organization=application.organization, user=found)
        return found
    made = {
        "anonymous": lambda: None,
        "stranger": UserFactory,
        "institute": lambda: MembershipFactory(institute=True, manager=True).user,
        "other_broker": lambda: broker_user(manager=True),
        "office_viewer": lambda: with_factor(role=Role.VIEWER),
        "applicant": lambda: application.applicant,
        "checker": lambda: checker,
        "officer": with_factor,
    }
    return made[who]()


def expected(who, act, face):
    if who == "anonymous":
        return 302 if face == "page" else 401
    if who in {"officer", "checker"} and not (who == "checker" and act in DECIDING):
        return 302 if face == "page" else 200
    return 403


def ask(client, user, found, act, face):
    """The answer to the act as `user` would get it."""
    _make, form, body, _after = ACTS[act]
    if face == "api":
        return api_of(user).post(
            reverse(f"brokers-api:office-{act.value}", args=[found.public_id]), body, format="json"
        )
    client.logout()
    if user:
        sign_in(client, user)
    fields = {f"{act.value}-{name}": value for name, value in form.items()}
    return client.post(reverse("brokers:office_act", args=[found.public_id, act.value]), fields)


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize(
    ("act", "who"),
    [(act, who) for act in Act for who in ("checker", "officer") if who == "officer" or act not in DECIDING],
)
def test_acting(client, who, act, face):
    """Everybody else is refused first, then `who` does it."""
    make, _form, _body, after = ACTS[act]
    checker = with_factor()
    found = make(checker)
    people = {name: person(name, found, checker) for name in PEOPLE}
    if people["officer_of_the_applicant"] is None:  # traders are nobody's office
        del people["officer_of_the_applicant"]
    before = traces()
    for name, user in people.items():
        if (status := expected(name, act, face)) in {401, 403} or name == "anonymous":
            assert ask(client, user, found, act, face).status_code == status, name
    assert traces() == before
    assert expected(who, act, face) in {200, 302}
    got = ask(client, people[who], found, act, face)
    assert got.status_code == expected(who, act, face), got.content[:500]
    assert Application.objects.get(pk=found.pk).state == after
    assert traces() != before


def test_seeing(client):
    checker = with_factor()
    found = in_check(by=checker)
    pages = [
        reverse("brokers:office_queue"), reverse("brokers:office_export"), reverse("brokers:office_register"),
        reverse("brokers:office_register_export"), reverse("brokers:office_requirements"),
        reverse("brokers:office_application", args=[found.public_id]),
        reverse("brokers:office_requirements_new", args=["agency"]),
        reverse("brokers:office_requirement", args=[found.requirements.public_id]),
    ]  # fmt: skip
    for who in PEOPLE:
        user = person(who, found, checker)
        client.logout()
        if user:
            sign_in(client, user)
        seen = who in {"officer", "checker", "officer_of_the_applicant"}
        for page in pages:
            assert client.get(page).status_code == (200 if seen else 302 if user is None else 403), (who, page)
        for name, arguments in (("office-applications", []), ("office-application", [found.public_id])):
            answer = api_of(user).get(reverse(f"brokers-api:{name}", args=arguments))
            assert answer.status_code == (200 if seen else 401 if user is None else 403), who
            assert (found.number in answer.text) == seen


def test_drafts_of_applicants_are_nobodys_business(client):
    made = agency_draft(complete=True)
    by = with_factor()
    sign_in(client, by)
    assert client.get(reverse("brokers:office_application", args=[made.public_id])).status_code == 404
    assert api_of(by).get(reverse("brokers-api:office-application", args=[made.public_id])).status_code == 404
    act = client.post(reverse("brokers:office_act", args=[made.public_id, Act.TAKE_UP]))
    assert act.status_code == 404


def test_notes_and_advice_are_not_for_the_applicant(client):
    found, by = in_check(), officer()
    given = {"application": found, "by": by, "at": NOW, "note": "Canary note"}
    pass_to_advice(whose="Canary adviser", text="Canary question", **given)
    record_advice(whose="Canary adviser", given_on=TODAY, text="Canary advice", **given)
    sign_in(client, found.applicant)
    page = client.get(reverse("brokers:application", args=[found.public_id]))
    assert page.status_code == 200
    assert "Documents complete" in page.text
    assert "Canary note" not in page.text
    assert "Canary advice" not in page.text
    assert "Canary question" not in page.text
    assert str(by) not in page.text
    answer = api_of(found.applicant).get(reverse("brokers-api:application", args=[found.public_id]))
    assert "Canary" not in answer.text


REQUIREMENTS = {"anonymous": 302, "stranger": 403, "institute": 403, "other_broker": 403, "office_viewer": 403}


def test_only_officers_write_versions(client):
    made = requirements_draft()
    for who, status in REQUIREMENTS.items():
        user = person(who, None, None)
        client.logout()
        if user:
            sign_in(client, user)
        before = traces()
        for name, arguments in (
            ("office_requirements_new", ["agency"]), ("office_requirements_edit", [made.public_id]),
            ("office_requirements_publish", [made.public_id]), ("office_requirements_discard", [made.public_id]),
        ):  # fmt: skip
            got = client.post(reverse(f"brokers:{name}", args=arguments), {"revision": 1, "source": "x"})
            assert got.status_code == status
        assert traces() == before
        shown = api_of(user).get(reverse("brokers-api:requirement", args=[made.public_id]))
        rows = api_of(user).get(reverse("brokers-api:requirements")).json()["results"]
        assert shown.status_code == 404
        assert str(made.public_id) not in {row["id"] for row in rows}


def test_state_changing_addresses_lead_to_the_page_at_get(client):
    found, made = applied(), requirements_draft()
    sign_in(client, with_factor())
    for act in Act:
        assert client.get(reverse("brokers:office_act", args=[found.public_id, act.value])).status_code == 302
    for name in ("office_requirements_publish", "office_requirements_discard"):
        assert client.get(reverse(f"brokers:{name}", args=[made.public_id])).status_code == 302
    assert client.post(reverse("brokers:office_act", args=[found.public_id, "moon"])).status_code == 404
