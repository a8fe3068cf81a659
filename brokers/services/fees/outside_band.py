"""A fee outside the band: the broker says why, and an officer of neither side decides."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_member
from brokers.enums.fees import BAND_STATES, QUOTE_STATES, BandState, QuoteState
from brokers.models import BandRequest, Quote
from brokers.models.quotes import LONG_TEXT
from brokers.notices import fees as notices
from brokers.services.asking import is_member, require_officer, text_of
from brokers.services.fees.accept_quote import locked_quote, refuse_if_closed
from marketplace.core.errors import NotAllowed, NotPossibleNow


@transaction.atomic
def ask_outside_band(*, quote: Quote, reason: str, by: User, at: datetime) -> BandRequest:
    """Say why the fee lies outside the band. Once per quote; officers are told.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_quote(quote)
    require_member(by, Permission.QUOTE_FEES, locked.broker)
    refuse_if_closed(locked)
    if locked.state != QuoteState.OUTSIDE:
        raise NotPossibleNow(_("This fee lies inside the band, or was allowed already: no reason is needed."))
    if BandRequest.objects.filter(quote=locked).exists():
        raise NotPossibleNow(_("A reason was given already and waits for a decision."))
    _refuse_if_lapsed(locked, at)
    missing = _("Say why the fee lies outside the band: officer and client will read it.")
    reason = text_of(reason, most=LONG_TEXT, field="reason", missing=missing)
    request = BandRequest.objects.create(quote=locked, reason=reason, asked_at=at, asked_by=by)
    notices.band_asked(request, at)
    return request


@transaction.atomic
def decide_outside_band(*, request: BandRequest, grant: bool, text: str, by: User, at: datetime) -> BandRequest:
    """Allow the fee, so that the client can accept it, or refuse it, which ends the quote. Once, with a reason.

    Never whoever asked, and nobody of either side; the database says so too. Raises `NotAllowed`, `NotPossibleNow`
    saying what happened meanwhile, and `DomainError` naming the field.
    """
    quote = locked_quote(request.quote)
    rows = BandRequest.objects.select_related("decided_by", "quote__broker", "quote__client")
    locked = rows.select_for_update(of=["self"]).get(pk=request.pk)
    require_officer(by)
    sides = {quote.broker_id, quote.client_id, *(share.organization_id for share in quote.shares.all())}
    if locked.asked_by_id == by.pk or any(is_member(by, side) for side in sides):
        raise NotAllowed(_("You belong to one of the sides: another officer has to decide."))
    _refuse_if_decided(locked)
    if grant:
        _refuse_if_lapsed(quote, at)
    missing = _("Say why: broker and client will read it.")
    text = text_of(text, most=LONG_TEXT, field="text", missing=missing)
    outcome = BandState.GRANTED if grant else BandState.REFUSED
    BAND_STATES.move(locked, outcome, decided_at=at, decided_by=by, decision_text=text)
    QUOTE_STATES.move(quote, QuoteState.OFFERED if grant else QuoteState.REFUSED)
    if grant:
        notices.band_granted(locked, at)
        notices.offered(quote, at)
    else:
        notices.band_refused(locked, at)
    return locked


def _refuse_if_decided(request: BandRequest) -> None:
    """Raise `NotPossibleNow` with who did what, for whoever came second."""
    if request.state == BandState.TAKEN_BACK:
        raise NotPossibleNow(_("The broker took the quote back before you."))
    if request.state != BandState.ASKED:
        raise NotPossibleNow(
            _("%(name)s decided this before you: %(outcome)s.")
            % {"name": request.decided_by, "outcome": request.get_state_display()}
        )


def _refuse_if_lapsed(quote: Quote, at: datetime) -> None:
    if quote.has_lapsed_on(timezone.localdate(at)):
        day = date_format(quote.valid_until, "SHORT_DATE_FORMAT")
        raise NotPossibleNow(_("It could be accepted until %(day)s only. A new quote is needed.") % {"day": day})
