"""What kinds of message exist, how each reads, and who may still see it.

Kinds are registered once, when the apps start (`<app>/notices.py`, imported by `apps.ready`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from accounts.models import User
    from notifications.models import Notification

Targets = Callable[["User"], "QuerySet[Any, Any]"]


def as_they_are(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return params


@dataclass(frozen=True)
class OwnMail:
    """A mail that a kind writes itself: `template` less `.txt` and `.html`, and `leave`, the path that stops such mail
    (empty only for one that goes to an address without an account).

    Of `context` the frame takes `subject`, `unsubscribe` and `site_name` for itself.
    """

    subject: str
    template: str
    context: Mapping[str, Any]
    leave: str


Compose = Callable[["User", "list[Notification]"], "OwnMail | None"]


ComposeOutside = Callable[["UUID"], "OwnMail | None"]


@dataclass(frozen=True)
class Kind:
    """`title` and `body` are message ids with `%(name)s` for the stored params, rendered in the reader's language."""

    name: str
    title: str | StrPromise
    body: str | StrPromise
    may_see: Callable[[User, UUID], bool] | None = None
    targets: Targets | None = None
    present: Callable[[Mapping[str, Any]], Mapping[str, Any]] = as_they_are
    compose: Compose | None = None
    pushes: bool = False

    def text(self, params: Mapping[str, Any]) -> tuple[str, str]:
        """Title and body in the active language. `KeyError` where `params` lacks a name that the texts use."""
        shown = self.present(params)
        return " ".join((str(self.title) % shown).split()), str(self.body) % shown


_kinds: dict[str, Kind] = {}
_outside: dict[str, ComposeOutside] = {}


def register(
    kind: str,
    *,
    title: str | StrPromise,
    body: str | StrPromise,
    may_see: Callable[[User, UUID], bool] | None = None,
    targets: Targets | None = None,
    present: Callable[[Mapping[str, Any]], Mapping[str, Any]] = as_they_are,
    compose: Compose | None = None,
    pushes: bool = False,
) -> Kind:
    """Make `kind` known; the same kind twice is a `ValueError`.

    `targets(user)` is the queryset of what the user may see now (its `public_id` is compared): asked in SQL for lists,
    counts and mails. `may_see(user, target_id)` is the same question for one message, where no queryset can say it.
    Neither: whoever received the message may always see it. `present` turns stored params (codes, ISO dates) into
    what is read, in the active language. `compose(user, messages)` makes one mail of the kind's unsent messages of that
    person, apart from all others, in the active language and from what is true at that moment; None: nothing of it may
    be seen any more. `pushes`: devices that asked for it are told the title, too, which therefore says nothing secret.
    """
    if kind in _kinds:
        raise ValueError(f"notification kind {kind!r} is registered twice")
    _kinds[kind] = Kind(kind, title, body, may_see, targets, present, compose, pushes)
    return _kinds[kind]


def get(kind: str) -> Kind:
    """`LookupError` for a kind that nobody registered."""
    try:
        return _kinds[kind]
    except KeyError:
        raise LookupError(f"notification kind {kind!r} is not registered") from None


def register_outside(kind: str, compose: ComposeOutside) -> None:
    """Make a kind of mail to addresses without an account known; the same kind twice is a `ValueError`.

    `compose(target_id)` writes it when it is sent, in the active language; None: there is nothing to say any more.
    """
    if kind in _outside:
        raise ValueError(f"outside mail {kind!r} is registered twice")
    _outside[kind] = compose


def outside(kind: str) -> ComposeOutside:
    """`LookupError` for a kind that nobody registered."""
    try:
        return _outside[kind]
    except KeyError:
        raise LookupError(f"outside mail {kind!r} is not registered") from None


def kinds_with_own_mail() -> list[Kind]:
    return [kind for kind in _kinds.values() if kind.compose is not None]


def pushed_kinds() -> list[str]:
    return [kind.name for kind in _kinds.values() if kind.pushes]


def visible_condition(user: User, among: Container[str] | None = None) -> Q:
    """Of which messages the user may still see what they are about. A kind that no app knows any more is not shown.

    Whoever knows which kinds there are names them, `among`: the others are then not looked at.
    """
    kinds = [kind for kind in _kinds.values() if among is None or kind.name in among]
    free = [kind.name for kind in kinds if kind.targets is None]
    by_targets: dict[Targets, list[str]] = {}
    for kind in kinds:
        if kind.targets is not None:
            by_targets.setdefault(kind.targets, []).append(kind.name)
    condition = Q(kind__in=free)
    for targets, names in by_targets.items():
        # One look by public id per message; as `IN` inside this OR, everything the user may see would be read first.
        condition |= Q(Exists(targets(user).order_by().filter(public_id=OuterRef("target_id"))), kind__in=names)
    return condition


def still_visible(user: User, kind: str, target_id: UUID | None) -> bool:
    """The part of the question that only Python can answer (`may_see`); `visible_condition` answers the rest."""
    may_see = get(kind).may_see
    return may_see is None or (target_id is not None and may_see(user, target_id))
