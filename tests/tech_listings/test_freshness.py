"""Confirmations: what a holder hears when, what is unconfirmed, what is suspended. The clock is given, never read."""

import datetime
import threading
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import InternalError, transaction
from django.db.models import QuerySet

from notifications.models import Notification
from tech_listings import notices
from tech_listings.clocks import confirm_by, latest_start
from tech_listings.enums import ConfirmStep, ListingState, RightStatus, SuspendedFor
from tech_listings.models import ConfirmationReminder, Listing
from tech_listings.services import freshness
from tech_listings.services.confirm import confirm_listings
from tech_listings.services.freshness import keep_fresh, run_freshness
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.tech_listings import ListingFactory, patent
from tests.threads import at_once

KST = ZoneInfo("Asia/Seoul")
CONFIRMED = datetime.date(2026, 1, 15)
LAST = datetime.date(2026, 7, 15)
"""The last day of six months from then."""


def morning(day):
    return datetime.datetime.combine(day, datetime.time(8, 10), KST)


def after(days):
    return morning(LAST + datetime.timedelta(days=days))


@pytest.fixture
def staff():
    return MembershipFactory(institute=True)


@pytest.fixture
def holder(staff):
    return staff.organization


def offered(holder, **fields):
    return ListingFactory(holder=holder, confirmed_on=CONFIRMED, **fields)


def heard():
    return list(Notification.objects.order_by("created_at", "pk").values_list("kind", flat=True))


def everything():
    return (
        list(Listing.objects.order_by("pk").values_list("pk", "state", "revision", "suspended_for")),
        list(ConfirmationReminder.objects.order_by("pk").values_list("listing", "counted_from", "step", "told_on")),
        list(Notification.objects.order_by("pk").values_list("recipient", "kind", "dedupe_key")),
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime.date(2026, 1, 15), LAST),
        (datetime.date(2026, 8, 31), datetime.date(2027, 2, 28)),
        (datetime.date(2026, 2, 28), datetime.date(2026, 8, 31)),
    ],
)
def test_six_months_end_as_the_law_counts_them(start, end):
    assert confirm_by(start) == end


def test_the_latest_start_is_the_inverse_of_the_end_on_every_day_of_four_years():
    for day in (datetime.date(2026, 1, 1) + datetime.timedelta(days=n) for n in range(1461)):
        start = latest_start(day)
        assert confirm_by(start) <= day < confirm_by(start + datetime.timedelta(days=1))


@pytest.mark.parametrize(
    ("days", "kinds"),
    [
        (-31, []),
        (-30, ["confirm_first"]),
        (-8, ["confirm_first"]),
        (-7, ["confirm_second"]),
        (0, ["confirm_second"]),
        (1, ["confirm_passed"]),
        (300, ["confirm_passed"]),
    ],
)
def test_the_day_says_what_the_holder_hears_whatever_ran_before(holder, days, kinds):
    offered(holder)
    run_freshness(at=after(days))
    assert heard() == kinds


def test_two_reminders_then_unconfirmed_then_suspended(holder, staff):
    listing = offered(holder)
    for days in range(-40, 70):
        run_freshness(at=after(days))
    assert heard() == ["confirm_first", "confirm_second", "confirm_passed", "confirm_suspended"]
    listing.refresh_from_db()
    assert (listing.state, listing.suspended_for) == (ListingState.SUSPENDED, SuspendedFor.NOT_CONFIRMED)
    assert listing.suspended_by is None
    assert listing.suspended_at == after(61)
    assert not listing.document.is_public


def test_nobody_is_suspended_who_was_not_told_a_whole_period_before(holder):
    """The clock stood still for a year: what was due meanwhile is told first."""
    listing = offered(holder)
    run_freshness(at=after(365))
    run_freshness(at=after(365 + 59))
    listing.refresh_from_db()
    assert (listing.state, heard()) == (ListingState.PUBLISHED, ["confirm_passed"])
    assert run_freshness(at=after(365 + 60)) == {"suspended": 1}


def test_an_old_step_never_comes_after_a_newer_one(holder):
    listing = offered(holder)
    run_freshness(at=after(-5))
    before = everything()
    assert run_freshness(at=after(-20)) == {}  # a clock that was set back
    assert everything() == before
    with pytest.raises(InternalError, match="no_step_back"), transaction.atomic():
        ConfirmationReminder.objects.filter(listing=listing).update(step=ConfirmStep.FIRST)


