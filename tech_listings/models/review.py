"""What a holder sends for registration, and what an officer said to it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, field_of
from taxonomy.enums import System
from taxonomy.queries import titles
from tech_listings.enums import BY_IPC, BY_TEXT, FINDING_TEXTS, Decision, FindingKind, RightStatus, Severity
from tech_listings.models.listing import Listing
from tech_listings.querysets import SubmissionQuerySet


class Submission(PublicId):
    """A technology as it was sent, and the decision. What was decided is never changed; rows are never deleted.

    `content` is what the officer reads: the public fields (see `services.submission`) and `rights`, a list, so that
    the next submission can say what has changed. `marks` is what an officer returns it for: name of the field → note.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="submissions")
    serial = models.PositiveSmallIntegerField()
    content = models.JSONField()
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("Decision"), max_length=20, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(_("Note"), max_length=2_000, blank=True)
    marks = models.JSONField(default=dict, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "serial"], name="submission_serial"),
            models.UniqueConstraint(fields=["listing"], name="submission_one_open", condition=Q(decision="")),
            models.CheckConstraint(
                name="submission_decision_says_who",
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision__in=Decision, decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["submitted_at", "id"], name="submission_waiting", condition=Q(decision=""))]

    def __str__(self) -> str:
        return f"{self.listing} · {self.serial}"

    @property
    def marked(self) -> list[tuple[str, str]]:
        """(label of the field, note) of what it was returned for."""
        return [(label_of(name), note) for name, note in self.marks.items()]


def label_of(name: str) -> str:
    """What a markable part of a technology is called."""
    return str(_("Intellectual property") if name == "rights" else field_of(Listing, name).verbose_name)


def _reason(params: dict[str, Any]) -> dict[str, Any]:
    reason = BY_IPC if "ipc" in params else BY_TEXT
    return {"reason": str(reason) % params}


def _named_class(params: dict[str, Any]) -> dict[str, Any]:
    code = params["suggested"]
    return _reason(params) | {"suggested": f"{code} {titles(System.ST, [code]).get(code, '')}".strip()}


PRESENT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    FindingKind.NOT_IN_FORCE: lambda params: {"status": RightStatus(params["status"]).label},
    FindingKind.EXPIRED: lambda params: {"day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")},
    FindingKind.ST_CLASS: _named_class,
    FindingKind.IPC: _reason,
}


class Finding(models.Model):
    """One thing the automatic check found. `params` are the JSON values of its sentence, see `FINDING_TEXTS`.

    `other` is the technology it is about, where it is about another one.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=20, choices=FindingKind)
    severity = models.CharField(max_length=10, choices=Severity)
    params = models.JSONField(default=dict, blank=True)
    other = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="finding_kind_known", condition=Q(kind__in=FindingKind)),
            models.CheckConstraint(name="finding_severity_known", condition=Q(severity__in=Severity)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.submission_id}"

    @property
    def tone(self) -> str:
        return "warning" if self.severity == Severity.WARNING else "gray"

    @property
    def text(self) -> str:
        """What was found and why, in the reader's language."""
        shown = dict(self.params)
        if "part" in shown:
            shown["part"] = label_of(shown["part"])
        if present := PRESENT.get(self.kind):
            shown |= present(self.params)
        return str(FINDING_TEXTS[FindingKind(self.kind)]) % shown
