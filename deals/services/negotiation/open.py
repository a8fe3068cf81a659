"""A negotiation begins: from a request that was answered with a yes, or from a technology that answers a need."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.models import Mandate
from deals.enums.negotiation import EntryKind, Side
from deals.enums.requests import AnswerKind
from deals.models import Negotiation, TransferRequest
from deals.notices import negotiation as notices
from deals.numbers import negotiation_number
from deals.queries.seats import Seat, covers, other
from deals.services.contracts.room import require_room
from deals.services.negotiation.asking import text_in
from deals.services.negotiation.brokers import write_part
from deals.services.negotiation.market import follow
from deals.services.negotiation.thread import add_entry, answer_by
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from matching.enums import AnswerKind as NeedAnswerKind
from matching.models import Need, NeedAnswer
from tech_listings.enums import DealKind
from tech_listings.models import Listing
from tech_listings.services.exclusivity import note_interest

COUNTER = "negotiation"


class Opened(NamedTuple):
    """`is_new` is False when it was there already."""

    negotiation: Negotiation
    is_new: bool


@transaction.atomic
def open_from_request(
    *, request: TransferRequest, mandate: Mandate | None = None, text: str = "", by: User, at: datetime
) -> Opened:
    """Begin to negotiate about a request that the holder answered with “let us talk”. Either side begins it, once.

    Who asked as a broker negotiates for a firm: it alone begins it, and names the `mandate` of that firm.
    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    # Whoever begins about this technology passes here one by one: a double click meets what the first click wrote.
    listing = _locked(request.listing_id)
    request = TransferRequest.objects.for_page().get(pk=request.pk)
    as_asker = has_permission(by, Permission.NEGOTIATE, request.requester)
    if not as_asker and not has_permission(by, Permission.NEGOTIATE, request.holder):
        raise NotAllowed(_("Only members of the two sides who may negotiate can do this."))
    if earlier := Negotiation.objects.for_page().filter(request=request).first():
        return Opened(earlier, False)
    if request.answer_kind != AnswerKind.TALK:
        raise NotPossibleNow(_("The holder has to answer the request with “let us talk” first."))
    if listing.holder_id != request.holder_id:
        raise NotPossibleNow(_("The technology has another holder now. Send that one a request."))
    firm, broker = request.requester, None
    if firm.kind == OrganizationKind.BROKER:
        if not as_asker:
            raise NotAllowed(_("A broker asked for a firm: it begins the negotiation, under the mandate of that firm."))
        firm, broker = _client(mandate, firm, listing, None, at), firm
    side = Side.FIRM if as_asker else Side.HOLDER
    made = Negotiation(request=request, deal_kind=request.deal_kind)
    return _begin(made, listing, firm, side, broker, mandate, text, by, at)


@transaction.atomic
def open_from_answer(
    *, answer: NeedAnswer, deal_kind: str, mandate: Mandate | None = None, text: str = "", by: User, at: datetime
) -> Opened:
    """The firm begins to negotiate about a technology that answers its need; the holder then learns who asks.

    What a broker posted is negotiated for a firm: `mandate` names which. Raises as `open_from_request`.
    """
    need = answer.need
    if not has_permission(by, Permission.NEGOTIATE, need.organization):
        raise NotAllowed(_("Only members of the organization that posted the need who may negotiate can do this."))
    if answer.kind != NeedAnswerKind.LISTING or answer.listing_id is None:
        raise NotPossibleNow(_("This answer names no technology."))
    listing = _locked(answer.listing_id)
    firm, broker = need.organization, None
    if firm.kind == OrganizationKind.BROKER:
        firm, broker = _client(mandate, firm, listing, need, at), firm
    if earlier := Negotiation.objects.for_page().running().filter(need=need, listing=listing, firm=firm).first():
        return Opened(earlier, False)
    if deal_kind not in listing.deal_kinds:
        raise DomainError(_("The holder does not offer this deal type for this technology."), field="deal_kind")
    made = Negotiation(need=need, deal_kind=deal_kind)
    opened = _begin(made, listing, firm, Side.FIRM, broker, mandate, text, by, at)
    if deal_kind == DealKind.NON_EXCLUSIVE_LICENCE:
        note_interest(listing=listing, request_id=opened.negotiation.public_id, at=at)
    return opened


def _begin(
    made: Negotiation, listing: Listing, firm: Organization, side: Side, broker: Organization | None,
    mandate: Mandate | None, text: str, by: User, at: datetime,
) -> Opened:  # fmt: skip
    words = text_in(text)
    if not listing.is_public:
        raise NotPossibleNow(_("This technology is not offered any more."))
    require_room(listing=listing, deal_kind=DealKind.NON_EXCLUSIVE_LICENCE)
    if firm.pk == listing.holder_id:
        raise DomainError(_("Your own organization holds this technology."))
    running = Negotiation.objects.running().filter(listing=listing, firm=firm).first()
    if running is not None:
        number = {"number": running.number}
        raise NotPossibleNow(_("Negotiation %(number)s about this technology is under way already.") % number)
    year = timezone.localtime(at).year
    made.number = negotiation_number(year, take_numbers(kind=COUNTER, year=year)[0])
    made.listing, made.holder, made.firm = listing, listing.holder, firm
    made.opened_at, made.opened_by, made.last_said_at = at, by, at
    made.turn = other(side)
    made.answer_due_on = answer_by(made, made.turn, at)
    made.save(force_insert=True)
    seat = Seat(side, broker or made.organization_of(side))
    add_entry(negotiation=made, kind=EntryKind.OPENED, seat=seat, by=by, at=at, text=words)
    if broker is not None and mandate is not None:
        write_part(negotiation=made, mandate=mandate, broker=broker, by=by, at=at)
    follow(listing=listing, by=by, at=at)
    notices.opened(made, side, by, at)
    return Opened(made, True)


def _client(
    mandate: Mandate | None, broker: Organization, listing: Listing, need: Need | None, at: datetime
) -> Organization:
    """The firm for which the broker begins. Raises `DomainError` naming `mandate`."""
    day = timezone.localdate(at)
    if (
        mandate is None
        or not Mandate.objects.taken_by([broker.pk]).filter(pk=mandate.pk).exists()
        or not covers(mandate, client=mandate.client, side=Side.FIRM, listing=listing, need=need, day=day)
    ):
        raise DomainError(
            _("A broker negotiates for a firm: choose the mandate of a firm that is in force and about this."),
            field="mandate",
        )
    return mandate.client


def _locked(pk: int) -> Listing:
    return Listing.objects.select_for_update(of=["self"], no_key=True).select_related("holder").get(pk=pk)
