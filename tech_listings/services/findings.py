"""What a program can see of a technology that waits for an officer. Reads only; nothing here decides."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q

from tech_listings.enums import (
    ONCE_PUBLIC_STATES,
    PENDING_STATUSES,
    PUBLIC_STATES,
    WAITING_STATES,
    FindingKind,
    ListingState,
    RightStatus,
    Severity,
)
from tech_listings.models import Finding, Listing, Right
from tech_listings.search import meaning
from tech_listings.search.alike import alike
from tech_listings.search.ranking import nearest

COMPARED_STATES = (*PUBLIC_STATES, *WAITING_STATES, *ONCE_PUBLIC_STATES, ListingState.RETURNED)
"""Not drafts: what an institute has not sent is nobody's business."""

NEIGHBOURS = 20
CLEAR_MAJORITY = 0.6
UNDER_IPC = 200
MOST_SAME = 5
LEAST = {"summary_ko": 60, "effect": 15, "field_of_use": 8, "conditions_of_use": 8}
"""Characters under which a part says little."""

SHOULD_SAY = ("value_ko", "effect", "problem", "trl", "title_en")
SHOULD_COUNT = ("value_ko", "effect")


def findings_of(listing: Listing, *, on: date) -> list[Finding]:
    """Unsaved findings, warnings first. `on` is the day in Korea by which rights have expired."""
    rights = list(listing.rights.order_by("pk"))
    return [
        *_same_numbers(listing, rights),
        *_alike(listing),
        *_not_in_force(rights, on),
        *_classes(listing),
        *_weak(listing),
    ]


def _finding(
    kind: FindingKind, severity: Severity = Severity.NOTE, other: int | None = None, **params: object
) -> Finding:
    return Finding(kind=kind, severity=severity, other_id=other, params=params)


def _same_numbers(listing: Listing, rights: Iterable[Right]) -> Iterator[Finding]:
    for right in rights:
        same = Q(pk__in=[])
        if right.application_number:
            same |= Q(application_number=right.application_number)
        if right.registration_number:
            same |= Q(registration_number=right.registration_number)
        others = Right.objects.filter(same, country=right.country, listing__state__in=COMPARED_STATES)
        pks = others.exclude(listing=listing).order_by("listing").values_list("listing", flat=True).distinct()
        for other in pks[:MOST_SAME]:
            yield _finding(FindingKind.SAME_NUMBER, Severity.WARNING, other, number=_number(right))


def _number(right: Right) -> str:
    return right.registration_number_text or right.application_number_text or right.title


def _alike(listing: Listing) -> Iterator[Finding]:
    for other, cosine in alike(listing.pk, states=COMPARED_STATES).items():
        yield _finding(FindingKind.ALIKE, Severity.WARNING, other, percent=round(cosine * 100))


def _not_in_force(rights: Iterable[Right], on: date) -> Iterator[Finding]:
    good = {*PENDING_STATUSES, RightStatus.REGISTERED, RightStatus.NONE}
    for right in rights:
        if right.status not in good:
            yield _finding(FindingKind.NOT_IN_FORCE, Severity.WARNING, number=_number(right), status=str(right.status))
        elif right.expires_on and right.expires_on < on:
            yield _finding(
                FindingKind.EXPIRED, Severity.WARNING, number=_number(right), day=right.expires_on.isoformat()
            )


def _classes(listing: Listing) -> Iterator[Finding]:
    """Classes most of the neighbours have: by the meaning of the text, and by the IPC of the patents."""
    (vector,) = meaning.encode([meaning.text_for_meaning(listing)])
    near = nearest(Listing.objects.published().exclude(pk=listing.pk), vector, most=NEIGHBOURS)
    neighbours = list(Listing.objects.filter(pk__in=near).values_list("st_class", "ipc_prefixes"))
    by_text = _most_of((st for st, _ipc in neighbours), len(neighbours))
    if by_text and by_text[0] and by_text[0] != listing.st_class:
        yield _finding(FindingKind.ST_CLASS, suggested=by_text[0], count=by_text[1], of=len(neighbours))
    elif found := _class_under_ipc(listing):
        yield _finding(FindingKind.ST_CLASS, suggested=found[0], count=found[1], of=found[2], ipc=found[3])
    prefix = _most_of((code for _st, ipc in neighbours for code in set(ipc) if len(code) == 4), len(neighbours))
    if prefix and prefix[0] not in listing.ipc_prefixes:
        yield _finding(FindingKind.IPC, suggested=prefix[0], count=prefix[1], of=len(neighbours))


def _class_under_ipc(listing: Listing) -> tuple[str, int, int, str] | None:
    """(class, how many, of how many, IPC) where most under the main IPC of the listing have another class."""
    main = listing.ipc_codes[0][:4] if listing.ipc_codes else ""
    if not main:
        return None
    rows = Listing.objects.published().exclude(pk=listing.pk).filter(ipc_prefixes__contains=[main])
    under = list(rows.exclude(st_class="").newest_first().values_list("st_class", flat=True)[:UNDER_IPC])
    most = _most_of(under, len(under))
    if most is None or most[0] == listing.st_class:
        return None
    return most[0], most[1], len(under), main


def _most_of(values: Iterable[str], of: int) -> tuple[str, int] | None:
    """The value that a clear majority has, and how many have it. Of few neighbours nothing is concluded."""
    if of < NEIGHBOURS // 2:
        return None
    counted = Counter(values).most_common(1)
    return counted[0] if counted and counted[0][1] >= of * CLEAR_MAJORITY else None


def _weak(listing: Listing) -> Iterator[Finding]:
    for name in SHOULD_SAY:
        if not getattr(listing, name):
            yield _finding(FindingKind.MISSING, part=name)
    for name, least in LEAST.items():
        count = len(getattr(listing, name))
        if 0 < count < least:
            yield _finding(FindingKind.WEAK, part=name, count=count)
    for name in SHOULD_COUNT:
        text = getattr(listing, name)
        if text and not re.search(r"\d", text):
            yield _finding(FindingKind.NO_FIGURE, part=name)
