from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from deals.models import Contract, Negotiation, Offer
from deals.services.negotiation.close import close, reopen
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline, withdraw
from deals.services.offers.lapse import due_to_lapse, lapse
from deals.services.offers.make import OptionContent, make_offer
from deals.terms import Method, Terms
from deals.wording.negotiation import offer_differences
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from tech_listings.models import NonExclusiveInterest
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.negotiation import (
    DAY,
    LUMP,
    RUNNING,
    agreed,
    asked,
    brokered,
    content,
    offered,
    opened,
    staff_of,
)
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


def traces():
    return (
        list(Negotiation.objects.values("state", "turn", "answer_due_on", "revision").order_by("pk")),
        list(Offer.objects.values("state", "accepted_option", "answered_by").order_by("pk")),
        Notification.objects.count(),
    )


def test_an_offer_is_written_as_given_and_waits_for_the_firm():
    found = opened()
    offer = offered(found, LUMP, RUNNING, term_months=60, territory="Korea", field_of_use="Pumps", text="As we said.")
    found.refresh_from_db()
    assert (offer.serial, offer.side, offer.state, offer.organization) == (1, "holder", "offered", found.holder)
    assert [(o.position, o.method, o.title) for o in offer.options.all()] == [
        (1, "lump_sum", "Lump sum"),
        (2, "running", "Running royalty"),
    ]
    assert [Terms.from_json(o.terms) for o in offer.options.all()] == [LUMP, RUNNING]
    assert [o.terms_hash for o in offer.options.all()] == [LUMP.digest, RUNNING.digest]
    assert (found.turn, found.answer_due_on, found.revision) == ("firm", TODAY + 14 * DAY, 2)
    entry = found.entries.get(kind="offered")
    assert (entry.offer, entry.text) == (offer, "")
    told = Notification.objects.filter(kind="negotiation_offered")
    assert told
    assert all("30" not in each.params["number"] and set(each.params) == {"number", "day"} for each in told)


@pytest.mark.parametrize(("change", "field"), [
    ({"valid_until": TODAY - DAY}, "valid_until"),
    ({"valid_until": TODAY + 181 * DAY}, "valid_until"),
    ({"term_months": 601}, "term_months"),
    ({"territory": "x" * 201}, "territory"),
    ({"field_of_use": "x" * 301}, "field_of_use"),
    ({"text": "x" * 4001}, "text"),
    ({"deal_kind": "merger"}, "deal_kind"),
    ({"options": []}, "options"),
    ({"options": [OptionContent(LUMP)]}, "options"),
    ({"options": [OptionContent(LUMP), OptionContent(LUMP)]}, "options"),
    ({"options": [OptionContent(LUMP), OptionContent(Terms(Method.LUMP_SUM, upfront_won=1))]}, "no_running_reason"),
    ({"options": [OptionContent(LUMP), OptionContent(Terms(Method.RUNNING))]}, "options.1.running_bp"),
    ({"options": [OptionContent(LUMP, "x" * 101), OptionContent(RUNNING)]}, "options.0.title"),
])  # fmt: skip
def test_what_cannot_be_offered_is_refused_at_its_field(change, field):
    found = opened()
    before = traces()
    given = {name: value for name, value in change.items() if name != "options"}
    made = content(**given) if "options" not in change else content(**given, options=change["options"])
    with pytest.raises(DomainError) as refused:
        make_offer(negotiation=found, content=made, by=staff_of(found.holder), at=NOW)
    assert refused.value.field == field
    assert traces() == before


def test_a_holder_without_a_running_royalty_says_why_and_a_firm_needs_not():
    options = (LUMP, Terms(Method.LUMP_SUM, upfront_won=1))
    offer = offered(None, *options, no_running_reason="It is sold once.")
    assert offer.no_running_reason == "It is sold once."
    # With a running one the reason says nothing.
    assert offered(None, LUMP, RUNNING, no_running_reason="x").no_running_reason == ""
    assert offered(None, LUMP, side="firm").options.count() == 1
    assert offered(None, Terms(Method.FREE), no_running_reason="A gift").options.count() == 1