def test_one_message_per_institute_step_and_day_for_all_its_technologies(holder):
    for _ in range(30):
        offered(holder)
    ListingFactory(holder=holder, confirmed_on=CONFIRMED - datetime.timedelta(days=15))
    elsewhere = MembershipFactory(institute=True)
    offered(elsewhere.organization)
    run_freshness(at=after(-20))
    run_freshness(at=after(-20))
    told = Notification.objects.filter(recipient__memberships__organization=holder)
    assert sorted(told.values_list("kind", "params__many")) == [("confirm_first", 30), ("confirm_second", 1)]
    assert Notification.objects.count() == 3


def test_who_was_confirmed_hears_it_all_again_half_a_year_later(holder, staff):
    listing = offered(holder)
    run_freshness(at=after(-3))
    confirm_listings(holder=holder, listing_ids=[listing.pk], by=staff.user, at=after(-2))
    run_freshness(at=after(1))
    assert heard() == ["confirm_second"]
    run_freshness(at=after(180))
    assert heard() == ["confirm_second", "confirm_second"]


@pytest.mark.parametrize(
    "fields",
    [
        {"draft": True},
        {"withdrawn": True},
        {"closed": True},
        {"suspended": True},
        {"state": ListingState.CONTRACTED},
    ],
)
def test_what_is_not_on_offer_is_not_asked_about(holder, fields):
    offered(holder, **fields)
    before = everything()
    assert run_freshness(at=after(300)) == {}
    assert everything() == before


def test_what_nobody_ever_confirmed_counts_from_its_registration(holder):
    listing = ListingFactory(holder=holder, confirmed_on=None)
    assert listing.counted_from == datetime.date(2026, 3, 2)
    assert listing.confirm_by == datetime.date(2026, 9, 2)
    assert run_freshness(at=morning(datetime.date(2026, 9, 2))) == {"second": 1}
    assert run_freshness(at=morning(datetime.date(2026, 9, 3))) == {"unconfirmed": 1}
    assert list(Listing.objects.unconfirmed(datetime.date(2026, 9, 2))) == []
    assert list(Listing.objects.unconfirmed(datetime.date(2026, 9, 3))) == [listing]


def test_unconfirmed_is_read_from_days_and_never_stored(holder):
    listing = offered(holder)
    before = Listing.objects.values().get(pk=listing.pk)
    run_freshness(at=after(1))
    assert Listing.objects.values().get(pk=listing.pk) == before
    assert not listing.is_unconfirmed_on(LAST)
    assert listing.is_unconfirmed_on(LAST + datetime.timedelta(days=1))


def test_a_run_that_was_killed_is_gone_on_with(monkeypatch):
    holders = [MembershipFactory(institute=True).organization for _ in range(3)]
    for each in holders:
        offered(each)
        ConfirmationReminder.objects.create(
            listing=offered(each), counted_from=CONFIRMED, step=3, told_on=LAST - datetime.timedelta(days=61)
        )
    told = notices.to_confirm

    def dies(holder, *args, **kwargs):
        told(holder, *args, **kwargs)
        if holder == holders[1]:
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(freshness.notices, "to_confirm", dies)
        with pytest.raises(KeyboardInterrupt):
            run_freshness(at=after(1))
    assert {n.recipient.memberships.get().organization for n in Notification.objects.all()} == {holders[0]}

    run_freshness(at=after(1))
    run_freshness(at=after(1))
    assert sorted(heard()) == ["confirm_passed"] * 3 + ["confirm_suspended"] * 3
    assert Listing.objects.filter(state=ListingState.SUSPENDED).count() == 3


def test_the_work_of_a_day_asks_no_more_for_many_technologies_than_for_few(holder, django_assert_num_queries):
    def questions(many):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        for _ in range(many):
            offered(holder)
        with CaptureQueriesContext(connection) as asked:
            keep_fresh(holder_id=holder.pk, at=after(1))
        return len(asked)

    few = questions(2)
    Notification.objects.all().delete()
    assert questions(25) <= few


