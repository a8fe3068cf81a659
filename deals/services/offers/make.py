"""One side puts ways to pay before the other, as an offer or in answer to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import User
from deals.enums.negotiation import OFFER_STATES, EntryKind, NegotiationState, OfferState, Side
from deals.enums.terms import Method
from deals.models import SHORT_TEXT, Negotiation, Offer, Option
from deals.notices import negotiation as notices
from deals.queries.seats import Seat
from deals.services.negotiation.asking import (
    lock_negotiation,
    refuse_reused_key,
    require_running,
    seat_of,
    text_in,
)
from deals.services.negotiation.thread import add_entry, asked, note_said
from deals.services.offers.lapse import lapse_if_over
from deals.services.offers.told import refuse_answered
from deals.terms import Terms, refusals
from marketplace.core.errors import DomainError, NotPossibleNow
from tech_listings.enums import DealKind
from tech_listings.models import Listing
from tech_listings.services.exclusivity import note_interest
from tech_listings.services.lock import lock

KEY_CONSTRAINT = "offer_once_per_key"
MOST_OPTIONS = 6
LEAST_OPTIONS_OF_A_HOLDER = 2
LONGEST_MONTHS = 600
TITLE_LENGTH, TERRITORY_LENGTH, FIELD_LENGTH = 100, 200, 300
LONGEST_VALID = timedelta(days=180)


@dataclass(frozen=True)
class OptionContent:
    """A way to pay, and what it is called; without a name it is called by its method."""

    terms: Terms
    title: str = ""


@dataclass(frozen=True)
class OfferContent:
    """What is offered. `valid_until` is the last day on which it can be accepted; `term_months` 0: without a term."""

    deal_kind: str
    options: Sequence[OptionContent]
    valid_until: date
    term_months: int = 0
    territory: str = ""
    field_of_use: str = ""
    text: str = ""
    no_running_reason: str = ""


class Made(NamedTuple):
    """`is_new` is False when the same key had offered the same already."""

    offer: Offer
    is_new: bool


@transaction.atomic
def make_offer(
    *, negotiation: Negotiation, content: OfferContent, counter_to: Offer | None = None, by: User, at: datetime,
    key: UUID | None = None,
) -> Made:  # fmt: skip
    """Offer, or answer the other side's waiting offer (`counter_to`) with a counter-offer, which closes that one.

    A side has at most one offer waiting, and answers the other's before it makes its own. An institute offers at least
    two ways to pay, one of them a running royalty or a reason why not; a counter-offer may be one way. A broker may
    offer for its side: what is accepted is agreed by the parties' managers in the contract.

    Raises `NotAllowed`, `NotPossibleNow` saying what happened meanwhile, `KeyReused`, `DomainError` naming the field.
    """
    locked = lock_negotiation(negotiation)
    seat = seat_of(locked, by, at)
    earlier = Offer.objects.filter(offered_by=by, idempotency_key=key).for_page().first() if key else None
    # What was sent before is read as on the day it was sent: its last day may have passed meanwhile.
    offer = _checked(locked, seat, content, counter_to, by, earlier.offered_at if earlier else at)
    if earlier is not None:
        if not _is_same(earlier, offer, content):
            refuse_reused_key()
        return Made(earlier, False)
    require_running(locked)
    if locked.state != NegotiationState.OPEN:
        raise NotPossibleNow(_("Terms are agreed already. Take the negotiation up again before you offer others."))
    _answer_waiting(locked, seat, counter_to, by, at)
    offer.serial = (locked.offers.aggregate(last=Max("serial"))["last"] or 0) + 1
    offer.idempotency_key = key
    _save(offer)
    Option.objects.bulk_create(_option(offer, place, each) for place, each in enumerate(content.options, start=1))
    kind = EntryKind.COUNTERED if counter_to else EntryKind.OFFERED
    add_entry(negotiation=locked, kind=kind, seat=seat, by=by, at=at, offer=offer)
    note_said(locked, at, revision=locked.revision + 1, **asked(locked, seat.side, at, anew=True))
    if seat.side == Side.FIRM and offer.deal_kind == DealKind.NON_EXCLUSIVE_LICENCE != locked.deal_kind:
        note_interest(listing=lock(locked.listing), request_id=offer.public_id, at=at)
    notices.offered(locked, offer, at)
    return Made(offer, True)


def _checked(
    negotiation: Negotiation, seat: Seat, content: OfferContent, counter_to: Offer | None, by: User, at: datetime
) -> Offer:
    """The row as it would be written. Raises `DomainError`."""
    listing: Listing = negotiation.listing
    if content.deal_kind not in {*listing.deal_kinds, negotiation.deal_kind}:
        raise DomainError(_("The holder does not offer this deal type for this technology."), field="deal_kind")
    if not 0 <= content.term_months <= LONGEST_MONTHS:
        most = {"most": LONGEST_MONTHS}
        raise DomainError(_("The term is at most %(most)d months.") % most, field="term_months")
    today = timezone.localdate(at)
    if not today <= content.valid_until <= today + LONGEST_VALID:
        bounds = {
            "first": date_format(today, "SHORT_DATE_FORMAT"),
            "last": date_format(today + LONGEST_VALID, "SHORT_DATE_FORMAT"),
        }
        raise DomainError(_("Choose a day from %(first)s to %(last)s.") % bounds, field="valid_until")
    reason = text_in(content.no_running_reason, field="no_running_reason", most=SHORT_TEXT)
    of_institute = negotiation.holder.kind == OrganizationKind.INSTITUTE
    _check_options(
        content.options, seat, is_counter=counter_to is not None, gives_no_running=bool(reason) or not of_institute
    )
    needs_reason = seat.side == Side.HOLDER and not any(each.terms.counts_as_running for each in content.options)
    return Offer(
        negotiation=negotiation, side=seat.side, organization=seat.organization, deal_kind=content.deal_kind,
        term_months=content.term_months,
        territory=text_in(content.territory, field="territory", most=TERRITORY_LENGTH),
        field_of_use=text_in(content.field_of_use, field="field_of_use", most=FIELD_LENGTH),
        text=text_in(content.text), no_running_reason=reason if needs_reason else "", counter_to=counter_to,
        offered_at=at, offered_by=by, valid_until=content.valid_until,
    )  # fmt: skip


def _check_options(options: Sequence[OptionContent], seat: Seat, *, is_counter: bool, gives_no_running: bool) -> None:
    """`gives_no_running` is whether a holder may leave out a running royalty: an institute with a reason (ADR 31)."""
    if not options:
        raise DomainError(_("Say how it is to be paid."), field="options")
    if len(options) > MOST_OPTIONS:
        raise DomainError(_("At most %(most)d ways to pay.") % {"most": MOST_OPTIONS}, field="options")
    for place, each in enumerate(options):
        text_in(each.title, field=f"options.{place}.title", most=TITLE_LENGTH)
        for problem in refusals(each.terms):
            raise DomainError(problem.text, field=f"options.{place}.{problem.field}")
    if len({each.terms.digest for each in options}) != len(options):
        raise DomainError(_("Two of these ways to pay are the same."), field="options")
    if seat.side != Side.HOLDER:
        return
    only_free = all(each.terms.is_free for each in options)
    if len(options) < LEAST_OPTIONS_OF_A_HOLDER and not is_counter and not only_free:
        raise DomainError(_("Offer at least two ways to pay, so that the firm can choose."), field="options")
    if not any(each.terms.counts_as_running for each in options) and not gives_no_running:
        raise DomainError(
            _("Offer a running royalty, too, or say why not: a public holder has to. It is counted publicly."),
            field="no_running_reason",
        )


def _answer_waiting(negotiation: Negotiation, seat: Seat, counter_to: Offer | None, by: User, at: datetime) -> None:
    """Close the offer that is answered. Raises `NotPossibleNow` where another one waits, or this one does no more."""
    rows = Offer.objects.select_for_update(of=["self"]).filter(negotiation=negotiation)
    waiting = rows.filter(state=OfferState.OFFERED).first()
    if waiting is not None and lapse_if_over(offer=waiting, negotiation=negotiation, at=at):
        waiting = None
    if counter_to is not None and (waiting is None or waiting.pk != counter_to.pk):
        refuse_answered(rows.get(pk=counter_to.pk))
    if waiting is None:
        return
    if waiting.side == seat.side:
        raise NotPossibleNow(_("An offer of your side waits for an answer. Withdraw it before you make another one."))
    if counter_to is None:
        raise NotPossibleNow(_("An offer of the other side has come meanwhile. Answer it with a counter-offer."))
    OFFER_STATES.move(waiting, OfferState.COUNTERED, answered_at=at, answered_by=by)


def _option(offer: Offer, place: int, content: OptionContent) -> Option:
    terms = content.terms
    title = text_in(content.title) or str(Method(terms.method).label)
    return Option(
        offer=offer, position=place, title=title, method=terms.method, terms=terms.to_json(), terms_hash=terms.digest
    )


SAME = ("negotiation_id", "side", "deal_kind", "term_months", "territory", "field_of_use", "text", "no_running_reason",
        "counter_to_id", "valid_until")  # fmt: skip


def _is_same(earlier: Offer, offer: Offer, content: OfferContent) -> bool:
    hashes = [option.terms_hash for option in earlier.options.all()]
    return hashes == [each.terms.digest for each in content.options] and all(
        getattr(earlier, name) == getattr(offer, name) for name in SAME
    )


def _save(offer: Offer) -> None:
    """Two negotiations at the same moment with one key meet only here."""
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        refuse_reused_key()
