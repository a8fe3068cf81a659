from dataclasses import dataclass
from datetime import datetime

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from programmes.enums.calls import CALL_STATES, VERSION_STATES, CallState, SchemeKind, VersionState
from programmes.querysets.calls import CallQuerySet, CallVersionQuerySet
from programmes.scheme import Scheme

TITLE_LENGTH, REASON_LENGTH = 200, 500
TITLES = ("title_ko", "title_en", "title_zh")


@dataclass(frozen=True)
class Terms:
    """What a call says beside its scheme: titles, the budget in won, and the window (aware moments)."""

    title_ko: str
    title_en: str
    title_zh: str
    budget_won: int
    opens_at: datetime
    closes_at: datetime


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Call(PublicId, TimeStamped):
    """What a government office offers to firms, within a budget and a window of time.

    What holds is said by its versions: `current` is the published one, which applications begun now are under. The
    window and the budget stand here because they are asked for in lists; publishing a version writes them. A
    rehearsal is seen by officers only, moves no money and mails nobody outside.
    """

    number = models.CharField(_("Number"), max_length=12, unique=True)
    office = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="calls")
    kind = models.CharField(_("Kind"), max_length=20, choices=SchemeKind)
    state = models.CharField(_("State"), max_length=10, choices=CallState, default=CallState.DRAFT)
    is_rehearsal = models.BooleanField(_("Rehearsal"), default=False)
    current = models.ForeignKey(
        "programmes.CallVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    title_ko = models.CharField(_("Title in Korean"), max_length=200)
    title_en = models.CharField(_("Title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("Title in Chinese"), max_length=200, blank=True)
    budget_won = models.BigIntegerField(_("Budget (won)"))
    opens_at = models.DateTimeField(pgettext_lazy("call", "Opens"))
    closes_at = models.DateTimeField(pgettext_lazy("call", "Closes"))
    published_at = models.DateTimeField(_("Published"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_key = models.UUIDField(null=True, blank=True, unique=True)
    begun_digest = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(_("Ended"), null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(_("Reason"), max_length=REASON_LENGTH, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="call_kind_known", condition=Q(kind__in=SchemeKind.values)),
            models.CheckConstraint(name="call_state_known", condition=Q(state__in=CallState.values)),
            models.CheckConstraint(name="call_number_form", condition=Q(number__regex=r"^PC(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="call_window", condition=Q(closes_at__gt=F("opens_at"))),
            models.CheckConstraint(
                name="call_ended_says_when",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(name="call_budget", condition=Q(budget_won__gt=0)),
            models.CheckConstraint(
                name="call_published_has_a_version",
                condition=Q(state__in=[CallState.DRAFT, CallState.CANCELLED])
                | Q(current__isnull=False, published_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "closes_at"], name="calls_by_closing")]
        triggers = [
            pgtrigger.FSM(name="call_moves", field="state", transitions=CALL_STATES.pairs()),
            pgtrigger.ReadOnly(name="call_opened_once", fields=["number", "office", "kind", "is_rehearsal"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title_ko}"

    @property
    def title(self) -> str:
        """In the reader's language where there is one, else in Korean."""
        wanted = {"en": self.title_en, "zh": self.title_zh}.get((get_language() or "ko")[:2], "")
        return wanted or self.title_ko

    def accepts_at(self, at: datetime) -> bool:
        """Whether an application may be submitted at this moment."""
        return self.state == CallState.PUBLISHED and self.opens_at <= at < self.closes_at

    def is_over_at(self, at: datetime) -> bool:
        """Whether nothing can be submitted any more: the window is over, or the call was cancelled."""
        return self.state not in {CallState.DRAFT, CallState.PUBLISHED} or at >= self.closes_at


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class CallVersion(PublicId, TimeStamped):
    """All that a call says and asks, as data: `content` is a `programmes.scheme.Scheme` as JSON.

    A published one is never changed. Officers write it (`CallWriting`), one who did not publishes it. Titles, window
    and budget are what the call gets when the version is published; None and empty leave them as they are.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="versions")
    serial = models.PositiveSmallIntegerField(_("Version"))
    state = models.CharField(_("State"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    content = models.JSONField()
    title_ko = models.CharField(_("Title in Korean"), max_length=TITLE_LENGTH, blank=True)
    title_en = models.CharField(_("Title in English"), max_length=TITLE_LENGTH, blank=True)
    title_zh = models.CharField(_("Title in Chinese"), max_length=TITLE_LENGTH, blank=True)
    budget_won = models.BigIntegerField(_("Budget (won)"), null=True, blank=True)
    opens_at = models.DateTimeField(pgettext_lazy("call", "Opens"), null=True, blank=True)
    closes_at = models.DateTimeField(pgettext_lazy("call", "Closes"), null=True, blank=True)
    why = models.CharField(_("What changed and why"), max_length=500, blank=True)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    objects = CallVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="call_version_state_known", condition=Q(state__in=VersionState.values)),
            models.CheckConstraint(
                name="call_version_four_eyes",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("written_by")),
            ),
            models.CheckConstraint(
                name="call_version_published_says_when",
                condition=Q(state=VersionState.PUBLISHED, published_at__isnull=False, published_by__isnull=False)
                | Q(state=VersionState.DRAFT, published_at__isnull=True, published_by__isnull=True),
            ),
            models.UniqueConstraint(fields=["call", "serial"], name="call_version_once"),
            models.UniqueConstraint(
                fields=["call"], name="call_one_draft_version", condition=Q(state=VersionState.DRAFT)
            ),
        ]
        triggers = [pgtrigger.FSM(name="call_version_moves", field="state", transitions=VERSION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.call_id} v{self.serial}"

    @property
    def scheme(self) -> Scheme:
        """The content read. Raises `ValueError`, `KeyError` or `TypeError` for a format nobody knows any more."""
        return Scheme.from_json(self.content)

    @property
    def terms(self) -> Terms:
        """What the version says beside its scheme; where it says nothing, what its call says."""
        return Terms(
            title_ko=self.title_ko or self.call.title_ko,
            title_en=self.title_en or self.call.title_en,
            title_zh=self.title_zh or self.call.title_zh,
            budget_won=self.budget_won or self.call.budget_won,
            opens_at=self.opens_at or self.call.opens_at,
            closes_at=self.closes_at or self.call.closes_at,
        )


class CallWriting(models.Model):
    """Who wrote in a version, and when: none of them publishes it."""

    version = models.ForeignKey(CallVersion, on_delete=models.PROTECT, related_name="writings")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.version_id} {self.written_at}"