@pytest.mark.django_db(transaction=True)
def test_of_two_schedulers_at_once_one_works(holder):
    for _ in range(3):
        offered(MembershipFactory(institute=True).organization)
    inside = threading.Event()
    outcomes = at_once(
        lambda: run_freshness(at=after(1), each=lambda _done: inside.wait(0.3)), lambda: run_freshness(at=after(1))
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert heard() == ["confirm_passed"] * 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_without_that_gate_still_tell_once():
    """As where two databases' nights overlap: rows and keys say what was told, not the gate."""
    staff = MembershipFactory(institute=True)
    for _ in range(5):
        offered(staff.organization)
    outcomes = at_once(*[lambda: keep_fresh(holder_id=staff.organization_id, at=after(1))] * 2)
    assert sorted(outcome.get("unconfirmed", 0) for outcome in outcomes) == [0, 5]
    assert heard() == ["confirm_passed"]


def confirmed_and_suspended_at_once(monkeypatch):
    """The night has found what to suspend, then the holder confirms, then the night writes."""
    staff = MembershipFactory(institute=True)
    listing = offered(staff.organization)
    ConfirmationReminder.objects.create(listing=listing, counted_from=CONFIRMED, step=3, told_on=LAST)
    found, confirmed = threading.Event(), threading.Event()
    waits = freshness.pghistory.context

    def slow(*args, **kwargs):
        if kwargs.get("source") == "freshness":
            found.set()
            confirmed.wait(1)
        return waits(*args, **kwargs)

    monkeypatch.setattr(freshness.pghistory, "context", slow)

    def confirm():
        found.wait(5)
        done = confirm_listings(holder=staff.organization, listing_ids=[listing.pk], by=staff.user, at=after(70))
        confirmed.set()
        return done

    outcomes = at_once(lambda: run_freshness(at=after(70)), confirm)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    listing.refresh_from_db()
    return listing


@pytest.mark.django_db(transaction=True)
def test_who_confirms_while_it_is_suspended_has_the_last_word(monkeypatch):
    listing = confirmed_and_suspended_at_once(monkeypatch)
    assert (listing.state, listing.confirmed_on) == (ListingState.PUBLISHED, after(70).date())


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_is_suspended_on_the_day_it_was_confirmed(monkeypatch):
    """The proof that the test above watches the lock."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    listing = confirmed_and_suspended_at_once(monkeypatch)
    assert (listing.state, listing.confirmed_on) == (ListingState.SUSPENDED, after(70).date())


def test_five_thousand_are_confirmed_in_as_many_questions_as_five(holder, staff, django_assert_max_num_queries):
    few = [offered(holder).pk for _ in range(5)]
    with django_assert_max_num_queries(8):
        assert confirm_listings(holder=holder, listing_ids=few, by=staff.user, at=after(1)).confirmed == 5
    template = Listing.objects.get(pk=few[0])
    made = []
    for serial in range(5_000):
        made.append(
            Listing(
                holder=holder, state=ListingState.PUBLISHED, title_ko="많은 것", deal_kinds=template.deal_kinds,
                registered_at=template.registered_at, number=f"S2025{serial:06d}", confirmed_on=CONFIRMED,
            )
        )  # fmt: skip
    Listing.objects.bulk_create(made)
    ids = list(Listing.objects.held_by(holder).to_confirm(LAST).values_list("pk", flat=True))
    with django_assert_max_num_queries(8):
        assert confirm_listings(holder=holder, listing_ids=ids, by=staff.user, at=after(1)).confirmed == 5_000
    assert not Listing.objects.to_confirm(after(1).date()).exists()


def test_confirming_brings_back_what_was_suspended_for_it_and_nothing_else(holder, staff):
    ours = {"holder": holder, "suspended_at": after(1), "state": ListingState.SUSPENDED, "suspended_text": ""}
    asleep = ListingFactory(suspended_for=SuspendedFor.NOT_CONFIRMED, **ours)
    disputed = ListingFactory(suspended_for=SuspendedFor.DISPUTE, **ours)
    lapsed = ListingFactory(
        suspended_for=SuspendedFor.NOT_CONFIRMED, rights=[patent(1, status=RightStatus.ABANDONED)], **ours
    )
    foreign = ListingFactory(
        suspended_for=SuspendedFor.NOT_CONFIRMED, **ours | {"holder": OrganizationFactory(institute=True)}
    )
    before = Listing.objects.values().get(pk=foreign.pk)

    done = confirm_listings(
        holder=holder, listing_ids=[asleep.pk, disputed.pk, lapsed.pk, foreign.pk], by=staff.user, at=after(2)
    )

    assert done == (1, 1, 2, 1)
    for each in (asleep, disputed, lapsed):
        each.refresh_from_db()
    assert (asleep.state, asleep.suspended_for, asleep.confirmed_on) == ("published", "", after(2).date())
    assert asleep.document.is_public
    assert (disputed.state, disputed.suspended_for) == ("suspended", "dispute")
    assert (lapsed.state, lapsed.suspended_for) == ("suspended", "lapsed")
    assert Listing.objects.values().get(pk=foreign.pk) == before


def test_confirming_twice_writes_nothing(holder, staff):
    listing = offered(holder)
    confirm_listings(holder=holder, listing_ids=[listing.pk], by=staff.user, at=after(0))
    many = listing.events.count()
    assert confirm_listings(holder=holder, listing_ids=[listing.pk], by=staff.user, at=after(0)).confirmed == 1
    assert listing.events.count() == many == 1


def test_beat_runs_it():
    from marketplace.celery import app

    app.loader.import_default_modules()
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "tech_listings.tasks.keep_offers_fresh" in planned & set(app.tasks)
