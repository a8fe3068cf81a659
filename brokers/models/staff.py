import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from brokers.enums.registration import (
    QUALIFICATION_STATES,
    STAFF_STATES,
    QualificationKind,
    QualificationState,
    StaffState,
)
from brokers.querysets.registration import QualificationQuerySet, StaffEntryQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Qualification(PublicId, TimeStamped):
    """A licence that a person has. It belongs to the person, wherever they work; an officer verifies it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="qualifications")
    kind = models.CharField(_("Kind"), max_length=20, choices=QualificationKind)
    number = models.CharField(_("Number of the licence"), max_length=40)
    issued_on = models.DateField(_("Issued on"))
    state = models.CharField(_("State"), max_length=10, choices=QualificationState, default=QualificationState.CLAIMED)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.CharField(_("Reason of the decision"), max_length=500, blank=True)

    objects = QualificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="qualification_kind_known", condition=Q(kind__in=QualificationKind.values)),
            models.CheckConstraint(name="qualification_state_known", condition=Q(state__in=QualificationState.values)),
            models.CheckConstraint(
                name="qualification_decided_says_who",
                condition=Q(state=QualificationState.CLAIMED, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=QualificationState.CLAIMED) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="qualification_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("user")),
            ),
            models.UniqueConstraint(
                fields=["kind", "number"],
                name="qualification_number_once",
                condition=~Q(state=QualificationState.REJECTED),
            ),
        ]
        triggers = [pgtrigger.FSM(name="qualification_moves", field="state", transitions=QUALIFICATION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class StaffEntry(PublicId, TimeStamped):
    """A person who works full time for an agency and counts for its registration: for one agency at a time.

    The agency names the person, the person confirms. `until_on` is the last day.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="broker_staff")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="broker_staff")
    state = models.CharField(_("State"), max_length=10, choices=StaffState, default=StaffState.NAMED)
    from_on = models.DateField(_("First day"))
    until_on = models.DateField(_("Last day"), null=True, blank=True)
    named_at = models.DateTimeField()
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = StaffEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="staff_state_known", condition=Q(state__in=StaffState.values)),
            models.CheckConstraint(
                name="staff_left_says_when",
                condition=Q(state=StaffState.ENDED, until_on__isnull=False)
                | (~Q(state=StaffState.ENDED) & Q(until_on__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["user"], name="staff_counts_for_one_agency", condition=Q(state=StaffState.CONFIRMED)
            ),
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="staff_named_once",
                condition=Q(state__in=[StaffState.NAMED, StaffState.CONFIRMED]),
            ),
        ]
        triggers = [pgtrigger.FSM(name="staff_moves", field="state", transitions=STAFF_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state}"
