"""Whoever did not have to do a duty all that time is written to anew before being named in public."""

from datetime import date, timedelta

import pytest

from notifications.models import Notification
from obligations.compliance import Choice, public_table
from obligations.enums import DutyState
from obligations.models import Exemption, Letter, Reminder
from obligations.services.discharge import discharge, undischarge, verify
from obligations.services.escalate import escalate
from obligations.services.results import change_result
from obligations.services.run_duties import run_duties
from obligations.services.settle import settle
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.obligations import (
    ProjectFactory,
    ResultFactory,
    at_day,
    duty,
    exemption,
    letter_about,
    officer,
    result_data,
)
from tests.factories.tech_listings import ListingFactory

DUE = date(2026, 6, 1)
HEAD = DUE + timedelta(days=30)
LATER = date(2027, 3, 1)


@pytest.fixture
def late():
    """A duty that was due on the first of June; its head was written a month later."""
    result = ResultFactory(number="", completed_on=DUE, project__ends_on=date(2030, 1, 1))
    found = duty(result, at=at_day(DUE))
    letter_about([found], day=HEAD)
    return found


def named(day):
    return [line.institute for line in public_table(choice=Choice(), day=day)]


def said(duty):
    return [(row.step, row.letter.day) for row in Reminder.objects.filter(obligation=duty).order_by("pk")]


def through(first, days):
    """The nights and office days from this day on; those on which somebody stands in the public table."""
    on = []
    for n in range(days):
        day = first + timedelta(days=n)
        run_duties(at=at_day(day, 3))
        escalate(at=at_day(day))
        if named(day):
            on.append(n)
    return on


def test_an_exemption_that_expires_is_told_before_and_after(late):
    """30 and 7 days before, on the day the duty is back, then as any other: named 60 days after it is back."""
    who, institute = MembershipFactory(organization=late.institute).user, late.institute_id
    last = HEAD + timedelta(days=100)
    exemption(late, "granted", runs_from=HEAD, until=last)
    settle(projects=[late.project_id], at=at_day(HEAD))
    back = last + timedelta(days=1)

    on = through(back - timedelta(days=32), 32 + 65)

    assert [n - 32 for n in on] == list(range(60, 65))
    assert [(step, (day - back).days) for step, day in said(late)[1:]] == [
        ("early", -30), ("soon", -7), ("on_the_day", 0), ("late", 7), ("head", 30),
    ]  # fmt: skip
    assert {line.deadline for line in Reminder.objects.filter(letter__day__gt=HEAD)} == {back}
    late.refresh_from_db()
    assert (late.state, late.calendar_day, late.deadline) == (DutyState.DUE, back, DUE)
    assert named(back + timedelta(days=60)) == [institute]
    assert who.notifications.filter(kind="exemption_expired").count() == 1


def test_officers_hear_once_of_an_end_without_an_extension(late):
    desk = officer()
    last = LATER + timedelta(days=40)
    granted = exemption(late, "granted", runs_from=HEAD, until=last)
    settle(projects=[late.project_id], at=at_day(HEAD))
    for n in range(20):
        run_duties(at=at_day(LATER + timedelta(days=n), 3))
    told = Notification.objects.filter(recipient=desk, kind="exemption_ends_soon")
    assert told.count() == 1
    assert told.get().created_at == at_day(last - timedelta(days=29), 3)
    exemption(late, extends=granted, asked_at=at_day(last - timedelta(days=9)), until=last + timedelta(days=30))
    assert not Exemption.objects.ending_soon(last + timedelta(days=1)).exists()
    assert escalate(at=at_day(last - timedelta(days=7))) == 0


def test_what_had_been_verified_begins_anew(late):
    """Withdrawn half a year later: no letter of last year names the institute on that very day."""
    staff = MembershipFactory(organization=late.institute).user
    listing = ListingFactory(holder=late.institute)
    discharge(obligation=late, listing=listing, by=staff, at=at_day(HEAD))
    verify(obligation=late, by=officer(), at=at_day(HEAD))
    undischarge(obligation=late, listing=listing, by=staff, at=at_day(LATER))
    assert named(LATER) == []
    assert through(LATER, 62) == [60, 61]
    assert [step for step, _day in said(late)[1:]] == ["on_the_day", "late", "head"]


def test_what_was_only_said_to_be_done_goes_on_where_it_stood(late):
    """Else naming anything and taking it back would gain two months."""
    staff = MembershipFactory(organization=late.institute).user
    listing = ListingFactory(holder=late.institute)
    discharge(obligation=late, listing=listing, by=staff, at=at_day(LATER))
    assert named(LATER) == []
    undischarge(obligation=late, listing=listing, by=staff, at=at_day(LATER))
    assert named(LATER) == [late.institute_id]
    assert escalate(at=at_day(LATER)) == 0


def test_another_institute_is_not_named_for_a_letter_that_it_never_got(late):
    other = OrganizationFactory(institute=True)
    late.project.partners.add(other)
    change_result(result=late.result, data=result_data(late.result, owner=other), by=officer(), at=at_day(LATER))
    assert named(LATER) == []
    assert through(LATER, 62) == [60, 61]
    assert set(Letter.objects.filter(day__gte=LATER).values_list("institute", flat=True)) == {other.pk}
    assert named(LATER + timedelta(days=61)) == [other.pk]


def test_another_institute_does_not_read_what_the_first_wrote_in_confidence():
    lead, other = (OrganizationFactory(institute=True) for _ in range(2))
    found = duty(ResultFactory(project=ProjectFactory(lead=lead, with_partners=[other])))
    asked = exemption(found)
    first, second, desk = (
        MembershipFactory(organization=lead).user,
        MembershipFactory(organization=other).user,
        officer(),
    )
    assert [Exemption.objects.visible_to(user).count() for user in (first, second, desk)] == [1, 0, 1]
    change_result(result=found.result, data=result_data(found.result, owner=other), by=desk, at=at_day(LATER))
    assert [Exemption.objects.visible_to(user).count() for user in (first, second, desk)] == [0, 0, 1]
    assert list(Exemption.objects.visible_to(desk)) == [asked]


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (date(2027, 2, 28), date(2027, 5, 31)),
        (date(2026, 11, 29), date(2027, 2, 28)),
        (date(2026, 8, 31), date(2026, 11, 30)),
    ],
)
def test_what_may_be_extended_today_ends_soon_today(late, day, until):
    """The window begins three months before the end, which in a short month is its last day."""
    exemption(late, "granted", runs_from=DUE, until=until)
    settle(projects=[late.project_id], at=at_day(DUE))
    assert Exemption.objects.ending_at(at_day(day)).count() == 1
