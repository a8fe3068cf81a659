"""An inventor completes his part of a draft by a link, without an account; the office takes it over or not.

Only the digest of a token is kept; it is made of 256 random bits. A link works while it is open, its day is not over
and its technology is still a draft or was returned; sending a technology for registration ends its links for good.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.text import tidy
from tech_listings import mails, notices
from tech_listings.enums import INVENTOR_STATES, InventorState, ListingState
from tech_listings.models import InventorInvitation, Listing
from tech_listings.services.edit import edit_listing
from tech_listings.services.lock import lock

LIFETIME = timedelta(days=14)
BETWEEN_MAILS = timedelta(minutes=1)
MOST_PER_DAY = 200
SHORTEST_TOKEN = 40
OPEN_TO_INVENTORS = (ListingState.DRAFT, ListingState.RETURNED)
PARTS = ("value", "problem", "effect", "field_of_use", "trl")


class LinkOver(Conflict):
    """The link was used, taken back or is past its day, or the technology has gone on without it."""

    code = "inventor_link_over"


class SavedElsewhere(Conflict):
    """The same link is open in another tab, in which something was saved meanwhile."""

    code = "inventor_saved_elsewhere"


class TooManyLinks(Conflict):
    code = "too_many_inventor_links"


class Standing(StrEnum):
    """What a link is good for at a moment."""

    OPEN = "open"
    SENT = "sent"
    ENDED = "ended"
    EXPIRED = "expired"
    GONE_ON = "gone_on"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_link(token: str) -> InventorInvitation | None:
    """By the token in the mail, in whatever state; the page says why an old one no longer works."""
    if len(token) < SHORTEST_TOKEN:
        return None
    rows = InventorInvitation.objects.select_related("listing__holder")
    return rows.filter(token_digest=digest_of(token)).first()


def standing(invitation: InventorInvitation, at: datetime) -> Standing:
    """Whether the link works at this moment, and if not why."""
    if invitation.state == InventorState.ENDED:
        return Standing.GONE_ON if invitation.listing.state not in OPEN_TO_INVENTORS else Standing.ENDED
    if invitation.state != InventorState.OPEN:
        return Standing.SENT
    if invitation.listing.state not in OPEN_TO_INVENTORS:
        return Standing.GONE_ON
    return Standing.EXPIRED if invitation.expires_at <= at else Standing.OPEN


def fields_for(language: str) -> tuple[str, ...]:
    """The fields of a technology that are the inventor's part, on a page in this language."""
    return (f"value_{language[:2]}", *PARTS[1:])


@transaction.atomic
def invite_inventor(
    *, listing: Listing, name: str, email: str, language: str, by: User, at: datetime
) -> InventorInvitation:
    """Mail a link for this draft that works for `LIFETIME`. An open link of the same address is replaced.

    Locks the technology, then its holder. Raises `LinkOver` where it is no draft any more, `TooManyLinks`,
    `DomainError` naming a field.
    """
    locked = lock(listing)
    # The holder's row is the gate: two at once, for two technologies, are counted one after the other.
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=locked.holder_id)
    if locked.state not in OPEN_TO_INVENTORS:
        raise LinkOver(_("Only a draft, or what was returned, can be completed by an inventor."))
    if not tidy(name):
        raise DomainError(_("Say whom the mail is for."), field="name")
    made = InventorInvitation.objects.filter(listing__holder=locked.holder_id, created_at__gt=at - timedelta(days=1))
    if made.count() >= MOST_PER_DAY:
        raise TooManyLinks(_("An institute may send %(most)d links a day.") % {"most": MOST_PER_DAY})
    email = email.strip().lower()
    if earlier := locked.inventor_invitations.open().filter(email=email).first():
        return resend_link(invitation=earlier, by=by, at=at)
    token = secrets.token_urlsafe(32)
    invitation = InventorInvitation.objects.create(
        listing=locked,
        name=tidy(name)[:80],
        email=email,
        language=language,
        token_digest=digest_of(token),
        invited_by=by,
        expires_at=at + LIFETIME,
    )
    mails.send_inventor_link(invitation, token=token)
    return invitation


@transaction.atomic
def resend_link(*, invitation: InventorInvitation, by: User, at: datetime) -> InventorInvitation:
    """Mail a new link that works for `LIFETIME` again; the old one stops working. What was typed stays."""
    locked = _lock(invitation)
    if locked.state != InventorState.OPEN or locked.listing.state not in OPEN_TO_INVENTORS:
        raise LinkOver(_("This link is over. Invite the inventor again if something is missing."))
    if locked.expires_at - LIFETIME > at - BETWEEN_MAILS:
        raise TooManyLinks(_("A mail went to this address a moment ago. Wait a minute."))
    token = secrets.token_urlsafe(32)
    locked.token_digest, locked.expires_at, locked.mailed_at = digest_of(token), at + LIFETIME, None
    locked.save(update_fields=["token_digest", "expires_at", "mailed_at", "updated_at"])
    mails.send_inventor_link(locked, token=token)
    return locked


