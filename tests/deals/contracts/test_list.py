"""The list of contracts, its filters, the CSV that holds what is shown, and what waits on whom."""

import csv
import io
from dataclasses import replace

import pytest
from django.urls import reverse

from deals.enums.contracts import CONTRACT_STATES, ENDING_STATES, VERSION_STATES, ContractState
from deals.models import Contract
from deals.queries.contracts import waiting_kinds
from deals.terms import Terms
from tests.factories.accounts import sign_in
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    about,
    agreed,
    approved,
    approved_by,
    contract_in,
    drafted,
    signed,
)
from tests.factories.tech_listings import ListingFactory
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_csv_holds_what_is_shown(client, sides):
    sign_in(client, sides.people["firm_viewer"])
    for query in ({}, {"state": "in_force"}, {"q": sides.to_sign.number}, {"method": "lump_sum"}, {"deal_kind": "x"}):
        page = client.get(reverse("deals:contracts"), query)
        shown = [contract.number for contract in page.context["page"]]
        exported = [row[0] for row in rows_of(client.get(reverse("deals:contracts_export"), query))[1:]]
        assert shown == exported
    found = client.get(reverse("deals:contracts"), {"q": sides.to_sign.number}).context["page"]
    assert [each.pk for each in found] == [sides.to_sign.pk]
    states = client.get(reverse("deals:contracts"), {"state": "in_force"}).context["page"]
    assert {each.state for each in states} == {ContractState.IN_FORCE}


def test_a_formula_in_a_name_is_text_in_the_csv(client, sides):
    sides.firm.name = sides.firm.name_en = "=1+1"
    sides.firm.save()
    sign_in(client, sides.people["holder_staff"])
    rows = rows_of(client.get(reverse("deals:contracts_export")))
    assert "'=1+1" in rows[1]


def test_a_broker_finds_those_in_which_it_takes_part(client, sides):
    sign_in(client, sides.people["broker_staff"])
    page = client.get(reverse("deals:contracts"))
    assert page.context["page"].paginator.count == Contract.objects.count()


def test_an_unknown_parameter_of_the_api_is_an_error(sides):
    from tests.brokers.conftest import api_of

    api = api_of(sides.people["firm_staff"])
    assert api.get(reverse("deals-api:contracts"), {"nonsense": "1"}).status_code == 400
    assert api.get(reverse("deals-api:contracts"), {"state": "approved"}).json()["count"] == 2


@pytest.mark.parametrize("state", ContractState)
def test_the_page_of_a_contract_in_each_state(client, at_now, state):
    contract = contract_in(state)
    for organization in (contract.holder, contract.firm):
        sign_in(client, manager_of(organization))
        page = client.get(reverse("deals:contract", args=[contract.public_id]))
        assert page.status_code == 200
        assert contract.get_state_display() in page.text
        assert client.get(reverse("deals:contract_version", args=[contract.public_id, 1])).status_code == 200


def test_a_zero_byte_and_nonsense_in_the_address_are_no_failure(client, sides):
    sign_in(client, sides.people["firm_staff"])
    for query in ({"q": "\0"}, {"ends_to": "x"}, {"state": "nonsense"}, {"page": "x"}):
        assert client.get(reverse("deals:contracts"), query).status_code == 200


def test_pages_are_as_many_as_the_tabs_say(client, sides):
    sign_in(client, sides.people["firm_staff"])
    title = sides.to_sign.listing.title_ko.split()[0]
    for query in (
        {}, {"q": title}, {"q": sides.to_sign.number}, {"state": "in_force"}, {"state": ["approved", "drafted"]},
        {"q": title, "state": "approved"}, {"q": title, "state": "nonsense"}, {"q": "\0"}, {"ends_to": "x"},
        {"q": title, "method": "lump_sum"}, {"q": sides.firm.name},
    ):  # fmt: skip
        page = client.get(reverse("deals:contracts"), query).context["page"]
        assert page.paginator.count == len(page.object_list), query


def test_a_tab_counts_what_its_link_shows(client, sides):
    sign_in(client, sides.people["firm_staff"])
    late = signed(negotiation=sides.negotiation(), clauses=replace(CLAUSES, term_months=1))
    for query in (
        {"method": "running"}, {"method": "lump_sum"}, {"deal_kind": "assignment"}, {"ends_to": str(late.ends_on)},
        {"q": sides.to_sign.number, "method": "running", "state": "approved"}, {"state": "in_force"},
    ):  # fmt: skip
        tabs = client.get(reverse("deals:contracts"), query).context["tabs"]
        for href, _label, count, _now in tabs:
            page = client.get(f"{reverse('deals:contracts')}{href}").context["page"]
            assert page.paginator.count == len(page.object_list) == count, href
    assert tabs[0][2] > 0


def test_a_contract_is_found_by_the_chinese_title(client, sides):
    sides.to_sign.listing.title_zh = "泵壳"
    sides.to_sign.listing.save()
    sign_in(client, sides.people["firm_staff"])
    assert list(client.get(reverse("deals:contracts"), {"q": "泵壳"}).context["page"]) == [sides.to_sign]


def test_what_waits_on_each_side(at_now):
    negotiation = agreed()
    holder, firm = negotiation.holder, negotiation.firm

    def waits(organization, user=None):
        return [each.title for each in waiting_on(user or manager_of(organization), organization)]

    assert waits(holder) == waits(firm) == [f"Write the contract to negotiation {negotiation.number}"]
    contract = drafted(negotiation=negotiation)
    assert waits(holder) == waits(firm) == [f"Approve contract {contract.number}"]
    approved_by(contract, holder)
    assert (waits(holder), waits(firm)) == ([], [f"Approve contract {contract.number}"])
    approved_by(contract, firm)
    assert waits(holder) == waits(firm) == [f"Sign contract {contract.number}"]
    signed(contract=contract)
    assert waits(holder) == waits(firm) == []


def test_swap_milestones_and_equity_have_their_documents(at_now):
    from tests.deals.terms.examples import __dict__ as found

    every = [each for each in found.values() if isinstance(each, Terms)]
    assert len(every) > 3
    for terms in every:
        contract = approved(negotiation=agreed(terms=terms, negotiation=about(ListingFactory())))
        assert contract.versions.get().method == terms.method


@pytest.mark.parametrize("machine", [CONTRACT_STATES, VERSION_STATES, ENDING_STATES])
def test_states_end_somewhere(machine):
    assert machine.pairs()
    assert all(target for targets in machine.moves.values() for target in targets)


def test_the_version_page_says_what_is_different(client, at_now):
    from deals.services.contracts.amend import amend
    from tests.factories.deals.agreements import RUNNING, TODAY

    contract = signed()
    amend(
        contract=contract, terms=replace(RUNNING, running_bp=250), clauses=replace(CLAUSES, court="Busan"),
        reason="Less", holds_from=TODAY, by=manager_of(contract.firm), at=AT,
    )  # fmt: skip
    sign_in(client, manager_of(contract.holder))
    page = client.get(reverse("deals:contract_version", args=[contract.public_id, 2]), {"text": "en"})
    assert "2.5 % of net sales" in page.text
    assert "Busan" in page.text
    assert page.context["is_intact"]
