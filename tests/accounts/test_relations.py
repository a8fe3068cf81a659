"""What two organizations have in common, and that not knowing is never taken for nothing."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import BusinessProfile, Organization
from accounts.relations import (
    IdentityUnknown,
    Link,
    LinkKind,
    circle_of,
    family_of,
    groups_among,
    owner_by_name_from_bp,
    related,
    related_or_unknown,
    relatives_of,
    unknown_among,
)
from accounts.services.merge import merge
from tests.factories.accounts import (
    BusinessProfileFactory,
    MembershipFactory,
    MergeProposalFactory,
    OrganizationFactory,
    OwnerFactory,
)


def pair(first=None, second=None):
    return BusinessProfileFactory(**first or {}), BusinessProfileFactory(**second or {})


def kinds(one, two):
    return [link.kind for link in related(one.organization, two.organization)]


def test_strangers_share_nothing():
    one, two = pair()

    assert related(one.organization, two.organization) == []
    assert related_or_unknown(one.organization, two.organization) == []
    assert not relatives_of(one.organization).exists()
    assert circle_of([one.organization.pk]) == {one.organization.pk}


def test_the_circle_of_many_is_asked_for_at_once():
    """Everybody near one of them, and what was merged into any of these."""
    one, two = BusinessProfileFactory(bank_account="99001"), BusinessProfileFactory(bank_account="99002")
    near = BusinessProfileFactory(bank_account="99001").organization
    gone = OrganizationFactory()
    proposal = MergeProposalFactory(gone=gone, into=near)
    officer = MembershipFactory(government=True, manager=True).user
    merge(gone=gone, into=near, reason="One.", by=officer, at=proposal.proposed_at)
    OwnerFactory(profile=BusinessProfileFactory(), business_number=two.organization.business_number)
    BusinessProfileFactory(bank_account="99003")
    asked = [one.organization.pk, two.organization.pk]
    owned = Organization.objects.get(business_profile__owners__isnull=False)
    with CaptureQueriesContext(connection) as queries:
        assert circle_of(asked) == {*asked, near.pk, gone.pk, owned.pk}
    with CaptureQueriesContext(connection) as of_one:
        circle_of(asked[:1])
    assert len(queries) == len(of_one)


@pytest.mark.parametrize(
    ("first", "second", "link"),
    [
        (
            {"representatives": ["김 하나", "박둘"]},
            {"representatives": ["박둘"]},
            Link(LinkKind.REPRESENTATIVE, "박둘"),
        ),
        ({"representatives": ["Kim Hana"]}, {"representatives": ["KIM  HANA"]}, LinkKind.REPRESENTATIVE),
        ({"address": "대전시 유성구 1-2, 3층"}, {"address": "대전시  유성구 1-2 (3층)"}, LinkKind.ADDRESS),
        ({"address": "Ａ동 101"}, {"address": "a동 101"}, LinkKind.ADDRESS),
        (
            {"bank_account": "99001"},
            {"bank_account": "99001"},
            Link(LinkKind.BANK_ACCOUNT, "KB Kookmin Bank ••••••001"),
        ),
    ],
)
def test_what_profiles_share(first, second, link):
    one, two = pair(first, second)

    found = related(one.organization, two.organization)

    assert [link] == (found if isinstance(link, Link) else [each.kind for each in found])
    assert list(relatives_of(one.organization)) == [two.organization]
    assert list(relatives_of(two.organization)) == [one.organization]


def test_the_same_digits_at_another_bank_are_another_account():
    one, two = pair({"bank_account": "99001"}, {"bank_account": "99001", "bank_code": "011"})

    assert related(one.organization, two.organization) == []


def test_the_same_corporate_number():
    one, two = pair(
        {"organization__corporate_number": "1101110062432"}, {"organization__corporate_number": "1101110062432"}
    )

    assert related(one.organization, two.organization) == [Link(LinkKind.CORPORATE_NUMBER, "110111-0062432")]
    assert list(relatives_of(two.organization)) == [one.organization]


def test_an_owner_by_number_counts_with_any_share():
    one, two = pair()
    for profile in (one, two):
        OwnerFactory(profile=profile, name="한울홀딩스", business_number="1248100998", share_bp=1)

    assert kinds(one, two) == [LinkKind.OWNER]
    assert list(relatives_of(one.organization)) == [two.organization]


@pytest.mark.parametrize(("share", "linked"), [(-1, False), (0, True)])
def test_an_owner_by_name_counts_from_a_share_on(share, linked):
    one, two = pair()
    OwnerFactory(profile=one, name="이 나래", share_bp=5000)
    OwnerFactory(profile=two, name="이나래", share_bp=owner_by_name_from_bp() + share)

    assert (kinds(one, two) == [LinkKind.OWNER]) is linked
    assert relatives_of(one.organization).exists() is linked
    assert relatives_of(two.organization).exists() is linked


def test_one_owns_the_other():
    one, two = pair()
    OwnerFactory(profile=two, name="", business_number=one.organization.business_number, share_bp=1)

    assert kinds(one, two) == kinds(two, one) == [LinkKind.OWNS]
    assert list(relatives_of(one.organization)) == [two.organization]
    assert list(relatives_of(two.organization)) == [one.organization]


def test_the_representative_of_one_owns_the_other():
    one, two = pair({"representatives": ["최가람"]})
    OwnerFactory(profile=two, name="최 가람", share_bp=6000)

    assert kinds(one, two) == kinds(two, one) == [LinkKind.REPRESENTATIVE_OWNS]
    assert list(relatives_of(one.organization)) == [two.organization]
    assert list(relatives_of(two.organization)) == [one.organization]


@pytest.mark.parametrize("empty", [{"representatives": []}, {"representatives": [" "]}, {"address": ""}, None])
def test_who_says_nothing_is_unknown(empty):
    known = BusinessProfileFactory().organization
    silent = OrganizationFactory() if empty is None else BusinessProfileFactory(**empty).organization

    for first, second in ((known, silent), (silent, known)):
        with pytest.raises(IdentityUnknown) as refusal:
            related(first, second)
        assert refusal.value.organization == silent
        assert related_or_unknown(first, second) == [Link(LinkKind.UNKNOWN, silent.name)]
    assert unknown_among([known.pk, silent.pk]) == {silent.pk}


def test_an_unknown_firm_is_still_linked_by_what_is_known():
    one = BusinessProfileFactory(bank_account="12345").organization
    two = BusinessProfileFactory(bank_account="12345", address="").organization

    assert [link.kind for link in related_or_unknown(one, two)] == [LinkKind.BANK_ACCOUNT, LinkKind.UNKNOWN]


def test_a_firm_is_the_same_as_itself_even_unknown():
    firm = OrganizationFactory()

    assert related(firm, firm) == [Link(LinkKind.SAME_FIRM, "")]
    assert family_of(firm) == [firm.pk]


def test_among_many_the_number_of_questions_stays():
    shared = [BusinessProfileFactory(representatives=["정다움"]).organization.pk for _ in range(3)]
    owner = BusinessProfileFactory()
    owned = OwnerFactory(business_number=owner.organization.business_number).profile
    few = [*shared, owner.organization_id, owned.organization_id]
    with CaptureQueriesContext(
        connection,
    ) as first:
        groups_among(few)
    many = few + [BusinessProfileFactory().organization.pk for _ in range(30)]
    with CaptureQueriesContext(connection) as second:
        groups = groups_among(many)

    assert len(first) == len(second) == 4
    assert [(group.link.kind, group.organizations) for group in groups] == [
        (LinkKind.OWNS, {owner.organization_id, owned.organization_id}),
        (LinkKind.REPRESENTATIVE, set(shared)),
    ]


def test_owners_have_at_most_the_whole():
    profile = OwnerFactory(share_bp=6000).profile

    @transaction.atomic
    def one_too_many():
        OwnerFactory(profile=profile, share_bp=4001)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError):
        one_too_many()
    assert [owner.share_bp for owner in profile.owners.all()] == [6000]


def test_an_update_by_hand_changes_what_is_compared():
    one, two = pair()
    BusinessProfile.objects.filter(pk=one.pk).update(address=f"  {two.address.upper()}.")

    assert kinds(one, two) == [LinkKind.ADDRESS]


words = st.text(alphabet="김이박AaBb 0１-,.()ｱé", max_size=6)
names = st.lists(words.filter(str.strip), max_size=2)


class AnyTwo(TestCase):
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(data=st.lists(st.tuples(names, words, st.sampled_from(["1", "2"]), words), min_size=2, max_size=2))
    def test_it_is_the_same_whoever_is_asked_first(self, data):
        profiles = [
            BusinessProfileFactory(representatives=people, address=address, bank_account=account)
            for people, address, account, _ in data
        ]
        for profile, (*_, owner) in zip(profiles, data, strict=True):
            if owner.strip():
                OwnerFactory(profile=profile, name=owner)
        one, two = (profile.organization for profile in profiles)

        links = related_or_unknown(one, two)

        assert links == related_or_unknown(two, one)
        shares = [link for link in links if link.kind != LinkKind.UNKNOWN]
        assert (two in relatives_of(one)) == (one in relatives_of(two)) == bool(shares)
        grouped = {group.link.kind for group in groups_among([one.pk, two.pk])}
        assert grouped == {link.kind for link in shares}

    @settings(max_examples=40)
    @given(text=words)
    def test_a_key_is_letters_and_digits_and_its_own_key(self, text):
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_comparable(%s), accounts_comparable(accounts_comparable(%s))", [text] * 2)
            once, twice = cursor.fetchone()

        assert once == twice
        assert all(letter.isalnum() for letter in once)
