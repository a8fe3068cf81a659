import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.models import PublicId
from obligations.enums import LetterStep
from obligations.models.duties import Obligation
from obligations.querysets import LetterQuerySet, ReminderQuerySet


class Letter(PublicId):
    """What an institute was written at one step of the calendar on one day in Korea: about all duties at that step.

    Written once, with its lines (`Reminder`), in the transaction that puts the mails into the outbox. `languages` are
    those of the mails; the page shows it in them. `people` is how many accounts were told. `head_*` say to whom the
    copy for the head of the institute went; empty where it was not for the head or none is known.
    """

    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="letters")
    step = models.CharField(_("Step"), max_length=12, choices=LetterStep)
    day = models.DateField(_("Day"))
    written_at = models.DateTimeField()
    people = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=list)
    head_name = models.CharField(max_length=80, blank=True)
    head_email = models.EmailField(blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institute", "step", "day"], name="letter_once_per_step_and_day"),
            models.CheckConstraint(name="letter_step_known", condition=Q(step__in=LetterStep.values)),
            models.CheckConstraint(
                name="letter_head_only_at_its_step",
                condition=Q(step=LetterStep.HEAD) | Q(head_name="", head_email=""),
            ),
        ]
        indexes = [models.Index(fields=["-day", "-id"], name="letter_newest")]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.institute_id} {self.step} {self.day}"


class Reminder(models.Model):
    """A line of a letter: of this duty, with this deadline, this step was said. Never twice.

    Number, title and kind stand as they were that day. `deadline` is the day from which the calendar counted
    (`Obligation.calendar_day`): an extension, the end of an exemption or another institute makes a new one, whose steps
    come anew.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="reminders")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="reminders", db_index=False)
    step = models.CharField(max_length=12, choices=LetterStep)
    deadline = models.DateField()
    number = models.CharField(max_length=60)
    title = models.CharField(max_length=500)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["obligation", "step", "deadline"], name="reminder_once_per_duty_step_and_deadline"
            ),
            models.CheckConstraint(name="reminder_step_known", condition=Q(step__in=LetterStep.values)),
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.obligation_id} {self.step} {self.deadline}"


class EvidenceOpening(models.Model):
    """That somebody opened the evidence of an exemption, and when: append-only."""

    exemption = models.ForeignKey("obligations.Exemption", on_delete=models.PROTECT, related_name="openings")
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.exemption_id} {self.opened_at:%Y-%m-%d %H:%M}"
