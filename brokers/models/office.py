from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from brokers.enums.office import BY_THE_APPLICANT, StepKind
from brokers.models.registration import LONG_TEXT, Application
from brokers.querysets.office import ApplicationStepQuerySet
from marketplace.core.models import PublicId


class ApplicationStep(PublicId):
    """One thing that happened to an application: written once, never changed.

    `text` is for the applicant too, `note` for officers only. `data` holds what a kind adds:
    completion_asked {"parts": {part: what is missing}, "due_on"}; passed {"whose": who is asked for advice};
    advice {"whose", "given_on"}; committee {"session_on"}; session {"held_on", "members", "votes_for", "votes_against",
    "recommendation"}; designated the line of the gazette {"number", "name", "name_en", "representative", "speciality",
    "conditions"} with {"checks": what the check said, "accepted": {requirement: why}}. Days are ISO. A reminder was
    written by nobody.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(_("Kind"), max_length=20, choices=StepKind)
    at = models.DateTimeField(pgettext_lazy("step", "When"))
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("Text"), max_length=LONG_TEXT, blank=True)
    note = models.TextField(_("Note for officers"), max_length=LONG_TEXT, blank=True)
    data = models.JSONField(default=dict, blank=True)

    objects = ApplicationStepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="step_kind_known", condition=Q(kind__in=StepKind.values)),
            models.CheckConstraint(
                name="step_done_by_somebody", condition=Q(by__isnull=False) | Q(kind=StepKind.REMINDED)
            ),
        ]
        indexes = [
            models.Index(fields=["application", "at"], name="steps_of_application"),
            models.Index(fields=["kind", "-at"], name="steps_by_kind"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"

    @property
    def is_of_the_applicant(self) -> bool:
        return self.kind in BY_THE_APPLICANT

    @property
    def parts(self) -> dict[str, Any]:
        """What was asked for, by part; empty but for completion."""
        found: dict[str, Any] = self.data.get("parts", {})
        return found