def test_a_company_that_holds_rights_sells_as_it_likes_and_is_not_asked_why(client, at_now):
    company, institute = OrganizationFactory(company=True), OrganizationFactory(institute=True)
    options = (LUMP, Terms(Method.LUMP_SUM, upfront_won=1))
    found = opened(listing=ListingFactory(holder=company))
    for holder, has_to_say in ((company, False), (institute, True)):
        seller = found if holder == company else opened(listing=ListingFactory(holder=institute))
        sign_in(client, staff_of(holder))
        page = client.get(reverse("deals:negotiation_offer_new", args=[seller.public_id])).text
        assert ('name="no_running_reason"' in page) == has_to_say
    assert offered(found, *options).no_running_reason == ""
    with pytest.raises(DomainError) as refused:
        offered(seller, *options)
    assert refused.value.field == "no_running_reason"


def test_one_offer_of_a_side_waits_and_the_other_one_is_answered_first():
    offer = offered()
    found = offer.negotiation
    with pytest.raises(NotPossibleNow, match="Withdraw it"):
        offered(found)
    with pytest.raises(NotPossibleNow, match="counter-offer"):
        offered(found, LUMP, side="firm")
    assert found.offers.count() == 1


def test_a_counter_offer_closes_the_one_that_it_answers_and_shows_what_it_changes():
    offer = offered(None, LUMP, RUNNING, territory="Korea", term_months=60)
    found = offer.negotiation
    less = Terms(Method.RUNNING, upfront_won=3_000_000, running_bp=250)

    counter = offered(found, less, side="firm", counter_to=offer, territory="Korea", term_months=120)

    offer.refresh_from_db()
    assert (offer.state, offer.answered_by) == ("countered", counter.offered_by)
    assert (counter.serial, counter.side, counter.counter_to, counter.state) == (2, "firm", offer, "offered")
    found.refresh_from_db()
    assert found.turn == "holder"
    parts = offer_differences(counter)
    assert [part.title for part in parts] == ["", "Running royalty", "Not offered any more"]
    assert [(row.label, row.before, row.after) for row in parts[0].rows] == [
        ("Term of the contract", "60 months", "120 months")
    ]
    assert [(row.label, row.before, row.after) for row in parts[1].rows] == [
        ("Initial fee at signing", "KRW 5,000,000", "KRW 3,000,000"),
        ("Running royalty", "3 % of net sales", "2.5 % of net sales"),
    ]
    assert [(row.label, row.before, row.after) for row in parts[2].rows] == [
        ("Lump sum", "KRW 30,000,000 at signing", "–")
    ]
    assert offer_differences(offer) == []
    back = offered(found, less, counter_to=counter)
    assert (back.side, back.serial) == ("holder", 3)


def test_a_counter_offer_to_what_does_not_wait_any_more_is_told_what_happened():
    offer = offered()
    found = offer.negotiation
    withdraw(offer=offer, by=offer.offered_by, at=NOW)
    before = traces()
    with pytest.raises(NotPossibleNow, match="Withdrawn"):
        offered(found, LUMP, side="firm", counter_to=offer)
    assert traces() == before


def test_the_same_key_offers_once():
    found, key = opened(), uuid4()
    given = {"negotiation": found, "by": staff_of(found.holder), "at": NOW, "key": key}
    first = make_offer(content=content(), **given)
    assert make_offer(content=content(), **given) == (first.offer, False)
    with pytest.raises(KeyReused):
        make_offer(content=content(LUMP, Terms(Method.RUNNING, running_bp=100)), **given)
    with pytest.raises(KeyReused):
        make_offer(content=content(text="Other words"), **given)
    assert Offer.objects.count() == 1


