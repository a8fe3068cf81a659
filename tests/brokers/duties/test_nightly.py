"""The night: what becomes due on a day, at its edges; twice changes nothing, and two at once do it once."""

import datetime
from collections import Counter

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from brokers import tasks
from brokers.clocks import grace_ends
from brokers.enums.duties import Ground
from brokers.models import ChangeNotice, DealReport, Registration
from brokers.services.cases.open_case import open_due_cases
from brokers.services.duties.grounds import grounds_today
from brokers.services.duties.nightly import ADVISORY_LOCK, run_broker_duties
from brokers.services.duties.report import submit_report
from brokers.services.duties.staff import end_staff
from notifications.models import Notification
from tests.factories.brokers.cases import closed
from tests.factories.brokers.duties import (
    LONG_AGO,
    NOW,
    TODAY,
    change_in,
    counted,
    due_report,
    manager_of,
    minimum,
    platform_deal,
    reported_deal,
    suggested,
    told,
)
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.standing import put_into

pytestmark = pytest.mark.django_db
D = datetime.date
DAY = datetime.timedelta(days=1)
KST = datetime.timezone(datetime.timedelta(hours=9))


def night(day):
    return datetime.datetime.combine(day, datetime.time(2, 40), KST)


def everything():
    models = (Registration, DealReport, ChangeNotice, Notification)
    return [list(model.objects.order_by("pk").values()) for model in models]


def grounds(day):
    return [(row.number, ground) for row, ground, text in grounds_today(day)]


def test_twice_changes_nothing():
    minimum(1)
    broker = agency(at=LONG_AGO)
    manager_of(broker.organization)
    suggested(broker, happened_on=D(2026, 7, 1))
    at = night(D(2026, 7, 25))
    first = run_broker_duties(at=at)
    assert first == Counter(reports=3, reminded=3, suggested=0, reminded_of_changes=1, clocks=1)
    before = everything()
    assert sum(run_broker_duties(at=at).values()) == 0
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_at_once_does_nothing():
    agency(at=LONG_AGO)
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
            assert run_broker_duties(at=NOW) is None
            assert not DealReport.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])  # closing gives it back some time later
    finally:
        other.close()
    assert run_broker_duties(at=NOW)["reports"] == 2
    assert run_broker_duties(at=NOW)["reports"] == 0  # the lock was given back


@time_machine.travel(NOW, tick=False)
def test_the_task_is_the_service():
    agency(at=LONG_AGO)
    assert tasks.run_broker_duties()["reports"] == 2


def test_reminders_before_and_after_the_day():
    """Walked night by night at the edges: how many were told so far, before the day and after it."""
    report = due_report(day=D(2026, 3, 1))
    manager = manager_of(report.registration.organization)
    expected = {
        -31: (0, 0), -30: (1, 0), -29: (1, 0), -8: (1, 0), -7: (2, 0), -6: (2, 0), -2: (2, 0), -1: (3, 0), 0: (3, 0),
        1: (3, 1), 2: (3, 1), 6: (3, 1), 7: (3, 2), 8: (3, 2), 29: (3, 2), 30: (3, 3), 31: (3, 3),
    }  # fmt: skip
    sent = Notification.objects.filter(recipient=manager, target_id=report.public_id)
    found = {}
    for days in expected:
        run_broker_duties(at=night(report.due_on + days * DAY))
        found[days] = tuple(sent.filter(kind=f"broker_report_{kind}").count() for kind in ("due", "missed"))
    assert found == expected


def test_after_a_standstill_only_the_latest_reminder_is_sent():
    report = due_report(day=D(2026, 3, 1))
    run_broker_duties(at=night(report.due_on + 8 * DAY))
    kinds = Notification.objects.filter(target_id=report.public_id).values_list("kind", flat=True)
    assert list(kinds) == ["broker_report_missed"]


