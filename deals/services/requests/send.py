"""Ask a holder for a technology."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.requests import EventKind, RequestState
from deals.models import LONG_TEXT, SHORT_TEXT, TransferRequest
from deals.notices import requests as notices
from deals.numbers import receipt_number
from deals.services.requests.timeline import add_event
from marketplace.core.counters import take_numbers
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused, body_digest
from marketplace.core.text import normalise, tidy
from tech_listings.enums import DealKind, ListingState
from tech_listings.models import Listing
from tech_listings.services.exclusivity import note_interest

COUNTER = "transfer_request"
SAME_WITHIN = timedelta(hours=24)
KEY_CONSTRAINT = "request_once_per_key"


class NotOffered(Conflict):
    """The listing is not public (any more), or does not offer this deal type."""

    code = "not_offered"


class Sent(NamedTuple):
    """`is_new` is False when the same request was there already."""

    request: TransferRequest
    is_new: bool


def content_hash(*, listing: Listing, requester: Organization, deal_kind: str, texts: tuple[str, str]) -> str:
    """Equal for requests that ask for the same: case, width, spaces and middle dots make no difference."""
    parts = [str(listing.public_id), str(requester.public_id), deal_kind, *(normalise(text) for text in texts)]
    return body_digest(parts)


@transaction.atomic
def send(
    *,
    listing: Listing,
    requester: Organization,
    deal_kind: str,
    intended_use: str,
    message: str = "",
    by: User,
    at: datetime,
    key: UUID | None = None,
) -> Sent:
    """Write the request, number it, tell both sides. The same request within 24 hours is the same request,
    unless it was withdrawn.

    That a non-exclusive licence was asked for is noted with the listing: it keeps an exclusive one from opening.

    `key` is the caller's idempotency key, one per person: the same key again gives the same request, with other
    content `KeyReused`. Raises `NotAllowed`, `NotOffered`, and `DomainError` naming the field.
    """
    if not has_permission(by, Permission.SEND_REQUESTS, requester):
        raise NotAllowed(_("Only members of a company or agency who may send requests can do this."))
    intended_use, message = tidy(intended_use), tidy(message)
    _check_texts(intended_use, message)

    # Everybody who asks for this listing passes here one by one: a double click meets what the first click wrote.
    locked = Listing.objects.select_for_update(of=["self"], no_key=True).select_related("holder").get(pk=listing.pk)
    asked = content_hash(listing=locked, requester=requester, deal_kind=deal_kind, texts=(intended_use, message))
    if earlier := _earlier(locked, requester, asked, key, by, at):
        return Sent(earlier, False)
    _check_listing(locked, requester, deal_kind)

    year = timezone.localtime(at).year
    serial = take_numbers(kind=COUNTER, year=year, count=1)[0]
    request = TransferRequest(
        number=receipt_number(year, serial), listing=locked, holder=locked.holder, requester=requester,
        requested_by=by, requested_at=at, deal_kind=deal_kind, intended_use=intended_use, message=message,
        content_hash=asked, idempotency_key=key,
        answer_due_on=timezone.localdate(at) + timedelta(days=locked.holder.answer_days),
    )  # fmt: skip
    _save(request)
    if deal_kind == DealKind.NON_EXCLUSIVE_LICENCE:
        note_interest(listing=locked, request_id=request.public_id, at=at)
    add_event(request=request, kind=EventKind.SENT, by=by, at=at)
    notices.receipt(request)
    notices.received(request)
    return Sent(request, True)


def _check_texts(intended_use: str, message: str) -> None:
    for name, text, longest in (("intended_use", intended_use, SHORT_TEXT), ("message", message, LONG_TEXT)):
        if len(text) > longest:
            raise DomainError(_("At most %(most)d characters.") % {"most": longest}, field=name)
    if not intended_use:
        raise DomainError(_("Say what the technology is to be used for."), field="intended_use")


def _check_listing(listing: Listing, requester: Organization, deal_kind: str) -> None:
    refuse_unless_on_offer(listing)
    if listing.holder_id == requester.pk:
        raise DomainError(_("Your own organization holds this technology."))
    if deal_kind not in listing.deal_kinds:
        raise NotOffered(_("The holder does not offer this deal type for this technology."), field="deal_kind")


def refuse_unless_on_offer(listing: Listing) -> None:
    """Raise `NotOffered` for what is off the market, and for what an exclusive contract has taken."""
    if not listing.is_public:
        raise NotOffered(_("This technology is not offered any more."))
    if listing.state == ListingState.CONTRACTED:
        raise NotOffered(_("This technology is under an exclusive contract and cannot be asked for at present."))


def _earlier(
    listing: Listing, requester: Organization, asked: str, key: UUID | None, by: User, at: datetime
) -> TransferRequest | None:
    rows = TransferRequest.objects.for_page()
    if key and (same_key := rows.filter(requested_by=by, idempotency_key=key).first()):
        if same_key.content_hash != asked:
            raise KeyReused(_("This Idempotency-Key was used for another request."))
        return same_key
    same = rows.filter(listing=listing, requester=requester, content_hash=asked, requested_at__gt=at - SAME_WITHIN)
    return same.exclude(state=RequestState.WITHDRAWN).order_by("-requested_at", "-pk").first()


def _save(request: TransferRequest) -> None:
    """Two different listings asked for at the same moment with one key meet only here."""
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        raise KeyReused(_("This Idempotency-Key was used for another request.")) from error