def test_the_same_key_gives_the_same_offer_also_after_its_last_day():
    found, key = opened(), uuid4()
    given = {"negotiation": found, "by": staff_of(found.holder), "key": key}
    first = make_offer(content=content(), at=NOW, **given)
    later = NOW + timedelta(days=(first.offer.valid_until - TODAY).days + 1)
    assert make_offer(content=content(), at=later, **given) == (first.offer, False)
    with pytest.raises(KeyReused):
        make_offer(content=content(text="Other words"), at=later, **given)
    with pytest.raises(DomainError) as refused:
        make_offer(content=content(), at=later, **given | {"key": uuid4()})
    assert (refused.value.field, Offer.objects.count()) == ("valid_until", 1)


def test_a_firm_that_offers_for_a_non_exclusive_licence_has_asked_for_one():
    request = TransferRequestFactory(talk=True, deal_kind="exclusive_licence")
    found = opened(request=request)
    assert not NonExclusiveInterest.objects.exists()
    offer = offered(found, LUMP, side="firm", deal_kind="non_exclusive_licence")
    assert NonExclusiveInterest.objects.get().request_id == offer.public_id


# --- accept -----------------------------------------------------------------------------------------------------------


def test_a_manager_of_the_other_side_accepts_one_way_to_pay():
    offer = offered()
    by, option = manager_of(offer.negotiation.firm), offer.options.all()[1]
    accept(offer=offer, option=option, text="We take this.", by=by, at=NOW)
    offer.refresh_from_db()
    found = Negotiation.objects.get()
    assert (offer.state, offer.accepted_option, offer.answered_by, offer.answer_text) == (
        "accepted", option, by, "We take this.",
    )  # fmt: skip
    assert (found.state, found.turn, found.answer_due_on) == ("agreed", "", None)
    entry = found.entries.get(kind="accepted")
    assert (entry.offer, entry.side, entry.text) == (offer, "firm", "We take this.")


def test_the_same_person_accepting_again_changes_nothing():
    offer = agreed()
    before = traces()
    again = accept(offer=offer, option=offer.accepted_option, by=offer.answered_by, at=NOW + DAY)
    assert again == offer
    assert traces() == before
    with pytest.raises(NotPossibleNow, match="Accepted"):
        accept(offer=offer, option=offer.options.all()[1], by=offer.answered_by, at=NOW)
    colleague = MembershipFactory(organization=offer.negotiation.firm, manager=True).user
    with pytest.raises(NotPossibleNow, match="Accepted"):
        accept(offer=offer, option=offer.accepted_option, by=colleague, at=NOW)
    assert traces() == before


def test_who_may_not_accept():
    offer = offered()
    found, option = offer.negotiation, offer.options.all()[0]
    both = manager_of(found.firm)
    MembershipFactory(organization=found.holder, user=both, role="viewer")
    part = brokered(found)
    people = [
        staff_of(found.firm),
        manager_of(found.holder),
        manager_of(part.organization),
        both,
        MembershipFactory().user,
    ]
    before = traces()
    for by in people:
        by.forget_memberships()
        with pytest.raises(NotAllowed):
            accept(offer=offer, option=option, by=by, at=NOW)
    assert traces() == before


def test_what_is_over_or_of_another_offer_is_not_accepted():
    offer, other = offered(), offered()
    by = manager_of(offer.negotiation.firm)
    with pytest.raises(DomainError) as refused:
        accept(offer=offer, option=other.options.all()[0], by=by, at=NOW)
    assert refused.value.field == "option"
    before = traces()
    with pytest.raises(NotPossibleNow, match="could be answered until"):
        accept(offer=offer, option=offer.options.all()[0], by=by, at=NOW + 31 * DAY)
    assert traces() == before
    accept(offer=offer, option=offer.options.all()[0], by=by, at=NOW + 30 * DAY)


def test_what_is_off_the_market_is_not_accepted():
    offer = offered()
    listing = offer.negotiation.listing
    listing.refresh_from_db()
    type(listing).objects.filter(pk=listing.pk).update(state="withdrawn", withdrawn_at=NOW, withdrawn_reason="x")
    with pytest.raises(NotPossibleNow, match="not offered"):
        accept(offer=offer, option=offer.options.all()[0], by=manager_of(offer.negotiation.firm), at=NOW)


# --- decline, withdraw, lapse -----------------------------------------------------------------------------------------