def test_nobody_is_reminded_of_what_was_submitted_or_cancelled():
    done, gone = due_report(day=D(2026, 3, 1)), due_report(day=D(2026, 3, 1))
    by = manager_of(done.registration.organization)
    submit_report(report=done, nothing=True, seen=None, by=by, at=night(D(2026, 7, 2)))
    put_into(gone.registration, "cancelled", at=NOW)
    run_broker_duties(at=night(D(2026, 7, 31)))
    assert not Notification.objects.filter(target_id__in=[done.public_id, gone.public_id]).exists()


def test_a_change_that_is_not_told_is_reminded_of():
    notice = suggested(happened_on=D(2026, 6, 1))
    manager = manager_of(notice.registration.organization)
    expected, found = {-8: 0, -7: 1, -6: 1, -2: 1, -1: 2, 0: 2, 1: 2}, {}
    for days in expected:
        run_broker_duties(at=night(notice.due_on + days * DAY))
        found[days] = Notification.objects.filter(recipient=manager, kind="broker_change_waits").count()
    assert found == expected


def test_a_change_that_was_told_is_not():
    for state in ("filed", "acknowledged", "dismissed"):
        change_in(state)
    assert run_broker_duties(at=night(TODAY + 29 * DAY))["reminded_of_changes"] == 0


def test_what_an_agency_changes_of_itself_has_to_be_told():
    """What triggers keep has the clock of the database, so here the real one counts."""
    now = timezone.now()
    broker, other = agency(at=now - DAY), trader(at=now - DAY)
    organization = broker.organization
    before = organization.name
    organization.name, organization.phone = "새이름", "02-123-4567"
    organization.save()
    organization.website = "https://example.org/"
    organization.save()
    assert run_broker_duties(at=now + datetime.timedelta(minutes=1))["suggested"] == 2
    found = ChangeNotice.objects.order_by("kind")
    assert [(row.kind, row.state, row.happened_on) for row in found] == [
        ("address", "suggested", timezone.localdate(now)), ("name", "suggested", timezone.localdate(now)),
    ]  # fmt: skip
    assert before in found[1].text
    assert "새이름" in found[1].text
    assert run_broker_duties(at=now + DAY)["suggested"] == 0
    assert not ChangeNotice.objects.filter(registration=other).exists()


def test_changes_before_the_registration_need_not_be_told():
    now = timezone.now()
    broker = agency(at=now + datetime.timedelta(minutes=5))
    broker.organization.name = "새이름"
    broker.organization.save()
    assert run_broker_duties(at=now + datetime.timedelta(minutes=10))["suggested"] == 0


@pytest.mark.parametrize(("days", "ground"), [(-1, False), (0, False), (1, True)])
def test_below_the_minimum_is_a_ground_once_the_time_to_mend_it_is_over(days, ground):
    minimum(1)
    broker = agency(at=NOW)
    run_broker_duties(at=NOW)
    last = grace_ends(TODAY)
    assert last == TODAY + 60 * DAY
    found = grounds(last + days * DAY)
    assert ((broker.number, Ground.BELOW_STANDARD) in found) == ground


def test_coming_back_clears_the_clock():
    minimum(1)
    broker = agency(at=NOW)
    run_broker_duties(at=NOW)
    entry = counted(broker.organization, at=NOW + DAY)
    assert grounds(TODAY + 61 * DAY) == []
    end_staff(entry=entry, until_on=TODAY + 20 * DAY, by=entry.user, at=NOW + DAY)
    run_broker_duties(at=night(TODAY + 21 * DAY))
    broker.refresh_from_db()
    assert broker.below_since == TODAY + 21 * DAY
    assert grounds(TODAY + 81 * DAY) == []
    assert grounds(TODAY + 82 * DAY) == [(broker.number, Ground.BELOW_STANDARD)]


@pytest.mark.parametrize(("days", "ground"), [(-1, False), (0, False), (1, True)])
def test_the_third_report_is_missed_the_day_after_it_was_due(days, ground):
    broker = agency(at=LONG_AGO)
    run_broker_duties(at=night(D(2026, 7, 1)))
    platform_deal(broker.organization)
    found = grounds(D(2026, 7, 31) + days * DAY)
    assert ((broker.number, Ground.MISSED_REPORTS) in found) == ground


