"""A distribution in words: pots with their persons, and what the laws ask of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from royalties.enums.rules import Pot, SharingLaw


@dataclass
class PotRow:
    """`raised_won` is what the law moved. `cost_won` is the broker's fee that is paid out of it."""

    pot: str
    label: str
    amount_won: int
    raised_won: int
    cost_won: int = 0
    people: list[Any] = field(default_factory=list)

    @property
    def left_won(self) -> int:
        return self.amount_won - self.cost_won


@dataclass(frozen=True)
class FloorRow:
    law: str
    words: str
    least_won: int
    missing_won: int
    is_binding: bool


def pot_rows(
    amounts: Mapping[str, int], by_policy: Mapping[str, int], people: Iterable[Any], fee_won: int
) -> list[PotRow]:
    """In the order of the uses. `people` have a `pot`."""
    rows = {
        pot: PotRow(pot, str(Pot(pot).label), amounts[pot], amounts[pot] - by_policy[pot])
        for pot in Pot.values
        if pot in amounts
    }
    for person in people:
        rows[person.pot].people.append(person)
    if rows:
        from_transfer = min(fee_won, amounts[Pot.TRANSFER])
        rows[Pot.TRANSFER].cost_won, rows[Pot.REST].cost_won = from_transfer, fee_won - from_transfer
    return list(rows.values())


def floor_rows(floors: Iterable[Mapping[str, Any]]) -> list[FloorRow]:
    found = []
    for floor in floors:
        pots = " + ".join(str(Pot(pot).label) for pot in floor["pots"])
        percent = f"{floor['least_bp'] / 100:g}"
        words = _("%(uses)s: at least %(percent)s %%") % {"uses": pots, "percent": percent}
        law = f"{SharingLaw(floor['law']).label} ({floor['label']})"
        found.append(FloorRow(law, words, floor["least_won"], floor["missing_won"], floor["is_binding"]))
    return found
