"""The way of an application through the office: each act, its step, its refusals, and who is told."""

import datetime

import pytest
from django.utils import timezone

from brokers.enums.office import ACTS, Act, StepKind
from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application, ApplicationStep, Registration
from brokers.services.office.check_documents import ask_completion, pass_to_advice, remind_of_completion, take_up
from brokers.services.office.hear_others import ask_training, put_before_committee, record_advice, record_session
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.office.register import register
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.withdraw import object_to_refusal
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.office import (
    DAY,
    SESSION,
    application_in,
    applied,
    in_advice,
    in_check,
    in_committee,
    in_completion,
    in_training,
    objected,
    refused,
    registered,
)
from tests.factories.brokers.registration import agency_draft, handed_in, leaves, manager, staff, trader_draft

S = ApplicationState
TRADER = RegistrationKind.TRADER


def traces():
    return (
        list(Application.objects.values().order_by("pk")),
        list(ApplicationStep.objects.values().order_by("pk")),
        Registration.objects.count(),
        Notification.objects.count(),
    )


def refuses(error, act, field=None, says=""):
    """It says no, and nothing of it happened."""
    before = traces()
    with pytest.raises(error) as caught:
        act()
    assert traces() == before
    assert caught.value.field == field
    assert says in str(caught.value)


def kinds_of(application):
    return [step.kind for step in application.steps.order_by("at", "pk")]


def told(kind):
    return list(Notification.objects.filter(kind=kind).values_list("recipient__name", flat=True).order_by("recipient"))


# --- taking up and completion -----------------------------------------------------------------------------------------


def test_taken_up_once():
    found, one, other = applied(), officer(user__name="Jiu One"), officer()
    assert take_up(application=found, by=one, at=NOW).state == S.DOC_CHECK
    step = found.steps.get(kind=StepKind.TAKEN_UP)
    assert (step.by, step.at, step.text, step.data) == (one, NOW, "", {})
    refuses(NotPossibleNow, lambda: take_up(application=found, by=other, at=NOW), says="Jiu One")


def test_completion_names_parts_and_a_day():
    found, by = in_check(), officer()
    found = ask_completion(
        application=found, parts={"network": " Show it ", "articles": ""}, text="Soon", note="Doubtful", by=by, at=NOW
    )
    assert (found.state, found.completion_due_on) == (S.COMPLETION, TODAY + 14 * DAY)
    assert (found.completion_parts, found.completion_text) == ({"network": "Show it"}, "Soon")
    step = found.steps.get(kind=StepKind.COMPLETION_ASKED)
    assert step.data == {"parts": {"network": "Show it"}, "due_on": (TODAY + 14 * DAY).isoformat()}
    assert (step.text, step.note, step.by) == ("Soon", "Doubtful", by)
    assert told("application_completion_asked") == [found.applicant.name]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parts": {}}, "parts"),
        ({"parts": {"network": "  "}}, "parts"),
        ({"parts": {"career": "x"}}, "parts"),
        ({"parts": {"moon": "x"}}, "parts"),
        ({"parts": {"network": "x" * 2_001}}, "parts.network"),
        ({"parts": {"network": "x"}, "due_on": TODAY}, "due_on"),
        ({"parts": {"network": "x"}, "due_on": TODAY - DAY}, "due_on"),
        ({"parts": {"network": "x"}, "due_on": TODAY + 91 * DAY}, "due_on"),
        ({"parts": {"network": "x"}, "text": "x" * 4_001}, "text"),
        ({"parts": {"network": "x"}, "note": "x" * 4_001}, "note"),
    ],
)
def test_completion_that_cannot_be_asked(given, field):
    found = in_check()
    refuses(DomainError, lambda: ask_completion(application=found, by=officer(), at=NOW, **given), field)


def test_completed_it_comes_back_to_who_took_it_up():
    by = officer()
    found = in_completion(by=by)
    back = hand_in(application=found, revision=found.revision, declared=True, by=found.applicant, at=NOW + DAY)
    assert back.application.state == S.DOC_CHECK
    refuses(NotPossibleNow, lambda: take_up(application=found, by=officer(), at=NOW + DAY), says=str(by))
    passed = pass_to_advice(application=found, text="Complete", by=by, at=NOW + DAY)
    assert kinds_of(passed) == ["applied", "taken_up", "completion_asked", "completed", "passed"]