def test_a_late_report_is_missed_no_more():
    broker = agency(at=LONG_AGO)
    run_broker_duties(at=night(D(2026, 7, 1)))
    platform_deal(broker.organization, signed_on=D(2026, 3, 3))
    assert grounds(D(2026, 8, 1)) == [(broker.number, Ground.MISSED_REPORTS)]
    by = manager_of(broker.organization)
    report = DealReport.objects.get(first_on=D(2025, 1, 1))
    submit_report(report=report, nothing=True, seen=None, by=by, at=night(D(2026, 8, 1)))
    assert grounds(D(2026, 8, 1)) == []


@pytest.mark.parametrize(("days", "ground"), [(-1, False), (0, False), (1, True)])
@pytest.mark.parametrize("kind", ["platform", "reported", "none"])
def test_two_years_after_the_last_deal_or_the_registration(kind, days, ground):
    broker = agency(at=datetime.datetime(2024, 3, 10, 9, tzinfo=KST))
    if kind == "platform":
        platform_deal(broker.organization, signed_on=D(2024, 5, 20))
    elif kind == "reported":
        reported_deal(broker.organization, signed_on=D(2024, 5, 20), term_until=None)
    last = D(2026, 3, 10) if kind == "none" else D(2026, 5, 20)
    assert ((broker.number, Ground.NO_DEAL) in grounds(last + days * DAY)) == ground


def test_what_a_case_was_decided_on_is_no_ground_again_until_another_report_is_missed():
    broker = agency(at=LONG_AGO)
    run_broker_duties(at=night(D(2026, 7, 1)))
    platform_deal(broker.organization)
    at = night(D(2026, 8, 1))
    assert open_due_cases(grounds=grounds_today(D(2026, 8, 1)), at=at) == 1
    closed(broker.cases.get(), at=at)
    assert open_due_cases(grounds=grounds_today(D(2026, 8, 2)), at=night(D(2026, 8, 2))) == 0
    run_broker_duties(at=night(D(2027, 1, 2)))
    half_a_year_later = D(2027, 1, 31)
    assert grounds(half_a_year_later) == []
    assert grounds(half_a_year_later + DAY) == [(broker.number, Ground.MISSED_REPORTS)]


def test_a_told_closure_is_heard_once():
    made = told(kind="closure", text="We close")
    broker = made.registration
    assert open_due_cases(grounds=grounds_today(TODAY), at=NOW) == 1
    closed(broker.cases.get(), at=NOW + DAY)
    assert grounds(TODAY + 300 * DAY) == []
    told(broker, kind="closure", text="Now we do", at=NOW + 300 * DAY, happened_on=TODAY + 299 * DAY)
    assert grounds(TODAY + 301 * DAY) == [(broker.number, Ground.CLOSURE)]


def test_a_broker_that_was_cancelled_in_the_same_night_stops_nobody_elses_case():
    stale, other = agency(), agency()
    found = [(stale, Ground.NO_DEAL, "None"), (other, Ground.NO_DEAL, "None")]
    put_into(Registration.objects.get(pk=stale.pk), "cancelled", at=NOW)
    assert stale.state == "registered"
    assert open_due_cases(grounds=found, at=NOW) == 1
    assert other.cases.count() == 1


def test_a_closure_is_a_ground_and_so_says_the_text():
    made = told(kind="closure", text="We close")
    number = made.registration.number
    assert [(row.number, ground) for row, ground, text in grounds_today(TODAY)] == [(number, Ground.CLOSURE)]
    told(trader(made.filed_by), by=made.filed_by, kind="closure")
    assert len(grounds(TODAY)) == 1


def test_the_cancelled_and_those_in_a_hearing_have_none(django_assert_num_queries):
    minimum(1)
    brokers = [agency(at=LONG_AGO) for _ in range(3)]
    run_broker_duties(at=NOW)
    late = D(2027, 7, 1)
    assert len({number for number, _ in grounds(late)}) == 3
    put_into(brokers[1], "hearing")
    put_into(brokers[0], "cancelled", at=NOW)
    assert {number for number, _ in grounds(late)} == {brokers[2].number}
    with django_assert_num_queries(6):
        list(grounds_today(late))
