"""The holder opens the confidential part to a request, moves its last day, or closes it; and writes its own terms."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.models import TransferRequest
from disclosures import notices
from disclosures.enums import DISCLOSURE_STATES, DisclosureState
from disclosures.models import LONGEST_REASON, LONGEST_TERMS, Disclosure, Terms, hash_of
from disclosures.services.asking import lock_request, locked_standing, refuse_closed, require, standing
from disclosures.services.files import require_keeper
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy
from obligations.services.secrecy import is_secret
from tech_listings.models import Listing

USUAL_DAYS = 90
MOST_DAYS = 366


def usual_end(day: date) -> date:
    return day + timedelta(days=USUAL_DAYS)


@transaction.atomic
def offer(*, request: TransferRequest, terms: Terms, ends_on: date, by: User, at: datetime) -> Disclosure:
    """Open the confidential part to `request` until the end of `ends_on`, once the firm accepts `terms`.

    Twice is once: what stands already is given back as it is. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError`
    naming the field.
    """
    locked = lock_request(request)
    require_offerer(by, locked)
    refuse_closed(locked)
    if earlier := standing(locked):
        return earlier
    if is_secret(locked.listing):
        raise NotPossibleNow(_("The confidential part of this technology cannot be opened to anybody."))
    if not has_secrets(locked.listing):
        raise NotPossibleNow(_("This technology has no confidential part yet: write one, or add a file."))
    _check_end(ends_on, at)
    if not Terms.objects.usable_for(locked.listing).filter(pk=terms.pk).exists():
        raise DomainError(_("Choose the terms."), field="terms")
    made = Disclosure.objects.create(request=locked, terms=terms, ends_on=ends_on, opened_at=at, opened_by=by)
    notices.offered(made, at)
    return made


@transaction.atomic
def change_end(*, request: TransferRequest, ends_on: date, by: User, at: datetime) -> Disclosure:
    """Move the last day, also of one whose day has passed. Raises `NotAllowed`, `NotPossibleNow`, `DomainError`."""
    disclosure = locked_standing(request)
    require_offerer(by, disclosure.request)
    refuse_closed(disclosure.request)
    _check_end(ends_on, at)
    if disclosure.ends_on != ends_on:
        disclosure.ends_on = ends_on
        disclosure.save(update_fields=["ends_on", "updated_at"])
        notices.end_changed(disclosure, at)
    return disclosure


@transaction.atomic
def revoke(*, request: TransferRequest, reason: str = "", by: User, at: datetime) -> Disclosure:
    """Close it at once. To open it again is a new offer, which has to be accepted anew.

    Raises `NotAllowed`, `NotPossibleNow`, `DomainError` (long reason).
    """
    disclosure = locked_standing(request)
    require_offerer(by, disclosure.request)
    reason = tidy(reason)
    if len(reason) > LONGEST_REASON:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST_REASON}, field="reason")
    DISCLOSURE_STATES.move(disclosure, DisclosureState.REVOKED, revoked_at=at, revoked_by=by, revoke_reason=reason)
    notices.revoked(disclosure, at)
    return disclosure


@transaction.atomic
def write_terms(*, listing: Listing, text_ko: str, text_en: str = "", by: User, at: datetime) -> Terms:
    """A version of the listing's own terms. What is there already, word for word, is given back.

    What was offered or accepted under an earlier version stays so. Raises `NotAllowed`, `DomainError` naming the field.
    """
    locked = Listing.objects.select_for_update(of=["self"], no_key=True).select_related("holder").get(pk=listing.pk)
    require_keeper(by, locked)
    text_ko, text_en = tidy(text_ko), tidy(text_en)
    if not text_ko and not text_en:
        raise DomainError(_("Write the terms."), field="text_ko")
    for name, text in (("text_ko", text_ko), ("text_en", text_en)):
        if len(text) > LONGEST_TERMS:
            raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST_TERMS}, field=name)
    text_hash = hash_of(text_ko=text_ko, text_en=text_en)
    newest = locked.confidentiality_terms.order_by("-version").first()
    if newest is not None and newest.text_hash == text_hash:
        return newest
    last = locked.confidentiality_terms.aggregate(last=Max("version"))["last"] or 0
    return Terms.objects.create(
        listing=locked, version=last + 1, text_ko=text_ko, text_en=text_en, text_hash=text_hash, created_at=at,
        created_by=by,
    )  # fmt: skip


def has_secrets(listing: Listing) -> bool:
    return bool(listing.confidential_text) or listing.confidential_files.kept().exists()


def require_offerer(by: User, request: TransferRequest) -> None:
    require(
        by, Permission.ANSWER_REQUESTS, request.holder,
        _("Only members of the holder who may answer requests can do this."),
    )  # fmt: skip


def _check_end(ends_on: date, at: datetime) -> None:
    today = timezone.localdate(at)
    if ends_on < today:
        raise DomainError(_("This day has passed. Choose today or a later day."), field="ends_on")
    if ends_on > today + timedelta(days=MOST_DAYS):
        raise DomainError(_("At most a year from today."), field="ends_on")
