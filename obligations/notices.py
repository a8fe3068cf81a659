"""What this app tells people, and whom. A message names no result: pages say that after a look at who asks."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind, Role
from accounts.models import Membership, Organization, User
from accounts.roles import Permission, permissions_of, users_with_permission
from notifications import registry
from notifications.outbox import notify
from obligations.enums import ExemptionState
from obligations.models import Exemption, Obligation

OBLIGATION, EXEMPTION = "obligations.obligation", "obligations.exemption"


def obligations_visible_to(user: User) -> QuerySet[Obligation]:
    return Obligation.objects.visible_to(user)


def exemptions_visible_to(user: User) -> QuerySet[Exemption]:
    return Exemption.objects.visible_to(user)


def with_the_day_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=with_the_day_as_people_write_it)


_register(
    "exemption_asked",
    _("An exemption was asked for (project %(number)s)"),
    _("“%(institute)s” asks not to list a result until %(day)s. Please decide."),
    exemptions_visible_to,
)
_register(
    "exemption_granted",
    _("The exemption was granted (project %(number)s)"),
    _("The result does not have to be listed until %(day)s."),
    exemptions_visible_to,
)
_register(
    "exemption_refused",
    _("The exemption was refused (project %(number)s)"),
    _("The result has to be listed. The reason of the decision stands with the exemption."),
    exemptions_visible_to,
)
_register(
    "exemption_ending",
    _("An exemption ends on %(day)s (project %(number)s)"),
    _("Its extension can be asked for until the day before."),
    exemptions_visible_to,
)
_register(
    "exemption_ends_soon",
    _("An exemption ends on %(day)s (project %(number)s)"),
    _("“%(institute)s” has not asked for an extension. From the next day the result has to be listed."),
    exemptions_visible_to,
)
_register(
    "exemption_expired",
    _("An exemption ended on %(day)s (project %(number)s)"),
    _("The result has to be listed now."),
    exemptions_visible_to,
)
_register(
    "duty_open_again",
    _("A result has to be listed again (project %(number)s)"),
    _("What did the duty does not count any more. Its page says why. It was due on %(day)s."),
    obligations_visible_to,
)
_register(
    "duty_extended",
    _("A reason for delay was accepted (project %(number)s)"),
    _("The result is to be listed by %(day)s."),
    obligations_visible_to,
)


def exemption_asked(exemption: Exemption, at: datetime) -> None:
    _of_exemption("exemption_asked", exemption, exemption.asked_until, deciders(), at)


def exemption_decided(exemption: Exemption, at: datetime) -> None:
    is_granted = exemption.state == ExemptionState.GRANTED
    kind, day = ("exemption_granted", exemption.until) if is_granted else ("exemption_refused", exemption.asked_until)
    _of_exemption(kind, exemption, day, _askers(exemption), at)


def exemption_ending(exemption: Exemption, at: datetime) -> None:
    _of_exemption("exemption_ending", exemption, exemption.until, _askers(exemption), at)


def exemption_ends_soon(exemption: Exemption, at: datetime) -> None:
    _of_exemption("exemption_ends_soon", exemption, exemption.until, deciders(), at)


def exemption_expired(exemption: Exemption, at: datetime) -> None:
    _of_exemption("exemption_expired", exemption, exemption.until, _askers(exemption), at)


def open_again(obligation: Obligation, at: datetime) -> None:
    _of_obligation("duty_open_again", obligation, at)


def extension_accepted(obligation: Obligation, at: datetime) -> None:
    _of_obligation("duty_extended", obligation, at)


def deciders() -> QuerySet[User]:
    """Everybody who may decide on exemptions, each once."""
    kind = OrganizationKind.GOVERNMENT
    roles = [role for role in Role.values if Permission.DECIDE_EXEMPTIONS in permissions_of(kind, role)]
    members = Membership.objects.active().filter(organization__kind=kind, role__in=roles)
    return User.objects.filter(pk__in=members.values("user"))


def _askers(exemption: Exemption) -> Iterable[User]:
    return users_with_permission(exemption.organization, Permission.ASK_EXEMPTIONS)


def _of_exemption(kind: str, exemption: Exemption, day: date | None, users: Iterable[User], at: datetime) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{exemption.public_id}",
        params={
            "number": exemption.obligation.project.number,
            "institute": exemption.organization.name,
            "day": (day or timezone.localdate(at)).isoformat(),
        },
        url=reverse("obligations:duty", args=[exemption.obligation.public_id]),
        target=(EXEMPTION, exemption.public_id),
        at=at,
    )


def _of_obligation(kind: str, obligation: Obligation, at: datetime) -> None:
    notify(
        users=users_with_permission(obligation.institute, Permission.EDIT_RESULTS),
        kind=kind,
        dedupe_key=f"{kind}:{obligation.public_id}:{obligation.revision}",
        params={"number": obligation.project.number, "day": obligation.deadline.isoformat()},
        url=reverse("obligations:duty", args=[obligation.public_id]),
        target=(OBLIGATION, obligation.public_id),
        at=at,
    )


# --- drafts -----------------------------------------------------------------------------------------------------------


def organizations_visible_to(user: User) -> QuerySet[Organization]:
    return Organization.objects.of(user)


registry.register(
    "drafts_sent",
    title=_("%(count)s technologies were sent for registration"),
    body=_("%(who)s sent them. An officer looks at them; you are told of each that is returned."),
    targets=organizations_visible_to,
)


def drafts_sent(institute: Organization, count: int, *, key: UUID, by: User, at: datetime) -> None:
    """One message to each colleague, however many were sent (lessons F41); none to who sent them."""
    colleagues = users_with_permission(institute, Permission.PUBLISH_LISTINGS).exclude(pk=by.pk)
    notify(
        users=colleagues,
        kind="drafts_sent",
        dedupe_key=f"drafts_sent:{key}",
        params={"count": count, "who": by.name or by.email},
        url=f"{reverse('tech_listings:mine')}?state=submitted&state=in_review",
        target=("accounts.organization", institute.public_id),
        at=at,
    )
