"""What the floors above may hear. Sent inside the transaction; `sender` is the class of the first argument."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Model, QuerySet
from django.dispatch import Signal

from accounts.models import Organization

membership_requested = Signal()  # membership: somebody asks to join; its organization's managers decide
membership_decided = Signal()  # membership, granted: the asker is told
membership_ended = Signal()  # membership, by: left, taken out or withdrawn
role_changed = Signal()  # membership, before, by
invited = Signal()  # invitation, user: the account with that address, or None
personal_data_requested = Signal()  # user: receivers return (name, what they keep about the person) for the download
organizations_merging = Signal()
"""gone, into: receivers return what becomes of the rows that refer to `gone`, as a list of `Part`. Sent inside the
transaction that merges, and for the summary before it: a receiver reads nothing and writes nothing."""
business_account_changed = Signal()  # profile, by, at: the account for payments is another one; managers are told
organizations_merged = Signal()  # proposal: `proposal.gone` is part of `proposal.into` now; managers of both are told


class Fate(StrEnum):
    """What becomes of rows that refer to an organization which is merged into another one."""

    KEPT = "kept"  # history: it goes on naming who it was
    MOVED = "moved"  # goes on under the one that stands
    STOPS = "stops"  # has to be ended first: the merge is refused while there is any


@dataclass(frozen=True)
class Part:
    """`rows` refer to `gone` by `field` ("deals.Contract.firm"). Of several parts, `KEPT` is the rest.

    `what` names them to the officer, as a plural: “open transfer requests”.
    """

    field: str
    fate: Fate
    rows: "QuerySet[Any]"
    what: Any

    def move(self, into: Organization) -> int:
        """Point the rows at `into`, and give how many."""
        return self.rows.update(**{self.field.rsplit(".", 1)[1]: into})


class Answers:
    """Collects the parts of one app: `kept`, `moved`, `stops`, each with a filter of the model's rows."""

    def __init__(self, gone: Organization) -> None:
        self.gone = gone
        self.parts: list[Part] = []

    def kept(self, model: type[Model], *fields: str, what: Any) -> "Answers":
        for name in fields:
            self._add(Fate.KEPT, model, name, what, {})
        return self

    def stops(self, model: type[Model], *fields: str, what: Any, **running: Any) -> "Answers":
        for name in fields:
            self._add(Fate.STOPS, model, name, what, running)
        return self

    def moved(self, model: type[Model], *fields: str, what: Any, **which: Any) -> "Answers":
        for name in fields:
            self._add(Fate.MOVED, model, name, what, which)
        return self

    def _add(self, fate: Fate, model: type[Model], name: str, what: Any, which: dict[str, Any]) -> None:
        # By key: a filter over rows of another table would give a row once for each of them.
        found = model._base_manager.filter(**{name: self.gone}, **which).values("pk")
        rows = model._base_manager.filter(pk__in=found)
        label = f"{model._meta.label}.{name}"
        for part in self.parts:
            if fate is Fate.KEPT and part.field == label:
                rows = rows.exclude(pk__in=part.rows.values("pk"))
        self.parts.append(Part(label, fate, rows, what))
