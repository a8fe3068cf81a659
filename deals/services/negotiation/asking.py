"""The first steps of everything that is done in a negotiation: lock it, see who speaks, refuse what is over."""

from datetime import datetime
from typing import NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.models import LONG_TEXT, Negotiation
from deals.queries.seats import Seat, brokers_on, other, seats_of, sides_of
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.text import tidy


def refuse_reused_key() -> NoReturn:
    raise KeyReused(_("This Idempotency-Key was used for another request."))


def lock_negotiation(negotiation: Negotiation | int) -> Negotiation:
    """Its row comes before its offers, contract and everything under them; whoever changes any of it passes here."""
    key = negotiation if isinstance(negotiation, int) else negotiation.pk
    return Negotiation.objects.for_page().select_for_update(of=["self"]).get(pk=key)


def seat_of(negotiation: Negotiation, by: User, at: datetime, *, side: str | None = None) -> Seat:
    """As whom `by` speaks, for a side or as a broker of one. Raises `NotAllowed`."""
    seats = seats_of(negotiation, by, Permission.NEGOTIATE, brokers_on(negotiation, timezone.localdate(at)))
    seats = [seat for seat in seats if side is None or seat.side == side]
    if not seats:
        raise NotAllowed(_("Only members of a side, or of its broker, who may negotiate can do this."))
    return seats[0]


def party_of(negotiation: Negotiation, by: User, permission: Permission, *, side: str | None = None) -> Seat:
    """For which party itself `by` decides: no broker does. Raises `NotAllowed`."""
    seats = [seat for seat in seats_of(negotiation, by, permission) if side is None or seat.side == side]
    if not seats:
        if permission == Permission.AGREE_TERMS:
            raise NotAllowed(_("Only managers of the side that is asked can do this: it binds the organization."))
        raise NotAllowed(_("Only members of the side that is asked who may negotiate can do this, not its broker."))
    return seats[0]


def refuse_both_sides(negotiation: Negotiation, side: str, by: User, at: datetime) -> None:
    """Raise `NotAllowed` where `by` also belongs to the other side: nobody agrees with themselves."""
    if str(other(side)) in sides_of(negotiation, by, brokers_on(negotiation, timezone.localdate(at))):
        raise NotAllowed(_("You belong to the other side, too: another manager has to answer."))


def require_running(negotiation: Negotiation) -> None:
    if not negotiation.is_running:
        state = {"state": negotiation.get_state_display()}
        raise NotPossibleNow(_("This negotiation is “%(state)s” meanwhile. Reload the page to see it.") % state)


def refuse_changed(negotiation: Negotiation, seen_revision: int | None) -> None:
    """Raise `ChangedMeanwhile` where something was decided since the page was opened; words do not count."""
    if seen_revision is not None and negotiation.revision != seen_revision:
        raise ChangedMeanwhile(
            _("Something was decided in this negotiation after you opened the page. Look at it, then go on.")
        )


def text_in(given: str, *, field: str = "text", most: int = LONG_TEXT, missing: str = "") -> str:
    """`given` as it is stored. Raises `DomainError` where it is too long, or empty and `missing` says what to do."""
    text = tidy(given)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    if missing and not text:
        raise DomainError(missing, field=field)
    return text
