"""Deals of mirrored technologies that partners report, and what the holder says to them (one number, one deal)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_known, require_member
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from open_data import notices
from open_data.enums import PARTNER_DEAL_STATES, EventKind, PartnerDealState
from open_data.models import PartnerDeal
from open_data.services.messages import tell
from tech_listings.models import Listing


class NumberReused(Conflict):
    """The partner sent this number before, with something else."""

    code = "own_number_reused"


class TooManyReports(Conflict):
    code = "too_many_reports"


MOST_WAITING = 100
"""So many reports of one partner wait on one holder at most: each is told to the holder's people."""


@transaction.atomic
def report_deal(
    *,
    organization: Organization,
    own_number: str,
    listing: Listing,
    kind: str,
    happened_on: date,
    amount_won: int | None,
    firm_size: str,
    firm_region: str,
    by: User | None,
    at: datetime,
) -> tuple[PartnerDeal, bool]:
    """The reported deal, and whether it is new: the same sent again is the one that is there.

    `by` None: a key of the organization. Raises `NumberReused`, `TooManyReports`, `NotAllowed`,
    `DomainError` naming the field.
    """
    # One row decides: two that report the same number at the same moment pass here one after the other.
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    require_member(by, Permission.MANAGE_KEYS, locked)
    said = {
        "listing_id": listing.pk, "kind": kind, "happened_on": happened_on, "amount_won": amount_won,
        "firm_size": firm_size, "firm_region": firm_region,
    }  # fmt: skip
    found = (
        PartnerDeal.objects.filter(organization=locked, own_number=own_number).select_related("listing__holder").first()
    )
    if found is not None:
        return _the_same(found, said), False
    _check(locked, listing, happened_on, at)
    made = PartnerDeal.objects.create(organization=locked, own_number=own_number, reported_at=at, **said)
    notices.deal_reported(made, at=at)
    return made, True


def _the_same(found: PartnerDeal, said: dict[str, Any]) -> PartnerDeal:
    for name, value in said.items():
        if getattr(found, name) != value:
            raise NumberReused(
                _("You have reported %(number)s before, and differently.") % {"number": found.own_number},
                field=name.removesuffix("_id"),
            )
    return found


def _check(organization: Organization, listing: Listing, happened_on: date, at: datetime) -> None:
    if listing.holder_id == organization.pk:
        raise DomainError(_("This technology is your own: its deals are contracts."), field="listing")
    if happened_on > timezone.localdate(at):
        raise DomainError(_("This day is yet to come."), field="happened_on")
    if listing.registered_at is None or happened_on < timezone.localdate(listing.registered_at):
        raise DomainError(_("The technology was not offered on that day yet."), field="happened_on")
    waiting = PartnerDeal.objects.filter(organization=organization, state=PartnerDealState.REPORTED)
    if waiting.filter(listing__holder=listing.holder_id).count() >= MOST_WAITING:
        raise TooManyReports(
            _("%(most)d of your reports wait on this holder. Report more when it has decided.") % {"most": MOST_WAITING}
        )


@transaction.atomic
def decide_deal(*, deal: PartnerDeal, confirmed: bool, reason: str, by: User, at: datetime) -> PartnerDeal:
    """The holder says whether it is so. Raises `NotAllowed`, `NotPossibleNow`, `DomainError` without a reason."""
    rows = PartnerDeal.objects.select_for_update(of=["self"]).select_related("listing__holder", "organization")
    locked = rows.get(pk=deal.pk)
    require_known(by, Permission.ANSWER_REQUESTS, locked.listing.holder)
    if locked.state != PartnerDealState.REPORTED:
        raise NotPossibleNow(_("Somebody has decided on it already."))
    if not confirmed and not reason.strip():
        raise DomainError(_("Say why it is not so."), field="reason")
    to = PartnerDealState.CONFIRMED if confirmed else PartnerDealState.REJECTED
    PARTNER_DEAL_STATES.move(locked, to, decided_at=at, decided_by=by, reason=reason.strip())
    notices.deal_decided(locked, at=at)
    data = {"id": str(locked.public_id), "own_number": locked.own_number, "state": locked.state}
    tell(kind=EventKind.DEAL_DECIDED, data=data, at=at, organization=locked.organization)
    return locked
