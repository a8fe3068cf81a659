"""What a schedule makes of a deal: whole won and basis points only, no database, no clock.

A won that is broken is dropped where it arises (원 미만 절사): in each bracket, in the band, in the VAT. So every line
stands as printed, the lines add up to the total, and nothing is rounded against who pays. Where a sum is shared out,
the shares add up to it by largest remainder. Why so: docs/adr, “The shape of fee schedules”.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from brokers.enums.fees import MOST_BROKERS, MOST_WON, FeeMethod, LineKind
from marketplace.core.errors import DomainError
from marketplace.core.money import BASIS_POINTS, share_rounded_down, split_exactly


@dataclass(frozen=True)
class Tier:
    """`rate_bp` of what lies above `from_won` won, up to and with the next tier's `from_won`."""

    from_won: int
    rate_bp: int


@dataclass(frozen=True)
class Plan:
    """A fee schedule as far as computing goes. Empty bounds are None. `tiers` begin at 0 and are sorted."""

    method: str
    tiers: tuple[Tier, ...]
    minimum_won: int | None = None
    floor_won: int | None = None
    ceiling_won: int | None = None
    retainer_won: int = 0
    retainer_credited: bool = True
    vat_bp: int = 0
    vat_included: bool = False
    holder_share_bp: int = BASIS_POINTS
    below_bp: int = 0
    above_bp: int = 0


@dataclass(frozen=True)
class Line:
    """One line. `part_won` is what `rate_bp` is taken of; `to_won` is None where nothing lies above."""

    kind: str
    amount_won: int
    part_won: int | None = None
    rate_bp: int | None = None
    from_won: int | None = None
    to_won: int | None = None


@dataclass(frozen=True)
class Portion:
    """What one payer pays, or one broker gets: `share_bp` of the whole, in won that add up over all of them."""

    key: str
    share_bp: int
    net_won: int
    vat_won: int

    @property
    def total_won(self) -> int:
        return self.net_won + self.vat_won


@dataclass(frozen=True)
class Calculation:
    """`guideline_won` is the fee that the schedule gives, `fee_won` the one agreed (the same where none is named).

    Between `lower_won` and `upper_won` the agreed fee needs no reason. `net_won` and `vat_won` make the total, retainer
    included; of it `start_won` is the retainer and `success_won` is due at success, VAT not counted apart.
    """

    value_won: int
    guideline_won: int
    lower_won: int
    upper_won: int
    fee_won: int
    lines: tuple[Line, ...]
    start_won: int
    success_won: int
    net_won: int
    vat_won: int
    payers: tuple[Portion, ...]
    brokers: tuple[Portion, ...]

    @property
    def total_won(self) -> int:
        return self.net_won + self.vat_won

    @property
    def is_inside(self) -> bool:
        return self.lower_won <= self.fee_won <= self.upper_won

    @property
    def rate_bp(self) -> int:
        """The guideline's fee as a share of the value, rounded down."""
        return self.guideline_won * BASIS_POINTS // self.value_won


def quote(
    plan: Plan, *, value_won: int, fee_won: int | None = None, brokers: Mapping[str, int] | None = None
) -> Calculation:
    """The fee on `value_won` (a contract, or a royalty received: what the schedule's basis says), line by line.

    `fee_won` is a fee agreed instead of the guideline's; `brokers` are shares in basis points by key, 10,000 together
    (one broker alone where none are named). Raises `DomainError` naming the field.
    """
    _check_won(value_won, "value_won", least=1)
    if fee_won is not None:
        _check_won(fee_won, "fee_won", least=0)
    shares = dict(brokers) if brokers else {"": BASIS_POINTS}
    _check_shares(shares)

    lines = list(_of_guideline(plan, value_won))
    guideline_won = sum(line.amount_won for line in lines)
    lower_won, upper_won = band(plan, guideline_won)
    agreed = guideline_won if fee_won is None else fee_won
    if agreed != guideline_won:
        lines.append(Line(LineKind.AGREED, agreed - guideline_won, part_won=agreed))
    lines += _of_retainer(plan, agreed)
    charge_won = sum(line.amount_won for line in lines)
    net_won, vat_won = _with_vat(plan, charge_won)
    if plan.vat_bp:
        kind, amount_won = (LineKind.VAT_INCLUDED, 0) if plan.vat_included else (LineKind.VAT, vat_won)
        part_won = vat_won if plan.vat_included else charge_won
        lines.append(Line(kind, amount_won, part_won=part_won, rate_bp=plan.vat_bp))
    return Calculation(
        value_won=value_won,
        guideline_won=guideline_won,
        lower_won=lower_won,
        upper_won=upper_won,
        fee_won=agreed,
        lines=tuple(lines),
        start_won=plan.retainer_won,
        success_won=charge_won - plan.retainer_won,
        net_won=net_won,
        vat_won=vat_won,
        payers=_portions(net_won, vat_won, _payers(plan)),
        brokers=_portions(net_won, vat_won, shares),
    )


