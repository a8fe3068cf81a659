"""State tables in Python and the database, and what the database keeps from being changed on any path."""

import itertools
from datetime import timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from accounts.models import Organization
from brokers.enums.fees import (
    BAND_STATES,
    QUOTE_STATES,
    SCHEDULE_STATES,
    BandState,
    QuoteState,
    ScheduleState,
)
from brokers.models import BandRequest, FeeSchedule, FeeTier, Quote, QuoteShare, ScheduleWriting
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import (
    NOW,
    acceptor,
    asked,
    band_in,
    draft,
    officer,
    outside,
    published,
    quote_in,
    quoted,
    schedule_in,
    shipped,
)

REFUSED = (IntegrityError, InternalError, ProgrammingError)


def fields_of_schedule(state):
    person = officer()
    return {
        ScheduleState.DRAFT: {"published_at": None, "published_by": None},
        ScheduleState.PUBLISHED: {"published_at": NOW, "published_by": person},
        ScheduleState.SUPERSEDED: {"superseded_at": NOW},
        ScheduleState.WITHDRAWN: {"withdrawn_at": NOW, "withdrawn_by": person, "withdrawal_reason": "x"},
    }[state]


def fields_of_quote(state, quote):
    return {
        QuoteState.ACCEPTED: {"accepted_at": NOW, "accepted_by": acceptor(quote.client)},
        QuoteState.DECLINED: {"closed_at": NOW, "closed_by": acceptor(quote.client)},
        QuoteState.WITHDRAWN: {"closed_at": NOW, "closed_by": quote.quoted_by},
    }.get(state, {})


def fields_of_band(state):
    decided = {"decided_at": NOW, "decided_by": officer(), "decision_text": "x"}
    return decided if state in {BandState.GRANTED, BandState.REFUSED} else {}


def agree(machine, found, after, changes):
    """Both allow the move, or both refuse it and nothing changed."""
    model, before = type(found), type(found).objects.filter(pk=found.pk).values().get()
    if machine.can(found, after):
        machine.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        machine.move(found, after, **changes)
    with pytest.raises(REFUSED), transaction.atomic():
        model.objects.filter(pk=found.pk).update(state=after, **changes)
    assert model.objects.filter(pk=found.pk).values().get() == before


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ScheduleState, 2)))
def test_every_move_of_a_schedule(before, after):
    agree(SCHEDULE_STATES, schedule_in(before), after, fields_of_schedule(after))


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(QuoteState, 2)))
def test_every_move_of_a_quote(before, after):
    found = quote_in(before)
    if before == QuoteState.OUTSIDE and after in {QuoteState.OFFERED, QuoteState.REFUSED}:
        outcome = BandState.GRANTED if after == QuoteState.OFFERED else BandState.REFUSED
        BandRequest.objects.filter(pk=asked(found).pk).update(state=outcome, **fields_of_band(outcome))
    agree(QUOTE_STATES, found, after, fields_of_quote(after, found))


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(BandState, 2)))
def test_every_move_of_a_request(before, after):
    agree(BAND_STATES, band_in(before), after, fields_of_band(after))


# --- schedules --------------------------------------------------------------------------------------------------------

