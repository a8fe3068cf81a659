"""Applications as officers take them further, through the services; and versions of the requirements."""

import datetime

from django.utils import timezone

from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application, RequirementVersion
from brokers.services.office.check_documents import ask_completion, pass_to_advice, take_up
from brokers.services.office.hear_others import ask_training, put_before_committee, record_session
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.office.register import register
from brokers.services.office.write_requirements import Line, publish_requirements, write_requirements
from brokers.services.registration.withdraw import object_to_refusal, withdraw_application
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.registration import agency_draft, handed_in, shipped_requirements, trader_draft

S = ApplicationState
DAY = datetime.timedelta(days=1)


def applied(kind=RegistrationKind.AGENCY, *, by=None, at=NOW, **also):
    """Handed in with everything that is required."""
    make = agency_draft if kind == RegistrationKind.AGENCY else trader_draft
    return handed_in(make(by, complete=True, at=at, **also), at=at)


def in_check(made=None, *, by=None, at=NOW, **also):
    """Taken up by an officer."""
    return take_up(application=made or applied(at=at, **also), by=by or officer(), at=at)


def in_completion(made=None, *, by=None, at=NOW, due_on=None, parts=None, **also):
    """Given back to be completed within 14 days."""
    by = by or officer()
    found = in_check(made, by=by, at=at, **also)
    parts = parts or {"other": "Say more about it"}
    return ask_completion(application=found, parts=parts, due_on=due_on, by=by, at=at)


def in_advice(made=None, *, by=None, at=NOW, whose="", **also):
    """Documents complete; nobody is consulted unless `whose` says."""
    by = by or officer()
    found = in_check(made, by=by, at=at, **also)
    return pass_to_advice(application=found, whose=whose, text="The documents speak for themselves", by=by, at=at)


def in_committee(made=None, *, by=None, at=NOW, met=True, **also):
    """A trader before the committee; `met`: with the session recorded."""
    by = by or officer()
    found = in_advice(made or applied(RegistrationKind.TRADER, at=at, **also), by=by, at=at)
    found = put_before_committee(application=found, session_on=timezone.localdate(at), by=by, at=at)
    if met:
        record_session(application=found, **SESSION | {"held_on": timezone.localdate(at)}, by=by, at=at)
    return found


SESSION = {
    "members": 7, "votes_for": 5, "votes_against": 1, "recommendation": "register", "text": "A career of six years",
}  # fmt: skip


def in_training(made=None, *, by=None, at=NOW, **also):
    by = by or officer()
    found = in_committee(made, by=by, at=at, **also)
    return ask_training(application=found, text="Ten hours of law", by=by, at=at)


def registered(made=None, *, checker=None, by=None, at=NOW, conditions="", kind=RegistrationKind.AGENCY, **also):
    """The registration of a designated applicant: checked by one officer, designated by another."""
    made = made or applied(kind, at=at, **also)
    way = in_advice if made.kind == RegistrationKind.AGENCY else in_committee
    return register(application=way(made, by=checker, at=at), conditions=conditions, by=by or officer(), at=at)


def refused(made=None, *, checker=None, by=None, at=NOW, text="The staff do not suffice", **also):
    found = in_check(made, by=checker, at=at, **also)
    return refuse(application=found, text=text, by=by or officer(), at=at)


def objected(made=None, *, checker=None, by=None, at=NOW, **also):
    found = refused(made, checker=checker, by=by, at=at, **also)
    return object_to_refusal(application=found, text="There are three of them", by=found.applicant, at=at)


def rejected(made=None, *, at=NOW, **also):
    found = objected(made, at=at, **also)
    return decide_objection(application=found, uphold=False, text="There are two", by=officer(), at=at)


def application_in(state, kind=RegistrationKind.AGENCY, *, at=NOW):
    """An application in each state of the table in which officers see it."""
    made = applied(kind if state not in {S.COMMITTEE, S.TRAINING} else RegistrationKind.TRADER, at=at)
    if state == S.WITHDRAWN:
        return withdraw_application(application=made, revision=made.revision, by=made.applicant, at=at)
    if state == S.DESIGNATED:
        return Application.objects.get(pk=registered(made, at=at).application_id)
    ways = {
        S.DOC_CHECK: in_check, S.COMPLETION: in_completion, S.ADVICE: in_advice, S.COMMITTEE: in_committee,
        S.TRAINING: in_training, S.REFUSED: refused, S.OBJECTED: objected, S.REJECTED: rejected,
    }  # fmt: skip
    return made if state == S.APPLIED else ways[state](made, at=at)


# --- requirements -----------------------------------------------------------------------------------------------------


def requirements_draft(kind=RegistrationKind.AGENCY, *, by=None, at=NOW, lines=(), **changes):
    """A draft for tomorrow that asks for two people instead of three."""
    shipped_requirements(at)
    given = {
        "valid_from": timezone.localdate(at) + DAY,
        "source": "Assumed for a test",
        "is_assumption": True,
    } | changes
    if not lines and kind == RegistrationKind.AGENCY:
        lines = [Line("qualified_staff", "", 2, "Assumed for a test")]
    return write_requirements(kind=kind, lines=lines, by=by or officer(), at=at, **given)


def requirements_published(*, by=None, at=NOW, **also) -> RequirementVersion:
    made = requirements_draft(at=at, **also)
    return publish_requirements(version=made, revision=made.revision, by=by or officer(), at=at)