def test_reminded_once_three_days_before_and_refused_only_after():
    found = in_completion()
    due = found.completion_due_on
    assert remind_of_completion(at=NOW + 10 * DAY) == 0
    assert remind_of_completion(at=NOW + 11 * DAY) == 1
    assert remind_of_completion(at=NOW + 11 * DAY) == 0
    assert remind_of_completion(at=NOW + 14 * DAY) == 0
    assert told("application_reminded") == [found.applicant.name]
    assert found.steps.get(kind=StepKind.REMINDED).by is None
    last_moment = NOW + 14 * DAY
    assert timezone.localdate(last_moment) == due
    refuses(NotPossibleNow, lambda: refuse(application=found, text="Late", by=officer(), at=last_moment))
    found.refresh_from_db()
    assert found.state == S.COMPLETION  # nothing happens by itself
    assert refuse(application=found, text="Late", by=officer(), at=NOW + 15 * DAY).state == S.REFUSED


def test_asked_again_reminded_again():
    by = officer()
    found = in_completion(by=by)
    remind_of_completion(at=NOW + 12 * DAY)
    hand_in(application=found, revision=found.revision, declared=True, by=found.applicant, at=NOW + 13 * DAY)
    ask_completion(application=found, parts={"other": "More"}, by=by, at=NOW + 13 * DAY)
    assert remind_of_completion(at=NOW + 25 * DAY) == 1
    assert found.steps.filter(kind=StepKind.REMINDED).count() == 2


def test_what_was_missed_by_a_night_is_not_reminded_afterwards():
    in_completion()
    assert remind_of_completion(at=NOW + 15 * DAY) == 0


# --- advice, committee, training --------------------------------------------------------------------------------------


def test_advice_that_was_asked_for_has_to_be_recorded():
    found = in_advice(whose="The agency that runs the register")
    refuses(NotPossibleNow, lambda: register(application=found, by=officer(), at=NOW), says="The agency that runs")
    record_advice(
        application=found, whose="The agency", given_on=TODAY, text="Nothing against it", by=officer(), at=NOW
    )
    step = found.steps.get(kind=StepKind.ADVICE)
    assert step.data == {"whose": "The agency", "given_on": TODAY.isoformat()}
    assert register(application=found, by=officer(), at=NOW).number == f"BA{TODAY.year}000001"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"whose": " "}, "whose"),
        ({"whose": "x" * 201}, "whose"),
        ({"text": ""}, "text"),
        ({"given_on": TODAY + DAY}, "given_on"),
        ({"note": "x" * 4_001}, "note"),
    ],
)
def test_advice_that_cannot_be(given, field):
    found = in_advice()
    given = {"whose": "Somebody", "given_on": TODAY, "text": "Yes"} | given
    refuses(DomainError, lambda: record_advice(application=found, by=officer(), at=NOW, **given), field)


def test_passing_on_says_what_is_asked_or_why_nobody_is():
    found = in_check()
    for whose, says in (("Somebody", "Say what is asked."), ("", "Say why nobody is consulted.")):
        refuses(
            DomainError,
            lambda whose=whose: pass_to_advice(application=found, whose=whose, text=" ", by=officer(), at=NOW),
            "text", says,
        )  # fmt: skip
    refuses(
        DomainError, lambda: pass_to_advice(application=found, whose="x" * 201, text="x", by=officer(), at=NOW), "whose"
    )


def test_only_traders_come_before_the_committee_and_none_without_advice():
    agency_found = in_advice()
    put = {"session_on": TODAY, "by": officer(), "at": NOW}
    refuses(NotPossibleNow, lambda: put_before_committee(application=agency_found, **put))
    found = in_advice(applied(TRADER), whose="Somebody")
    refuses(NotPossibleNow, lambda: put_before_committee(application=found, **put))
    other = in_advice(applied(TRADER))
    early = put | {"session_on": TODAY - DAY}
    refuses(DomainError, lambda: put_before_committee(application=other, **early), "session_on")
    assert put_before_committee(application=other, **put).state == S.COMMITTEE
    assert told("application_committee") == [other.applicant.name]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"members": 0}, "members"),
        ({"members": 51}, "members"),
        ({"votes_for": 7}, "votes_for"),
        ({"votes_for": -1}, "votes_for"),
        ({"recommendation": "moon"}, "recommendation"),
        ({"text": ""}, "text"),
        ({"held_on": TODAY + DAY}, "held_on"),
    ],
)
def test_a_session_that_cannot_be(given, field):
    found = in_committee(met=False)
    given = SESSION | {"held_on": TODAY} | given
    refuses(DomainError, lambda: record_session(application=found, by=officer(), at=NOW, **given), field)


