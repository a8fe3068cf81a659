"""Mandates, deals and ratings of brokers as rows: the register counts them, and asks nothing of how they came about."""

import datetime
import itertools

from django.db import transaction
from django.utils import timezone

from brokers.enums.mandates import (
    MANDATE_STATES,
    PARTNER_STATES,
    DealOrigin,
    MandateState,
    OfferedBy,
    PartnerState,
    Side,
)
from brokers.enums.registration import QualificationState, StaffState
from brokers.models import BrokeredDeal, FeeSchedule, Mandate, MandatePartner, Qualification, StaffEntry
from brokers.services.ratings.rate import rate
from tech_listings.enums import DealKind
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, guideline, officer

serials = itertools.count(900_001)  # far from what the counters give out


def member(organization, **also):
    """Somebody of the organization: an active member of staff unless told."""
    return MembershipFactory(organization=organization, **also).user


def mandate(broker, client=None, *, offered_at=NOW, hours=None, state=None, fee_bp=10_000, **also):
    """A mandate that a client offered; answered `hours` later, or not at all."""
    client = client or OrganizationFactory()
    answered = offered_at + datetime.timedelta(hours=hours) if hours is not None else None
    day = timezone.localdate(offered_at)
    side, answer_text = also.pop("offered_side", OfferedBy.CLIENT), also.pop("answer_text", "")
    by, answerer = (member(client), member(broker)) if side == OfferedBy.CLIENT else (member(broker), member(client))
    with transaction.atomic():
        offer = Mandate.objects.create(
            number=f"M{day.year}{next(serials) % 1_000_000:06d}", broker=broker, client=client, side=Side.FIRM,
            starts_on=day, ends_on=day + datetime.timedelta(days=365), tail_months=6,
            schedule=FeeSchedule.objects.guidelines().published().first() or guideline(offered_at),
            fee_bp=fee_bp, offered_at=offered_at, offered_by=by, offered_side=side,
            offer_until=day + datetime.timedelta(days=30), **also,
        )  # fmt: skip
        part = MandatePartner.objects.create(mandate=offer, organization=broker, share_bp=10_000)
    if answered is not None:
        state = state or MandateState.ACCEPTED
        if state == MandateState.ACCEPTED:
            agreed_by = answerer if side == OfferedBy.CLIENT else by
            PARTNER_STATES.move(part, PartnerState.AGREED, agreed_at=answered, agreed_by=agreed_by)
        MANDATE_STATES.move(offer, state, answered_at=answered, answered_by=answerer, answer_text=answer_text)
    return offer


def deal(broker, *, taker=None, holder=None, closed=True, at=NOW, **also):
    """A deal that the broker reported, closed unless told; names of parties without an account stand as text."""
    day = timezone.localdate(at)
    given = {
        "technology": f"Binder {next(serials)}", "deal_kind": DealKind.NON_EXCLUSIVE_LICENCE, "value_won": 60_000_000,
        "origin": DealOrigin.REPORTED, "signed_on": day - datetime.timedelta(days=90), "ipc_section": "H",
        "closed_on": day - datetime.timedelta(days=10) if closed else None, "recorded_at": at,
        "holder_name": holder.name if holder else "An institute", "taker_name": taker.name if taker else "A firm",
    }  # fmt: skip
    return BrokeredDeal.objects.create(broker=broker, holder=holder, taker=taker, **given | also)


def rated(broker, *, stars=4, text="Quick and clear", organization=None, at=NOW, **also):
    """A rating of a closed deal, by a firm of its own unless named."""
    organization = organization or OrganizationFactory()
    found = deal(broker, taker=organization, at=at)
    return rate(deal=found, organization=organization, stars=stars, text=text, by=member(organization), at=at, **also)


def qualified(organization, *kinds, user=None, confirmed=True):
    """A person of the agency with verified qualifications of these kinds."""
    user = user or UserFactory()
    StaffEntry.objects.create(
        organization=organization,
        user=user,
        state=StaffState.NAMED,
        from_on=timezone.localdate(NOW),
        named_at=NOW,
        named_by=user,
    )
    if confirmed:
        entry = StaffEntry.objects.get(organization=organization, user=user)
        entry.state, entry.answered_at = StaffState.CONFIRMED, NOW
        entry.save()
    verified(user, *kinds)
    return user


def verified(user, *kinds):
    for kind in kinds:
        made = Qualification.objects.create(
            user=user, kind=kind, number=f"Q{next(serials)}", issued_on=datetime.date(2015, 3, 2)
        )
        made.state, made.decided_at, made.decided_by = QualificationState.VERIFIED, NOW, officer()
        made.save()
