"""Running mandates of a broker that was suspended or cancelled: asked, chosen, taken over, settled, reminded."""

import pytest

from accounts.models import Organization
from brokers.enums.cases import HandOverState
from brokers.models import HandOver, Mandate
from brokers.services.cases.by_the_day import end_suspensions, follow_hand_overs, remind_hand_overs
from brokers.services.cases.hand_over import choose_hand_over, settle_hand_over
from brokers.services.mandates.answer import decline, take_back
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.cases import (
    DAY,
    DECIDED,
    accept,
    cancelled,
    chosen,
    decided,
    fresh,
    handed_over,
    held,
    mandate,
    noticed,
    opened,
    settled,
    suspended,
)
from tests.factories.brokers.fees import NOW, acceptor, officer
from tests.factories.brokers.mandates import answering, manager_of
from tests.factories.brokers.register import agency, trader


def rows():
    return list(HandOver.objects.values().order_by("pk")), list(Mandate.objects.values().order_by("pk"))


def told(kind, user):
    return Notification.objects.filter(kind=kind, recipient=user).count()


def test_every_running_mandate_is_asked_about_and_no_other():
    registration = agency()
    office, lead = registration.organization, agency().organization
    leading = mandate(office)
    sharing = mandate(lead, fellows=[office])
    mandate(office, days=5)  # over before the decision
    mandate(lead)
    client = manager_of(leading.client)
    suspended(registration)
    found = HandOver.objects.order_by("mandate")
    assert {row.mandate for row in found} == {leading, sharing}
    assert {(row.from_broker, row.until_on, row.state) for row in found} == {
        (office, DECIDED.date() + 30 * DAY, "open")
    }
    assert told("hand_over_asked", client) == 1
    assert fresh(leading).state == fresh(sharing).state == "accepted"


def test_an_office_with_another_trader_goes_on():
    office = OrganizationFactory(broker=True)
    first = trader(office=office)
    trader(office=office)
    mandate(office)
    suspended(first, ground="name_lending")
    assert not HandOver.objects.exists()


def test_kept_only_where_the_broker_comes_back():
    found = chosen(handed_over(), "keep")
    assert (found.state, found.choice) == ("kept", "keep")
    assert fresh(found.mandate).state == "accepted"
    gone = handed_over(decision="cancelled")
    before = rows()
    with pytest.raises(DomainError) as refusal:
        chosen(gone, "keep")
    assert refusal.value.field == "choice"
    assert rows() == before


def test_ended_by_the_client():
    found = chosen(handed_over(), "end")
    given = fresh(found.mandate)
    assert (found.state, given.state, given.ended_on, given.ended_side) == ("ended", "ended", DECIDED.date(), "client")
    assert told("hand_over_settled", manager_of(found.from_broker)) == 1
    with pytest.raises(NotPossibleNow):
        chosen(found, "keep")


@pytest.mark.parametrize("exclusive", [False, True])
def test_another_broker_takes_it_over_with_the_same_terms(exclusive):
    to, found = agency().organization, handed_over(is_exclusive=exclusive, fee_bp=9_000, terms="Monthly report")
    found = chosen(found, "move", to=to)
    new, old = found.new_mandate, fresh(found.mandate)
    same = ("client", "side", "need", "is_exclusive", "ends_on", "tail_months", "schedule", "fee_bp", "terms")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.broker, new.state, old.state) == (to, "offered", "accepted")
    assert new.starts_on == (new.offer_until + DAY if exclusive else DECIDED.date())
    assert told("mandate_offered", answering(new)) == 1
    accept(new, at=DECIDED + DAY)
    found, old = fresh(found), fresh(old)
    assert (found.state, old.state, fresh(new).state) == ("moved", "ended", "accepted")
    last = max(DECIDED.date() + DAY, new.starts_on - DAY)
    assert (old.ended_on, old.ended_by) == (last, found.chosen_by)


def test_who_acts_together_with_others_is_replaced_and_the_others_say_yes_anew():
    registration = agency()
    lead, other = agency().organization, agency().organization
    given = mandate(lead, fellows=[registration.organization])
    cancelled(registration)
    found = chosen(HandOver.objects.get(mandate=given), "move", to=other)
    assert found.new_mandate.broker == lead
    parts = {part.organization: part.share_bp for part in found.new_mandate.partners.all()}
    assert parts == {lead: 9_000, other: 1_000}
    accept(found.new_mandate)
    assert fresh(given).state == "ended"
    again = chosen_refused(handed_over(decision="cancelled"), None)
    assert again == "to_broker"


def chosen_refused(found, to):
    before = rows()
    with pytest.raises(DomainError) as refusal:
        chosen(found, "move", to=to)
    assert rows() == before
    return refusal.value.field


def test_only_a_registered_broker_that_is_open_takes_over():
    found = handed_over()
    closed = agency()
    suspended(closed)
    never = OrganizationFactory(broker=True)
    for to in (None, found.from_broker, found.mandate.client, closed.organization, never):
        assert chosen_refused(found, to) == "to_broker"


