"""What a broker earns with a receipt, by the fee that was quoted and accepted for the deal (facts §3).

The fee is owed as royalty comes in. It is computed on all royalty up to and with a receipt, less what the receipts
before it made owed: so the order of receipts makes no difference, brackets and bounds hold for the deal as a whole, and
all parts together are the fee to the won.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from marketplace.core.money import share_rounded_down, split_exactly


@dataclass(frozen=True)
class FeeTerms:
    """The frozen fee. `guideline` gives the guideline's fee on a sum of royalty, where it goes by what is received.

    `fee_won` was agreed on `value_won`, for which the guideline gave `guideline_won`. Without `guideline` the fee is
    due in proportion to what came in of `value_won`. `credited_won` of a retainer was paid before and counts into it.
    Shares of payers and brokers are weights by key.
    """

    value_won: int
    fee_won: int
    guideline_won: int
    credited_won: int
    vat_bp: int
    vat_included: bool
    payers: Mapping[str, int]
    brokers: Mapping[str, int]
    guideline: Callable[[int], int] | None = None

    def owed_won(self, royalty_won: int) -> int:
        """The success fee, VAT as in the terms, once `royalty_won` in all has come in."""
        if not royalty_won:
            return 0
        if self.guideline is None:
            whole_won = self.fee_won * min(royalty_won, self.value_won) // self.value_won
        elif self.guideline_won:
            whole_won = self.guideline(royalty_won) * self.fee_won // self.guideline_won
        else:
            whole_won = 0
        return max(0, whole_won - self.credited_won)


@dataclass(frozen=True)
class FeePart:
    """Won that one payer owes one broker with a receipt."""

    payer: str
    broker: str
    net_won: int
    vat_won: int


def fee_parts(terms: FeeTerms, *, before_won: int, receipt_won: int, charged_won: int | None = None) -> list[FeePart]:
    """Of a receipt of `receipt_won` royalty (without VAT) after `before_won`: who owes whom what. Nothing of 0 won.

    `charged_won` is what the receipts before were charged, where that differs from what they made owed: after one of
    them was taken back.
    """
    earlier_won = terms.owed_won(before_won) if charged_won is None else charged_won
    charge_won = max(0, terms.owed_won(before_won + receipt_won) - earlier_won)
    if terms.vat_included:
        vat_won = charge_won * terms.vat_bp // (10_000 + terms.vat_bp)
        net_won = charge_won - vat_won
    else:
        net_won, vat_won = charge_won, share_rounded_down(charge_won, terms.vat_bp)
    weights = {
        f"{p} {b}": pay * get for p, pay in terms.payers.items() for b, get in terms.brokers.items() if pay * get
    }
    net, vat = split_exactly(net_won, weights), split_exactly(vat_won, weights)
    pairs = {key: key.split(" ") for key in sorted(weights)}
    found = [FeePart(payer, broker, net[key], vat[key]) for key, (payer, broker) in pairs.items()]
    return [part for part in found if part.net_won or part.vat_won]
