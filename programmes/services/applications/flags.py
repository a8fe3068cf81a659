"""Applicants of a call that may be one and the same are flagged, with what says so; an officer looks into each (F18).

Nothing is refused here: a name or an address in common may be chance. Each pair of a group would be too many where
hundreds share an address, so each is flagged against the first of its group that was submitted.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.enums import LinkKind
from accounts.relations import family_of, groups_among, related_or_unknown, relatives_of, unknown_among
from programmes.models import Application, ApplicationFlag, Call
from programmes.models.applications import SHORT_TEXT

MOST_LOOKED_AT = 20
"""At submission so many related applicants are compared one by one; the rest is found again at selection."""


def flag_application(*, application: Application, at: datetime) -> list[ApplicationFlag]:
    """Those of its call that it may be one with. For the caller's transaction, which holds the application."""
    firm = application.organization
    family = family_of(firm)
    near = relatives_of(firm).values("pk")
    others = Application.objects.running().filter(call=application.call).exclude(pk=application.pk)
    related = others.filter(organization__in=near) | others.filter(organization__in=family)
    flags = []
    for other in related.select_related("organization").order_by("submitted_at", "pk")[:MOST_LOOKED_AT]:
        for link in related_or_unknown(firm, other.organization):
            if link.kind != LinkKind.UNKNOWN:
                flags.append(_flag(application, other.pk, link.kind, link.evidence, at))
    if unknown_among([firm.pk]):
        flags.append(_flag(application, None, LinkKind.UNKNOWN, firm.name, at))
    return _keep(flags)


@transaction.atomic
def flag_call(*, call: Call, at: datetime) -> int:
    """All running applications of the call held against each other, in the same few questions for 10,000 as for ten.

    Returns how many flags are new. A flag that was cleared stays cleared.
    """
    rows = Application.objects.running().filter(call=call).order_by("submitted_at", "pk")
    of_firm = defaultdict(list)
    place: dict[int, int] = {}
    for row in rows.only("pk", "organization_id"):
        of_firm[row.organization_id].append(row)
        place[row.pk] = len(place)
    flags = []
    for group in groups_among(of_firm.keys()):
        members = sorted((row for key in group.organizations for row in of_firm[key]), key=lambda row: place[row.pk])
        first, *later = members
        flags += [_flag(row, first.pk, group.link.kind, group.link.evidence, at) for row in later]
    for key in sorted(unknown_among(of_firm.keys())):
        flags += [_flag(row, None, LinkKind.UNKNOWN, "", at) for row in of_firm[key]]
    before = ApplicationFlag.objects.filter(application__call=call).count()
    _keep(flags)
    return ApplicationFlag.objects.filter(application__call=call).count() - before


def _flag(application: Application, other: int | None, kind: str, evidence: str, at: datetime) -> ApplicationFlag:
    return ApplicationFlag(
        application=application, other_id=other, kind=kind, evidence=evidence[:SHORT_TEXT], found_at=at
    )


def _keep(flags: Iterable[ApplicationFlag]) -> list[ApplicationFlag]:
    # What is there already stays, with what an officer said about it.
    return ApplicationFlag.objects.bulk_create(flags, ignore_conflicts=True, batch_size=2_000)