@pytest.mark.parametrize("answer", ["decline", "take_back", "lapse"])
def test_not_taken_over_the_client_chooses_again(answer):
    found = chosen(handed_over(decision="cancelled"), "move", to=agency().organization)
    client, offer = found.chosen_by, found.new_mandate
    with pytest.raises(NotPossibleNow):
        chosen(found, "end")
    if answer == "decline":
        decline(mandate=offer, text="No time", by=answering(offer), at=DECIDED)
    if answer == "take_back":
        take_back(mandate=offer, by=client, at=DECIDED)
    if answer == "lapse":
        at = DECIDED + (offer.offer_until - DECIDED.date()) + DAY
        assert follow_hand_overs(at=at - DAY) == 0
        assert follow_hand_overs(at=at) == 1
    found = fresh(found)
    assert (found.state, found.choice, found.to_broker, found.new_mandate) == ("open", "", None, None)
    assert told("hand_over_asked_again", client) == 1
    assert fresh(found.mandate).state == "accepted"


def test_only_who_gives_mandates_for_the_client_chooses():
    found = handed_over()
    before = rows()
    people = [
        MembershipFactory(organization=found.mandate.client).user, manager_of(found.from_broker), officer(),
        acceptor(OrganizationFactory()),
    ]  # fmt: skip
    for by in people:
        with pytest.raises(NotAllowed):
            choose_hand_over(hand_over=found, choice="end", by=by, at=DECIDED)
    with pytest.raises(DomainError):
        chosen(found, "weather")
    assert rows() == before


# --- officers ---------------------------------------------------------------------------------------------------------


def test_an_officer_settles_what_was_left_open_but_not_before_its_day_has_passed():
    fellow = agency().organization
    found = handed_over(decision="cancelled", fellows=[fellow])
    last = DECIDED + (found.until_on - DECIDED.date())
    before = rows()
    given = {"hand_over": found, "choice": "end", "text": "Nobody chose"}
    with pytest.raises(NotPossibleNow):
        settle_hand_over(**given, by=officer(), at=last)
    late = last + DAY
    of_client, of_fellow = officer(), officer()
    MembershipFactory(user=of_client, organization=found.mandate.client)
    MembershipFactory(user=of_fellow, organization=fellow)
    for by in (of_client, of_fellow, manager_of(found.mandate.client)):
        with pytest.raises(NotAllowed):
            settle_hand_over(**given, by=by, at=late)
    for wrong in ({"choice": "keep"}, {"choice": "move"}, {"text": " "}):
        with pytest.raises(DomainError):
            settle_hand_over(**given | wrong, by=officer(), at=late)
    assert rows() == before
    done = settle_hand_over(**given, by=officer(), at=late)
    assert (done.state, fresh(found.mandate).state) == ("ended", "ended")
    assert told("hand_over_settled", manager_of(found.mandate.client)) == 1


def test_an_officer_leaves_it_with_a_broker_that_is_only_suspended():
    registration = agency()
    given = mandate(registration.organization)
    suspended(registration, until=DECIDED.date() + 90 * DAY)
    assert settled(HandOver.objects.get(mandate=given), "keep").state == "kept"
    assert fresh(given).state == "accepted"


# --- by the day -------------------------------------------------------------------------------------------------------


def test_back_after_the_suspension_nothing_has_to_be_chosen():
    found = handed_over()
    assert follow_hand_overs(at=DECIDED) == 0
    end_suspensions(at=DECIDED + 8 * DAY)
    assert follow_hand_overs(at=DECIDED + 8 * DAY) == 1
    assert (fresh(found).state, fresh(found).choice) == ("kept", "")


def test_a_mandate_that_ends_by_itself_settles_it():
    found = handed_over(decision="cancelled", days=20)
    assert follow_hand_overs(at=NOW + 20 * DAY) == 0
    assert follow_hand_overs(at=NOW + 21 * DAY) == 1
    assert fresh(found).state == HandOverState.ENDED


def test_the_client_is_reminded_once_and_then_officers_are():
    watching = officer()
    found = handed_over(decision="cancelled")
    client, last = manager_of(found.mandate.client), DECIDED + 30 * DAY
    assert remind_hand_overs(at=last - 8 * DAY) == 0
    assert remind_hand_overs(at=last - 7 * DAY) == 1
    assert remind_hand_overs(at=last) == 0
    assert told("hand_over_reminder", client) == 1
    assert told("hand_over_left_open", watching) == 0
    assert remind_hand_overs(at=last + DAY) == 1
    assert remind_hand_overs(at=last + 2 * DAY) == 0
    assert told("hand_over_left_open", watching) == 1


def test_cancelled_after_a_suspension_the_same_question_goes_on_with_its_days_anew():
    found = handed_over()
    case = cancelled_later(found.case.registration)
    found = fresh(found)
    assert HandOver.objects.count() == 1
    assert (found.case, found.may_be_kept) == (case, False)
    assert found.until_on == case.decided_at.date() + 30 * DAY
    assert Organization.objects.filter(pk=found.from_broker_id).exists()


def cancelled_later(registration):
    case = noticed(opened(registration, ground="own_wish", at=DECIDED), at=DECIDED)
    return decided(held(case), decision="cancelled")
