"""State tables in Python and the database, and what the database refuses on any path."""

import itertools

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from brokers.enums.mandates import MANDATE_STATES, PARTNER_STATES, MandateState, OfferedBy, PartnerState
from brokers.models import Mandate, MandateConsent, MandateListing, MandatePartner, Quote
from brokers.services.fees.quote_fee import quote_fee
from brokers.services.mandates.answer import accept
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import (
    DAY,
    agreed_by_all,
    answering,
    ended,
    in_force,
    manager_of,
    mandate_in,
    offered,
    registered,
)
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db
REFUSED = (IntegrityError, InternalError, ProgrammingError)


def fields(state, found):
    person = answering(found)
    return {
        MandateState.ACCEPTED: {"answered_at": NOW, "answered_by": person},
        MandateState.DECLINED: {"answered_at": NOW, "answered_by": person, "answer_text": "x"},
        MandateState.WITHDRAWN: {"withdrawn_at": NOW, "withdrawn_by": found.offered_by},
        MandateState.ENDED: {"ended_at": NOW, "ended_by": person, "ended_on": TODAY, "end_reason": "x"},
    }.get(state, {})


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(MandateState, 2)))
def test_every_move_of_a_mandate(before, after):
    found = mandate_in(before)
    changes = fields(after, found)
    if after == MandateState.ACCEPTED and before == MandateState.OFFERED:
        found.partners.update(state="agreed", agreed_at=NOW, agreed_by=manager_of(found.broker))
    agree(MANDATE_STATES, found, after, changes)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(PartnerState, 2)))
def test_every_move_of_a_share(before, after):
    made = offered()
    part = made.partners.get()
    said = {"agreed_at": NOW, "agreed_by": manager_of(made.broker)}
    if before != PartnerState.ASKED:
        MandatePartner.objects.filter(pk=part.pk).update(state=before, **said)
        part.refresh_from_db()
    none = {"agreed_at": None, "agreed_by": None}
    agree(PARTNER_STATES, part, after, none if after == PartnerState.ASKED else said)


def agree(machine, found, after, changes):
    """Both allow the move, or both refuse it and nothing changed."""
    model = type(found)
    before = model.objects.filter(pk=found.pk).values().get()
    if machine.can(found, after):
        machine.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        machine.move(found, after, **changes)
    with pytest.raises(REFUSED), transaction.atomic():
        model.objects.filter(pk=found.pk).update(state=after, **changes)
    assert model.objects.filter(pk=found.pk).values().get() == before


def refused(call):
    """By the database, at once or at commit."""
    with pytest.raises(REFUSED), transaction.atomic():
        at_commit(call)


def at_commit(call):
    call()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


CHANGES = [
    {"number": "M2026999999"}, {"side": "holder"}, {"is_exclusive": True}, {"starts_on": TODAY - DAY},
    {"ends_on": TODAY + 999 * DAY}, {"tail_months": 36}, {"fee_bp": 9_000}, {"terms": "x"}, {"subject_count": 1},
    {"conflict": "x"}, {"offered_side": OfferedBy.BROKER}, {"offered_at": NOW + DAY}, {"offer_until": TODAY},
]  # fmt: skip


@pytest.mark.parametrize("state", [MandateState.OFFERED, MandateState.ACCEPTED, MandateState.ENDED])
def test_what_was_offered_is_frozen(state):
    found = mandate_in(state)
    for changes in CHANGES:
        refused(lambda c=changes: Mandate.objects.filter(pk=found.pk).update(**c))


@pytest.mark.parametrize("state", [MandateState.DECLINED, MandateState.WITHDRAWN, MandateState.ENDED])
def test_what_is_over_never_changes(state):
    found = mandate_in(state)
    for changes in ({"end_reason": "y"}, {"ended_on": TODAY + DAY}, {"answer_text": "y"}, {"withdrawn_at": NOW + DAY}):
        refused(lambda c=changes: Mandate.objects.filter(pk=found.pk).update(**c))


