"""What planned services cost, and who pays which part. Whole won, pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from marketplace.core.money import BASIS_POINTS, share_rounded_down
from programmes.scheme.scheme import Scheme, Service


@dataclass(frozen=True)
class PlannedLine:
    """One service: its price without VAT, and the two parts of it. Parts are None while the own share is not known."""

    service: Service
    what: str
    supply_won: int
    government_won: int | None
    own_won: int | None


@dataclass(frozen=True)
class Planned:
    """`government_won` is at most the call's cap: what lies above it the firm pays. `faults` say what has to change."""

    lines: tuple[PlannedLine, ...]
    supply_won: int
    own_bp: int | None
    government_won: int | None
    own_won: int | None
    faults: tuple[str, ...]


def planned(scheme: Scheme, services: Sequence[Mapping[str, Any]], own_bp: int | None) -> Planned:
    """The sums of `services` (each `key`, `what`, `supply_won`) for a firm with this own share in basis points.

    VAT is never paid by the government, so nothing here holds any. A part is rounded down to the won, and what a
    service's cap or the call's cuts off goes to the firm.
    """
    lines, faults, areas = [], [], []
    for each in services:
        service = scheme.service(str(each.get("key", "")))
        if service is None:
            faults.append(_("A service is not on the menu of this call any more. Choose another one."))
            continue
        lines.append(_line(service, str(each.get("what", "")), int(each.get("supply_won") or 0), own_bp))
        areas.append(service.area)
    faults += _faults(scheme, lines, areas)
    supply = sum(line.supply_won for line in lines)
    government = None
    if own_bp is not None:
        government = min(sum(line.government_won or 0 for line in lines), scheme.caps.award_won)
    own = None if government is None else supply - government
    return Planned(tuple(lines), supply, own_bp, government, own, tuple(dict.fromkeys(faults)))


def apportioned(lines: Sequence[PlannedLine], government_won: int) -> dict[str, int]:
    """What of `government_won` is meant for each service, in won that add up to it, where it is less than the parts of
    `lines` together: in proportion to them, never more than a part. Empty where it reaches for all of them.

    The smallest first and rounded up, so that even of little something is there for each.
    """
    parts = sorted((line.government_won or 0, line.service.key) for line in lines)
    whole_won, left_won = sum(part for part, _key in parts), government_won
    found: dict[str, int] = {}
    for part_won, key in parts if whole_won > government_won else ():
        found[key] = -(-part_won * left_won // whole_won)
        whole_won, left_won = whole_won - part_won, left_won - found[key]
    return found


def _line(service: Service, what: str, supply_won: int, own_bp: int | None) -> PlannedLine:
    if own_bp is None:
        return PlannedLine(service, what, supply_won, None, None)
    part = share_rounded_down(supply_won, BASIS_POINTS - own_bp)
    part = part if service.most_won is None else min(part, service.most_won)
    return PlannedLine(service, what, supply_won, part, supply_won - part)


def _faults(scheme: Scheme, lines: Sequence[PlannedLine], areas: Sequence[str]) -> list[str]:
    faults = []
    if len(lines) > scheme.most_services:
        faults.append(_("At most %(most)d services can be planned.") % {"most": scheme.most_services})
    if scheme.one_per_area and len(set(areas)) < len(areas):
        faults.append(_("Of each field one service can be planned."))
    keys = [line.service.key for line in lines]
    if len(set(keys)) < len(keys):
        faults.append(_("The same service stands here twice. Put it into one line."))
    for line in lines:
        if line.supply_won <= 0:
            faults.append(_("Say what “%(service)s” costs, without VAT.") % {"service": str(line.service.words)})
        elif line.government_won == 0:
            faults.append(_("Nothing is left for the government to pay. Check the prices."))
    return faults
