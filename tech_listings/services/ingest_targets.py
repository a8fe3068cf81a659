"""What a file can be imported into. The frame (receive, compare, approve, apply) is one, what it fills is a `Target`.

Listings are registered by `ingest_listings`; other apps register theirs when they start.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from tech_listings.ingest.mapping import Fields, guess
from tech_listings.ingest.tables import Column, Table
from tech_listings.models import Run

Words = Mapping[str, Mapping[str, Promise | str]]


@dataclass(frozen=True)
class Shown:
    """What a row of a run leads to: `url` empty where the reader may not see it."""

    title: str
    url: str = ""


class Write(Protocol):
    def __call__(self, *, run: Run, work: list[dict[str, Any]], numbers: Any, at: datetime) -> None: ...


@dataclass(frozen=True)
class Target:
    """`compare` fills a plan from an opened table; `write` carries one batch of it out, in the caller's transaction.

    `holds` says whether a compared run waits for a person, and `why_held` what that person has to know. `show` gives
    what rows lead to, by `RunRow.subject_id`. `columns` is what the mapping page may show of a file. `label_of` names
    a changed field, `words` its codes.
    """

    name: str
    label: Promise | str
    noun: Promise | str
    permission: Permission
    fields: Fields
    compare: Callable[[Run, Table, Any, datetime], None]
    holds: Callable[[Run, Mapping[str, int]], bool]
    why_held: Callable[[Run], str]
    write: Write
    label_of: Callable[[str], str]
    show: Callable[[User, Iterable[int]], Mapping[int, Shown]]
    done: Callable[[], None] = lambda: None
    columns: Callable[[Table, Mapping[str, str]], tuple[Column, ...]] = lambda table, mapping: table.columns
    words: Words = field(default_factory=dict)


_TARGETS: dict[str, Target] = {}


def register(target: Target) -> None:
    _TARGETS[target.name] = target


def target(name: str) -> Target:
    return _TARGETS[name]


def target_of(run: Run) -> Target:
    """The target of a run, by its source."""
    return _TARGETS[run.source.target]


def targets_for(user: User, organization: Organization | None) -> list[Target]:
    """What `user` may import for `organization`, in the order of registration."""
    if organization is None:
        return []
    return [t for t in _TARGETS.values() if organization in organizations_with(user, t.permission)]


def better_target(run: Run, columns: Sequence[Column], user: User) -> Target | None:
    """What `user` may import that has all it needs in these columns, where what was chosen lacks something."""
    chosen = target_of(run)
    if not guess(columns, fields=chosen.fields).missing():
        return None
    others = (t for t in targets_for(user, run.source.organization) if t is not chosen)
    return next((t for t in others if not guess(columns, fields=t.fields).missing()), None)
