"""The firm says once a year what the technology is used for."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.models import Contract
from marketplace.core.errors import DomainError, NotPossibleNow
from royalties.enums.calendar import DUE_STATES, SAID_USAGE, DueKind, DueState, Usage
from royalties.models import Due, UsageReport
from royalties.models.calendar import LONG_TEXT
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_contract, require, words
from royalties.services.calendar.settle import settle


@transaction.atomic
def report_usage(*, contract: Contract, year: int, usage: str, text: str = "", by: User, at: datetime) -> UsageReport:
    """Say it for `year`, the current one included; the newest report counts. The same again gives the one there is.

    Raises `NotAllowed`, `NotConcluded`, `NotPossibleNow`, `DomainError` naming the field.
    """
    held = locked_contract(contract.pk)
    require(by, Permission.REPORT_SALES, held.firm)
    if usage not in SAID_USAGE:
        raise DomainError(_("Say whether it is in use, paused or given up."), field="usage")
    missing = "" if usage == Usage.IN_USE else _("Say why in a sentence or two.")
    text = words(text, most=LONG_TEXT, field="text", missing=missing)
    settle(contract=held, at=at)
    due = Due.objects.filter(contract=held, kind=DueKind.USAGE, year=year).order_by("-pk").first()
    if due is None or due.state == DueState.WAIVED or year > timezone.localdate(at).year:
        raise NotPossibleNow(_("This contract asks for no report of that year."), field="year")

    newest = UsageReport.objects.filter(contract=held, year=year).order_by("-pk").first()
    if newest is not None and (newest.usage, newest.text) == (usage, text):
        return newest
    report = UsageReport.objects.create(
        contract=held, year=year, usage=usage, text=text, reported_at=at, reported_by=by
    )
    if due.is_open:
        DUE_STATES.move(due, DueState.DONE, done_at=at)
    notices.usage_reported(report, at)
    return report
