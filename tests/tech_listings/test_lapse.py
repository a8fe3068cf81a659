"""Rights that lapse take a technology off the market, and those that come back bring it back."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Notification
from tech_listings.enums import ListingState, RightKind, RightStatus, RightSummary, SuspendedFor
from tech_listings.models import Listing
from tech_listings.services.edit import edit_listing
from tech_listings.services.lapse import NotLapsed, offer_without_right, sweep_rights
from tech_listings.services.market import RightLapsed, resume, suspend
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.tech_listings import ListingFactory, an_officer, patent
from tests.threads import at_once

AT = datetime.datetime(2026, 6, 1, 10, tzinfo=ZoneInfo("Asia/Seoul"))
TODAY, YESTERDAY = AT.date(), AT.date() - datetime.timedelta(days=1)
LOST = [RightStatus.REFUSED, RightStatus.WITHDRAWN, RightStatus.ABANDONED, RightStatus.INVALIDATED, RightStatus.EXPIRED]


@pytest.fixture
def staff():
    return MembershipFactory(institute=True)


def offered(staff, *rights, **fields):
    return ListingFactory(holder=staff.organization, rights=list(rights), **fields)


def with_rights(listing, staff, *rights, at=AT):
    listing.refresh_from_db()
    return edit_listing(
        listing=listing, content={}, rights=list(rights), seen_revision=listing.revision, by=staff.user, at=at
    )


def heard():
    return list(Notification.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("status", LOST)
def test_the_edit_that_leaves_no_valid_right_suspends_it(staff, status):
    saved = with_rights(offered(staff, patent(1)), staff, patent(1, status=status))
    found = Listing.objects.get(pk=saved.pk)
    assert (found.state, found.suspended_for, found.suspended_by) == ("suspended", SuspendedFor.LAPSED, None)
    assert (found.suspended_at, found.right_summary) == (AT, RightSummary.LAPSED)
    assert not found.document.is_public
    assert heard() == ["rights_lapsed"]


@pytest.mark.parametrize(
    "rights",
    [
        [],
        [patent(1, status=RightStatus.EXPIRED), patent(2)],
        [patent(1, status=RightStatus.EXPIRED), patent(2, status=RightStatus.EXAMINED)],
        [{"kind": RightKind.KNOW_HOW, "title": "비법", "status": RightStatus.NONE}],
        [patent(1, expires_on=TODAY)],
    ],
)
def test_what_has_no_right_or_a_valid_one_stays(staff, rights):
    saved = with_rights(offered(staff, patent(1)), staff, *rights)
    assert saved.state == ListingState.PUBLISHED
    assert heard() == []


def test_an_edit_that_enters_a_day_in_the_past_suspends_it_too(staff):
    assert with_rights(offered(staff, patent(1)), staff, patent(1, expires_on=YESTERDAY)).state == "suspended"


def test_a_valid_right_brings_it_back_and_an_officer_looks_at_it(staff):
    listing = offered(staff, patent(1), reviewed_at=AT)
    with_rights(listing, staff, patent(1, status=RightStatus.ABANDONED))
    saved = with_rights(listing, staff, patent(2))
    found = Listing.objects.get(pk=saved.pk)
    assert (found.state, found.suspended_for, found.suspended_at) == ("published", "", None)
    assert found.reviewed_at is None
    assert found.document.is_public
    assert (found.number, found.registered_at) == (listing.number, listing.registered_at)


def test_what_an_officer_suspended_only_an_officer_brings_back(staff):
    listing = offered(staff, patent(1))
    suspend(listing=listing, why=SuspendedFor.LAPSED, text="Look at it", seen_revision=1, by=an_officer(), at=AT)
    assert with_rights(listing, staff, patent(2)).state == "suspended"
    with pytest.raises(NotLapsed):
        offer_without_right(listing=listing, text="know-how", seen_revision=None, by=staff.user, at=AT)


def test_an_officer_does_not_put_back_what_would_be_suspended_again(staff):
    listing = with_rights(offered(staff, patent(1)), staff, patent(1, status=RightStatus.EXPIRED))
    with pytest.raises(RightLapsed):
        resume(listing=listing, seen_revision=listing.revision, by=an_officer(), at=AT)
    assert Listing.objects.get(pk=listing.pk).state == "suspended"


def test_the_holder_offers_what_is_left_without_the_right(staff):
    listing = with_rights(offered(staff, patent(1)), staff, patent(1, status=RightStatus.EXPIRED))
    back = offer_without_right(
        listing=listing, text="The know-how", seen_revision=listing.revision, by=staff.user, at=AT
    )
    found = Listing.objects.get(pk=back.pk)
    assert (found.state, found.right_summary, found.without_right_at) == ("published", RightSummary.NONE, AT)
    assert "The know-how" in found.conditions_of_use
    assert found.reviewed_at is None
    # It is not suspended again, by night or by an edit; a right that holds is part of it again.
    assert sweep_rights(at=AT) == {}
    assert with_rights(found, staff, patent(1, status=RightStatus.EXPIRED, title="x")).state == "published"
    again = with_rights(found, staff, patent(2))
    assert (again.right_summary, again.without_right_at) == (RightSummary.REGISTERED, None)


def test_what_did_not_lapse_is_not_offered_without_a_right(staff):
    listing = offered(staff, patent(1))
    before = Listing.objects.values().get(pk=listing.pk)
    with pytest.raises(NotLapsed):
        offer_without_right(listing=listing, text="x", seen_revision=None, by=staff.user, at=AT)
    assert Listing.objects.values().get(pk=listing.pk) == before


def test_by_night_a_right_whose_last_day_has_passed_suspends(staff):
    gone = offered(staff, patent(1, expires_on=YESTERDAY))
    holds = offered(staff, patent(2, expires_on=TODAY))
    second = offered(staff, patent(3, expires_on=YESTERDAY), patent(4, expires_on=TODAY))
    pending = offered(staff, patent(5, expires_on=YESTERDAY), patent(6, status=RightStatus.APPLIED))
    Listing.objects.update(right_summary=RightSummary.REGISTERED)  # as it was before that day

    assert sweep_rights(at=AT) == {"expired": 2, "suspended": 1}

    states = dict(Listing.objects.values_list("pk", "state"))
    assert states == {gone.pk: "suspended", holds.pk: "published", second.pk: "published", pending.pk: "published"}
    assert Listing.objects.get(pk=pending.pk).right_summary == RightSummary.PENDING
    assert heard() == ["rights_lapsed"]
    assert sweep_rights(at=AT) == {}


def test_many_on_one_day_are_told_once(staff):
    for serial in range(4):
        offered(staff, patent(serial, expires_on=YESTERDAY))
    Listing.objects.update(right_summary=RightSummary.REGISTERED)
    assert sweep_rights(at=AT)["suspended"] == 4
    assert heard() == ["rights_lapsed"]


def test_killed_half_way_it_ends_the_same(staff, monkeypatch):
    for serial in range(3):
        offered(staff, patent(serial, expires_on=YESTERDAY))
    Listing.objects.update(right_summary=RightSummary.REGISTERED)
    from tech_listings.services import lapse

    monkeypatch.setattr(lapse, "BATCH", 1)
    with monkeypatch.context() as broken:

        def dies(*args, **kwargs):
            raise KeyboardInterrupt

        broken.setattr(lapse.notices, "rights_lapsed_of", dies)
        with pytest.raises(KeyboardInterrupt):
            sweep_rights(at=AT)
    assert not Listing.objects.filter(state="suspended").exists()
    assert sweep_rights(at=AT) == {"suspended": 3}
    assert heard() == ["rights_lapsed"]


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_suspend_once():
    staff = MembershipFactory(institute=True)
    for serial in range(6):
        offered(staff, patent(serial, expires_on=YESTERDAY))
    Listing.objects.update(right_summary=RightSummary.REGISTERED)
    outcomes = at_once(lambda: sweep_rights(at=AT), lambda: sweep_rights(at=AT))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert sum(outcome["suspended"] for outcome in outcomes) == 6
    assert set(Listing.objects.values_list("revision", flat=True)) == {2}
    assert heard() == ["rights_lapsed"]


def test_a_contract_is_not_touched():
    listing = ListingFactory(
        holder=OrganizationFactory(institute=True), state=ListingState.CONTRACTED,
        rights=[patent(1, status=RightStatus.EXPIRED)],
    )  # fmt: skip
    assert sweep_rights(at=AT) == {}
    assert Listing.objects.get(pk=listing.pk).state == ListingState.CONTRACTED
