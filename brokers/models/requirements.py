import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from brokers.enums.registration import (
    REQUIREMENT_STATES,
    CareerRoute,
    RegistrationKind,
    RequirementKey,
    RequirementUnit,
    VersionState,
)
from brokers.querysets.registration import RequirementVersionQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class RequirementVersion(PublicId, TimeStamped):
    """What a registration of a kind needs from `valid_from` on, a day in Korea.

    An application keeps the version it was handed in under (`Application.requirements`). A published one is never
    changed; one officer writes it, another publishes it. What comes with the product was published by nobody.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=RegistrationKind)
    version = models.PositiveSmallIntegerField(_("Version"))
    valid_from = models.DateField(_("Holds from"))
    source = models.CharField(_("Source"), max_length=500)
    is_assumption = models.BooleanField(_("Assumption"), default=False)
    state = models.CharField(_("State"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    written_at = models.DateTimeField(null=True, blank=True)
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("Published"), null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = RequirementVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="requirements_kind_known", condition=Q(kind__in=RegistrationKind.values)),
            models.CheckConstraint(name="requirements_state_known", condition=Q(state__in=VersionState.values)),
            models.CheckConstraint(name="requirements_have_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="requirements_four_eyes",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("written_by")),
            ),
            models.CheckConstraint(
                name="requirements_published_says_when",
                condition=Q(state=VersionState.PUBLISHED, published_at__isnull=False)
                | (~Q(state=VersionState.PUBLISHED) & Q(published_at__isnull=True, published_by__isnull=True)),
            ),
            models.UniqueConstraint(fields=["kind", "version"], name="requirements_version_once"),
            models.UniqueConstraint(
                fields=["kind", "valid_from"],
                name="requirements_one_per_day",
                condition=Q(state=VersionState.PUBLISHED),
            ),
        ]
        triggers = [pgtrigger.FSM(name="requirements_move", field="state", transitions=REQUIREMENT_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"

    @property
    def why(self) -> str:
        """Its source in the reader's language, as far as the catalogues know it."""
        return gettext(self.source)


def place_of(key: str, route: str) -> str:
    """The name of a line in forms, refusals and the API: `training`, `career-licensed`."""
    return f"{key}-{route}" if route else key


class Requirement(models.Model):
    """One line of a version: at least `least` of `unit`, after `law`. For a career, one line per route.

    `is_waived` says that the version names the requirement and does not ask for it ("relaxed").
    """

    version = models.ForeignKey(RequirementVersion, on_delete=models.CASCADE, related_name="requirements")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=20, choices=RequirementKey)
    route = models.CharField(max_length=20, choices=CareerRoute, blank=True)
    least = models.PositiveIntegerField(_("At least"))
    unit = models.CharField(max_length=10, choices=RequirementUnit)
    law = models.CharField(_("Source"), max_length=300)
    is_waived = models.BooleanField(_("Not asked for"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="requirement_key_known", condition=Q(key__in=RequirementKey.values)),
            models.CheckConstraint(name="requirement_unit_known", condition=Q(unit__in=RequirementUnit.values)),
            models.CheckConstraint(name="requirement_has_law", condition=~Q(law="")),
            models.CheckConstraint(
                name="requirement_route_of_career",
                condition=Q(key=RequirementKey.CAREER, route__in=CareerRoute.values)
                | (~Q(key=RequirementKey.CAREER) & Q(route="")),
            ),
            models.UniqueConstraint(fields=["version", "key", "route"], name="requirement_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ≥ {self.least}"

    @property
    def place(self) -> str:
        return place_of(self.key, self.route)

    @property
    def why(self) -> str:
        """Its source in the reader's language, as far as the catalogues know it."""
        return gettext(self.law)

    @property
    def label(self) -> str:
        """What is required, for people; of a career the route."""
        return str(CareerRoute(self.route).label if self.route else RequirementKey(self.key).label)
