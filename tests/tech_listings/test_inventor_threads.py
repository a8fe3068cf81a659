"""Inventor and office at the same moment: one wins, the other is told."""

import pytest
from django.utils import timezone

from tech_listings.models import InventorInvitation, Listing
from tech_listings.services.inventor import accept_part, end_link, invite_inventor, send_part, set_part_aside
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link():
    member = MembershipFactory(institute=True)
    draft = ListingFactory(draft=True, holder=member.organization)
    given = {"name": "x", "email": "kim@lab.example", "language": "ko"}
    return invite_inventor(listing=draft, by=member.user, at=timezone.now(), **given)


def test_sent_and_taken_back(link, locked, meeting):
    now, part = timezone.now(), {"value_ko": "값 11분"}
    outcomes = at_once(
        lambda: send_part(invitation=link, part=part, seen=0, at=now),
        lambda: end_link(invitation=link, by=link.invited_by, at=now),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_taken_over_and_set_aside(link, locked, meeting):
    now, part = timezone.now(), {"value_ko": "값 11분"}
    send_part_alone(link, part, now)
    by = link.invited_by
    outcomes = at_once(
        lambda: accept_part(invitation=link, content=part, seen_revision=1, by=by, at=now),
        lambda: set_part_aside(invitation=link, by=by, at=now),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    state, listing = InventorInvitation.objects.get().state, Listing.objects.get()
    if locked:
        assert (listing.value_ko == "값 11분") == (state == "accepted")


def send_part_alone(link, part, now):
    """Past the meeting of the two threads."""
    InventorInvitation.objects.filter(pk=link.pk).update(state="sent", sent_at=now, given=part, given_revision=1)
