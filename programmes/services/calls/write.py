"""An officer begins a call, from nothing or from an older one, and writes versions of it that others publish."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotPossibleNow
from marketplace.core.idempotency import body_digest
from marketplace.core.text import tidy
from programmes.enums.calls import CallState, SchemeKind, VersionState
from programmes.models import Call, CallVersion, CallWriting
from programmes.models.calls import REASON_LENGTH, TITLE_LENGTH, TITLES, Terms
from programmes.numbers import call_number
from programmes.scheme import Scheme, Words
from programmes.services.calls.asking import locked_call, locked_version, require_officer

MOST_BUDGET_WON = 10**13


class KeyUsed(Conflict):
    """The idempotency key was sent before with something else in it."""

    code = "key_used"


@transaction.atomic
def begin(
    *,
    office: Organization,
    kind: str,
    terms: Terms,
    is_rehearsal: bool = False,
    scheme: Scheme | None = None,
    key: UUID | None = None,
    by: User,
    at: datetime,
) -> Call:
    """A new call as a draft, with a first version to write. `scheme`: where it begins; None for an empty one.

    The same `key` again gives the first call again. Raises `NotAllowed`, `KeyUsed` where something else came with the
    key, and `DomainError` naming the field.
    """
    require_officer(by, office)
    if kind not in SchemeKind.values:
        raise DomainError(_("Choose one of those offered."), field="kind")
    terms = _checked(terms)
    scheme = scheme or Scheme(notice=Words(""))
    digest = _digest(office, kind, terms, is_rehearsal, scheme, by)
    call, is_new = Call.objects.get_or_create(
        begun_key=key,
        defaults={
            **asdict(terms), "number": call_number(at), "office": office, "kind": kind, "is_rehearsal": is_rehearsal,
            "created_by": by, "begun_digest": digest,
        },
    ) if key else (_new(terms, office, kind, is_rehearsal, by, digest, at), True)  # fmt: skip
    if not is_new:
        if call.begun_digest != digest:
            raise KeyUsed(_("This form was sent before with something else in it. Open a new one."))
        return call
    version = CallVersion.objects.create(
        call=call, serial=1, content=scheme.to_json(), written_by=by, written_at=at, **asdict(terms)
    )
    CallWriting.objects.create(version=version, written_by=by, written_at=at)
    return call


@transaction.atomic
def save(
    *,
    version: CallVersion,
    scheme: Scheme | None = None,
    terms: Mapping[str, Any] | None = None,
    why: str | None = None,
    revision: int,
    by: User,
    at: datetime,
) -> CallVersion:
    """Write in a draft: who does never publishes it. What is None, or not named in `terms`, stays as it is.

    A draft may have gaps; `publish` asks for what is missing. Raises `NotAllowed`, `NotPossibleNow` (published
    meanwhile), `ChangedMeanwhile` where `revision` is not the newest, and `DomainError` naming the field.
    """
    call = locked_call(version.call_id)
    require_officer(by, call.office)
    locked = locked_version(version.pk)
    if locked.state != VersionState.DRAFT or call.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        raise NotPossibleNow(_("This version is not a draft any more. Write the next one."))
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Look at it again before saving."))
    if scheme is not None:
        locked.content = scheme.to_json()
    if why is not None:
        locked.why = tidy(why)
        if len(locked.why) > REASON_LENGTH:
            raise DomainError(_("At most %(most)d characters.") % {"most": REASON_LENGTH}, field="why")
    written = _checked(Terms(**asdict(locked.terms) | dict(terms or {})))
    for name, value in asdict(written).items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.written_by, locked.written_at = by, at
    locked.save()
    CallWriting.objects.create(version=locked, written_by=by, written_at=at)
    if call.state == CallState.DRAFT:  # lists show what is written so far
        for name, value in asdict(written).items():
            setattr(call, name, value)
        call.save()
    return locked


@transaction.atomic
def next_version(*, call: Call, by: User, at: datetime) -> CallVersion:
    """The draft of the next version of a published call, which begins with what holds; the one there is, if any.

    Raises `NotAllowed` and `NotPossibleNow`.
    """
    locked = locked_call(call.pk)
    require_officer(by, locked.office)
    if locked.state != CallState.PUBLISHED or locked.current is None:
        raise NotPossibleNow(_("Only a published call gets another version."))
    if draft := locked.versions.filter(state=VersionState.DRAFT).first():
        return draft
    newest = locked.versions.order_by("-serial").first() or locked.current
    version = CallVersion.objects.create(
        call=locked, serial=newest.serial + 1, content=locked.current.content, written_by=by, written_at=at,
        **{name: getattr(locked, name) for name in (*TITLES, "budget_won", "opens_at", "closes_at")},
    )  # fmt: skip
    CallWriting.objects.create(version=version, written_by=by, written_at=at)
    return version


def _new(
    terms: Terms, office: Organization, kind: str, is_rehearsal: bool, by: User, digest: str, at: datetime
) -> Call:
    return Call.objects.create(
        **asdict(terms), number=call_number(at), office=office, kind=kind, is_rehearsal=is_rehearsal, created_by=by,
        begun_digest=digest,
    )  # fmt: skip


def _checked(terms: Terms) -> Terms:
    """The terms with tidy titles. Raises `DomainError` naming the field."""
    titles = {name: tidy(getattr(terms, name)) for name in TITLES}
    for name, title in titles.items():
        if len(title) > TITLE_LENGTH:
            raise DomainError(_("At most %(most)d characters.") % {"most": TITLE_LENGTH}, field=name)
    if not titles["title_ko"]:
        raise DomainError(_("Give the title in Korean."), field="title_ko")
    if not 0 < terms.budget_won <= MOST_BUDGET_WON:
        bounds = {"least": 1, "most": f"{MOST_BUDGET_WON:,}"}
        raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field="budget_won")
    if terms.closes_at <= terms.opens_at:
        raise DomainError(_("The call has to close after it opens."), field="closes_at")
    return Terms(**asdict(terms) | titles)


def _digest(office: Organization, kind: str, terms: Terms, is_rehearsal: bool, scheme: Scheme, by: User) -> str:
    said = [office.pk, kind, asdict(terms), is_rehearsal, scheme.to_json(), by.pk]
    return body_digest(said)
