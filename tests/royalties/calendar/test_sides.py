"""Dues know the sides of their contract; the list of an organization is exactly its contracts', by whatever words."""

import datetime

import pytest
import time_machine
from django.db import InternalError, transaction
from django.urls import reverse

from royalties.models import Due
from royalties.queries.calendar import next_dues, stages
from tests.brokers.conftest import at_now  # noqa: F401  a fixture
from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.brokers.mandates import in_force as mandate_in_force
from tests.factories.deals.contracts import member, negotiation_row
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.royalties.calendar import LUMP, contract, moment


@pytest.fixture
def made(at_now):  # noqa: F811
    return contract(LUMP, at=at_now)


def shown(client, user, **query):
    sign_in(client, user)
    page = client.get(reverse("royalties:dues"), query)
    assert page.status_code == 200
    return {due.pk for due, _name in page.context["rows"]}


def dues(made):
    return set(Due.objects.filter(contract=made).values_list("pk", flat=True))


def test_the_database_fills_the_sides_in_and_keeps_them(made):
    line = Due.objects.filter(contract=made).first()
    assert (line.holder_id, line.firm_id) == (made.holder_id, made.firm_id)
    other = OrganizationFactory()
    for side in ("holder", "firm"):
        with pytest.raises(InternalError, match="Cannot update rows"), transaction.atomic():
            Due.objects.filter(pk=line.pk).update(**{side: other})
    forged = Due.objects.create(
        contract=made, version=made.versions.get(), kind="upfront", key="more", due_on=line.due_on, amount_won=1,
        holder=other, firm=other,
    )  # fmt: skip
    forged.refresh_from_db()
    assert (forged.holder_id, forged.firm_id) == (made.holder_id, made.firm_id)


@pytest.mark.parametrize("side", ["holder", "firm"])
def test_a_side_sees_its_own_and_nobody_elses(client, made, at_now, side):  # noqa: F811
    contract(LUMP, at=at_now)
    assert shown(client, member(getattr(made, side))) == dues(made)


def test_who_is_firm_of_one_and_holder_of_another_sees_both(client, made, at_now):  # noqa: F811
    contract(LUMP, at=at_now)
    request = TransferRequestFactory(talk=True, requester=made.holder)
    as_firm = contract(LUMP, at=at_now, negotiation=negotiation_row(request=request))
    assert shown(client, member(made.holder)) == dues(made) | dues(as_firm)


def test_a_broker_sees_them_while_its_mandate_is_in_force(client, made, at_now):  # noqa: F811
    mandate = mandate_in_force(client=made.firm)
    user = member(mandate.broker)
    made.negotiation.brokers.create(
        organization=mandate.broker, side="firm", mandate=mandate, joined_at=at_now, joined_by=user
    )
    assert shown(client, user) == dues(made)
    after = mandate.ends_on + datetime.timedelta(days=1)
    with time_machine.travel(moment(after), tick=False):
        assert shown(client, user) == set()
        assert next_dues(mandate.broker, after) == []


@pytest.mark.parametrize("whose", ["number", "listing_number", "title"])
def test_words_find_the_contract_among_ones_own(client, made, at_now, whose):  # noqa: F811
    listing = made.listing
    other = contract(LUMP, at=at_now)
    type(listing).objects.filter(pk=listing.pk).update(title_ko="고래 탐지기")
    type(listing).objects.filter(pk=other.listing_id).update(title_ko="고래 사육장")
    word = {"number": made.number.lower(), "listing_number": listing.number, "title": "고래"}[whose]
    assert shown(client, member(made.holder), q=word) == dues(made)
    assert shown(client, member(other.holder), q=made.number) == set()
    assert shown(client, member(made.holder), q=f"{word} 없음") == set()


def test_stages_count_what_their_lists_show(client, made):
    """A broker whose mandate is over that day sees nothing more, though the night has not written that it left."""
    mandate = mandate_in_force(client=made.holder, broker=OrganizationFactory(broker=True), at=moment(made.signed_on))
    part = made.negotiation.brokers.create(
        organization=mandate.broker, side="holder", mandate=mandate, joined_at=moment(made.signed_on),
        joined_by=member(made.holder),
    )  # fmt: skip
    assert part.left_at is None
    user = member(mandate.broker)
    sign_in(client, user)
    for day, sees in ((mandate.ends_on, True), (mandate.ends_on + datetime.timedelta(days=1), False)):
        with time_machine.travel(moment(day), tick=False):
            found = stages(mandate.broker, user)
            lists = [
                client.get(reverse("deals:contracts" if each.is_contract else "deals:negotiations") + each.query)
                for each in found
            ]
            assert [each.count for each in found] == [page.context["page"].paginator.count for page in lists]
            assert any(each.count for each in found) == sees
