"""How many count against the minimum of an agency, and since when it is below it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import Organization, User
from brokers.clocks import grace_ends
from brokers.enums.registration import RegistrationKind, RegistrationState, RequirementKey
from brokers.models import Registration, Requirement, RequirementVersion, StaffEntry
from brokers.notices import duties as notices
from brokers.services.asking import locked_registration


@dataclass(frozen=True)
class Standing:
    """`law` is the source of the minimum, in the reader's language; a version that asks for none has 0."""

    counting: int
    minimum: int
    law: str

    @property
    def missing(self) -> int:
        return max(self.minimum - self.counting, 0)


def minimum_on(day: date) -> Requirement | None:
    """The requirement of qualified staff in force that day for agencies, None where none is asked for."""
    version = RequirementVersion.objects.in_force_on(day, RegistrationKind.AGENCY)
    rows = Requirement.objects.filter(version__in=version, key=RequirementKey.QUALIFIED_STAFF, is_waived=False)
    return rows.first()


def standing(organization: Organization, day: date) -> Standing:
    """How the corporation stands against the minimum on `day`, registered or not yet."""
    needed = minimum_on(day)
    counting = StaffEntry.objects.filter(organization=organization).counting_on(day)
    people = counting.values("user").distinct().count()
    return Standing(people, needed.least if needed else 0, needed.why if needed else "")


@transaction.atomic
def settle_minimum(*, registration_id: int, at: datetime) -> bool:
    """Start the clock of an agency below its minimum, or stop it; its people are told. True where either happened.

    Idempotent: the same day twice changes nothing. What was cancelled is left as it was.
    """
    locked = locked_registration(registration_id)
    if locked.state == RegistrationState.CANCELLED or locked.kind != RegistrationKind.AGENCY:
        return False
    assert locked.organization is not None
    day = timezone.localdate(at)
    is_below = standing(locked.organization, day).missing > 0
    if is_below == (locked.below_since is not None):
        return False
    locked.below_since = day if is_below else None
    locked.save(update_fields=["below_since", "updated_at"])
    if is_below:
        notices.minimum("below_minimum", locked, grace_ends(day), at)
    else:
        notices.minimum("minimum_reached", locked, day, at)
    return True


def unsettled(day: date) -> list[int]:
    """Agencies whose clock does not say yet what holds on `day`. Three questions, however many there are."""
    needed = minimum_on(day)
    least = needed.least if needed else 0
    counting = StaffEntry.objects.counting_on(day).order_by().values("organization")
    people = dict(counting.annotate(many=Count("user", distinct=True)).values_list("organization", "many"))
    rows = Registration.objects.listed().filter(kind=RegistrationKind.AGENCY).order_by("pk")
    return [
        pk
        for pk, organization, below_since in rows.values_list("pk", "organization", "below_since")
        if (people.get(organization, 0) < least) != (below_since is not None)
    ]


def settle_of_organization(*, organization: Organization, at: datetime) -> None:
    """The same for a corporation, where it is registered."""
    rows = Registration.objects.listed().filter(kind=RegistrationKind.AGENCY, organization=organization)
    for registration_id in rows.values_list("pk", flat=True):
        settle_minimum(registration_id=registration_id, at=at)


def settle_of_person(*, user: User, at: datetime) -> None:
    """The same for every agency that the person stands with."""
    organizations = StaffEntry.objects.filter(user=user, answered_at__isnull=False).values("organization")
    rows = Registration.objects.listed().filter(kind=RegistrationKind.AGENCY, organization__in=organizations)
    for registration_id in rows.order_by("pk").values_list("pk", flat=True):
        settle_minimum(registration_id=registration_id, at=at)
