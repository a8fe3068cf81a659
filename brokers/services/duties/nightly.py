"""Every night: what has become due of the duties of brokers. Read from days, never from how often this ran.

A night that was missed is made up for by the next one, with the latest reminder only.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers.clocks import NOTICE_DAYS, REMIND_CHANGE_DAYS, REMIND_DAYS, step_reached
from brokers.enums.duties import ChangeKind, ChangeState, ReportState
from brokers.enums.registration import RegistrationKind
from brokers.models import ChangeNotice, DealReport, Registration
from brokers.notices import duties as notices
from brokers.services.duties.changes import suggest_change
from brokers.services.duties.minimum import settle_minimum, unsettled
from brokers.services.duties.report import make_reports

ADVISORY_LOCK = 7_304_005
LOOK_BACK_DAYS = 60
WATCHED = {
    ChangeKind.NAME: ("name", "corporate_number"),
    ChangeKind.ADDRESS: ("region_code", "phone"),
}
"""What an organization says about itself whose change the office has to know."""


def run_broker_duties(*, at: datetime) -> Counter[str] | None:
    """Make reports, remind, suggest changes, start and stop clocks; each row in a transaction of its own.

    How many rows each step wrote. Idempotent; a run that was killed is gone on with by the next. Of two at once the
    second does nothing and gives None.
    """
    with connection.cursor() as cursor:
        # Of the session: it goes with the process, however that ends.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        return Counter(
            reports=make_reports(at=at),
            reminded=_remind_of_reports(at),
            suggested=_suggest_changes(at),
            reminded_of_changes=_remind_of_changes(at),
            clocks=_settle(at),
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _remind_of_reports(at: datetime) -> int:
    today = timezone.localdate(at)
    furthest = timedelta(days=-min(REMIND_DAYS))
    rows = DealReport.objects.due().of_the_living().filter(revision=1, due_on__lte=today + furthest)
    rows = rows.filter(Q(reminded__isnull=True) | Q(reminded__lt=max(REMIND_DAYS)))
    return sum(_remind_of_report(pk, today, at) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _remind_of_report(pk: int, today: date, at: datetime) -> int:
    rows = DealReport.objects.select_related("registration__organization", "registration__user")
    report = rows.select_for_update(of=["self"]).get(pk=pk)
    step = step_reached(report.due_on, today, REMIND_DAYS)
    if report.state != ReportState.DUE or step is None or (report.reminded is not None and step <= report.reminded):
        return 0
    report.reminded = step
    report.save(update_fields=["reminded", "updated_at"])
    notices.report(report, step, at)
    return 1


def _remind_of_changes(at: datetime) -> int:
    today = timezone.localdate(at)
    begins = today - timedelta(days=NOTICE_DAYS + min(REMIND_CHANGE_DAYS))
    rows = ChangeNotice.objects.suggested().of_the_living().filter(happened_on__lte=begins)
    rows = rows.filter(Q(reminded__isnull=True) | Q(reminded__lt=max(REMIND_CHANGE_DAYS)))
    return sum(_remind_of_change(pk, today, at) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _remind_of_change(pk: int, today: date, at: datetime) -> int:
    rows = ChangeNotice.objects.select_related("registration__organization", "registration__user")
    notice = rows.select_for_update(of=["self"]).get(pk=pk)
    step = step_reached(notice.due_on, today, REMIND_CHANGE_DAYS)
    if notice.state != ChangeState.SUGGESTED or step is None:
        return 0
    if notice.reminded is not None and step <= notice.reminded:
        return 0
    notice.reminded = step
    notice.save(update_fields=["reminded", "updated_at"])
    notices.change("change_waits", notice, at, once=str(step))
    return 1


def _suggest_changes(at: datetime) -> int:
    """What registered agencies changed of what they say about themselves, from the kept versions of the last months."""
    since = at - timedelta(days=LOOK_BACK_DAYS)
    event: Any = apps.get_model("accounts", "OrganizationEvent")
    agencies = {
        row.organization_id: row
        for row in Registration.objects.listed().filter(kind=RegistrationKind.AGENCY).select_related("organization")
    }
    changed = event.objects.filter(pgh_created_at__gte=since, pgh_obj__in=agencies).order_by("pgh_id")
    kept: dict[int, list[Any]] = {}
    for version in changed:
        kept.setdefault(version.pgh_obj_id, []).append(version)
    written = 0
    for organization_id, versions in sorted(kept.items()):
        agency = agencies[organization_id]
        for before, after in pairwise([*versions, agency.organization]):
            if before.pgh_created_at >= agency.registered_at:
                written += _suggest_of(agency, before, after, at)
    return written


@transaction.atomic
def _suggest_of(agency: Registration, before: Any, after: Any, at: datetime) -> int:
    """`before` is the version that was replaced at its `pgh_created_at` by `after`."""
    written = 0
    for kind, names in WATCHED.items():
        lines = [
            _("%(what)s: “%(old)s” became “%(new)s”.")
            % {"what": _label(name), "old": getattr(before, name), "new": getattr(after, name)}
            for name in names
            if getattr(before, name) != getattr(after, name)
        ]
        if lines:
            made = suggest_change(
                registration=agency, kind=kind, text="\n".join(lines), key=f"organization:{before.pgh_id}:{kind}",
                happened_on=timezone.localdate(before.pgh_created_at), at=at,
            )  # fmt: skip
            written += made is not None
    return written


def _label(name: str) -> str:
    return str(Organization._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _settle(at: datetime) -> int:
    """Staff whose first or last day has come, licences, a new version of the requirements."""
    return sum(settle_minimum(registration_id=pk, at=at) for pk in unsettled(timezone.localdate(at)))
