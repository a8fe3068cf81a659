"""What a file says about rights that are no longer valid."""

import pytest

from notifications.models import Notification
from tech_listings.enums import RightSummary, SuspendedFor
from tech_listings.models import Listing, ListingDocument
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import counts, take_in

LOST = "소멸(연차료불납)"


@pytest.fixture
def staff():
    return MembershipFactory(institute=True)


@pytest.fixture
def source(staff):
    return SourceFactory(organization=staff.organization, conditions_of_use="협의")


def states():
    return dict(Listing.objects.values_list("rights__application_number", "state"))


def heard():
    return list(Notification.objects.filter(kind="rights_lapsed").values_list("recipient", flat=True))


def test_a_new_row_without_a_valid_right_is_registered_and_off_the_market(source, staff):
    run = take_in(source, as_csv([row(1, 상태=LOST), row(2), row(3, 상태="거절"), row(4, 출원일자="2001-02-03")]))
    assert counts(run) == {"added": 4}
    assert states() == {
        "1020190000001": "suspended", "1020190000002": "published", "1020190000003": "suspended",
        "1020190000004": "suspended",
    }  # fmt: skip
    off = Listing.objects.filter(state="suspended")
    assert {(each.suspended_for, each.suspended_by, each.right_summary) for each in off} == {
        (SuspendedFor.LAPSED, None, RightSummary.LAPSED)
    }
    assert all(each.number and each.registered_at and each.suspended_at for each in off)
    assert ListingDocument.objects.filter(is_public=True).count() == 1
    assert heard() == [staff.user.pk]


def test_a_change_suspends_and_a_later_one_brings_back(source, staff):
    take_in(source, as_csv([row(1), row(2)]))
    take_in(source, as_csv([row(1, 상태=LOST), row(2)]))
    assert states() == {"1020190000001": "suspended", "1020190000002": "published"}
    assert not Listing.objects.get(state="suspended").document.is_public
    assert heard() == [staff.user.pk]
    take_in(source, as_csv([row(1), row(2)]))
    assert set(states().values()) == {"published"}
    back = Listing.objects.get(rights__application_number="1020190000001")
    assert (back.suspended_for, back.suspended_at, back.reviewed_at) == ("", None, None)
    assert back.document.is_public


def test_a_thousand_of_a_day_are_told_once(source, staff):
    take_in(source, as_csv([row(n, 상태=LOST) for n in range(1, 700)]))
    take_in(source, as_csv([row(n, 상태=LOST) for n in range(700, 800)]))
    assert Listing.objects.filter(state="suspended").count() == 799
    assert heard() == [staff.user.pk]
