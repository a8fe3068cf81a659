"""Anybody may report a text that breaks the rules; an officer of neither side hides it with a reason, or keeps it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.register import ReportOutcome
from brokers.models import RatingReport, RatingText
from brokers.models.ratings import REASON_TEXT
from brokers.notices import ratings as notices
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import is_member, text_of
from marketplace.core.errors import NotAllowed, NotPossibleNow


@transaction.atomic
def report_text(*, text: RatingText, reason: str, by: User, at: datetime) -> RatingReport:
    """Tell officers what is wrong with a text. Said twice while it waits, it is one report.

    Raises `NotPossibleNow` where it is hidden already, and `DomainError`.
    """
    locked = _locked(text)
    if locked.is_hidden:
        raise NotPossibleNow(_("This text is hidden already."))
    said = text_of(reason, most=REASON_TEXT, field="reason", missing=_("Say what is wrong with it."))
    if there := locked.reports.open().filter(reported_by=by).first():
        return there
    made = RatingReport.objects.create(text=locked, reason=said, reported_at=at, reported_by=by)
    notices.reported(made, at)
    return made


@transaction.atomic
def hide_text(*, text: RatingText, reason: str, by: User, at: datetime) -> RatingText:
    """Nobody but both sides and officers reads the text any more; `reason` stands in its place, the stars stay.

    Ends what was reported about it. Raises `NotAllowed`, `NotPossibleNow`, `DomainError`.
    """
    locked = _locked(text)
    _require_officer_of_neither_side(by, locked)
    if locked.is_hidden:
        raise NotPossibleNow(_("A colleague has hidden this text meanwhile."))
    locked.hidden_reason = text_of(
        reason, most=REASON_TEXT, field="reason", missing=_("Say why: everybody reads it in place of the text.")
    )
    locked.hidden_at, locked.hidden_by = at, by
    locked.save()
    _decide(locked, ReportOutcome.HIDDEN, by, at)
    notices.hidden(locked, at)
    return locked


@transaction.atomic
def keep_text(*, text: RatingText, by: User, at: datetime) -> RatingText:
    """The text breaks no rule: what was reported about it is done. Raises as `hide_text`."""
    locked = _locked(text)
    _require_officer_of_neither_side(by, locked)
    if locked.is_hidden or not locked.reports.open().exists():
        raise NotPossibleNow(_("Nothing waits about this text any more."))
    _decide(locked, ReportOutcome.KEPT, by, at)
    return locked


def _locked(text: RatingText) -> RatingText:
    rows = RatingText.objects.select_for_update(of=["self"])
    return rows.select_related("rating__deal__broker", "rating__organization").get(pk=text.pk)


def _require_officer_of_neither_side(by: User, text: RatingText) -> None:
    sides = (text.rating.organization_id, text.rating.deal.broker_id)
    if not governs_brokers(by) or any(is_member(by, side) for side in sides):
        raise NotAllowed(_("Only an officer of neither side decides about a text."))


def _decide(text: RatingText, outcome: ReportOutcome, by: User, at: datetime) -> None:
    for report in text.reports.open():
        report.outcome, report.decided_at, report.decided_by = outcome, at, by
        report.save(update_fields=["outcome", "decided_at", "decided_by", "updated_at"])
