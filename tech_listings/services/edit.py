"""Make a draft, and change a listing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.ids import uuid7
from marketplace.core.models import field_of
from tech_listings.enums import WAITING_STATES, ListingState, RightKind
from tech_listings.events import listing_changed
from tech_listings.models import Listing, Right
from tech_listings.outbox import embed_after_commit
from tech_listings.search.documents import write_documents
from tech_listings.services.derive import derive
from tech_listings.services.embed import let_go_first
from tech_listings.services.lapse import follow_rights
from tech_listings.services.lock import lock, refuse_changed
from tech_listings.services.publish import missing_parts

CONTENT_FIELDS = (
    "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko", "summary_en", "summary_zh",
    "problem", "effect", "field_of_use", "conditions_of_use", "keywords", "trl", "ipc_codes", "st_class",
    "ksic_code", "deal_kinds", "price_won", "confidential_text", "confidential_reason",
)  # fmt: skip
"""What a holder may change, in the order of the form."""

EDITABLE = frozenset(CONTENT_FIELDS)
RIGHT_FIELDS = (
    "kind", "country", "title", "application_number", "application_on", "publication_number", "publication_on",
    "registration_number", "registration_on", "status", "expires_on", "applicants",
)  # fmt: skip
UNSEEN = ("publication_number", "publication_on", "applicants")


class KeyReused(Conflict):
    code = "key_reused"


class NotEditable(Conflict):
    code = "not_editable"


class DuplicateRight(DomainError):
    code = "duplicate_right"


@transaction.atomic
def create_draft(
    *,
    holder: Organization,
    content: Mapping[str, Any],
    rights: Sequence[Mapping[str, Any]],
    by: User,
    at: datetime,
    public_id: UUID | None = None,
) -> Listing:
    """A new draft of `holder` with the editable fields in `content` and its rights.

    With the `public_id` of a draft that is there already nothing is made: the same content answers with that draft,
    other content raises `KeyReused` (lessons F48, F57).
    """
    known = _known(content)
    public_id = public_id or uuid7()
    # The holder's row is the gate: a second call with the same id waits here and then sees the first one's draft.
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=holder.pk)
    earlier = Listing.objects.filter(public_id=public_id).select_related("holder").first()
    if earlier is not None:
        meant = [_right_values(Right(**right)) for right in rights]
        same = all(getattr(earlier, n) == v for n, v in known.items()) and _comparable(
            [_right_values(right) for right in earlier.rights.order_by("pk")]
        ) == _comparable(meant)
        if same and earlier.holder_id == holder.pk and earlier.state == ListingState.DRAFT:
            return earlier
        raise KeyReused(_("This form was sent before with other content. Open the draft and edit it there."))
    listing = Listing(holder=holder, created_by=by, public_id=public_id, **known)
    derive(listing, [Right(listing=listing, **right) for right in rights], on=timezone.localdate(at))
    listing.save()
    _write_rights(listing, rights)
    write_documents([listing], at=at)
    return listing


@transaction.atomic
def edit_listing(
    *,
    listing: Listing,
    content: Mapping[str, Any],
    rights: Sequence[Mapping[str, Any]] | None,
    seen_revision: int,
    by: User,
    at: datetime,
) -> Listing:
    """Change the fields in `content`; replace the rights if `rights` is not None. What is unchanged makes no version.

    What is public is so at once, and comes before an officer's eyes again. Without a valid right it is suspended, with
    one it is back (`services.lapse`). Raises `ChangedMeanwhile` where the listing's revision is no longer the one the
    editor saw, `NotEditable` while it waits for an officer or is over.
    """
    locked = lock(listing)
    refuse_closed(locked)
    refuse_changed(locked, seen_revision, by)
    given, incomplete = _known(content), set(missing_parts(locked))
    before = [_right_values(right) for right in locked.rights.order_by("pk")]
    if rights is not None:
        rights = [_with_unseen(right, before) for right in rights]
    wanted = before if rights is None else [_right_values(Right(**right)) for right in rights]
    same_rights = rights is None or _comparable(before) == _comparable(wanted)
    if same_rights and all(getattr(locked, name) == value for name, value in given.items()):
        return locked
    for name, value in given.items():
        setattr(locked, name, value)
    was_public = locked.is_public
    if was_public or locked.state == ListingState.SUSPENDED:
        locked.reviewed_at = None
    if was_public:
        _refuse_emptied(locked, set(missing_parts(locked)) - incomplete)
    if rights is not None and not same_rights:
        locked.rights.all().delete()
        _write_rights(locked, rights)
    derive(locked, locked.rights.all(), on=timezone.localdate(at))
    locked.revision += 1
    locked.save()
    write_documents([locked], at=at)
    follow_rights(locked, by=by, at=at)
    if was_public and locked.is_public:
        let_go_first([locked])
        embed_after_commit()
        listing_changed.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


def refuse_closed(listing: Listing) -> None:
    """Raise `NotEditable` where nothing may be written to this listing as it stands."""
    if listing.state == ListingState.DISCARDED:
        raise NotEditable(_("This draft was discarded. Make a new one."))
    if listing.state == ListingState.CLOSED:
        raise NotEditable(_("This technology is closed and stays as it is."))
    if listing.state in WAITING_STATES:
        raise NotEditable(_("It was sent for registration. Take it back first, then change it."))


def _refuse_emptied(listing: Listing, emptied: set[str]) -> None:
    """What the Decree wants said (see `publish.missing_parts`) stays said while people can read it."""
    if "deal_kinds" in emptied:
        raise DomainError(_("A published technology needs at least one deal type."), field="deal_kinds")
    for name in sorted(emptied):
        raise DomainError(
            _("A published technology needs “%(part)s”. Fill it in, or withdraw the technology first.")
            % {"part": field_of(listing, name).verbose_name},
            field=name,
        )


def _with_unseen(right: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """`right` with what forms do not show (publication, applicants), from the stored right that it is."""
    for name in ("application_number", "registration_number", "title"):
        for stored in before:
            if right.get(name) and right[name] == stored[name] and right.get("kind") == stored["kind"]:
                return {unseen: stored[unseen] for unseen in UNSEEN} | dict(right)
    return right


def _known(content: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(content) - EDITABLE:
        raise TypeError(f"not editable: {sorted(unknown)}")
    return dict(content)


def _right_values(right: Right) -> dict[str, Any]:
    return {name: getattr(right, name) for name in RIGHT_FIELDS}


def _comparable(rights: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(str(right.get(name) or "") for name in RIGHT_FIELDS) for right in rights]


def _write_rights(listing: Listing, rights: Sequence[Mapping[str, Any]]) -> None:
    numbered = [
        (r.get("kind", RightKind.PATENT), r["application_number"]) for r in rights if r.get("application_number")
    ]
    if len(numbered) != len(set(numbered)):
        raise DuplicateRight(_("The same application number stands twice among the rights."), field="rights")
    Right.objects.bulk_create([Right(listing=listing, **right) for right in rights])
