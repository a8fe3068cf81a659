"""States as data: a table of allowed moves, and one function that makes a move.

The same table is given to `pgtrigger.FSM`, so that a bare UPDATE to a forbidden state fails in the database too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.core.errors import Conflict
from marketplace.core.models import field_of


class IllegalTransition(Conflict):
    code = "illegal_transition"


@dataclass(frozen=True)
class StateMachine:
    """`field` holds the state; `moves` maps each state to the states that may follow it."""

    field: str
    moves: Mapping[str, frozenset[str]]

    def can(self, obj: models.Model, to: str) -> bool:
        return to in self.moves.get(getattr(obj, self.field), frozenset())

    def pairs(self) -> list[tuple[str, str]]:
        """Every allowed (before, after), in a fixed order so that migrations stay the same."""
        return [(str(a), str(b)) for a, targets in self.moves.items() for b in sorted(targets)]

    def check(self, obj: models.Model, to: str) -> None:
        """Raise `IllegalTransition` unless `obj` may move to `to`."""
        if not self.can(obj, to):
            self.refuse(obj, to)

    def refuse(self, obj: models.Model, to: str) -> NoReturn:
        """Raise `IllegalTransition`, whatever the table says: for a service that takes less than it."""
        labels = dict(field_of(obj, self.field).flatchoices)
        now = getattr(obj, self.field)
        if now == to:  # pressed twice, or somebody else was first
            raise IllegalTransition(
                _("This is “%(state)s” already. Reload the page to see what happened.")
                % {"state": labels.get(now, now)}
            )
        raise IllegalTransition(
            _("This is “%(now)s” now and cannot become “%(to)s”. Reload the page to see what is possible.")
            % {"now": labels.get(now, now), "to": labels.get(to, to)}
        )

    def move(self, obj: models.Model, to: str, **also: Any) -> None:
        """Move a row the caller has locked. Writes the state and the fields that go with it, nothing else."""
        self.check(obj, to)
        changes = {self.field: to, **also}
        if hasattr(obj, "updated_at"):
            changes["updated_at"] = timezone.now()
        for name, value in changes.items():
            setattr(obj, name, value)
        obj.save(update_fields=list(changes))
