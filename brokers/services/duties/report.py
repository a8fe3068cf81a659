"""Half-yearly deal reports of agencies: made when the half-year is over, submitted once, corrected with a reason."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from brokers.clocks import HalfYear, ended_half_years
from brokers.enums.duties import REPORT_STATES, ReportState
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import DealReport, DealReportLine, Registration
from brokers.queries.duties import deals_of, fingerprint
from brokers.services.asking import text_of
from brokers.services.duties.asking import REASON_LENGTH, require_reporter
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow

LINE = (
    "origin", "technology", "holder_name", "taker_name", "deal_kind", "value_won", "royalty_text", "signed_on",
    "term_until",
)  # fmt: skip


def make_reports(*, at: datetime, batch: int = 500) -> int:
    """The reports of the half-years that are over, for every agency that existed in them. Returns how many are new.

    Agencies only: decree art. 17(4) asks it of them, not of traders.
    """
    return sum(_make(half, batch) for half in ended_half_years(timezone.localdate(at)))


def _make(half: HalfYear, batch: int) -> int:
    begins, ends = _moment(half.first_on), _moment(half.last_on, end=True)
    existed = Registration.objects.filter(
        Q(cancelled_at__isnull=True) | Q(cancelled_at__gte=begins), kind=RegistrationKind.AGENCY, registered_at__lt=ends
    )
    missing = existed.exclude(deal_reports__first_on=half.first_on).order_by("pk").values_list("pk", flat=True)
    made, waiting = 0, list(missing)
    for start in range(0, len(waiting), batch):
        rows = [DealReport(registration_id=pk, **half._asdict()) for pk in waiting[start : start + batch]]
        before = DealReport.objects.filter(first_on=half.first_on).count()
        DealReport.objects.bulk_create(rows, ignore_conflicts=True)
        made += DealReport.objects.filter(first_on=half.first_on).count() - before
    return made


def _moment(day: date, *, end: bool = False) -> datetime:
    """Midnight in Korea at which `day` begins, or ends."""
    return datetime.combine(day + timedelta(days=end), time(), timezone.get_default_timezone())


@transaction.atomic
def submit_report(*, report: DealReport, nothing: bool, seen: str | None, by: User, at: datetime) -> DealReport:
    """Hand the report in: its deals become lines and stay. Late is possible, and said.

    `nothing` says that there were no deals; `seen` is the `fingerprint` of what the person read. Raises `NotAllowed`,
    `NotPossibleNow` (submitted before), `ChangedMeanwhile` (other deals than read), and `DomainError` naming the field.
    """
    # The broker before its report, as in `record_deal`: no deal comes in between.
    _lock_broker(report)
    locked = _locked(report)
    require_reporter(by, locked.registration)
    if locked.state != ReportState.DUE:
        raise NotPossibleNow(_submitted(locked))
    deals = list(deals_of(locked))
    if seen is not None and seen != fingerprint(deals):
        raise ChangedMeanwhile(_("The deals changed while you had the report open. Read it again before submitting."))
    if not deals and not nothing:
        raise DomainError(_("There are no deals: say that there is nothing to report."), field="nothing")
    if deals and nothing:
        raise DomainError(_("There are deals below: take the mark away, or take them out."), field="nothing")
    REPORT_STATES.check(locked, ReportState.SUBMITTED)
    DealReportLine.objects.bulk_create(
        DealReportLine(report=locked, position=place, deal=deal, **{name: getattr(deal, name) for name in LINE})
        for place, deal in enumerate(deals, start=1)
    )
    REPORT_STATES.move(
        locked, ReportState.SUBMITTED, submitted_at=at, submitted_by=by, deal_count=len(deals),
        total_won=sum(deal.value_won for deal in deals),
    )  # fmt: skip
    return locked


@transaction.atomic
def correct_report(*, report: DealReport, reason: str, by: User, at: datetime) -> DealReport:
    """Open a correction of what was submitted: a new revision, which is submitted in its turn. The old one stays.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    _lock_broker(report)
    locked = _locked(report)
    require_reporter(by, locked.registration)
    if locked.registration.state == RegistrationState.CANCELLED:
        raise NotPossibleNow(_("This registration was cancelled: its reports stay as they are."))
    newest = DealReport.objects.filter(registration=locked.registration, first_on=locked.first_on)
    last = newest.order_by("-revision").first()
    assert last is not None
    if last.state != ReportState.SUBMITTED:
        raise NotPossibleNow(_("The report is open already: change its deals and submit it."))
    if last.pk != locked.pk:
        raise NotPossibleNow(_("There is a newer revision of this report. Correct that one."))
    reason = text_of(reason, most=REASON_LENGTH, field="reason", missing=_("Say why it is corrected."))
    return DealReport.objects.create(
        registration=locked.registration, first_on=locked.first_on, last_on=locked.last_on, due_on=locked.due_on,
        revision=last.revision + 1, reason=reason, opened_at=at, opened_by=by,
    )  # fmt: skip


def _lock_broker(report: DealReport) -> None:
    """Deals of a broker and the submission of its reports pass here one by one."""
    assert report.registration.organization is not None
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=report.registration.organization.pk)


def _locked(report: DealReport) -> DealReport:
    rows = DealReport.objects.select_related("registration__organization", "registration__user", "submitted_by")
    return rows.select_for_update(of=["self"]).get(pk=report.pk)


def _submitted(report: DealReport) -> str:
    return _("%(name)s submitted this report already.") % {"name": report.submitted_by}