def test_declined_with_a_reason_nobody_waits_and_either_side_offers_anew():
    offer = offered()
    found, by = offer.negotiation, staff_of(offer.negotiation.firm)
    with pytest.raises(DomainError):
        decline(offer=offer, text=" ", by=by, at=NOW)
    decline(offer=offer, text="Too much at once.", by=by, at=NOW)
    offer.refresh_from_db()
    found.refresh_from_db()
    assert (offer.state, offer.answer_text) == ("declined", "Too much at once.")
    assert (found.state, found.turn) == ("open", "")
    before = traces()
    decline(offer=offer, text="Again", by=by, at=NOW)
    assert traces() == before
    with pytest.raises(NotPossibleNow, match="Declined"):
        withdraw(offer=offer, by=offer.offered_by, at=NOW)
    assert offered(found).serial == 2


def test_an_offer_beside_an_open_question_leaves_the_turn_where_something_waits():
    found = opened()
    asked(found, side="firm")
    offer = offered(found)
    decline(offer=offer, text="Too much", by=staff_of(found.firm), at=NOW)
    found.refresh_from_db()
    assert found.turn == "holder"


def test_withdrawn_by_its_side_only_and_by_a_broker_only_its_own():
    offer = offered()
    found = offer.negotiation
    part = brokered(found, side="holder")
    broker = staff_of(part.organization)
    for by in (staff_of(found.firm), broker):
        with pytest.raises(NotAllowed):
            withdraw(offer=offer, by=by, at=NOW)
    colleague = manager_of(found.holder)
    withdraw(offer=offer, text="A mistake", by=colleague, at=NOW)
    found.refresh_from_db()
    assert found.turn == ""
    of_broker = offered(found, by=broker)
    assert of_broker.organization == part.organization
    withdraw(offer=of_broker, by=broker, at=NOW)
    of_broker.refresh_from_db()
    assert of_broker.state == "withdrawn"


def test_a_broker_declines_nothing():
    offer = offered()
    part = brokered(offer.negotiation)
    with pytest.raises(NotAllowed):
        decline(offer=offer, text="x", by=staff_of(part.organization), at=NOW)


def test_an_offer_lapses_after_its_last_day_once():
    offer = offered()
    found = offer.negotiation
    assert due_to_lapse(TODAY + 30 * DAY) == []
    assert not lapse(negotiation_id=found.pk, at=NOW + 30 * DAY)
    assert due_to_lapse(TODAY + 31 * DAY) == [found.pk]
    assert lapse(negotiation_id=found.pk, at=NOW + 31 * DAY)
    assert not lapse(negotiation_id=found.pk, at=NOW + 31 * DAY)
    offer.refresh_from_db()
    found.refresh_from_db()
    assert (offer.state, offer.answered_by, found.turn) == ("lapsed", None, "")
    entry = found.entries.get(kind="lapsed")
    assert (entry.side, entry.by, entry.organization) == ("", None, None)


def test_a_new_offer_finds_the_old_one_lapsed_before_the_round_has_said_so():
    offer = offered()
    later = NOW + 31 * DAY
    new = offered(offer.negotiation, at=later)
    offer.refresh_from_db()
    assert (offer.state, new.serial) == ("lapsed", 2)
    assert list(new.negotiation.entries.values_list("kind", flat=True).order_by("-serial")[:2]) == ["offered", "lapsed"]


# --- the end ----------------------------------------------------------------------------------------------------------


def test_closed_with_an_outcome_and_the_waiting_offer_with_it():
    offer = offered()
    found = offer.negotiation
    by = staff_of(found.firm)
    with pytest.raises(DomainError) as refused:
        close(negotiation=found, outcome="moon", by=by, at=NOW)
    assert refused.value.field == "outcome"
    with pytest.raises(DomainError) as refused:
        close(negotiation=found, outcome="other", by=by, at=NOW)
    assert refused.value.field == "text"
    close(negotiation=found, outcome="funding", text="Next year.", by=by, at=NOW)
    found.refresh_from_db()
    offer.refresh_from_db()
    assert (found.state, found.outcome, found.closed_side, found.closed_by) == ("closed", "funding", "firm", by)
    assert (found.turn, offer.state) == ("", "declined")
    with pytest.raises(NotPossibleNow):
        close(negotiation=found, outcome="price", by=by, at=NOW)


