"""What accounts says (`accounts.events`), and whom it concerns."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.enums import Role
from accounts.models import BusinessProfile, Membership, MergeProposal, Organization, User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.models import Notification
from notifications.outbox import notify


def memberships_managed_by(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(organization__in=user.memberships.managers().values("organization"))


def in_the_readers_language(params: Mapping[str, Any]) -> Mapping[str, Any]:
    language = (get_language() or "ko")[:2]
    role = params.get("role")
    return {
        **params,
        "organization": params.get(f"name_{language}") or params["name_ko"],
        "role": Role(role).label if role in Role.values else "",
    }


def _register(kind: str, title: Any, body: Any, **more: Any) -> None:
    registry.register(kind, title=title, body=body, present=in_the_readers_language, **more)


_register(
    "membership_requested",
    _("Somebody asks to join %(organization)s"),
    _("A person asks to become a member of %(organization)s. Managers decide on the organization's page."),
    targets=memberships_managed_by,
)
_register(
    "membership_granted",
    _("You are now a member of %(organization)s"),
    _("Your request to join %(organization)s was granted. Your role: %(role)s."),
)
_register(
    "membership_declined",
    _("Your request to join %(organization)s was declined"),
    _("Ask a manager of %(organization)s if you think that this is a mistake."),
)
_register(
    "membership_ended",
    _("You are no longer a member of %(organization)s"),
    _("A manager ended your membership in %(organization)s."),
)
_register(
    "role_changed",
    _("Your role in %(organization)s has changed"),
    _("Your role in %(organization)s is now: %(role)s."),
)


_register(
    "account_changed",
    _("The account for payments of %(organization)s has changed"),
    _("If no manager of %(organization)s did this, change it back and sign out everywhere."),
)
_register(
    "organizations_merged",
    _("%(gone)s is part of %(organization)s now"),
    _("A government office merged %(gone)s into %(organization)s. Its history stays readable."),
)


@receiver(events.business_account_changed, dispatch_uid="notifications.business_account_changed")
def tell_of_the_account(sender: Any, profile: BusinessProfile, at: datetime, **kwargs: Any) -> None:
    organization = profile.organization
    notify(
        users=User.objects.filter(pk__in=organization.memberships.managers().values("user")),
        kind="account_changed",
        dedupe_key=f"account_changed:{organization.public_id}:{at:%Y%m%d%H%M%S%f}",
        params={"name_ko": organization.name, "name_en": organization.name_en, "name_zh": organization.name_zh},
        url=reverse("accounts:business", args=[organization.public_id]),
        at=at,
    )


@receiver(events.organizations_merged, dispatch_uid="notifications.organizations_merged")
def tell_of_the_merge(sender: Any, proposal: MergeProposal, at: datetime, **kwargs: Any) -> None:
    """Managers of both, who are told the same once."""
    url = reverse("accounts:organization", args=[proposal.into.public_id])
    managers = Membership.objects.managers().filter(organization__in=[proposal.gone, proposal.into])
    notify(
        users=User.objects.filter(pk__in=managers.values("user")),
        kind="organizations_merged",
        dedupe_key=f"organizations_merged:{proposal.public_id}",
        params={
            "name_ko": proposal.into.name,
            "name_en": proposal.into.name_en,
            "name_zh": proposal.into.name_zh,
            "gone": proposal.gone.name,
        },
        url=url,
        at=at,
    )


def _tell(users: Iterable[User], kind: str, membership: Membership, url: str, at: datetime | None = None) -> None:
    organization: Organization = membership.organization
    moment = at or timezone.now()
    notify(
        users=users,
        kind=kind,
        # A role may change again, so the moment is part of the matter.
        dedupe_key=f"{kind}:{membership.public_id}:{moment:%Y%m%d%H%M%S%f}",
        params={
            "name_ko": organization.name,
            "name_en": organization.name_en,
            "name_zh": organization.name_zh,
            "role": membership.role,
        },
        url=url,
        target=("accounts.membership", membership.public_id),
        at=moment,
    )


def _page_of(membership: Membership) -> str:
    return reverse("accounts:organization", args=[membership.organization.public_id])


@receiver(events.membership_requested, dispatch_uid="notifications.membership_requested")
def tell_managers(sender: Any, membership: Membership, **kwargs: Any) -> None:
    managers = users_with_permission(membership.organization, Permission.MANAGE_MEMBERS)
    _tell(managers, "membership_requested", membership, _page_of(membership), membership.created_at)


@receiver(events.membership_decided, dispatch_uid="notifications.membership_decided")
def tell_asker(sender: Any, membership: Membership, granted: bool, **kwargs: Any) -> None:
    kind = "membership_granted" if granted else "membership_declined"
    _tell([membership.user], kind, membership, _page_of(membership), membership.decided_at)


@receiver(events.membership_ended, dispatch_uid="notifications.membership_ended")
def tell_former_member(sender: Any, membership: Membership, by: User | None = None, **kwargs: Any) -> None:
    if by is not None and by.pk != membership.user_id:
        _tell([membership.user], "membership_ended", membership, reverse("accounts:organizations"))


@receiver(events.role_changed, dispatch_uid="notifications.role_changed")
def tell_member(sender: Any, membership: Membership, by: User | None = None, **kwargs: Any) -> None:
    if by is not None and by.pk != membership.user_id:
        _tell([membership.user], "role_changed", membership, _page_of(membership))


@receiver(events.personal_data_requested, dispatch_uid="notifications.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    rows = Notification.objects.filter(recipient=user).for_list()
    return "notifications", list(rows.values("kind", "params", "created_at", "mailed_at", "read_at"))
