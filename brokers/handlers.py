"""What lower apps say, and what it means for brokers."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.events import membership_ended, personal_data_requested
from accounts.models import Membership, User
from brokers.models import Qualification, StaffEntry
from brokers.services.duties.staff import end_with_membership


@receiver(membership_ended, dispatch_uid="brokers.staff_of_membership")
def who_left_is_no_staff(sender: Any, membership: Membership, by: User, **kwargs: Any) -> None:
    at = membership.decided_at or timezone.now()
    end_with_membership(organization=membership.organization, user=membership.user, by=by, at=at)


@receiver(personal_data_requested, dispatch_uid="brokers.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    licences = Qualification.objects.filter(user=user).order_by("created_at", "pk")
    staff = StaffEntry.objects.filter(user=user).order_by("named_at", "pk")
    names = ("organization__name", "state", "from_on", "until_on", "named_at", "answered_at", "ended_at")
    return "broker_staff", [
        *licences.values("kind", "number", "issued_on", "state", "decided_at", "decision_text"),
        *staff.values(*names),
    ]
