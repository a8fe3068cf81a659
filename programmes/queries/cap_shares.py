"""Who shares the cap of a firm in a call, and what they had before: the same rule as money's own check at the award.

Counted are the firm, what was merged into it, and its relatives (`accounts.relations`); not those that only share a
name or an address with it and of whom an officer has written what it means (`ApplicationFlag`). Who has not said who
stands behind it cannot be counted, and fails.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from accounts.relations import LinkKind, groups_among, unknown_among
from marketplace.core.days import add_months
from programmes.enums.applications import ApplicationState
from programmes.models import Application, ApplicationFlag, Call
from programmes.registry import given_back
from programmes.scheme import Scheme

GRANTED = (ApplicationState.SELECTED, ApplicationState.AGREED)


@dataclass(frozen=True)
class Shares:
    """By organization (primary key): won it and its relatives had within the years, and who else of the call counts
    with it. `unknown` are those that nobody can count."""

    before: dict[int, int] = field(default_factory=dict)
    relatives: dict[int, frozenset[int]] = field(default_factory=dict)
    unknown: frozenset[int] = frozenset()


def shares_of(call: Call, scheme: Scheme, organizations: Collection[int], at: datetime) -> Shares:
    """For applicants of the call, in the same few questions for 10,000 as for ten. Nothing where it has no such cap."""
    if scheme.caps.firm_won is None:
        return Shares()
    # A sample would be held against the very award whose application it is a copy of.
    granted = {} if call.is_rehearsal else _granted(at, scheme.caps.firm_years)
    here = set(organizations)
    certain, likely = _relations(here | granted.keys(), here)
    cleared = _cleared(call)
    before, relatives = {}, {}
    for key in here:
        counted = certain[key] | (likely[key] - cleared[key])
        before[key] = granted.get(key, 0) + sum(granted.get(other, 0) for other in counted)
        relatives[key] = frozenset(counted & here)
    return Shares(before, relatives, frozenset(unknown_among(here)))


def _granted(at: datetime, years: int) -> dict[int, int]:
    """Government money of what was selected or agreed on, less what went back, by organization."""
    since = add_months(timezone.localdate(at), -12 * years)
    rows = Application.objects.filter(state__in=GRANTED, call__is_rehearsal=False, submitted_at__date__gte=since)
    found: dict[int, int] = defaultdict(int)
    back = given_back()
    for pk, organization, government_won in rows.values_list("pk", "organization", "government_won"):
        found[organization] += (government_won or 0) - back.get(pk, 0)
    return dict(found)


Relations = dict[int, set[int]]


def _relations(organizations: Collection[int], here: Collection[int]) -> tuple[Relations, Relations]:
    """Of each applicant: who is one with it, by a number or an account; and who may be, by a name or an address."""
    certain: Relations = defaultdict(set)
    likely: Relations = defaultdict(set)
    for group in groups_among(organizations):
        of_kind = certain if group.link.is_certain or group.link.kind == LinkKind.SAME_FIRM else likely
        for key in group.organizations.intersection(here):
            of_kind[key] |= group.organizations - {key}
    return certain, likely


def _cleared(call: Call) -> Relations:
    found: Relations = defaultdict(set)
    rows = ApplicationFlag.objects.filter(application__call=call, cleared_at__isnull=False, other__isnull=False)
    for one, other in rows.values_list("application__organization", "other__organization"):
        found[one].add(other)
        found[other].add(one)
    return found