@transaction.atomic
def end_link(*, invitation: InventorInvitation, by: User, at: datetime) -> InventorInvitation:
    """Take a link back. Raises `IllegalTransition` where the inventor has sent his part meanwhile."""
    locked = _lock(invitation)
    INVENTOR_STATES.move(locked, InventorState.ENDED, ended_at=at)
    return locked


def end_links(*, listing: Listing, at: datetime) -> int:
    """End the open links of a locked technology: it goes on without them. Returns how many there were."""
    return listing.inventor_invitations.open().update(state=InventorState.ENDED, ended_at=at, updated_at=at)


@transaction.atomic
def save_part(
    *, invitation: InventorInvitation, part: Mapping[str, Any], seen: int, at: datetime
) -> InventorInvitation:
    """Keep what the inventor typed so far, as often as wanted. `seen` is the revision that was on the page.

    Raises `LinkOver`, `SavedElsewhere`. Nobody is told.
    """
    locked = _still_open(invitation, seen, at)
    _keep(locked, part, at)
    return locked


@transaction.atomic
def send_part(
    *, invitation: InventorInvitation, part: Mapping[str, Any], seen: int, at: datetime
) -> InventorInvitation:
    """The inventor is done: the office is told, and the link stops working. Raises as `save_part`, `DomainError`."""
    locked = _still_open(invitation, seen, at)
    if not _differences(locked.listing, part):
        raise DomainError(_("Nothing is different yet. Fill in at least one field, then send it."))
    _keep(locked, part, at)
    INVENTOR_STATES.move(locked, InventorState.SENT, sent_at=at)
    notices.inventor_answered(locked, at=at)
    return locked


@transaction.atomic
def accept_part(
    *, invitation: InventorInvitation, content: Mapping[str, Any], seen_revision: int, by: User, at: datetime
) -> Listing:
    """Take over what the inventor sent, as far as the office wants it: `content` may be less, or worded anew.

    Raises `ChangedMeanwhile` and `NotEditable` of the technology, `IllegalTransition` for one looked at before.
    """
    if unknown := set(content) - set(fields_for(invitation.language)):
        raise TypeError(f"not the inventor's: {sorted(unknown)}")
    locked = _lock(invitation)
    INVENTOR_STATES.check(locked, InventorState.ACCEPTED)
    listing = edit_listing(
        listing=locked.listing, content=content, rights=None, seen_revision=seen_revision, by=by, at=at
    )
    INVENTOR_STATES.move(locked, InventorState.ACCEPTED, decided_at=at, decided_by=by)
    return listing


@transaction.atomic
def set_part_aside(*, invitation: InventorInvitation, by: User, at: datetime) -> InventorInvitation:
    """Take nothing over. The technology stays as it is."""
    locked = _lock(invitation)
    INVENTOR_STATES.move(locked, InventorState.SET_ASIDE, decided_at=at, decided_by=by)
    return locked


def _lock(invitation: InventorInvitation) -> InventorInvitation:
    """The link as it is now, held after its technology."""
    listing = lock(Listing(pk=invitation.listing_id))
    locked = InventorInvitation.objects.select_for_update(of=["self"]).get(pk=invitation.pk)
    locked.listing = listing
    return locked


def _still_open(invitation: InventorInvitation, seen: int, at: datetime) -> InventorInvitation:
    locked = _lock(invitation)
    # A newer mail replaced the token while the page of the old one was open.
    if standing(locked, at) != Standing.OPEN or locked.token_digest != invitation.token_digest:
        raise LinkOver(_("This link does not work any more."))
    if locked.given_revision != seen:
        raise SavedElsewhere(_("Something was saved in another window after you opened this one."))
    return locked


def _keep(locked: InventorInvitation, part: Mapping[str, Any], at: datetime) -> None:
    kept = {name: part[name] for name in fields_for(locked.language) if name in part}
    locked.given, locked.given_at, locked.given_revision = kept, at, locked.given_revision + 1
    locked.save(update_fields=["given", "given_at", "given_revision", "updated_at"])


def _differences(listing: Listing, part: Mapping[str, Any]) -> list[str]:
    return [name for name, value in part.items() if value not in ("", None) and getattr(listing, name) != value]
