"""Half-yearly reports: half-years at their edges, deals that go in, submitted once, corrected with a reason."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from brokers.clocks import deal_needed_by, ended_half_years, grace_ends, half_year_of, step_reached
from brokers.models import BrokeredDeal, DealReport, DealReportLine
from brokers.queries.duties import deals_of, fingerprint, recorded_later, suggested_quotes
from brokers.services.duties.record_deal import edit_deal, record_deal, remove_deal
from brokers.services.duties.report import correct_report, make_reports, submit_report
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.duties import (
    DEAL,
    LONG_AGO,
    NOW,
    due_report,
    manager_of,
    platform_deal,
    reported_deal,
    submitted,
)
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.standing import put_into
from tests.factories.tech_listings import ListingFactory

D = datetime.date
DAY = datetime.timedelta(days=1)
KST = datetime.timezone(datetime.timedelta(hours=9))
database = pytest.mark.django_db


def rows(model):
    return list(model.objects.order_by("pk").values())


def moment(day, hour=0, minute=0):
    return datetime.datetime.combine(day, datetime.time(hour, minute), KST)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (D(2026, 1, 1), (D(2026, 1, 1), D(2026, 6, 30), D(2026, 7, 31))),
        (D(2026, 6, 30), (D(2026, 1, 1), D(2026, 6, 30), D(2026, 7, 31))),
        (D(2026, 7, 1), (D(2026, 7, 1), D(2026, 12, 31), D(2027, 1, 31))),
        (D(2026, 12, 31), (D(2026, 7, 1), D(2026, 12, 31), D(2027, 1, 31))),
    ],
)
def test_half_years_and_when_their_report_is_due(day, expected):
    assert half_year_of(day) == expected


@given(st.dates(min_value=D(1960, 1, 1), max_value=D(2090, 1, 1)))
def test_a_half_year_holds_its_day_and_the_next_one_follows(day):
    half = half_year_of(day)
    assert half.first_on <= day <= half.last_on < half.due_on
    assert half_year_of(half.last_on + DAY).first_on == half.last_on + DAY
    assert next(ended_half_years(half.last_on + DAY)) == half
    assert all(one.last_on < day for one in ended_half_years(day))


def test_periods():
    assert grace_ends(D(2026, 6, 10)) == D(2026, 8, 9)
    assert deal_needed_by(D(2024, 6, 10)) == D(2026, 6, 10)
    assert deal_needed_by(D(2024, 2, 29)) == D(2026, 2, 28)
    steps = (-7, 0, 7)
    found = [step_reached(D(2026, 7, 31), D(2026, 7, 31) + days * DAY, steps) for days in (-8, -7, -1, 0, 6, 7, 99)]
    assert found == [None, -7, -7, 0, 0, 7, 7]


@database
@pytest.mark.parametrize(
    ("registered", "made"),
    [(D(2026, 6, 29), True), (D(2026, 6, 30), True), (D(2026, 7, 1), False)],
)
def test_who_was_registered_on_the_last_day_reports(registered, made):
    broker = agency(at=moment(registered, 23, 59))
    make_reports(at=moment(D(2026, 7, 1)))
    assert DealReport.objects.filter(registration=broker, first_on=D(2026, 1, 1)).exists() == made


@database
@pytest.mark.parametrize(
    ("cancelled", "made"), [(D(2025, 12, 31), False), (D(2026, 1, 1), True), (D(2026, 1, 2), True)]
)
def test_who_was_cancelled_before_the_half_year_does_not(cancelled, made):
    broker = agency(at=LONG_AGO)
    put_into(broker, "cancelled", at=moment(cancelled, 12))
    make_reports(at=moment(D(2026, 7, 1)))
    assert DealReport.objects.filter(registration=broker, first_on=D(2026, 1, 1)).exists() == made


@database
@pytest.mark.parametrize(("day", "many"), [(D(2026, 6, 30), 0), (D(2026, 7, 1), 1), (D(2026, 7, 2), 1)])
def test_made_once_the_half_year_is_over(day, many):
    agency(at=moment(D(2026, 2, 1)))
    assert make_reports(at=moment(day)) == many
    assert make_reports(at=moment(day)) == 0


@database
def test_only_agencies_report_and_a_standstill_is_made_up_for():
    trader(at=LONG_AGO)
    agency(at=datetime.datetime(2019, 1, 1, tzinfo=KST))
    assert make_reports(at=moment(D(2026, 7, 1)), batch=1) == 4
    found = DealReport.objects.order_by("first_on").values_list("first_on", flat=True)
    assert list(found) == [D(2024, 7, 1), D(2025, 1, 1), D(2025, 7, 1), D(2026, 1, 1)]


@database
@pytest.mark.parametrize(
    ("signed", "inside"), [(D(2025, 6, 30), 0), (D(2025, 7, 1), 1), (D(2025, 12, 31), 1), (D(2026, 1, 1), 0)]
)
def test_deals_of_the_half_year_made_here_or_entered_go_in(signed, inside):
    report = due_report()
    broker = report.registration.organization
    reported_deal(broker, signed_on=signed, term_until=None)
    platform_deal(broker, signed_on=signed, term_until=None)
    reported_deal(OrganizationFactory(broker=True))
    assert deals_of(report).count() == 2 * inside


@database
def test_a_deal_is_recorded_once_per_reference():
    broker = agency().organization
    taker = OrganizationFactory(region_code="1100000000")
    listing = ListingFactory(ipc_codes=["H01M 10/0525"])
    first = platform_deal(broker, reference="D1", taker=taker, listing=listing)
    again = platform_deal(broker, reference="D1", technology="Another")
    assert (again.pk, again.technology) == (first.pk, "Hydrogen valve")
    assert (first.ipc_section, first.region) == ("H", "1100000000")
    assert platform_deal(OrganizationFactory(broker=True), reference="D1").pk != first.pk


@database
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"technology": " "}, "technology"), ({"holder_name": ""}, "holder_name"), ({"taker_name": ""}, "taker_name"),
        ({"deal_kind": "gift"}, "deal_kind"), ({"value_won": -1}, "value_won"), ({"value_won": 10**16}, "value_won"),
        ({"royalty_text": "x" * 301}, "royalty_text"), ({"signed_on": NOW.date() + DAY}, "signed_on"),
        ({"term_until": D(2025, 9, 2)}, "term_until"), ({"ipc_section": "AB"}, "ipc_section"),
        ({"reference": "x" * 41}, "reference"), ({"origin": "elsewhere"}, "origin"),
    ],
)  # fmt: skip
def test_a_deal_that_cannot_be(change, field):
    broker = agency().organization
    with pytest.raises(DomainError) as refusal:
        record_deal(**({"broker": broker, "origin": "reported"} | DEAL | change), by=manager_of(broker), at=NOW)
    assert refusal.value.field == field
    assert not BrokeredDeal.objects.exists()


@database
def test_only_its_people_enter_change_and_take_out_deals():
    broker = agency().organization
    deal, before = reported_deal(broker), rows(BrokeredDeal)
    for by in (
        UserFactory(),
        MembershipFactory(organization=broker, role="viewer").user,
        manager_of(agency().organization),
    ):
        with pytest.raises(NotAllowed):
            reported_deal(broker, by=by)
        with pytest.raises(NotAllowed):
            edit_deal(deal=deal, **DEAL, by=by, at=NOW)
        with pytest.raises(NotAllowed):
            remove_deal(deal=deal, by=by)
    assert rows(BrokeredDeal) == before


@database
def test_a_deal_made_here_is_not_changed_by_hand():
    broker = agency().organization
    deal, before = platform_deal(broker), rows(BrokeredDeal)
    for refused in (
        lambda: edit_deal(deal=deal, **DEAL, by=manager_of(broker), at=NOW),
        lambda: remove_deal(deal=deal, by=manager_of(broker)),
    ):
        with pytest.raises(NotPossibleNow):
            refused()
    with pytest.raises(DatabaseError), transaction.atomic():
        BrokeredDeal.objects.filter(pk=deal.pk).delete()
    assert rows(BrokeredDeal) == before


@database
def test_submitting_freezes_the_deals_as_lines():
    report = due_report()
    broker = report.registration.organization
    deals = [reported_deal(broker, value_won=7), platform_deal(broker, value_won=5)]
    seen = fingerprint(list(deals_of(report)))
    done = submit_report(report=report, nothing=False, seen=seen, by=manager_of(broker), at=NOW)

    assert (done.state, done.deal_count, done.total_won, done.submitted_at) == ("submitted", 2, 12, NOW)
    assert [line.deal_id for line in done.lines.order_by("position")] == [deal.pk for deal in deals]
    assert done.was_late  # due on 31 January


@database
@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_late_is_computed_by_the_day(days, late):
    report = due_report()
    at = moment(report.due_on + days * DAY, 23, 59)
    assert report.is_missed_on(report.due_on + days * DAY) == late
    assert DealReport.objects.missed_on(report.due_on + days * DAY).exists() == late
    done = submit_report(report=report, nothing=True, seen=None, by=manager_of(report.registration.organization), at=at)
    assert (done.was_late, done.deal_count, done.total_won) == (late, 0, 0)
    assert not DealReport.objects.missed_on(report.due_on + 999 * DAY).exists()


@database
def test_nothing_to_report_is_said_and_only_then():
    report = due_report()
    by = manager_of(report.registration.organization)
    with pytest.raises(DomainError) as refusal:
        submit_report(report=report, nothing=False, seen=None, by=by, at=NOW)
    assert refusal.value.field == "nothing"
    reported_deal(report.registration.organization)
    with pytest.raises(DomainError):
        submit_report(report=report, nothing=True, seen=None, by=by, at=NOW)
    report.refresh_from_db()
    assert (report.state, report.lines.count()) == ("due", 0)


@database
def test_other_deals_than_read_are_not_submitted():
    report = due_report()
    broker = report.registration.organization
    deal = reported_deal(broker)
    seen = fingerprint([deal])
    edit_deal(deal=deal, **(DEAL | {"value_won": 1}), by=manager_of(broker), at=NOW)
    with pytest.raises(ChangedMeanwhile):
        submit_report(report=report, nothing=False, seen=seen, by=manager_of(broker), at=NOW)
    assert DealReport.objects.get().state == "due"


@database
def test_submitted_once_and_only_by_its_people():
    report = due_report()
    by = manager_of(report.registration.organization)
    for stranger in (UserFactory(), manager_of(agency().organization)):
        with pytest.raises(NotAllowed):
            submit_report(report=report, nothing=True, seen=None, by=stranger, at=NOW)
    submit_report(report=report, nothing=True, seen=None, by=by, at=NOW)
    with pytest.raises(NotPossibleNow, match=by.name):
        submit_report(report=report, nothing=True, seen=None, by=by, at=NOW)


@database
def test_what_was_submitted_stays_for_service_and_database():
    report = submitted(deals=2)
    broker = report.registration.organization
    deal, before = BrokeredDeal.objects.first(), (rows(DealReport), rows(DealReportLine), rows(BrokeredDeal))
    by = manager_of(broker)
    for refused in (
        lambda: reported_deal(broker),
        lambda: edit_deal(deal=deal, **DEAL, by=by, at=NOW),
        lambda: edit_deal(deal=deal, **(DEAL | {"signed_on": D(2026, 2, 2)}), by=by, at=NOW),
        lambda: remove_deal(deal=deal, by=by),
    ):
        with pytest.raises(NotPossibleNow):
            refused()
    line = DealReportLine.objects.first()
    statements = [
        lambda: BrokeredDeal.objects.filter(pk=deal.pk).update(value_won=1),
        lambda: BrokeredDeal.objects.filter(pk=deal.pk).update(signed_on=D(2026, 2, 2)),
        lambda: BrokeredDeal.objects.create(broker=broker, origin="reported", recorded_at=NOW, **DEAL),
        lambda: BrokeredDeal.objects.filter(pk=deal.pk).update(origin="platform"),
        lambda: DealReport.objects.filter(pk=report.pk).update(total_won=1),
        lambda: DealReport.objects.filter(pk=report.pk).update(reminded=1),
        lambda: DealReport.objects.filter(pk=report.pk).update(due_on=D(2026, 3, 1)),
        lambda: DealReportLine.objects.filter(pk=line.pk).update(value_won=1),
        lambda: DealReportLine.objects.filter(pk=line.pk).delete(),
        lambda: DealReportLine.objects.create(report=report, position=9, origin="reported", **DEAL),
        lambda: delete_row("brokers_dealreport", report.pk),
    ]
    for statement in statements:
        with pytest.raises(DatabaseError), transaction.atomic():
            statement()
    assert (rows(DealReport), rows(DealReportLine), rows(BrokeredDeal)) == before


def delete_row(table, pk):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])


@database
def test_the_database_adds_the_lines_up():
    report = due_report()
    wrong = {"state": "submitted", "submitted_at": NOW, "submitted_by": UserFactory(), "deal_count": 1, "total_won": 1}
    with pytest.raises(DatabaseError), transaction.atomic():
        DealReport.objects.filter(pk=report.pk).update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        DealReport.objects.create(registration=report.registration, **half_year_of(D(2025, 1, 1))._asdict(), **wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        DealReport.objects.filter(pk=report.pk).update(first_on=D(2025, 1, 1))


@database
def test_a_correction_is_a_new_revision_with_a_reason():
    first = submitted(deals=1)
    broker, by = first.registration.organization, manager_of(first.registration.organization)
    with pytest.raises(DomainError) as refusal:
        correct_report(report=first, reason=" ", by=by, at=NOW)
    assert refusal.value.field == "reason"
    second = correct_report(report=first, reason="One deal was missing", by=by, at=NOW)
    assert (second.revision, second.state, second.due_on) == (2, "due", first.due_on)
    assert not second.is_missed_on(D(2030, 1, 1))

    reported_deal(broker)
    remove_deal(deal=first.lines.get().deal, by=by)
    done = submit_report(report=second, nothing=False, seen=None, by=by, at=NOW)
    assert not done.was_late
    assert done.lines.get().signed_on == DEAL["signed_on"]
    line = DealReport.objects.get(pk=first.pk).lines.get()
    assert (line.deal_id, line.signed_on) == (None, D(2025, 7, 1))


@database
def test_what_cannot_be_corrected():
    report = due_report()
    by = manager_of(report.registration.organization)
    with pytest.raises(NotPossibleNow):
        correct_report(report=report, reason="x", by=by, at=NOW)
    done = submitted(report)
    with pytest.raises(NotAllowed):
        correct_report(report=done, reason="x", by=UserFactory(), at=NOW)
    correct_report(report=done, reason="x", by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        correct_report(report=done, reason="x", by=by, at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        DealReport.objects.create(
            registration=done.registration,
            **half_year_of(D(2025, 1, 1))._asdict(),
            revision=2,
            reason="x",
            opened_at=NOW,
            opened_by=by,
        )
    assert DealReport.objects.count() == 2


@database
def test_a_deal_made_here_that_came_later_is_shown_until_it_is_corrected():
    report = submitted(deals=1)
    assert recorded_later(report) == 0
    platform_deal(report.registration.organization)
    assert recorded_later(report) == 1


@database
def test_accepted_fees_of_the_half_year_are_offered_until_recorded():
    from brokers.services.fees.accept_quote import accept_quote
    from tests.factories.brokers.fees import acceptor, quoted

    by = MembershipFactory(broker=True).user
    broker = by.active_organizations().get()
    report = due_report(agency(broker, at=LONG_AGO), day=NOW.date())
    found, other = quoted(by=by, subject="Pump"), quoted(by=by, subject="Never accepted")
    accept_quote(quote=found, by=acceptor(found.client), at=NOW)
    assert list(suggested_quotes(report)) == [found]
    reported_deal(broker, reference=found.number, signed_on=NOW.date())
    assert list(suggested_quotes(report)) == []
    assert other.accepted_at is None