CHANGES = [
    {"name_ko": "다른 이름"}, {"basis": "received_royalty"}, {"method": "flat"}, {"minimum_won": 1}, {"floor_won": 1},
    {"ceiling_won": 10**9}, {"retainer_won": 1}, {"retainer_credited": False}, {"vat_bp": 0}, {"vat_included": True},
    {"paid_by": "firm", "holder_share_bp": 0}, {"tail_months": 1}, {"below_bp": 1}, {"above_bp": 1},
    {"valid_from": NOW.date() + timedelta(days=1)}, {"source": "x"}, {"is_assumption": False}, {"revision": 9},
    {"use": "comparison"}, {"reference": "x"}, {"published_at": NOW + timedelta(days=1)},
]  # fmt: skip


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
@pytest.mark.parametrize("state", [ScheduleState.PUBLISHED, ScheduleState.SUPERSEDED, ScheduleState.WITHDRAWN])
def test_what_was_published_is_frozen(state, changes):
    found = schedule_in(state)
    before = FeeSchedule.objects.filter(pk=found.pk).values().get()
    with pytest.raises(REFUSED), transaction.atomic():
        FeeSchedule.objects.filter(pk=found.pk).update(**changes)
    row = FeeSchedule.objects.get(pk=found.pk)
    for name, value in changes.items():
        setattr(row, name, value)
    with pytest.raises(REFUSED), transaction.atomic():
        row.save()
    assert FeeSchedule.objects.filter(pk=found.pk).values().get() == before


def test_tiers_of_what_was_published_neither_come_nor_go_nor_change():
    found, other = published(), draft()
    tiers = list(found.tiers.values().order_by("pk"))
    acts = [
        lambda: FeeTier.objects.create(schedule=found, from_won=7, rate_bp=1),
        lambda: found.tiers.filter(from_won=0).update(rate_bp=1),
        lambda: found.tiers.all().delete(),
        lambda: FeeTier.objects.filter(schedule=other).update(schedule=found),
        lambda: found.tiers.update(schedule=other, from_won=5),
        lambda: ScheduleWriting.objects.create(schedule=found, written_by=officer(), written_at=NOW),
        lambda: connection.cursor().execute(
            "UPDATE brokers_feetier SET rate_bp = 0 WHERE schedule_id = %s", [found.pk]
        ),
    ]
    for act in acts:
        with pytest.raises(REFUSED), transaction.atomic():
            act()
    assert list(found.tiers.values().order_by("pk")) == tiers


def test_no_schedule_is_deleted_or_begins_as_published():
    for found in (draft(), published(valid_from=NOW.date() + timedelta(days=1))):
        with pytest.raises(REFUSED), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM brokers_feeschedule WHERE id = %s", [found.pk])
    values = FeeSchedule.objects.filter(pk=found.pk).values().get() | {"valid_from": None}
    for name in ("id", "public_id"):
        values.pop(name)
    with pytest.raises(REFUSED), transaction.atomic():
        FeeSchedule.objects.create(**values)


def _published_without_its_first_tier(schedule, **fields):
    schedule.tiers.filter(from_won=0).delete()
    FeeSchedule.objects.filter(pk=schedule.pk).update(**fields, published_by=officer())


def test_who_wrote_a_draft_does_not_publish_it_whoever_asks_the_database():
    writer = officer()
    found = draft(by=writer)
    fields = {"state": "published", "published_at": NOW}
    stranger = MembershipFactory(institute=True).user
    for person in (writer, stranger, None):
        with pytest.raises(REFUSED), transaction.atomic():
            FeeSchedule.objects.filter(pk=found.pk).update(**fields, published_by=person)
    with pytest.raises(REFUSED), transaction.atomic():  # no rate from the first won on
        _published_without_its_first_tier(found, **fields)
    with pytest.raises(REFUSED), transaction.atomic():  # publishing changes nothing else
        FeeSchedule.objects.filter(pk=found.pk).update(**fields, published_by=officer(), vat_bp=0)
    assert FeeSchedule.objects.get(pk=found.pk).state == "draft"
    assert FeeSchedule.objects.filter(pk=found.pk).update(**fields, published_by=officer()) == 1


def test_a_draft_nobody_wrote_is_not_published():
    found = shipped()["officers-draft"]
    FeeSchedule.objects.filter(pk=found.pk).update(valid_from=NOW.date())
    with pytest.raises(REFUSED), transaction.atomic():
        FeeSchedule.objects.filter(pk=found.pk).update(state="published", published_at=NOW, published_by=officer())