def test_closed_twice_in_the_same_words_it_is_closed_once():
    found = offered().negotiation
    by, given = staff_of(found.firm), {"outcome": "funding", "text": " Next year. ", "seen_revision": None}
    close(negotiation=found, **given, by=by, at=NOW)
    entries = found.entries.count()
    assert close(negotiation=found, **given, by=by, at=NOW + DAY).closed_at == NOW
    with pytest.raises(NotPossibleNow):  # somebody else is told that it is over
        close(negotiation=found, **given, by=staff_of(found.holder), at=NOW + DAY)
    found.refresh_from_db()
    assert (found.closed_at, found.closed_by, found.entries.count()) == (NOW, by, entries)


def test_who_closes_its_own_offer_withdraws_it():
    offer = offered()
    close(negotiation=offer.negotiation, outcome="other_taker", by=offer.offered_by, at=NOW)
    offer.refresh_from_db()
    assert offer.state == "withdrawn"


def test_agreed_terms_are_closed_by_a_manager_only():
    offer = agreed()
    found = offer.negotiation
    with pytest.raises(NotAllowed):
        close(negotiation=found, outcome="price", by=staff_of(found.firm), at=NOW)
    close(negotiation=found, outcome="rights", by=manager_of(found.holder), at=NOW)
    offer.refresh_from_db()
    assert (offer.state, offer.negotiation.state) == ("set_aside", "closed")


def test_agreed_terms_are_taken_up_again_by_a_manager_with_a_reason():
    offer = agreed()
    found = offer.negotiation
    with pytest.raises(NotAllowed):
        reopen(negotiation=found, text="x", by=staff_of(found.firm), at=NOW)
    with pytest.raises(DomainError):
        reopen(negotiation=found, text="", by=manager_of(found.firm), at=NOW)
    reopen(negotiation=found, text="The field is too narrow.", by=manager_of(found.firm), at=NOW)
    found.refresh_from_db()
    offer.refresh_from_db()
    assert (found.state, found.turn, offer.state) == ("open", "holder", "set_aside")
    with pytest.raises(NotPossibleNow):
        reopen(negotiation=found, text="x", by=manager_of(found.firm), at=NOW)
    again = agreed(found)
    assert again.serial == 2


def test_nothing_is_offered_on_agreed_terms():
    offer = agreed()
    with pytest.raises(NotPossibleNow, match="agreed already"):
        offered(offer.negotiation)


def test_with_a_contract_under_way_nothing_is_taken_up_again_or_closed():
    offer = agreed()
    found = offer.negotiation
    by = manager_of(found.holder)
    contract = Contract.objects.create(
        number="C2026000001", negotiation=found, listing=found.listing, holder=found.holder, firm=found.firm,
        deal_kind=found.deal_kind, drafted_at=NOW, drafted_by=by,
    )  # fmt: skip
    for act in (
        lambda: reopen(negotiation=found, text="x", by=by, at=NOW),
        lambda: close(negotiation=found, outcome="price", by=by, at=NOW),
    ):
        with pytest.raises(NotPossibleNow, match="contract"):
            act()
    contract.state, contract.cancelled_at, contract.cancelled_by = "cancelled", NOW, by
    contract.save()
    reopen(negotiation=found, text="x", by=by, at=NOW)


def test_what_was_decided_meanwhile_is_told():
    found = opened()
    seen = found.revision
    offered(found)
    with pytest.raises(ChangedMeanwhile, match="after you opened"):
        close(negotiation=found, outcome="price", seen_revision=seen, by=staff_of(found.firm), at=NOW)
    asked(found)
    found.refresh_from_db()
    close(negotiation=found, outcome="price", seen_revision=found.revision, by=staff_of(found.firm), at=NOW)
