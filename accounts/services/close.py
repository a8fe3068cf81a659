"""Close an account, and hand a person what is kept about them."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.enums import MEMBERSHIP_STATES, MembershipState
from accounts.events import membership_ended, personal_data_requested
from accounts.models import ApiToken, Membership, Organization, User
from accounts.services.leave import end_membership


@transaction.atomic
def close_account(*, by: User, at: datetime) -> None:
    """End every membership and token, and refuse further logins. What organizations did stays theirs.

    Raises `LastManager` and changes nothing while an organization would lose its only manager.
    """
    opened = Membership.objects.open().filter(user=by)
    locked = Organization.objects.filter(pk__in=opened.values("organization")).order_by("pk")
    list(locked.select_for_update(no_key=True))
    for membership in opened.select_related("organization").order_by("organization_id"):
        if membership.state == MembershipState.ACTIVE:
            end_membership(membership=membership, by=by, at=at)
        else:
            MEMBERSHIP_STATES.move(membership, MembershipState.ENDED, decided_at=at, decided_by=by)
            membership_ended.send(sender=Membership, membership=membership, by=by)
    ApiToken.objects.filter(user=by, revoked_at__isnull=True).update(revoked_at=at)
    User.objects.filter(pk=by.pk).update(is_active=False, closed_at=at)


def personal_data(user: User) -> dict[str, Any]:
    """Everything kept about `user`, by this app and, through `personal_data_requested`, by those above it."""
    memberships = user.memberships.select_related("organization").order_by("created_at")
    data: dict[str, Any] = {
        "account": {
            "id": user.public_id,
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "mail_rate": user.mail_rate,
            "date_joined": user.date_joined,
            "last_login": user.last_login,
        },
        "email_addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "second_factors": list(Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")),
        "memberships": [
            {
                "organization": membership.organization.name,
                "business_number": membership.organization.business_number,
                "role": membership.role,
                "state": membership.state,
                "message": membership.message,
                "asked_at": membership.created_at,
                "decided_at": membership.decided_at,
            }
            for membership in memberships
        ],
        "api_tokens": list(
            user.api_tokens.order_by("created_at").values(
                "name", "hint", "created_at", "expires_at", "last_used_at", "revoked_at"
            )
        ),
    }
    answers: list[Any] = [answer for _receiver, answer in personal_data_requested.send(sender=User, user=user)]
    return data | dict(answers)