def test_who_wrote_is_never_forgotten():
    writing = draft().writings.get()
    for act in (lambda: writing.delete(), lambda: ScheduleWriting.objects.update(written_by=officer())):
        with pytest.raises(REFUSED), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "changes",
    [
        {"name_en": ""},
        {"source": "", "is_assumption": False},
        {"holder_share_bp": 9_999},
        {"paid_by": "both"},
        {"paid_by": "moon"},
        {"method": "moon"},
        {"basis": "moon"},
        {"use": "moon"},
        {"state": "moon"},
        {"vat_bp": 10_001},
        {"below_bp": 10_001},
        {"floor_won": 2, "ceiling_won": 1},
        {"floor_won": 2, "minimum_won": 1},
        {"ceiling_won": 2, "minimum_won": 3},
        {"published_at": NOW},
        {"withdrawal_reason": "x"},
        {"superseded_at": NOW},
    ],
)
def test_a_draft_that_cannot_be(changes):
    found = draft()
    with pytest.raises(REFUSED), transaction.atomic():
        FeeSchedule.objects.filter(pk=found.pk).update(**changes)


def test_two_guidelines_do_not_begin_on_one_day():
    published()
    other = draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        FeeSchedule.objects.filter(pk=other.pk).update(state="published", published_at=NOW, published_by=officer())


# --- quotes -----------------------------------------------------------------------------------------------------------

QUOTED = [
    {"number": "F2026999999"}, {"subject": "x"}, {"value_won": 1}, {"guideline_won": 1}, {"lower_won": 1},
    {"upper_won": 10**12}, {"fee_won": 1_000_001}, {"start_won": 1}, {"net_won": 1, "vat_won": 0, "total_won": 1},
    {"lines": []}, {"payers": []}, {"terms": {}}, {"quoted_at": NOW + timedelta(days=1)},
    {"valid_until": NOW.date() + timedelta(days=99)},
]  # fmt: skip


@pytest.mark.parametrize("state", QuoteState)
@pytest.mark.parametrize("changes", QUOTED, ids=lambda changes: next(iter(changes)))
def test_what_was_quoted_is_never_changed(state, changes):
    found = quote_in(state)
    before = Quote.objects.filter(pk=found.pk).values().get()
    with pytest.raises(REFUSED), transaction.atomic():
        Quote.objects.filter(pk=found.pk).update(**changes)
    assert Quote.objects.filter(pk=found.pk).values().get() == before


def test_an_accepted_quote_is_not_touched_again():
    found = quote_in(QuoteState.ACCEPTED)
    other = Organization.objects.exclude(pk__in=[found.client_id, found.broker_id]).first()
    for changes in (
        {"accepted_by": acceptor(found.client)}, {"accepted_at": NOW + timedelta(days=1)}, {"client": other},
        {"schedule": published(valid_from=NOW.date() + timedelta(days=1))}, {"state": "offered"},
    ):  # fmt: skip
        with pytest.raises(REFUSED), transaction.atomic():
            Quote.objects.filter(pk=found.pk).update(**changes)
    with pytest.raises(REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM brokers_quote WHERE id = %s", [found.pk])


def copy_of(quote, **changes):
    values = Quote.objects.filter(pk=quote.pk).values().get() | {"number": "F2026777777"} | changes
    for name in ("id", "public_id"):
        values.pop(name)
    return Quote(**values)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "accepted", "accepted_at": NOW},
        {"state": "outside"},
        {"fee_won": 10**9},
        {"lines": []},
        {"payers": []},
        {"total_won": 5},
        {"number": "Q2026000001"},
        {"subject": ""},
        {"value_won": 0},
    ],
)
def test_a_quote_that_cannot_be(changes):
    found = quoted()
    with pytest.raises(REFUSED), transaction.atomic():
        copy_of(found, **changes).save(force_insert=True)
    with pytest.raises(REFUSED), transaction.atomic():
        copy_of(found, client_id=found.broker_id).save(force_insert=True)
    assert Quote.objects.count() == 1


