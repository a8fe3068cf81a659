"""From a draft to figures that count: who may do what when, what is refused, what stays."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from policy.enums.survey import SHEET_STATES, SheetState
from policy.models import SurveyAnswer, SurveyRound, SurveySheet
from policy.scheme.survey import DEFAULT_BOUNDS, FIGURES, Bound
from policy.services.once import made_before
from policy.services.survey import rounds
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.remind import STEPS, remind_of_survey
from policy.services.survey.rounds import change_round, open_round
from policy.services.survey.submit import Unexplained, submit_sheet
from policy.services.survey.withdraw import withdraw_sheet
from policy.services.survey.write import correct_answer, save_sheet
from tests.database import undone
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.policy_survey import FIGURES as GIVEN
from tests.factories.policy_survey import a_round, accepted, drafted, given_up, officer, returned, staff, submitted

DAY = timedelta(days=1)
DUE = timezone.localdate() + 60 * DAY


@pytest.fixture
def now():
    return timezone.now()


def rows():
    models = (SurveySheet, SurveyAnswer, SurveyRound)
    return [list(model.objects.order_by("pk").values()) for model in models]


MAKE = {
    "draft": drafted, "submitted": submitted, "returned": returned, "accepted": accepted, "withdrawn": given_up,
}  # fmt: skip
ACTS = {
    "save": lambda sheet, by, at: save_sheet(
        institute=sheet.institute, round=sheet.round, figures=GIVEN, reasons={}, seen=sheet.revision, by=by, at=at
    ),
    "submit": lambda sheet, by, at: submit_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at),
    "return": lambda sheet, by, at: return_sheet(sheet=sheet, text="No.", revision=sheet.revision, by=by, at=at),
    "accept": lambda sheet, by, at: accept_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at),
    "correct": lambda sheet, by, at: correct_answer(
        institute=sheet.institute, round=sheet.round, reason="Software was left out.", by=by, at=at
    ),
    "withdraw": lambda sheet, by, at: withdraw_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at),
}
WRITERS = {"manager", "staff", "officer"}
ALLOWED = {
    "save": ({"draft", "returned"}, WRITERS),
    "submit": ({"draft", "returned"}, WRITERS),
    "return": ({"submitted"}, {"officer"}),
    "accept": ({"submitted"}, {"officer"}),
    "correct": ({"accepted"}, WRITERS),
    "withdraw": ({"draft"}, WRITERS - {"officer"}),
}


@pytest.mark.parametrize("state", MAKE)
def test_who_may_do_what_when(state, now):
    """Every person, act and state; a refusal changes nothing."""
    sheet = MAKE[state](at=now)
    people = {
        "manager": MembershipFactory(organization=sheet.institute, role=Role.MANAGER).user,
        "staff": staff(sheet.institute),
        "viewer": MembershipFactory(organization=sheet.institute, role=Role.VIEWER).user,
        "other": staff(OrganizationFactory(institute=True)),
        "firm": MembershipFactory(company=True).user,
        "officer": officer(),
    }
    wrong = []
    for act, (states, who) in ALLOWED.items():
        for name, person in people.items():
            before = rows()
            wanted = None if state in states and name in who else NotAllowed if name not in who else Conflict
            with undone():
                try:
                    ACTS[act](sheet, person, now)
                    got = None
                except DomainError as error:
                    got = type(error)
                    assert rows() == before, (act, name)
            if not (got is wanted or (got and wanted and issubclass(got, wanted))):
                wrong.append((state, act, name, got))
    assert wrong == []


def test_states_in_python_and_in_the_database_agree(now):
    wrong = []
    for state, make in MAKE.items():
        sheet = make(at=now)
        for to in SheetState:
            if to == state:
                continue
            fields = {"state": to}
            if to in {"returned", "accepted"}:
                fields |= {"decided_at": now, "decided_by": officer().pk, "decision_text": "x"}
            else:
                fields |= {"decided_at": None, "decided_by": None}
            if to == "submitted":
                fields |= {"submitted_at": now, "submitted_by": sheet.begun_by_id}
            with undone():
                try:
                    with transaction.atomic():
                        SurveySheet.objects.filter(pk=sheet.pk).update(**fields)
                    moved = True
                except DatabaseError:
                    moved = False
            if moved != SHEET_STATES.can(sheet, to):
                wrong.append((state, to, moved))
    assert wrong == []


def test_nobody_accepts_what_he_submitted(now):
    member = MembershipFactory(institute=True)
    both = member.user
    MembershipFactory(government=True, user=both)
    own = submitted(institute=member.organization, by=both, at=now)
    with pytest.raises(NotAllowed):
        accept_sheet(sheet=own, revision=own.revision, by=both, at=now)
    clerk = officer()
    brought = submitted(by=clerk, at=now)
    with pytest.raises(NotAllowed):
        accept_sheet(sheet=brought, revision=brought.revision, by=clerk, at=now)
    assert not SurveyAnswer.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        SurveySheet.objects.filter(pk=brought.pk).update(
            state=SheetState.ACCEPTED, decided_at=now, decided_by=clerk, revision=9
        )


def test_what_is_missing_is_named_and_0_is_no_gap(now):
    sheet = drafted(figures={"office_staff": None}, at=now)
    with pytest.raises(DomainError) as refused:
        submit_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=now)
    assert refused.value.field == "office_staff"
    zero = drafted(figures=dict.fromkeys(FIGURES, 0), at=now)
    assert submit_sheet(sheet=zero, revision=zero.revision, by=zero.begun_by, at=now).state == SheetState.SUBMITTED


def test_a_large_change_needs_a_reason(now):
    institute = OrganizationFactory(institute=True)
    earlier = a_round(at=now, year=now.year - 2)
    accepted(institute=institute, round=earlier, figures={"new_technologies": 100}, at=now)
    bounds = {**DEFAULT_BOUNDS, "new_technologies": Bound(5_000, 10)}
    this = a_round(at=now, bounds=bounds)
    sheet = drafted(institute=institute, round=this, figures={"new_technologies": 151}, at=now)
    with pytest.raises(Unexplained) as refused:
        submit_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=now)
    assert refused.value.field == "reason_new_technologies"
    assert "151" in str(refused.value)
    assert "100" in str(refused.value)

    said = {"new_technologies": "A laboratory was taken over."}
    figures = {**GIVEN, "new_technologies": 151}
    saved = save_sheet(
        institute=institute, round=this, figures=figures, reasons=said, seen=1, by=sheet.begun_by, at=now
    )
    assert submit_sheet(sheet=saved, revision=2, by=saved.begun_by, at=now).state == SheetState.SUBMITTED


@pytest.mark.parametrize(
    ("before", "now", "large"), [(100, 150, False), (100, 151, True), (0, 11, True), (0, 10, False), (12, 1, True)]
)
def test_bounds_are_of_share_and_of_number(before, now, large):
    assert Bound(5_000, 10).is_large(before, now) is large


def test_a_correction_is_a_new_version_and_the_old_one_stays(now):
    sheet = accepted(at=now)
    first = sheet.answer
    later = now + timedelta(days=1)
    correction = correct_answer(
        institute=sheet.institute, round=sheet.round, reason="Software was left out.", by=sheet.begun_by, at=later
    )
    assert (correction.version, correction.new_technologies) == (2, first.new_technologies)
    assert SurveyAnswer.objects.current().get() == first  # until the new one is accepted
    saved = save_sheet(
        institute=sheet.institute, round=sheet.round, figures={**GIVEN, "new_technologies": 105}, reasons={}, seen=1,
        by=sheet.begun_by, at=later,
    )  # fmt: skip
    sent = submit_sheet(sheet=saved, revision=saved.revision, by=saved.begun_by, at=later)
    second = accept_sheet(sheet=sent, revision=sent.revision, by=officer(), at=later)
    first.refresh_from_db()
    assert (first.replaced_at, first.new_technologies, first.version) == (later, 100, 1)
    assert (second.version, second.new_technologies, second.reason) == (2, 105, "Software was left out.")
    assert SurveyAnswer.objects.current().get() == second


@pytest.mark.parametrize(
    "change",
    [
        lambda a: SurveyAnswer.objects.filter(pk=a.pk).update(new_technologies=1),
        lambda a: SurveyAnswer.objects.filter(pk=a.pk).delete(),
        lambda a: SurveySheet.objects.filter(pk=a.sheet_id).update(office_staff=1),
        lambda a: SurveySheet.objects.filter(pk=a.sheet_id).delete(),
        lambda a: a.sheet.steps.update(text="x"),
        lambda a: a.sheet.steps.all().delete(),
    ],
)
def test_what_was_accepted_is_never_changed(change, now):
    answer = accepted(at=now).answer
    before = rows()
    with pytest.raises(DatabaseError), transaction.atomic():
        change(answer)
    assert rows() == before


def test_what_waits_is_not_changed(now):
    sheet = submitted(at=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        SurveySheet.objects.filter(pk=sheet.pk).update(new_technologies=1)
    with pytest.raises(NotPossibleNow):
        ACTS["save"](sheet, sheet.begun_by, now)


def test_who_comes_second_is_told(now):
    sheet = drafted(at=now)
    ACTS["save"](sheet, sheet.begun_by, now)
    before = rows()
    for act in ("save", "submit"):
        with pytest.raises(ChangedMeanwhile):
            ACTS[act](sheet, sheet.begun_by, now)
    assert rows() == before


def test_a_key_opens_one_year_only(now):
    clerk, key, year = officer(), uuid.uuid4(), timezone.localdate(now).year - 1
    given = {"due_on": DUE, "bounds": DEFAULT_BOUNDS, "at": now, "key": key}
    made = open_round(year=year, by=clerk, **given)
    assert open_round(year=year, by=clerk, **given) == made
    for other in ({"year": year - 1, "by": clerk}, {"year": year, "by": officer()}):
        with pytest.raises(KeyReused):
            open_round(**other, **given)
    assert SurveyRound.objects.get() == made


def test_nor_does_it_at_the_same_moment(now, monkeypatch):
    """The first question came before the other request had written."""
    year, asked = timezone.localdate(now).year - 1, []
    given = {"bounds": DEFAULT_BOUNDS, "by": officer(), "at": now, "key": uuid.uuid4()}
    made = open_round(year=year, due_on=DUE, **given)

    def late(*which, **said):
        asked.append(said)
        return made_before(*which, **said) if len(asked) > 1 else None

    monkeypatch.setattr(rounds, "made_before", late)
    with pytest.raises(KeyReused):
        open_round(year=year - 1, due_on=DUE, **given)
    asked.clear()
    assert open_round(year=year, due_on=DUE, **given) == made


def test_years_open_once_and_only_after_they_ended(now):
    clerk, year = officer(), timezone.localdate(now).year - 1
    given = {"due_on": DUE, "bounds": DEFAULT_BOUNDS, "by": clerk, "at": now}
    manager = MembershipFactory(institute=True, manager=True).user
    round = open_round(year=year, **given)
    assert Notification.objects.filter(recipient=manager, kind="survey_opened").count() == 1
    with pytest.raises(NotPossibleNow):
        open_round(year=year, **given)
    for wrong in ({"year": year + 1}, {"year": year - 1, "due_on": date(year - 1, 12, 31)}):
        with pytest.raises(DomainError):
            open_round(**{**given, **wrong})
    with pytest.raises(NotAllowed):
        open_round(year=year - 1, **{**given, "by": manager})
    changed = change_round(round=round, due_on=DUE + DAY, bounds=DEFAULT_BOUNDS, revision=1, by=clerk, at=now)
    assert changed.due_on == DUE + DAY
    with pytest.raises(ChangedMeanwhile):
        change_round(round=round, due_on=DUE + 2 * DAY, bounds=DEFAULT_BOUNDS, revision=1, by=clerk, at=now)
    assert SurveyRound.objects.get().revision == 2


def test_nobody_is_asked_for_something_by_a_day_that_has_passed(now):
    clerk, today = officer(), timezone.localdate(now)
    given = {"bounds": DEFAULT_BOUNDS, "by": clerk, "at": now}
    with pytest.raises(DomainError) as refused:
        open_round(year=today.year - 1, due_on=today - DAY, **given)
    assert refused.value.field == "due_on"
    assert not SurveyRound.objects.exists()
    round = a_round(at=now, due_on=today - 9 * DAY)
    kept = change_round(round=round, due_on=round.due_on, revision=1, **given)  # only its bounds
    with pytest.raises(DomainError):
        change_round(round=round, due_on=today - DAY, revision=kept.revision, **given)
    assert rounds.first_due_on(2025, date(2026, 1, 5)) == date(2026, 6, 30)
    assert rounds.first_due_on(2025, date(2026, 11, 27)) == date(2027, 1, 26)


def test_a_day_that_is_moved_is_told(now):
    manager, round = MembershipFactory(institute=True, manager=True).user, a_round(at=now, due_on=DUE)
    given = {"round": round, "bounds": DEFAULT_BOUNDS, "by": officer(), "at": now}
    change_round(due_on=DUE, revision=1, **given)
    told = Notification.objects.filter(recipient=manager, kind="survey_moved")
    assert not told.exists()
    change_round(due_on=DUE + DAY, revision=2, **given)
    assert told.get().params["day"] == str(DUE + DAY)


@pytest.mark.parametrize(("days", "kind"), [(7, "survey_due_again"), (-1, "survey_late_again")])
def test_who_was_returned_is_not_told_that_nothing_arrived(now, days, kind):
    round = a_round(at=now, due_on=timezone.localdate(now) + days * DAY)
    sheet = returned(round=round, at=now)
    assert remind_of_survey(at=now) == 1
    reminders = ["survey_due", "survey_late", "survey_due_again", "survey_late_again"]
    [told] = Notification.objects.filter(kind__in=reminders)
    assert (told.kind, told.url, told.recipient) == (kind, f"/survey/sheets/{sheet.public_id}/", sheet.begun_by)


def test_who_has_not_answered_is_reminded_once_per_step(now):
    due = timezone.localdate(now) + timedelta(days=-STEPS[1])
    round = a_round(at=now, due_on=due)
    silent = MembershipFactory(institute=True).user
    submitted(round=round, at=now)
    told = Notification.objects.filter(kind__in=["survey_due", "survey_late"])
    assert remind_of_survey(at=now) == 1
    assert [row.recipient for row in told] == [silent]
    remind_of_survey(at=now)
    assert told.count() == 1
    remind_of_survey(at=now + timedelta(days=8))
    assert sorted(told.values_list("kind", flat=True)) == ["survey_due", "survey_late"]
    assert remind_of_survey(at=now + timedelta(days=90)) == 0
