"""Reads for the pages of duties: deals of a report, what waits, the officer's list of brokers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.duties import ReportState
from brokers.enums.registration import RegistrationKind, RegistrationState, StaffState
from brokers.models import (
    BrokeredDeal,
    BrokerWarning,
    ChangeNotice,
    DealReport,
    Qualification,
    Quote,
    Registration,
    StaffEntry,
)
from brokers.querysets.duties import own
from marketplace.core.waiting import Kind, Number, Waiting

FEW = 5


def half_name(report: DealReport) -> str:
    """The half-year as people say it."""
    if report.half == 1:
        return _("First half of %(year)d") % {"year": report.first_on.year}
    return _("Second half of %(year)d") % {"year": report.first_on.year}


def deals_of(report: DealReport) -> QuerySet[BrokeredDeal]:
    """What would be reported now: every deal of the broker signed in the half-year, made here or entered."""
    rows = BrokeredDeal.objects.filter(broker=report.registration.organization_id)
    return rows.signed_between(report.first_on, report.last_on).order_by("signed_on", "pk")


def fingerprint(deals: list[BrokeredDeal]) -> str:
    """Tells one state of the deals from another: how many, together how much, and when the last was touched."""
    latest = max((deal.updated_at for deal in deals), default=None)
    total = sum(deal.value_won for deal in deals)
    return f"{len(deals)}-{total}-{latest.timestamp():.6f}" if latest else "0"


def suggested_quotes(report: DealReport) -> QuerySet[Quote]:
    """Fees that clients accepted in the half-year and of which no deal is recorded yet."""
    broker = report.registration.organization_id
    recorded = BrokeredDeal.objects.filter(broker=broker, reference=OuterRef("number"))
    rows = Quote.objects.filter(
        broker=broker, accepted_at__date__range=(report.first_on, report.last_on)
    ).select_related("client")
    return rows.exclude(Exists(recorded)).order_by("accepted_at", "pk")


def recorded_later(report: DealReport) -> int:
    """How many deals of the half-year do not stand in what was submitted: a correction would bring them in."""
    if report.state != ReportState.SUBMITTED:
        return 0
    return deals_of(report).exclude(pk__in=report.lines.exclude(deal=None).values("deal")).count()


def with_duties(day: date) -> QuerySet[Registration]:
    """Registrations that were not cancelled, each with what of its duties is open on `day`; for the officer's list.

    `missed_reports`, `late_changes`, `changes_waiting`, `open_warnings` are counted; `below_since` stands in the row.
    """
    missed = DealReport.objects.missed_on(day)
    late, waiting = ChangeNotice.objects.late_on(day), ChangeNotice.objects.to_acknowledge()
    counted: dict[str, QuerySet[Any]] = {
        "missed_reports": missed, "late_changes": late, "changes_waiting": waiting,
        "open_warnings": BrokerWarning.objects.open(),
    }  # fmt: skip
    rows = Registration.objects.listed().select_related("organization", "user")
    return rows.annotate(**{name: _count(found) for name, found in counted.items()}).annotate(
        last_deal_on=Subquery(
            BrokeredDeal.objects.filter(broker=OuterRef("organization")).order_by("-signed_on").values("signed_on")[:1]
        )
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    own_rows = rows.filter(registration=OuterRef("pk")).order_by().values("registration")
    return Coalesce(Subquery(own_rows.annotate(many=Count("pk")).values("many")), 0)


def registrations_of(user: User) -> QuerySet[Registration]:
    """The user's own, as a member of an agency or as a trader, that were not cancelled."""
    return Registration.objects.listed().filter(own(user)).select_related("organization", "user").order_by("number")


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind | Number]:
    """What of staff, reports, changes and warnings waits on a person, by what is due first."""
    yield _named(user)
    if organization is not None and has_permission(user, Permission.GOVERN_BROKERS, organization):
        yield from _on_officer(user)
    mine = _reported_by(user, organization)

    def to_submit(report: DealReport) -> Waiting:
        title = _("Submit the deal report: %(half)s") % {"half": half_name(report)}
        url = reverse("brokers:report", args=[report.public_id])
        return Waiting(title, url, report.due_on, report.is_missed_on(day))

    def to_tell(notice: ChangeNotice) -> Waiting:
        title = _("Tell the office: %(what)s") % {"what": notice.get_kind_display()}
        url = reverse("brokers:change", args=[notice.public_id])
        return Waiting(title, url, notice.due_on, notice.is_late_on(day))

    def to_answer(warned: BrokerWarning) -> Waiting:
        title = _("Answer the warning: %(ground)s") % {"ground": warned.get_ground_display()}
        return Waiting(title, reverse("brokers:warning", args=[warned.public_id]))

    reports = DealReport.objects.filter(mine).of_the_living().due().order_by("due_on", "pk")
    yield Kind(reports, ("public_id", "due_on", "first_on", "state", "revision"), to_submit, FEW)
    notices = ChangeNotice.objects.filter(mine).of_the_living().suggested().order_by("happened_on", "pk")
    yield Kind(notices, ("public_id", "kind", "happened_on", "state", "filed_at"), to_tell, FEW)
    warnings = BrokerWarning.objects.filter(mine, state="given").order_by("given_at", "pk")
    yield Kind(warnings, ("public_id", "ground"), to_answer, FEW)


def _named(user: User) -> Kind:
    rows = StaffEntry.objects.filter(user=user, state=StaffState.NAMED).order_by("pk")

    def tell(entry: StaffEntry) -> Waiting:
        title = _("Say whether you work for “%(name)s”") % {"name": entry.organization}
        return Waiting(title, reverse("brokers:qualifications"))

    return Kind(rows, ("organization__name",), tell, FEW)


def _reported_by(user: User, organization: Organization | None) -> Q:
    """Rows of the registrations for which the user acts towards the office: the organization's, and one's own."""
    mine = Q(registration__kind=RegistrationKind.TRADER, registration__user=user)
    if organization is not None and has_permission(user, Permission.REPORT_TO_OFFICE, organization):
        mine |= Q(registration__kind=RegistrationKind.AGENCY, registration__organization=organization)
    return mine


def _on_officer(user: User) -> Iterator[Number]:
    def licences(many: int) -> Waiting:
        return Waiting(_("Licences to verify: %(count)d") % {"count": many}, reverse("brokers:qualification_queue"))

    def changes(many: int) -> Waiting:
        title = _("Changes of brokers to acknowledge: %(count)d") % {"count": many}
        return Waiting(title, reverse("brokers:duties") + "?show=changes")

    yield Number(Qualification.objects.waiting().exclude(user=user), licences)
    yield Number(ChangeNotice.objects.to_acknowledge(), changes)


def open_duties(rows: QuerySet[Registration], show: str) -> QuerySet[Registration]:
    """Those rows of `with_duties` that the tab of that name shows; an unknown one shows all with something open."""
    conditions = {
        "missed": Q(missed_reports__gt=0),
        "late": Q(late_changes__gt=0),
        "below": Q(below_since__isnull=False),
        "changes": Q(changes_waiting__gt=0),
        "warned": Q(open_warnings__gt=0) | Q(state=RegistrationState.WARNED),
    }
    every = Q()
    for condition in conditions.values():
        every |= condition
    chosen = Q() if show == "all" else conditions.get(show, every)
    return rows.filter(chosen).order_by(F("below_since").asc(nulls_last=True), "-missed_reports", "number")