def test_nothing_is_decided_before_the_committee_has_met():
    found = in_committee(met=False)
    refuses(NotPossibleNow, lambda: register(application=found, by=officer(), at=NOW))
    refuses(NotPossibleNow, lambda: ask_training(application=found, text="Law", by=officer(), at=NOW))
    record_session(application=found, held_on=TODAY, **SESSION, by=officer(), at=NOW)
    step = found.steps.get(kind=StepKind.SESSION)
    assert step.data == {name: SESSION[name] for name in SESSION if name != "text"} | {"held_on": TODAY.isoformat()}
    made = register(application=found, by=officer(), at=NOW)
    assert (made.number, made.user, made.organization) == (f"BT{TODAY.year}000001", found.applicant, None)


def test_training_outstanding_then_registered():
    found = in_training()
    assert told("application_training") == [found.applicant.name]
    assert found.steps.get(kind=StepKind.TRAINING).text == "Ten hours of law"
    assert register(application=found, by=officer(), at=NOW).kind == TRADER


def test_training_needs_a_text():
    found = in_committee()
    refuses(DomainError, lambda: ask_training(application=found, text="", by=officer(), at=NOW), "text")


# --- registering ------------------------------------------------------------------------------------------------------


def test_registered_and_published():
    by = officer()
    found = in_advice()
    member = MembershipFactory(organization=found.organization).user
    made = register(application=found, conditions="For batteries only", by=by, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.decided_by, found.decided_at) == (S.DESIGNATED, by, NOW)
    assert (made.application, made.organization, made.user) == (found, found.organization, None)
    assert (made.registered_at, made.registered_by, made.conditions) == (NOW, by, "For batteries only")
    assert (made.speciality, made.state) == (found.speciality, "registered")
    step = found.steps.get(kind=StepKind.DESIGNATED)
    line = {name: step.data[name] for name in ("number", "name", "representative", "speciality", "conditions")}
    assert line == {
        "number": made.number, "name": found.organization.name, "representative": "Hana Representative",
        "speciality": "Batteries and hydrogen", "conditions": "For batteries only",
    }  # fmt: skip
    assert {each["outcome"] for each in step.data["checks"]} == {"met"}
    assert set(told("registration_published")) == {found.applicant.name, member.name}


def test_numbers_follow_each_other_by_kind():
    numbers = [registered().number, registered().number, registered(kind=TRADER).number]
    assert numbers == [f"BA{TODAY.year}000001", f"BA{TODAY.year}000002", f"BT{TODAY.year}000001"]


def test_not_while_a_requirement_is_missing():
    found = in_advice()
    leaves(found.organization)
    refuses(NotPossibleNow, lambda: register(application=found, by=officer(), at=NOW), says="Qualified full-time staff")


def test_what_is_unclear_needs_a_sentence():
    by = manager()
    draft = agency_draft(by, complete=True)
    leaves(draft.organization)
    staff(draft.organization, verified=False)
    found = in_advice(handed_in(draft))
    field = "accepted.qualified_staff"
    for accepted in ({}, {"qualified_staff": " "}, {"qualified_staff": "x" * 2_001}, {"network": "Seen"}):
        refuses(
            DomainError,
            lambda accepted=accepted: register(application=found, accepted=accepted, by=officer(), at=NOW),
            field,
        )
    register(application=found, accepted={"qualified_staff": "Seen the licence"}, by=officer(), at=NOW)
    step = found.steps.get(kind=StepKind.DESIGNATED)
    assert step.data["accepted"] == {"qualified_staff": "Seen the licence"}


def test_conditions_are_not_endless():
    found = in_advice()
    refuses(DomainError, lambda: register(application=found, conditions="x" * 501, by=officer(), at=NOW), "conditions")


# --- refusing and objections ------------------------------------------------------------------------------------------


def test_refused_with_reasons():
    by = officer()
    found = refused(by=by, text="Two people only")
    assert (found.state, found.decided_by, found.decision_text) == (S.REFUSED, by, "Two people only")
    assert told("application_refused") == [found.applicant.name]
    other, by = in_check(), officer()
    refuses(DomainError, lambda: refuse(application=other, text=" ", by=by, at=NOW), "text")


def test_upheld_it_begins_anew_and_everything_stays():
    found = objected()
    by = officer()
    decide_objection(application=found, uphold=True, text="They were three", by=by, at=NOW)
    found.refresh_from_db()
    assert (found.state, found.decided_by, found.decided_at, found.decision_text) == (S.DOC_CHECK, None, None, "")
    assert kinds_of(found) == ["applied", "taken_up", "refused", "objected", "upheld"]
    assert told("application_upheld") == [found.applicant.name]
    again = take_up(application=found, by=officer(), at=NOW)
    assert again.steps.filter(kind=StepKind.TAKEN_UP).count() == 2


