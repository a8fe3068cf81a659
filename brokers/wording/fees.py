"""A schedule and a calculation in words, for pages, exports and the API alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokers.enums.fees import LineKind, PayingSide
from brokers.fees import Line, Plan
from brokers.models import FeeSchedule
from marketplace.core.money import in_percent, won


def rate(basis_points: int) -> str:
    """500 as `5 %`, 250 as `2.5 %`."""
    figures = in_percent(basis_points).rstrip("0").rstrip(".")
    return f"{figures} %"


def figures(amount_won: int) -> str:
    """Won in figures only, in the reader's notation."""
    return won(amount_won).split(" (")[0]


@dataclass(frozen=True)
class TierRow:
    """A line of the table of tiers. `to_won` is None for the last."""

    from_won: int
    to_won: int | None
    rate_bp: int

    @property
    def part(self) -> str:
        return span(self.from_won, self.to_won)

    @property
    def rate(self) -> str:
        return rate(self.rate_bp)


def tier_rows(plan: Plan) -> list[TierRow]:
    ends: list[int | None] = [tier.from_won for tier in plan.tiers[1:]]
    return [TierRow(t.from_won, end, t.rate_bp) for t, end in zip(plan.tiers, [*ends, None], strict=True)]


def span(from_won: int, to_won: int | None) -> str:
    bounds = {"from": figures(from_won), "to": "" if to_won is None else figures(to_won)}
    if to_won is None:
        return _("above %(from)s") % bounds if from_won else _("the whole")
    return _("above %(from)s, up to %(to)s") % bounds if from_won else _("up to %(to)s") % bounds


def sentence(line: Line) -> str:
    """What the line is, in words; its amount stands beside it."""
    given = {"rate": rate(line.rate_bp or 0), "part": figures(line.part_won or 0)}
    if line.kind == LineKind.BRACKET:
        given["span"] = span(line.from_won or 0, line.to_won)
        return _("%(rate)s of %(part)s, the part %(span)s") % given if line.from_won or line.to_won else whole(given)
    if line.kind == LineKind.FLAT:
        return whole(given)
    return SENTENCES[LineKind(line.kind)]() % given


def whole(given: Mapping[str, str]) -> str:
    return _("%(rate)s of the whole, %(part)s") % given


SENTENCES = {
    LineKind.MINIMUM: lambda: _("Raised to the minimum fee of %(part)s"),
    LineKind.FLOOR: lambda: _("Raised to the floor of %(part)s"),
    LineKind.CEILING: lambda: _("Lowered to the ceiling of %(part)s"),
    LineKind.AGREED: lambda: _("To the agreed fee of %(part)s"),
    LineKind.RETAINER: lambda: _("Retainer, on top of the fee"),
    LineKind.RETAINER_KEPT: lambda: _("The retainer of %(part)s is more than the fee and is not paid back"),
    LineKind.VAT: lambda: _("VAT, %(rate)s of %(part)s"),
    LineKind.VAT_INCLUDED: lambda: _("Of which VAT at %(rate)s: %(part)s"),
}


def lines_of(stored: list[Mapping[str, Any]]) -> list[Line]:
    """The lines of a quote, from what was stored with it."""
    return [Line(**line) for line in stored]


@dataclass(frozen=True)
class Fact:
    name: str
    label: str
    text: str


def facts(schedule: FeeSchedule) -> Iterator[Fact]:
    """Everything a version says besides its table of rates, in the order of the page."""

    def label(name: str) -> str:
        return str(FeeSchedule._meta.get_field(name).verbose_name)  # type: ignore[union-attr]

    def amount(amount_won: int | None) -> str:
        return _("none") if amount_won is None else figures(amount_won)

    yield Fact("valid_from", label("valid_from"), _day(schedule))
    yield Fact("basis", label("basis"), schedule.get_basis_display())
    yield Fact("method", label("method"), schedule.get_method_display())
    for name in ("minimum_won", "floor_won", "ceiling_won"):
        yield Fact(name, label(name), amount(getattr(schedule, name)))
    yield Fact("retainer_won", label("retainer_won"), retainer(schedule))
    yield Fact("vat_bp", label("vat_bp"), vat(schedule))
    yield Fact("paid_by", label("paid_by"), payers(schedule))
    months = _("%(months)d months") % {"months": schedule.tail_months} if schedule.tail_months else _("none")
    yield Fact("tail_months", _("Tail: a fee is due for deals after the mandate"), months)
    yield Fact("band", _("Band in which no reason is needed"), band(schedule))


def _day(schedule: FeeSchedule) -> str:
    return date_format(schedule.valid_from, "SHORT_DATE_FORMAT") if schedule.valid_from else _("not said")


def retainer(schedule: FeeSchedule) -> str:
    if not schedule.retainer_won:
        return _("none")
    given = {"won": figures(schedule.retainer_won)}
    if schedule.retainer_credited:
        return _("%(won)s, credited against the success fee") % given
    return _("%(won)s, on top of the success fee") % given


def vat(schedule: FeeSchedule) -> str:
    if not schedule.vat_bp:
        return _("none")
    given = {"rate": rate(schedule.vat_bp)}
    return _("%(rate)s, included in the fee") % given if schedule.vat_included else _("%(rate)s on top") % given


def payers(schedule: FeeSchedule) -> str:
    if schedule.paid_by != PayingSide.BOTH:
        return schedule.get_paid_by_display()
    given = {"holder": rate(schedule.holder_share_bp), "firm": rate(schedule.firm_share_bp)}
    return _("holder %(holder)s, firm %(firm)s") % given


def band(schedule: FeeSchedule) -> str:
    given = {"below": rate(schedule.below_bp), "above": rate(schedule.above_bp)}
    return _("%(below)s below to %(above)s above the guideline’s fee") % given


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


def differences(before: FeeSchedule, after: FeeSchedule) -> list[Difference]:
    """Where two versions differ, the table of rates among it as one line."""
    pairs = zip(facts(before), facts(after), strict=True)
    found = [Difference(old.label, old.text, new.text) for old, new in pairs if old.text != new.text]
    tables = [" · ".join(f"{row.rate} {row.part}" for row in tier_rows(each.plan)) for each in (before, after)]
    if tables[0] != tables[1]:
        found.insert(0, Difference(_("Rates"), *tables))
    return found