def band(plan: Plan, guideline_won: int) -> tuple[int, int]:
    """The lowest and the highest fee that need no reason: never wider than the band, nor past floor and ceiling."""
    lower_won = guideline_won - share_rounded_down(guideline_won, plan.below_bp)
    upper_won = guideline_won + share_rounded_down(guideline_won, plan.above_bp)
    lowest_won = max(lower_won, plan.floor_won or 0)
    return lowest_won, upper_won if plan.ceiling_won is None else min(upper_won, plan.ceiling_won)


def _of_guideline(plan: Plan, value_won: int) -> Iterator[Line]:
    """Brackets, then what raises them to minimum and floor, or lowers them to the ceiling."""
    fee_won = 0
    for line in _brackets(plan, value_won):
        fee_won += line.amount_won
        yield line
    for kind, bound_won in ((LineKind.MINIMUM, plan.minimum_won), (LineKind.FLOOR, plan.floor_won)):
        if bound_won is not None and fee_won < bound_won:
            yield Line(kind, bound_won - fee_won, part_won=bound_won)
            fee_won = bound_won
    if plan.ceiling_won is not None and fee_won > plan.ceiling_won:
        yield Line(LineKind.CEILING, plan.ceiling_won - fee_won, part_won=plan.ceiling_won)


def _brackets(plan: Plan, value_won: int) -> Iterator[Line]:
    ends: list[int | None] = [tier.from_won for tier in plan.tiers[1:]]
    for tier, to_won in zip(plan.tiers, [*ends, None], strict=True):
        is_last = to_won is None or value_won <= to_won
        if plan.method == FeeMethod.FLAT:
            if is_last:
                amount_won = share_rounded_down(value_won, tier.rate_bp)
                yield Line(LineKind.FLAT, amount_won, value_won, tier.rate_bp, tier.from_won, to_won)
        else:
            part_won = (value_won if is_last else to_won or 0) - tier.from_won
            amount_won = share_rounded_down(part_won, tier.rate_bp)
            yield Line(LineKind.BRACKET, amount_won, part_won, tier.rate_bp, tier.from_won, to_won)
        if is_last:
            return


def _of_retainer(plan: Plan, fee_won: int) -> Iterator[Line]:
    """A retainer that is credited is part of the fee; what it is more than the fee is not paid back."""
    if not plan.retainer_won:
        return
    if not plan.retainer_credited:
        yield Line(LineKind.RETAINER, plan.retainer_won)
    elif plan.retainer_won > fee_won:
        yield Line(LineKind.RETAINER_KEPT, plan.retainer_won - fee_won, part_won=plan.retainer_won)


def _with_vat(plan: Plan, charge_won: int) -> tuple[int, int]:
    """What is charged without VAT, and the VAT."""
    if plan.vat_included:
        vat_won = charge_won * plan.vat_bp // (BASIS_POINTS + plan.vat_bp)
        return charge_won - vat_won, vat_won
    return charge_won, share_rounded_down(charge_won, plan.vat_bp)


def _payers(plan: Plan) -> dict[str, int]:
    shares = {"holder": plan.holder_share_bp, "firm": BASIS_POINTS - plan.holder_share_bp}
    return {side: share_bp for side, share_bp in shares.items() if share_bp}


def _portions(net_won: int, vat_won: int, shares: Mapping[str, int]) -> tuple[Portion, ...]:
    net, vat = split_exactly(net_won, shares), split_exactly(vat_won, shares)
    return tuple(Portion(key, share_bp, net[key], vat[key]) for key, share_bp in shares.items())


def _check_won(amount_won: int, field: str, *, least: int) -> None:
    if not least <= amount_won <= MOST_WON:
        bounds = {"least": f"{least:,}", "most": f"{MOST_WON:,}"}
        raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field=field)


def _check_shares(shares: Mapping[str, int]) -> None:
    if len(shares) > MOST_BROKERS:
        raise DomainError(_("At most %(most)d brokers share a fee.") % {"most": MOST_BROKERS}, field="brokers")
    if any(share_bp < 1 for share_bp in shares.values()) or sum(shares.values()) != BASIS_POINTS:
        raise DomainError(_("The shares of the brokers must each be more than 0 and make 100 %."), field="brokers")
