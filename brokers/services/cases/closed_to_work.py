"""Nobody gives new work to a broker that was suspended or cancelled: asked inside the lock of every such service."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers.models import Registration
from brokers.queries.open_to_work import closed_to_work, no_longer_registered
from marketplace.core.errors import NotPossibleNow


def lock_registrations(organizations: Iterable[Organization]) -> None:
    """Of all of them, in one order: who decides about a broker locks its registration first."""
    keys = [organization.pk for organization in organizations]
    rows = Registration.objects.filter(organization__in=keys).order_by("pk")
    list(rows.select_for_update(of=["self"], no_key=True).values_list("pk", flat=True))


def refuse_if_closed_to_work(
    organizations: Sequence[Organization], *, in_a_mandate: bool = False, field: str | None = None
) -> None:
    """Raise `NotPossibleNow` naming the first of them that may not be given new work.

    `in_a_mandate`: it belongs to a running mandate, which a suspension lets run on and only a cancellation stops.

    Locks their registrations, so that it stays true: whoever decides about one of them at this moment waits.
    """
    lock_registrations(organizations)
    closed = no_longer_registered(organizations) if in_a_mandate else closed_to_work(organizations)
    for organization in organizations:
        if organization.pk in closed:
            raise NotPossibleNow(
                _("“%(name)s” is suspended or no longer registered, so it takes no new work.")
                % {"name": organization.display_name},
                field=field,
            )
