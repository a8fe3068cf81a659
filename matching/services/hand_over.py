"""Needs of a person who left the firm go to somebody who is there: else nobody would hear what fits them."""

from django.db import transaction

from accounts.enums import Role
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, users_with_permission
from matching.models import Need


@transaction.atomic
def hand_over(*, organization: Organization, leaver: User, by: User) -> int:
    """Open needs of `leaver` get another owner: `by`, where that person may post for the firm, else the manager who
    has been there longest. How many. In the transaction that ends the membership; locks the needs.
    """
    needs = Need.objects.open().of(organization).filter(owner=leaver).order_by("pk")
    locked = list(needs.select_for_update(of=["self"], no_key=True))
    heir = _heir(organization, leaver, by) if locked else None
    if heir is None:
        return 0
    for need in locked:
        # Another key of another person; what was sent with it is answered already.
        need.owner, need.idempotency_key, need.revision = heir, None, need.revision + 1
        need.save(update_fields=["owner", "idempotency_key", "revision", "updated_at"])
    return len(locked)


def _heir(organization: Organization, leaver: User, by: User) -> User | None:
    if by.pk != leaver.pk and has_permission(by, Permission.POST_NEEDS, organization):
        return by
    managers = organization.memberships.active().filter(role=Role.MANAGER).exclude(user=leaver)
    first = managers.filter(user__in=users_with_permission(organization, Permission.POST_NEEDS)).order_by("pk").first()
    return first.user if first else None
