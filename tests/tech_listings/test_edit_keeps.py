"""What a change must not lose or break without anybody meaning it."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import DomainError
from tech_listings.models import Listing, Right
from tech_listings.services.edit import edit_listing
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory, patent

UNSEEN = {
    "publication_number": "1020240000001",
    "publication_on": datetime.date(2024, 1, 2),
    "applicants": "가온대학교 산학협력단|한빛정밀",
}
NO_RIGHTS = {"rights-TOTAL_FORMS": "0", "rights-INITIAL_FORMS": "0"}


@pytest.fixture
def listing():
    return ListingFactory(rights=[patent(**UNSEEN)])


@pytest.fixture
def office(client, listing):
    client.force_login(MembershipFactory(organization=listing.holder, role=Role.STAFF).user)
    return client


def stored():
    return Right.objects.values(*UNSEEN).get()


def save_as_shown(office, listing, **changes):
    """Open the form and send back what it shows, as a browser would."""
    address = reverse("tech_listings:edit", args=[listing.reference])
    context = office.get(address).context
    form, [right] = context["form"], context["rights"].forms
    sent = {"rights-TOTAL_FORMS": "1", "rights-INITIAL_FORMS": "0", "revision": str(listing.revision)}
    for bound in [*form, *right]:
        value = bound.field.prepare_value(bound.value()) if hasattr(bound.field, "prepare_value") else bound.value()
        sent[bound.html_name] = "" if value is None or value is False else value
    return office.post(address, sent | changes)


def test_saving_the_form_keeps_what_it_does_not_show(office, listing):
    assert save_as_shown(office, listing, problem="비싼 촉매").status_code == 302

    assert stored() == UNSEEN
    assert Listing.objects.get().problem == "비싼 촉매"


def test_saving_the_form_unchanged_makes_no_version(office, listing):
    assert save_as_shown(office, listing).status_code == 302

    assert Listing.objects.get().revision == listing.revision
    assert stored() == UNSEEN


def test_a_right_that_is_replaced_takes_nothing_over(listing):
    edit_listing(
        listing=listing, content={}, rights=[patent(77)], seen_revision=1, by=listing.created_by, at=timezone.now()
    )

    assert stored() == {"publication_number": "", "publication_on": None, "applicants": ""}


@pytest.mark.parametrize("part", ["summary_ko", "field_of_use", "conditions_of_use", "deal_kinds"])
def test_what_publication_asks_for_cannot_be_emptied_afterwards(listing, part):
    empty = [] if part == "deal_kinds" else ""

    with pytest.raises(DomainError) as refused:
        edit_listing(
            listing=listing,
            content={part: empty},
            rights=None,
            seen_revision=1,
            by=listing.created_by,
            at=timezone.now(),
        )

    assert refused.value.field == part
    assert getattr(Listing.objects.get(), part) != empty


def test_what_an_import_left_empty_may_stay_empty(listing):
    Listing.objects.filter(pk=listing.pk).update(field_of_use="")

    saved = edit_listing(
        listing=listing,
        content={"field_of_use": "", "problem": "비싼 촉매"},
        rights=None,
        seen_revision=1,
        by=listing.created_by,
        at=timezone.now(),
    )

    assert saved.problem == "비싼 촉매"


@pytest.mark.parametrize("count", ["9" * 5000, "٣", "-1", ""])
def test_any_count_of_rights_may_be_claimed(office, listing, count):
    sent = {"title_ko": "제목", **NO_RIGHTS, "rights-TOTAL_FORMS": count, "add_right": "1"}

    assert office.post(reverse("tech_listings:create"), sent).status_code == 200


@pytest.mark.parametrize(
    ("role", "seen"), [(Role.VIEWER, ""), (Role.STAFF, "촉매 조성 3:1"), (Role.MANAGER, "촉매 조성 3:1")]
)
def test_the_confidential_part_is_closed_to_viewers_in_the_api_as_on_the_page(client, role, seen):
    listing = ListingFactory(confidential_text="촉매 조성 3:1", confidential_reason="노하우")
    client.force_login(MembershipFactory(organization=listing.holder, role=role).user)

    body = client.get(f"/api/v1/my/listings/{listing.reference}/").json()

    assert (body["confidential_text"], body["has_confidential_part"]) == (seen, True)
