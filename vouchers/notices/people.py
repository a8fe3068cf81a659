"""How messages about orders and claims are registered and sent: they name a number and a day, never sums or others."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.formats import date_format

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify


def _as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    if "day" not in params:
        return params
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def register(kind: str, title: Any, body: Any, targets: registry.Targets) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=_as_people_write_it)


def tell(
    organization: Organization, permission: Permission, kind: str, *, cause: str, params: dict[str, str], url: str,
    target: tuple[str, UUID], at: datetime,
) -> None:  # fmt: skip
    """Everybody who may do `permission` for the organization; once per cause."""
    users: Iterable[User] = users_with_permission(organization, permission)
    notify(users=users, kind=kind, dedupe_key=f"{kind}:{cause}", params=params, url=url, target=target, at=at)
