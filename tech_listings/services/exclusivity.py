"""When a technology of public research may be licensed exclusively (Decree art. 26(4); ADR 0022)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.idempotency import KeyReused
from marketplace.core.ids import uuid7
from marketplace.core.text import tidy
from tech_listings.enums import ONCE_PUBLIC_STATES, PUBLIC_STATES, SAID_GROUNDS, Ground, ListingState
from tech_listings.models import ExclusiveGround, ExclusivityTerm, Listing, NonExclusiveInterest
from tech_listings.models.market import LONG_TEXT
from tech_listings.queries import exclusivity_of
from tech_listings.services.lock import lock

M = TypeVar("M", bound=Model)


class GroundNeeded(Conflict):
    """Exclusive, before the period has passed without anybody asking, and without a ground on record."""

    code = "exclusive_ground_needed"


class PeriodOver(Conflict):
    """The period cannot be shortened any more."""

    code = "exclusivity_period_over"


class NotRegistered(Conflict):
    code = "not_registered"


def note_interest(*, listing: Listing, request_id: UUID, at: datetime) -> None:
    """Somebody asked for a non-exclusive licence. Once per request; the caller has locked the listing."""
    NonExclusiveInterest.objects.get_or_create(request_id=request_id, defaults={"listing": listing, "asked_at": at})


@transaction.atomic
def record_term(
    *, listing: Listing, months: int, decided_on: date, decided_by: str, document: str, by: User, at: datetime,
    public_id: UUID | None = None,
) -> ExclusivityTerm:  # fmt: skip
    """The head of the institute decided on `months` instead of the year. Kept with who decided, when, by what paper.
    The same `public_id` with the same words is the one that is there.

    Raises `KeyReused` for other words, `PeriodOver` where the period has passed or somebody has asked already: who
    asked must not be decided away.
    """
    who, paper = tidy(decided_by), tidy(document)
    locked = lock(listing)
    said = {"listing": locked, "months": months, "decided_on": decided_on, "decided_by": who, "document": paper}
    if earlier := _recorded(ExclusivityTerm, public_id, said):
        return earlier
    _refuse_unregistered(locked)
    claim = exclusivity_of(locked)
    if not claim.rule.shortest <= months <= claim.rule.longest:
        raise DomainError(
            _("The head of the institute may decide on %(shortest)d to %(longest)d months.")
            % {"shortest": claim.rule.shortest, "longest": claim.rule.longest},
            field="months",
        )
    if not who:
        raise DomainError(_("Say who decided."), field="decided_by")
    if not paper:
        raise DomainError(_("Name the document of the decision."), field="document")
    if decided_on > timezone.localdate(at):
        raise DomainError(_("Choose a day that is not after today."), field="decided_on")
    if claim.asked_on:
        raise PeriodOver(_("Somebody has asked for a non-exclusive licence: the period cannot be changed any more."))
    if claim.is_open_on(timezone.localdate(at)):
        raise PeriodOver(_("The period is over: exclusive licences are possible already."))
    return ExclusivityTerm.objects.create(**said, public_id=public_id or uuid7(), recorded_by=by, recorded_at=at)


@transaction.atomic
def record_ground(
    *, listing: Listing, ground: Ground | str, text: str, by: User, at: datetime, public_id: UUID | None = None
) -> ExclusiveGround:
    """The holder says why the technology may be licensed exclusively all the same. Kept for good.

    The same `public_id` with the same words is the one that is there; with other words `KeyReused`.
    """
    said = tidy(text)
    if ground not in SAID_GROUNDS:
        raise DomainError(_("Choose the ground."), field="ground")
    if not said:
        raise DomainError(_("Explain the ground: the law, the agreement, or what leaves no other way."), field="text")
    if len(said) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field="text")
    locked = lock(listing)
    if earlier := _recorded(ExclusiveGround, public_id, {"listing": locked, "ground": ground, "text": said}):
        return earlier
    _refuse_unregistered(locked)
    return ExclusiveGround.objects.create(
        listing=locked, ground=ground, text=said, public_id=public_id or uuid7(), recorded_by=by, recorded_at=at
    )


def require_ground(locked: Listing, *, on: date, by: User, at: datetime) -> ExclusiveGround:
    """The ground on which a locked listing is licensed exclusively or assigned on a day: the newest one on record, or
    that nobody asked, which is then recorded. Raises `GroundNeeded` where there is neither."""
    if recorded := locked.grounds.order_by("-pk").first():
        return recorded
    claim = exclusivity_of(locked)
    if claim.is_open_on(on):
        text = _("Nobody asked for a non-exclusive licence from %(first)s to %(last)s (%(source)s).") % {
            "first": date_format(claim.registered_on, "SHORT_DATE_FORMAT"),
            "last": date_format(claim.ends_on, "SHORT_DATE_FORMAT"),
            "source": claim.rule.source,
        }
        return ExclusiveGround.objects.create(
            listing=locked, ground=Ground.NOBODY_ASKED, text=text, recorded_by=by, recorded_at=at
        )
    if claim.asked_on:
        raise GroundNeeded(
            _("Somebody asked for a non-exclusive licence. Record the ground that allows an exclusive one, then go on.")
        )
    raise GroundNeeded(
        _("An exclusive licence or assignment is possible from %(day)s. Before that, record the ground that allows it.")
        % {"day": date_format(claim.opens_on, "SHORT_DATE_FORMAT")}
    )


def _recorded(model: type[M], public_id: UUID | None, said: Mapping[str, Any]) -> M | None:
    """What was recorded under the id. Raises `KeyReused` where it says something else."""
    earlier = model._default_manager.filter(public_id=public_id).first() if public_id else None
    if earlier is not None and any(getattr(earlier, name) != value for name, value in said.items()):
        raise KeyReused(_("This key was used for another request. Send this one with a key of its own."))
    return earlier


def _refuse_unregistered(listing: Listing) -> None:
    if listing.registered_at is None:
        raise NotRegistered(_("The period begins with the registration: there is nothing to record before it."))
    if listing.state not in (*PUBLIC_STATES, *ONCE_PUBLIC_STATES) or listing.state == ListingState.CLOSED:
        raise NotRegistered(
            _("Nothing can be recorded while it is “%(state)s”.") % {"state": listing.get_state_display()}
        )
