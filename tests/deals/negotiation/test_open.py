import pytest

from accounts.models import Organization
from deals.models import Negotiation
from deals.services.negotiation.close import close
from deals.services.negotiation.open import open_from_answer, open_from_request
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tech_listings.models import NonExclusiveInterest
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import in_force, manager_of
from tests.factories.deals.negotiation import DAY, opened, staff_of
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.matching import NeedAnswerFactory, NeedFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


def answer_of(**also):
    return NeedAnswerFactory(**also)


def test_the_holder_begins_and_the_firm_has_fourteen_days():
    request = TransferRequestFactory(talk=True)
    by = staff_of(request.holder)
    hears = staff_of(request.requester)

    made = open_from_request(request=request, text=" Let us meet. ", by=by, at=NOW)

    found = Negotiation.objects.get()
    assert made == (found, True)
    assert found.number == "T2026000001"
    assert (found.holder, found.firm, found.listing) == (request.holder, request.requester, request.listing)
    assert (found.state, found.deal_kind, found.opened_by) == ("open", request.deal_kind, by)
    assert (found.turn, found.answer_due_on) == ("firm", TODAY + 14 * DAY)
    entry = found.entries.get()
    assert (entry.kind, entry.side, entry.organization, entry.text) == (
        "opened",
        "holder",
        request.holder,
        "Let us meet.",
    )
    told = Notification.objects.filter(kind="negotiation_opened")
    assert hears in [each.recipient for each in told]
    assert by not in [each.recipient for each in told]
    assert told[0].params == {"number": found.number, "day": str(TODAY + 14 * DAY)}


def test_the_firm_begins_and_the_holder_has_the_days_it_promised():
    request = TransferRequestFactory(talk=True)
    Organization.objects.filter(pk=request.holder.pk).update(answer_days=9)
    found = opened(request=request, by=staff_of(request.requester))
    assert (found.turn, found.answer_due_on) == ("holder", TODAY + 9 * DAY)


def test_the_days_of_a_firm_are_a_setting(settings):
    settings.NEGOTIATION_FIRM_ANSWER_DAYS = 5
    assert opened().answer_due_on == TODAY + 5 * DAY


def test_begun_twice_it_is_begun_once_and_the_technology_is_under_negotiation():
    first = opened()
    first.listing.refresh_from_db()
    assert first.listing.state == "under_negotiation"
    again = open_from_request(request=first.request, by=staff_of(first.firm), at=NOW)
    assert again == (first, False)
    assert first.entries.count() == 1


def test_the_last_one_gives_the_technology_back():
    listing = ListingFactory()
    one, two = (opened(request=TransferRequestFactory(talk=True, listing=listing)) for _ in range(2))
    close(negotiation=one, outcome="price", by=manager_of(one.firm), at=NOW)
    listing.refresh_from_db()
    assert listing.state == "under_negotiation"
    close(negotiation=two, outcome="unfit", by=manager_of(two.holder), at=NOW)
    listing.refresh_from_db()
    assert listing.state == "published"


@pytest.mark.parametrize("trait", [{}, {"declined": True}, {"withdrawn": True}])
def test_only_a_yes_can_be_negotiated(trait):
    request = TransferRequestFactory(**trait)
    with pytest.raises(NotPossibleNow):
        open_from_request(request=request, by=staff_of(request.requester), at=NOW)
    assert not Negotiation.objects.exists()


def test_outsiders_viewers_and_officers_begin_nothing():
    request = TransferRequestFactory(talk=True)
    viewer = MembershipFactory(organization=request.holder, role="viewer").user
    officer = MembershipFactory(government=True).user
    for by in (UserFactory(), MembershipFactory().user, viewer, officer):
        with pytest.raises(NotAllowed):
            open_from_request(request=request, by=by, at=NOW)
    assert not Negotiation.objects.exists()


def test_one_running_about_a_technology_for_a_firm():
    first = opened()
    again = TransferRequestFactory(talk=True, listing=first.listing, requester=first.firm)
    with pytest.raises(NotPossibleNow, match=first.number):
        opened(request=again)
    close(negotiation=first, outcome="price", by=manager_of(first.firm), at=NOW)
    assert opened(request=again).state == "open"


