import pytest
from django.db import IntegrityError, InternalError, transaction

from deals.models import Contract, Negotiation
from tests.factories.deals.contracts import in_force, negotiation_row

pytestmark = pytest.mark.django_db
TERMS = {"version": 1, "method": "lump_sum", "upfront_won": 10_000_000}


def test_a_contract_is_seen_by_its_two_sides_only(django_assert_num_queries):
    contract = in_force(terms=TERMS, method="lump_sum")
    other = in_force(terms=TERMS, method="lump_sum")
    for side in (contract.holder, contract.firm):
        person = side.memberships.first().user
        assert list(Contract.objects.visible_to(person)) == [contract]
        assert list(Negotiation.objects.visible_to(person)) == [contract.negotiation]
    assert other.pk != contract.pk


def test_the_database_keeps_what_was_concluded():
    contract = in_force(terms=TERMS, method="lump_sum")
    version = contract.versions.get()
    version.terms = {**TERMS, "upfront_won": 1}
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        version.save()
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(state="drafted")
    version.refresh_from_db()
    assert version.terms == TERMS


def test_one_running_negotiation_about_a_technology_for_a_firm():
    first = negotiation_row()
    from tests.factories.deals.requests import TransferRequestFactory

    again = TransferRequestFactory(talk=True, listing=first.listing, requester=first.firm)
    with pytest.raises(IntegrityError), transaction.atomic():
        negotiation_row(request=again)
    assert Negotiation.objects.count() == 1
