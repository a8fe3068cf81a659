"""Brokers of a side take part under its mandate, and leave with it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.models import Mandate
from brokers.services.cases.closed_to_work import refuse_if_closed_to_work
from deals.enums.negotiation import EntryKind, Side
from deals.models import Negotiation, NegotiationBroker
from deals.notices import negotiation as notices
from deals.queries.seats import Seat, acts_in, covers
from deals.services.negotiation.asking import lock_negotiation, party_of, require_running
from deals.services.negotiation.thread import add_entry
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow


@transaction.atomic
def bring_in(
    *, negotiation: Negotiation, mandate: Mandate, broker: Organization, by: User, at: datetime
) -> NegotiationBroker:
    """A party lets a broker of its mandate take part: it reads the whole thread and speaks for the party.

    The mandate is the party's, in force, about this technology or need or about everything, and the broker has agreed
    to its share. Who takes part already stays. Raises `NotAllowed`, `NotPossibleNow`, `DomainError`.
    """
    locked = lock_negotiation(negotiation)
    seat = party_of(locked, by, Permission.NEGOTIATE)
    side = next((each for each in Side if locked.organization_of(each).pk == mandate.client_id), None)
    if side is not None:
        seat = party_of(locked, by, Permission.NEGOTIATE, side=side)
    require_running(locked)
    day = timezone.localdate(at)
    if (
        side is None
        or not covers(mandate, client=seat.organization, side=side, listing=locked.listing, need=locked.need, day=day)
        or not acts_in(mandate, broker)
    ):
        raise DomainError(
            _("Choose a mandate of your own that is in force and about this technology or need."), field="mandate"
        )
    inside = locked.brokers.filter(organization=broker, left_at__isnull=True).select_related("mandate").first()
    if inside is not None and inside.mandate.last_day < day:
        leave_with_mandate(part=inside, negotiation=locked, at=at)
        inside = None
    if inside is not None:
        if inside.side != side:
            raise NotPossibleNow(_("This broker takes part for the other side."))
        return inside
    refuse_if_closed_to_work([broker], in_a_mandate=True, field="mandate")
    part = write_part(negotiation=locked, mandate=mandate, broker=broker, by=by, at=at)
    notices.broker_joined(locked, part, by, at)
    return part


def write_part(
    *, negotiation: Negotiation, mandate: Mandate, broker: Organization, by: User, at: datetime
) -> NegotiationBroker:
    """The row and its line. The caller holds the negotiation's lock and has asked whether it may be."""
    part = NegotiationBroker.objects.create(
        negotiation=negotiation, organization=broker, side=mandate.side, mandate=mandate, joined_at=at, joined_by=by
    )
    seat = Seat(Side(mandate.side), broker)
    add_entry(negotiation=negotiation, kind=EntryKind.BROKER_JOINED, seat=seat, by=by, at=at)
    return part


@transaction.atomic
def let_go(*, part: NegotiationBroker, by: User, at: datetime) -> NegotiationBroker:
    """The party sends its broker out, or the broker goes. Its mandate stays as it is. Again: nothing more happens.

    Raises `NotAllowed`.
    """
    locked = lock_negotiation(part.negotiation_id)
    row = NegotiationBroker.objects.select_for_update(of=["self"]).select_related("organization").get(pk=part.pk)
    party = locked.organization_of(row.side)
    if not has_permission(by, Permission.NEGOTIATE, party) and not has_permission(
        by, Permission.NEGOTIATE, row.organization
    ):
        raise NotAllowed(_("Only the side that gave the mandate, or the broker itself, can do this."))
    if row.left_at is None:
        _leave(row, locked, by, at)
    return row


def leave_with_mandate(*, part: NegotiationBroker, negotiation: Negotiation, at: datetime) -> None:
    """The mandate is over: write that the broker left. The caller holds the negotiation's lock."""
    _leave(part, negotiation, None, at)


def _leave(part: NegotiationBroker, negotiation: Negotiation, by: User | None, at: datetime) -> None:
    part.left_at, part.left_by = at, by
    part.save(update_fields=["left_at", "left_by", "updated_at"])
    seat = Seat(Side(part.side), part.organization)
    add_entry(negotiation=negotiation, kind=EntryKind.BROKER_LEFT, seat=seat, by=by, at=at)
    notices.broker_left(negotiation, part, by, at)
