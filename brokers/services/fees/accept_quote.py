"""What becomes of a quote: the client accepts or declines it, or the broker takes it back."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_member
from brokers.enums.fees import BAND_STATES, OPEN_QUOTES, QUOTE_STATES, BandState, QuoteState, ScheduleState
from brokers.models import BandRequest, FeeSchedule, Quote
from brokers.notices import fees as notices
from brokers.services.asking import is_member
from brokers.services.cases.closed_to_work import refuse_if_closed_to_work
from marketplace.core.errors import NotAllowed, NotPossibleNow


@transaction.atomic
def accept_quote(*, quote: Quote, by: User, at: datetime) -> Quote:
    """The client takes the fee as quoted. From then on it is frozen, whatever the guideline says later.

    Nobody who quoted it or belongs to a broker that shares in it accepts it; the database says so too. Raises
    `NotAllowed` and `NotPossibleNow` saying what happened meanwhile.
    """
    locked = locked_quote(quote)
    require_member(by, Permission.ACCEPT_FEES, locked.client)
    if any(is_member(by, share.organization_id) for share in locked.shares.all()):
        raise NotAllowed(_("You belong to the broker, too: another manager of the client has to accept."))
    refuse_if_closed(locked)
    if locked.state == QuoteState.OUTSIDE:
        raise NotPossibleNow(_("This fee lies outside the band and is not decided yet."))
    if locked.has_lapsed_on(timezone.localdate(at)):
        day = date_format(locked.valid_until, "SHORT_DATE_FORMAT")
        raise NotPossibleNow(_("It could be accepted until %(day)s. Ask the broker for a new quote.") % {"day": day})
    if FeeSchedule.objects.filter(pk=locked.schedule_id, state=ScheduleState.WITHDRAWN).exists():
        raise NotPossibleNow(_("The guideline it was made by was withdrawn. Ask the broker for a new quote."))
    brokers = [share.organization for share in locked.shares.all()]
    refuse_if_closed_to_work(brokers, in_a_mandate=locked.mandate_id is not None)
    QUOTE_STATES.move(locked, QuoteState.ACCEPTED, accepted_at=at, accepted_by=by)
    notices.accepted(locked, at)
    return locked


@transaction.atomic
def decline_quote(*, quote: Quote, by: User, at: datetime) -> Quote:
    """The client does not want it. Raises `NotAllowed` and `NotPossibleNow`."""
    locked = locked_quote(quote)
    require_member(by, Permission.ACCEPT_FEES, locked.client)
    refuse_if_closed(locked)
    if locked.state != QuoteState.OFFERED:
        raise NotPossibleNow(_("This fee lies outside the band and is not decided yet."))
    QUOTE_STATES.move(locked, QuoteState.DECLINED, closed_at=at, closed_by=by)
    notices.declined(locked, at)
    return locked


@transaction.atomic
def take_back_quote(*, quote: Quote, by: User, at: datetime) -> Quote:
    """The broker takes back what nobody has accepted yet, with what it asked an officer. Raises as `accept_quote`."""
    locked = locked_quote(quote)
    require_member(by, Permission.QUOTE_FEES, locked.broker)
    refuse_if_closed(locked)
    was_offered = locked.state == QuoteState.OFFERED
    asked = BandRequest.objects.select_for_update(of=["self"]).filter(quote=locked, state=BandState.ASKED).first()
    if asked:
        BAND_STATES.move(asked, BandState.TAKEN_BACK)
    QUOTE_STATES.move(locked, QuoteState.WITHDRAWN, closed_at=at, closed_by=by)
    if was_offered:
        notices.taken_back(locked, at)
    return locked


def locked_quote(quote: Quote) -> Quote:
    """The row under its lock: a quote before what is asked about it."""
    return Quote.objects.for_page().select_for_update(of=["self"]).get(pk=quote.pk)


def refuse_if_closed(quote: Quote) -> None:
    """Raise `NotPossibleNow` with what happened, for whoever came second. Persons are not named: sides are two."""
    if quote.state not in OPEN_QUOTES:
        raise NotPossibleNow(
            _("This quote is “%(state)s” meanwhile. Reload the page to see it.") % {"state": quote.get_state_display()}
        )