def test_no_mandate_is_deleted_or_begins_as_accepted():
    found = in_force()
    refused(lambda: connection.cursor().execute("DELETE FROM brokers_mandate WHERE id = %s", [found.pk]))
    values = Mandate.objects.filter(pk=found.pk).values().get()
    for name in ("id", "public_id", "number"):
        values.pop(name)
    refused(lambda: Mandate.objects.create(**values, number="M2026888888"))


def test_shares_make_the_whole_at_commit():
    found = offered()
    other = registered()
    refused(lambda: MandatePartner.objects.create(mandate=found, organization=other, share_bp=1))
    refused(lambda: found.partners.update(share_bp=9_999))
    refused(lambda: connection.cursor().execute("DELETE FROM brokers_mandatepartner WHERE mandate_id = %s", [found.pk]))
    values = Mandate.objects.filter(pk=found.pk).values().get() | {"number": "M2026888888"}
    for name in ("id", "public_id"):
        values.pop(name)

    def made_with(shares):
        row = Mandate.objects.create(**values)
        for organization, share_bp in shares.items():
            MandatePartner.objects.create(mandate=row, organization=organization, share_bp=share_bp)

    for shares in ({}, {found.broker: 9_999}, {other: 10_000}, {found.broker: 9_000, found.client: 1_000}):
        refused(lambda s=shares: made_with(s))
    with transaction.atomic():
        made_with({found.broker: 9_000, other: 1_000})
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_what_it_is_about_never_changes_and_is_the_clients():
    listing = ListingFactory()
    found = offered(client=listing.holder, listings=[listing])
    own, foreign = ListingFactory(holder=listing.holder), ListingFactory()
    for other in (own, foreign):
        refused(lambda x=other: MandateListing.objects.create(mandate=found, listing=x))
    refused(lambda: found.subjects.update(listing=own))
    refused(lambda: connection.cursor().execute("DELETE FROM brokers_mandatelisting"))
    firm = offered()
    refused(lambda: Mandate.objects.filter(pk=firm.pk).update(need=NeedFactory(organization=firm.client)))
    values = Mandate.objects.filter(pk=firm.pk).values().get() | {"need_id": NeedFactory().pk, "number": "M2026888888"}
    for name in ("id", "public_id"):
        values.pop(name)
    refused(lambda: Mandate.objects.create(**values))


def accepting(found, by, *, at=NOW):
    return lambda: Mandate.objects.filter(pk=found.pk).update(state="accepted", answered_at=at, answered_by=by)


def test_the_other_side_accepts_and_nobody_of_the_one_that_offered():
    for side in OfferedBy:
        found = offered(side=side)
        answerer = answering(found)
        found.partners.filter(state="asked").update(state="agreed", agreed_at=NOW, agreed_by=manager_of(found.broker))
        colleague = MembershipFactory(
            organization=found.client if side == OfferedBy.CLIENT else found.broker, manager=True
        ).user
        both = MembershipFactory(organization=found.client, manager=True).user
        MembershipFactory(organization=found.broker, user=both, manager=True)
        for by in (found.offered_by, colleague, both, MembershipFactory(manager=True).user):
            refused(accepting(found, by))
        refused(accepting(found, answerer, at=NOW + 31 * DAY))
        accepting(found, answerer)()