def test_a_quote_is_made_by_a_published_guideline():
    found = quoted()
    for schedule in (draft(), shipped()["lehman"]):
        with pytest.raises(REFUSED), transaction.atomic():
            copy_of(found, schedule_id=schedule.pk).save(force_insert=True)


def _checked(row):
    """Saved, and asked what is asked at the end of a transaction."""
    row.save(force_insert=True)
    connection.check_constraints()


def test_shares_add_up_when_the_transaction_ends():
    found = quoted()
    with pytest.raises(REFUSED), transaction.atomic():
        _checked(copy_of(found))  # with no share at all
    other = MembershipFactory(broker=True).organization
    with pytest.raises(REFUSED), transaction.atomic():
        _checked(QuoteShare(quote=found, organization=other, share_bp=1, net_won=0, vat_won=0))
    for act in (lambda: found.shares.update(net_won=0), lambda: found.shares.all().delete()):
        with pytest.raises(REFUSED), transaction.atomic():
            act()
    assert [share.net_won for share in found.shares.all()] == [found.net_won]


def test_the_client_accepts_and_nobody_of_the_broker():
    found = quoted()
    both = acceptor(found.client)
    MembershipFactory(organization=found.broker, user=both)
    for person in (found.quoted_by, officer(), both):
        with pytest.raises(REFUSED), transaction.atomic():
            Quote.objects.filter(pk=found.pk).update(state="accepted", accepted_at=NOW, accepted_by=person)
    assert Quote.objects.get(pk=found.pk).state == "offered"


def test_outside_of_the_band_nothing_is_offered_without_a_decision():
    found = outside()
    for state in ("offered", "refused"):
        with pytest.raises(REFUSED), transaction.atomic():
            Quote.objects.filter(pk=found.pk).update(state=state)
    request = asked(found)
    with pytest.raises(REFUSED), transaction.atomic():
        Quote.objects.filter(pk=found.pk).update(state="offered")
    assert BandRequest.objects.get(pk=request.pk).state == "asked"


def test_the_guards_pass_nobody_who_puts_the_state_tables_to_sleep():
    beyond, frozen, version = (
        outside(),
        quote_in(QuoteState.ACCEPTED),
        published(valid_from=NOW.date() + timedelta(days=1)),
    )
    acts = [
        lambda: Quote.objects.filter(pk=beyond.pk).update(
            state="accepted", accepted_at=NOW, accepted_by=acceptor(beyond.client)
        ),
        lambda: Quote.objects.filter(pk=frozen.pk).update(state="offered", accepted_at=None, accepted_by=None),
        lambda: FeeSchedule.objects.filter(pk=version.pk).update(state="draft", published_at=None, published_by=None),
    ]
    for act in acts:
        with pytest.raises(REFUSED), transaction.atomic(), pgtrigger.ignore():
            act()


def test_nobody_of_either_side_and_no_stranger_decides():
    request = asked()
    quote = request.quote
    sides = [officer(), officer()]
    MembershipFactory(organization=quote.broker, user=sides[0])
    MembershipFactory(organization=quote.client, user=sides[1])
    for person in (request.asked_by, MembershipFactory(institute=True).user, *sides):
        with pytest.raises(REFUSED), transaction.atomic():
            BandRequest.objects.filter(pk=request.pk).update(
                state="granted", decided_at=NOW, decided_by=person, decision_text="x"
            )
    with pytest.raises(REFUSED), transaction.atomic():
        BandRequest.objects.filter(pk=request.pk).update(reason="Another")
    with pytest.raises(REFUSED), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM brokers_bandrequest WHERE id = %s", [request.pk])
    with pytest.raises(REFUSED), transaction.atomic():
        BandRequest.objects.create(quote=quoted(subject="Other"), reason="x", asked_at=NOW, asked_by=quote.quoted_by)
    request.refresh_from_db()
    assert (request.state, request.decided_by) == ("asked", None)
