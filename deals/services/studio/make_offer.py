"""Put ways to pay before the other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from deals.enums.negotiation import OFFER_STATES, OTHER_SIDE, EntryKind, NegotiationState, OfferState, Side
from deals.models import LONG_TEXT, SHORT_TEXT, Entry, Negotiation, Offer, Option
from deals.notices import studio as notices
from deals.queries.studio import may_speak_for
from deals.terms import Method, Terms, digest, refusals
from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy

MOST_OPTIONS = 6
LEAST_OPTIONS = 2
LONGEST_DAYS = 365
LONGEST_TERM = 600
MOST_TITLE = 100
KEY_CONSTRAINT = "offer_once_per_key"


class OfferWaits(Conflict):
    """Another offer of the negotiation waits for an answer."""

    code = "offer_waits"


class KeyReused(Conflict):
    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Proposal:
    """One option: how it is called, and what is paid."""

    title: str
    terms: Terms


@dataclass(frozen=True)
class Around:
    """What an offer says besides its options. `term_months` 0: for as long as the right lasts."""

    valid_until: date
    term_months: int = 0
    territory: str = ""
    field_of_use: str = ""
    text: str = ""
    no_running_reason: str = ""


class Offered(NamedTuple):
    """`is_new` is False when the same offer was there already."""

    offer: Offer
    is_new: bool


@transaction.atomic
def make_offer(
    *,
    negotiation: Negotiation,
    side: Side,
    organization: Organization,
    options: Sequence[Proposal],
    around: Around,
    by: User,
    at: datetime,
    key: UUID | None = None,
    counter_to: Offer | None = None,
) -> Offered:
    """Write the offer with its options, note it in the thread, give the turn to the other side, and tell it.

    `organization` speaks for `side`: the side itself, or a broker who takes part for it. A first offer of a holder has
    two options or more, a free transfer and an answer to an offer one. An institute among them a running royalty, or
    says why not. The negotiation is locked. `key` is the caller's idempotency key: again, it gives the same offer.
    Raises `NotAllowed`, `NotPossibleNow`, `OfferWaits`, `KeyReused`, and `DomainError` naming the field:
    `options.<place>.<field of the terms>`.
    """
    if not may_speak_for(by, negotiation, side, organization):
        raise NotAllowed(_("Only who takes part for this side may make an offer."))
    locked = Negotiation.objects.select_for_update(of=["self"]).select_related("holder", "firm").get(pk=negotiation.pk)
    if key and (earlier := Offer.objects.filter(offered_by=by, idempotency_key=key).first()):
        return Offered(_same(earlier, locked, options), False)
    if locked.state != NegotiationState.OPEN:
        raise NotPossibleNow(_("Offers are made while a negotiation is under way."))
    today = timezone.localdate(at)
    _check_options(options, least=1 if counter_to else LEAST_OPTIONS if side == Side.HOLDER else 1)
    said = _check_around(around, today)
    reason = _check_running(locked, side, options, said.no_running_reason)
    _lapse(locked, today, at)
    _check_turn(locked, counter_to)
    offer = _save(
        Offer(
            negotiation=locked,
            serial=locked.offers.count() + 1,
            side=side,
            organization=organization,
            deal_kind=locked.deal_kind,
            term_months=said.term_months,
            territory=said.territory,
            field_of_use=said.field_of_use,
            text=said.text,
            no_running_reason=reason,
            counter_to=counter_to,
            offered_at=at,
            offered_by=by,
            valid_until=said.valid_until,
            idempotency_key=key,
        )
    )
    Option.objects.bulk_create(
        Option(
            offer=offer,
            position=place,
            title=tidy(each.title),
            method=each.terms.method,
            terms=each.terms.to_json(),
            terms_hash=each.terms.digest,
        )
        for place, each in enumerate(options, start=1)
    )
    _note(locked, offer, EntryKind.COUNTERED if counter_to else EntryKind.OFFERED, at)
    locked.turn, locked.answer_due_on, locked.told_of = OTHER_SIDE[side], offer.valid_until, None
    locked.revision += 1
    locked.save(update_fields=["turn", "answer_due_on", "told_of", "revision", "last_said_at", "updated_at"])
    notices.offered(offer, at)
    return Offered(offer, True)


def _same(earlier: Offer, negotiation: Negotiation, options: Sequence[Proposal]) -> Offer:
    asked = [digest([tidy(each.title), each.terms.to_json()]) for each in options]
    there = [digest([each.title, each.terms]) for each in earlier.options.order_by("position")]
    if earlier.negotiation_id != negotiation.pk or asked != there:
        raise KeyReused(_("This Idempotency-Key was used for another offer."))
    return earlier


def _check_options(options: Sequence[Proposal], *, least: int) -> None:
    is_free = len(options) == 1 and options[0].terms.method == Method.FREE
    if len(options) < least and not is_free:
        raise DomainError(_("Offer at least two options, so that the firm can choose how it pays."), field="options")
    if len(options) > MOST_OPTIONS:
        raise DomainError(_("Offer at most %(most)d options.") % {"most": MOST_OPTIONS}, field="options")
    seen: dict[str, int] = {}
    for place, each in enumerate(options):
        title = tidy(each.title)
        if not title or len(title) > MOST_TITLE:
            raise DomainError(
                _("Give each option a name of at most %(most)d characters.") % {"most": MOST_TITLE},
                field=f"options.{place}.title",
            )
        if problems := refusals(each.terms):
            raise DomainError(problems[0].text, field=f"options.{place}.{problems[0].field}")
        if seen.setdefault(each.terms.digest, place) != place:
            raise DomainError(_("Two options say the same. Change or remove one."), field=f"options.{place}")


def _check_around(around: Around, today: date) -> Around:
    if not today < around.valid_until <= today + timedelta(days=LONGEST_DAYS):
        raise DomainError(
            _("Give a day from tomorrow to %(days)d days from now.") % {"days": LONGEST_DAYS}, field="valid_until"
        )
    if not 0 <= around.term_months <= LONGEST_TERM:
        raise DomainError(_("Give 0 to %(most)d months.") % {"most": LONGEST_TERM}, field="term_months")
    texts = {"territory": 200, "field_of_use": 300, "text": LONG_TEXT, "no_running_reason": SHORT_TEXT}
    said = {name: tidy(getattr(around, name)) for name in texts}
    for name, most in texts.items():
        if len(said[name]) > most:
            raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=name)
    return Around(valid_until=around.valid_until, term_months=around.term_months, **said)


def _check_running(negotiation: Negotiation, side: Side, options: Sequence[Proposal], reason: str) -> str:
    """The reason as it is kept: empty where a running royalty is offered, or nobody has to offer one."""
    is_institute = side == Side.HOLDER and negotiation.holder.kind == OrganizationKind.INSTITUTE
    if not is_institute or any(each.terms.counts_as_running for each in options):
        return ""
    if not reason:
        raise DomainError(
            _("A public institute offers at least one running royalty, or says why not. The reason is counted publicly."),
            field="no_running_reason",
        )
    return reason


def _lapse(negotiation: Negotiation, today: date, at: datetime) -> None:
    """What nobody can accept any more is out of the way, also before the night has said so."""
    waiting = negotiation.offers.filter(state=OfferState.OFFERED, valid_until__lt=today)
    for offer in waiting.order_by("pk").select_for_update(of=["self"]):
        OFFER_STATES.move(offer, OfferState.LAPSED, answered_at=at)
        _note(negotiation, offer, EntryKind.LAPSED, at)


def _check_turn(negotiation: Negotiation, counter_to: Offer | None) -> None:
    waiting = negotiation.offers.filter(state=OfferState.OFFERED).first()
    if waiting is not None:
        raise OfferWaits(_("An offer waits for an answer. Withdraw it, or answer it, before you make another one."))
    if counter_to is not None and counter_to.state != OfferState.COUNTERED:
        raise NotPossibleNow(_("The offer that this one answers does not wait for an answer any more."))


def _save(offer: Offer) -> Offer:
    """Two negotiations at the same moment with one key meet only here."""
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        raise KeyReused(_("This Idempotency-Key was used for another offer.")) from error
    return offer


def _note(negotiation: Negotiation, offer: Offer, kind: EntryKind, at: datetime) -> None:
    """A line of the thread; the negotiation is locked, so the serial is free."""
    is_ours = kind == EntryKind.LAPSED
    Entry.objects.create(
        negotiation=negotiation,
        serial=(negotiation.entries.order_by("-serial").values_list("serial", flat=True).first() or 0) + 1,
        kind=kind,
        side="" if is_ours else offer.side,
        organization=None if is_ours else offer.organization,
        by=None if is_ours else offer.offered_by,
        at=at,
    )
    negotiation.last_said_at = at