def test_what_is_withdrawn_or_has_another_holder_is_not_negotiated():
    request = TransferRequestFactory(talk=True)
    type(request.listing).objects.filter(pk=request.listing.pk).update(holder=OrganizationFactory(institute=True))
    with pytest.raises(NotPossibleNow, match="another holder"):
        opened(request=request)
    gone = TransferRequestFactory(talk=True, listing=ListingFactory(withdrawn=True))
    with pytest.raises(NotPossibleNow, match="not offered"):
        opened(request=gone)
    assert not Negotiation.objects.exists()


# --- from a need ------------------------------------------------------------------------------------------------------


def test_the_firm_begins_from_a_technology_that_answers_its_need():
    answer = NeedAnswerFactory(need=NeedFactory(anonymous=True))
    by = staff_of(answer.need.organization)
    given = {"answer": answer, "deal_kind": answer.listing.deal_kinds[0], "by": by, "at": NOW}
    made = open_from_answer(**given)
    found = made.negotiation
    assert (found.need, found.request, found.firm) == (answer.need, None, answer.need.organization)
    assert found.turn == "holder"
    assert open_from_answer(**given) == (found, False)
    closed = close(negotiation=found, outcome="unfit", by=by, at=NOW)
    assert open_from_answer(**given).negotiation != closed


def test_a_non_exclusive_licence_that_is_negotiated_counts_as_asked_for():
    answer = NeedAnswerFactory()
    by = staff_of(answer.need.organization)
    made = open_from_answer(answer=answer, deal_kind="non_exclusive_licence", by=by, at=NOW)
    assert NonExclusiveInterest.objects.get().request_id == made.negotiation.public_id


def test_only_the_firm_begins_from_its_need_with_what_is_offered():
    answer = NeedAnswerFactory(listing=ListingFactory(deal_kinds=["non_exclusive_licence"]))
    with pytest.raises(NotAllowed):
        open_from_answer(answer=answer, deal_kind="non_exclusive_licence", by=answer.answered_by, at=NOW)
    by = staff_of(answer.need.organization)
    with pytest.raises(DomainError) as refused:
        open_from_answer(answer=answer, deal_kind="assignment", by=by, at=NOW)
    assert refused.value.field == "deal_kind"
    nothing = NeedAnswerFactory(no_supply=True)
    with pytest.raises(NotPossibleNow):
        open_from_answer(answer=nothing, deal_kind="assignment", by=staff_of(nothing.need.organization), at=NOW)
    assert not Negotiation.objects.exists()


# --- a broker asked ---------------------------------------------------------------------------------------------------


def test_a_broker_begins_for_the_firm_whose_mandate_it_has():
    mandate = in_force()
    request = TransferRequestFactory(talk=True, requester=mandate.broker)
    with pytest.raises(NotAllowed, match="broker asked"):
        opened(request=request)
    by = staff_of(mandate.broker)
    with pytest.raises(DomainError) as refused:
        open_from_request(request=request, by=by, at=NOW)
    assert refused.value.field == "mandate"

    found = open_from_request(request=request, mandate=mandate, by=by, at=NOW).negotiation

    assert found.firm == mandate.client
    part = found.brokers.get()
    assert (part.organization, part.side, part.mandate) == (mandate.broker, "firm", mandate)
    assert [entry.kind for entry in found.entries.order_by("serial")] == ["opened", "broker_joined"]


def test_a_mandate_of_another_broker_of_a_holder_or_of_another_need_does_not_do():
    broker = in_force().broker
    request = TransferRequestFactory(talk=True, requester=broker)
    of_another = in_force()
    of_holder = in_force(broker=broker, client=OrganizationFactory(institute=True))
    of_a_need = in_force(broker=broker, need=(need := NeedFactory()), client=need.organization)
    for mandate in (of_another, of_holder, of_a_need):
        with pytest.raises(DomainError):
            open_from_request(request=request, mandate=mandate, by=staff_of(broker), at=NOW)
    assert not Negotiation.objects.exists()
    NeedAnswerFactory(need=need, listing=request.listing)
    made = open_from_request(request=request, mandate=of_a_need, by=staff_of(broker), at=NOW)
    assert made.negotiation.firm == need.organization
