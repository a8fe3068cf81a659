"""What becomes of a technology on the market, and what that means for the duty that it does."""

from datetime import timedelta

import pytest

from obligations.models import RnDProject
from obligations.services.run_duties import run_duties
from obligations.services.secrecy import secret_listings
from obligations.services.settle import projects_of_listings, settle
from tech_listings.enums import Ground, Outcome, RightStatus
from tech_listings.models import ConfirmationReminder, Listing
from tech_listings.services.confirm import confirm_listings
from tech_listings.services.edit import edit_listing
from tech_listings.services.exclusivity import record_ground
from tech_listings.services.freshness import run_freshness
from tech_listings.services.lapse import offer_without_right
from tech_listings.services.market import close
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, ResultFactory, duty, named, rules
from tests.factories.tech_listings import ListingFactory, patent


@pytest.fixture
def staff():
    return MembershipFactory(institute=True)


@pytest.fixture
def done(staff):
    """A duty that a technology does, and the technology."""
    found = duty(ResultFactory(number="", project__lead=staff.organization, owner=staff.organization))
    old = NOW.date() - timedelta(days=400)
    listing = ListingFactory(holder=staff.organization, confirmed_on=old, rights=[patent(1)])
    named(found, listing)
    settle(projects=[found.project_id], at=NOW)
    return found, listing


def state(found):
    found.refresh_from_db()
    return found.state


def settled(listing):
    """What a worker does after commit."""
    settle(projects=projects_of_listings([listing.pk]), at=NOW)


def test_not_confirmed_opens_it_again_and_the_confirmation_does_it(done, staff):
    found, listing = done
    ConfirmationReminder.objects.create(
        listing=listing, counted_from=listing.confirmed_on, step=3, told_on=NOW.date() - timedelta(days=60)
    )
    run_freshness(at=NOW)
    settled(listing)
    assert state(found) == "due"
    confirm_listings(holder=staff.organization, listing_ids=[listing.pk], by=staff.user, at=NOW)
    settled(listing)
    assert state(found) in {"listed", "verified"}


def test_a_lapse_opens_it_again_and_know_how_does_it(done, staff):
    found, listing = done
    lost = edit_listing(
        listing=listing, content={}, rights=[patent(1, status=RightStatus.EXPIRED)], seen_revision=listing.revision,
        by=staff.user, at=NOW,
    )  # fmt: skip
    assert state(found) == "due"
    offer_without_right(listing=lost, text="know-how", seen_revision=None, by=staff.user, at=NOW)
    assert state(found) in {"listed", "verified"}


@pytest.mark.parametrize("outcome", Outcome)
def test_what_ended_in_a_deal_has_done_its_duty(done, staff, outcome):
    found, listing = done
    record_ground(listing=listing, ground=Ground.OTHER_LAW, text="x", by=staff.user, at=NOW)
    close(listing=listing, outcome=outcome, text="x", by=staff.user, at=NOW)
    assert (state(found) == "due") == (outcome == Outcome.NOT_TRADED)


def test_the_page_of_a_closed_technology_goes_when_its_project_becomes_secret(done, staff):
    found, listing = done
    rules()
    close(listing=listing, outcome=Outcome.NON_EXCLUSIVE, text="x", by=staff.user, at=NOW)
    assert Listing.objects.shown().filter(pk=listing.pk).exists()
    RnDProject.objects.filter(pk=found.project_id).update(is_security=True)
    assert list(secret_listings()) == [listing]
    run_duties(at=NOW)
    assert not Listing.objects.shown().filter(pk=listing.pk).exists()
    assert Listing.objects.get(pk=listing.pk).state == "withdrawn"