def test_rejected_it_ends():
    found = application_in(S.REJECTED)
    assert (found.state, found.decision_text) == (S.REJECTED, "There are two")
    assert told("application_rejected") == [found.applicant.name]
    refuses(NotPossibleNow, lambda: take_up(application=found, by=officer(), at=NOW))


def test_advice_of_an_earlier_round_does_not_count():
    first = in_advice(whose="Somebody")
    record_advice(application=first, whose="Somebody", given_on=TODAY, text="No", by=officer(), at=NOW)
    refuse(application=first, text="They advise against it", by=officer(), at=NOW)
    object_to_refusal(application=first, text="Ask again", by=first.applicant, at=NOW + DAY)
    decide_objection(application=first, uphold=True, text="Yes", by=officer(), at=NOW + DAY)
    later = NOW + 2 * DAY
    take_up(application=first, by=officer(), at=later)
    pass_to_advice(application=first, whose="Somebody else", text="And you?", by=officer(), at=later)
    refuses(NotPossibleNow, lambda: register(application=first, by=officer(), at=later), says="Somebody else")


# --- four eyes --------------------------------------------------------------------------------------------------------


def decisions(application, by):
    return {
        S.ADVICE: lambda: register(application=application, by=by, at=NOW),
        S.OBJECTED: lambda: decide_objection(application=application, uphold=True, text="x", by=by, at=NOW),
    }[application.state]


@pytest.mark.parametrize("way", [in_advice, objected])
def test_who_checked_does_not_decide(way):
    checker = officer()
    found = way(checker=checker) if way is objected else way(by=checker)
    refuses(NotAllowed, decisions(found, checker), says="You checked the documents")


def test_each_way_of_checking_counts():
    first, second, third = officer(), officer(), officer()
    found = in_check(by=first)
    ask_completion(application=found, parts={"other": "x"}, by=second, at=NOW)
    hand_in(application=found, revision=found.revision, declared=True, by=found.applicant, at=NOW)
    pass_to_advice(application=found, text="x", by=third, at=NOW)
    for by in (first, second, third):
        refuses(NotAllowed, lambda by=by: register(application=found, by=by, at=NOW))
    register(application=found, by=officer(), at=NOW)


def test_who_refused_does_not_decide_on_the_objection():
    by = officer()
    found = objected(by=by)
    refuses(NotAllowed, decisions(found, by), says="You refused this application")


def test_nobody_of_the_applicant_does_anything():
    by = officer()
    trader = applied(TRADER, by=by)
    both = applied()
    MembershipFactory(organization=both.organization, user=by)
    for found in (trader, both):
        refuses(NotAllowed, lambda found=found: take_up(application=found, by=by, at=NOW), says="You belong to")
        refuses(NotAllowed, lambda found=found: refuse(application=found, text="x", by=by, at=NOW))
    MembershipFactory(organization=(third := in_advice()).organization, user=by)
    refuses(NotAllowed, decisions(third, by))


@pytest.mark.parametrize("state", S)
def test_each_act_in_each_state(state):
    """What the table of acts allows is done, everything else refused without a trace."""
    if state == S.DRAFT:
        found = trader_draft(complete=True)
    else:
        found = application_in(state)
    later, by = NOW + datetime.timedelta(days=20), officer()
    given = {"by": by, "at": later}
    calls = {
        Act.TAKE_UP: lambda: take_up(application=found, **given),
        Act.ASK_COMPLETION: lambda: ask_completion(application=found, parts={"other": "x"}, **given),
        Act.PASS: lambda: pass_to_advice(application=found, text="x", **given),
        Act.ADVICE: lambda: record_advice(application=found, whose="x", given_on=TODAY, text="x", **given),
        Act.COMMITTEE: lambda: put_before_committee(application=found, session_on=later.date(), **given),
        Act.SESSION: lambda: record_session(application=found, held_on=TODAY, **SESSION, **given),
        Act.TRAINING: lambda: ask_training(application=found, text="x", **given),
        Act.REGISTER: lambda: register(application=found, **given),
        Act.REFUSE: lambda: refuse(application=found, text="x", **given),
        Act.OBJECTION: lambda: decide_objection(application=found, uphold=False, text="x", **given),
    }
    assert set(calls) == set(Act)
    for act, call in calls.items():
        kinds, states = ACTS[act]
        if found.kind in kinds and state in states and not (act == Act.TAKE_UP and state == S.DOC_CHECK):
            continue
        refuses(NotPossibleNow, call)