def test_every_broker_and_asked_client_agrees_first():
    broker, fellow = registered(), registered()
    found = offered(broker=broker, shares={broker: 5_000, fellow: 5_000}, side=OfferedBy.BROKER)
    refused(accepting(found, answering(found)))
    refused(lambda: found.partners.filter(organization=fellow).update(
        state="agreed", agreed_at=NOW, agreed_by=manager_of(broker)
    ))  # fmt: skip
    listing, need = ListingFactory(), NeedFactory()
    NeedMatchFactory(need=need, listing=listing)
    held = in_force(client=need.organization, need=need)
    asked = offered(client=listing.holder, broker=held.broker, listings=[listing], side=OfferedBy.BROKER, conflict="x")
    refused(accepting(asked, answering(asked)))
    refused(lambda: MandateConsent.objects.update(
        state="agreed", answered_at=NOW, answered_by=manager_of(held.broker)
    ))  # fmt: skip
    agreed_by_all(asked)
    accepting(asked, answering(asked))()


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("about", ["everything", "need", "listing", "one of all"])
def test_exclusive_means_alone_in_the_database_too(about, first, second):
    listing, need = ListingFactory(), NeedFactory()
    client = listing.holder if about in {"listing", "one of all"} else need.organization
    one = {"need": {"need": need}, "listing": {"listings": [listing]}}.get(about, {})
    other = {"listings": [listing]} if about == "one of all" else one
    rivals = [offered(client=client, is_exclusive=first, **one), offered(client=client, is_exclusive=second, **other)]
    for each in rivals:
        each.partners.update(state="agreed", agreed_at=NOW, agreed_by=manager_of(each.broker))
    accepting(rivals[0], answering(rivals[0]))()
    refused(accepting(rivals[1], answering(rivals[1])))
    end = {"ended_on": TODAY, "ended_at": NOW, "ended_by": answering(rivals[0]), "end_reason": "x"}
    Mandate.objects.filter(pk=rivals[0].pk).update(state="ended", **end)
    refused(accepting(rivals[1], answering(rivals[1])))


def test_terms_that_follow_and_other_subjects_do_not_meet():
    listing = ListingFactory()
    held = in_force(client=listing.holder, listings=[listing], is_exclusive=True)
    after = {"starts_on": held.ends_on + DAY, "ends_on": held.ends_on + 2 * DAY}
    for content in (
        {"listings": [ListingFactory(holder=listing.holder)], "is_exclusive": True},
        {"listings": [listing], "is_exclusive": True, **after},
        {"listings": [listing], "broker": held.broker},
    ):
        assert in_force(client=listing.holder, **content).state == MandateState.ACCEPTED


@pytest.mark.parametrize(
    "changes", [{"ended_on": TODAY - DAY}, {"ended_on": TODAY + 400 * DAY}, {"end_reason": ""}], ids=str
)
def test_it_ends_with_a_reason_inside_of_its_term(changes):
    held = in_force()
    given = {"state": "ended", "ended_at": NOW, "ended_on": TODAY, "end_reason": "x", "ended_by": held.offered_by}
    refused(lambda: Mandate.objects.filter(pk=held.pk).update(**given | changes))


# --- quotes under a mandate -------------------------------------------------------------------------------------------


def test_a_quote_under_a_mandate_has_its_client_fee_and_shares():
    broker, fellow = registered(), registered()
    held = in_force(broker=broker, shares={broker: 6_000, fellow: 4_000}, fee_bp=9_000)
    quote = quote_fee(
        broker=fellow,
        client=held.client,
        subject="Valve",
        value_won=20_000_000,
        mandate=held,
        by=manager_of(fellow),
        at=NOW,
    ).quote
    refused(lambda: Quote.objects.filter(pk=quote.pk).update(mandate=None))
    stranger = registered()
    values = Quote.objects.filter(pk=quote.pk).values().get() | {"number": "F2026888888"}
    for name in ("id", "public_id"):
        values.pop(name)
    wrong = (
        {"broker_id": stranger.pk}, {"client_id": OrganizationFactory().pk}, {"mandate_id": offered().pk},
        {"fee_won": values["fee_won"] + 1},
    )  # fmt: skip
    for changes in wrong:

        def copied(changes=changes):
            row = Quote.objects.create(**values | changes)
            for share in quote.shares.values("organization_id", "share_bp", "net_won", "vat_won"):
                row.shares.create(**share)

        refused(copied)

    def other_shares():
        row = Quote.objects.create(**values)
        row.shares.create(organization=broker, share_bp=10_000, net_won=quote.net_won, vat_won=quote.vat_won)

    refused(other_shares)


def test_the_states_of_the_factory_are_all_of_the_table():
    assert {mandate_in(state).state for state in MandateState} == set(MandateState)
    assert ended().end_reason
    assert accept.__doc__
