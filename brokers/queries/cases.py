"""Reads for the pages of cases and hand-overs, and for the home page."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.cases import (
    OBJECTION_DAYS,
    OPEN_CASES,
    CaseState,
    HandOverState,
    HearingState,
    StatementSide,
)
from brokers.enums.registration import RegistrationKind
from brokers.models import CancellationCase, HandOver, Hearing, Registration
from brokers.queries.fees import Step
from brokers.querysets.registration import governs_brokers
from marketplace.core.waiting import Kind, Number, Waiting


def broker_of(registration: Registration) -> str:
    """The agency, or the person who is the trader, in the reader's language."""
    if registration.kind == RegistrationKind.AGENCY and registration.organization:
        return registration.organization.display_name
    return str(registration.user)


def office_of(officer: User) -> Organization | None:
    """The office an officer works for, as a letter names it."""
    offices = (membership.organization for membership in officer.active_memberships())
    return next((office for office in offices if office.kind == OrganizationKind.GOVERNMENT), None)


def registrations_by_words(text: str) -> QuerySet[Registration]:
    """By number, or by a part of the name of agency or trader."""
    named = Organization.objects.matching(text).values("pk")
    agency = Q(kind=RegistrationKind.AGENCY, organization__in=named)
    trader = Q(kind=RegistrationKind.TRADER, user__name__icontains=text)
    return Registration.objects.filter(Q(number__iexact=text) | agency | trader)


def registrations_named(text: str) -> list[Registration]:
    """At most two, to tell one from several; a number or a whole name wins over a part of another name."""
    rows = registrations_by_words(text.strip()).select_related("organization", "user").order_by("-registered_at", "pk")
    exact = rows.filter(Q(number__iexact=text.strip()) | Q(organization__name=text.strip(), user=None))
    return list(exact[:2]) or list(rows[:2])


def hearing_of(case: CancellationCase) -> Hearing | None:
    """The one that was held, or is ahead; without another query where the case came from `for_page` or `for_list`."""
    rows = case.fixed if hasattr(case, "fixed") else list(case.hearings.all())
    counting = [row for row in rows if row.state in {HearingState.NOTICED, HearingState.HELD}]
    return counting[-1] if counting else None


def objection_until(case: CancellationCase) -> date | None:
    """The last day to object to the decision; None before there is one."""
    if case.decided_at is None:
        return None
    return timezone.localdate(case.decided_at) + timedelta(days=OBJECTION_DAYS)


def history_of_case(case: CancellationCase, reader: User) -> list[Step]:
    """What happened, in its order, of a case from `for_page`. Of officers only the chair is named to the broker."""
    officer = governs_brokers(reader)

    def name(person: User | None) -> str:
        if person is None:
            return _("Opened by the system")
        return str(person) if officer else _("Office")

    opened = name(case.opened_by)
    steps = [Step(_("Case opened: %(ground)s") % {"ground": case.get_ground_display()}, case.opened_at, opened)]
    for hearing in case.hearings.all():
        steps += _of_hearing(hearing, name)
    for statement in case.statements.all():
        of_broker = statement.side == StatementSide.BROKER
        title = _("Statement of the broker") if of_broker else _("Added by the office")
        steps.append(Step(title, statement.sent_at, str(statement.sent_by) if of_broker else name(statement.sent_by)))
    if case.decided_at:
        steps.append(Step(case.get_decision_display(), case.decided_at, name(case.decided_by)))
    if case.closed_at:
        by = name(case.closed_by) if case.closed_by else ""
        steps.append(Step(case.get_state_display(), case.closed_at, by, case.closed_reason))
    return sorted(steps, key=lambda step: step.at)


def _of_hearing(hearing: Hearing, name: Callable[[User | None], str]) -> list[Step]:
    title = _("Notice of a hearing on %(when)s") % {"when": _when(hearing.starts_at)}
    steps = [Step(title, hearing.noticed_at, name(hearing.noticed_by))]
    if hearing.ended_at:
        title = _("Hearing postponed") if hearing.state == HearingState.POSTPONED else _("Hearing called off")
        by = name(hearing.ended_by) if hearing.ended_by else ""
        steps.append(Step(title, hearing.ended_at, by, hearing.ended_reason))
    if hearing.signed_at:
        attendance = hearing.get_attendance_display()
        steps.append(Step(_("Hearing held, record signed"), hearing.signed_at, str(hearing.chair), attendance))
    return steps


def _when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


HEARING = Hearing.objects.filter(case=OuterRef("pk"), state__in=[HearingState.NOTICED, HearingState.HELD]).order_by(
    "-pk"
)
OF_A_CASE = (
    "public_id", "number", "registration__kind", "registration__organization__name",
    "registration__organization__name_en", "registration__organization__name_zh", "registration__user__name",
    "registration__user__email", "hearing_state", "hearing_on",
)  # fmt: skip


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind | Number]:
    """Cases to notice, hear or decide (officers), hearings ahead (brokers), hand-overs to choose (clients)."""
    if organization is not None and has_permission(user, Permission.GOVERN_BROKERS, organization):
        yield from _of_officer(user, day)
    yield _of_broker(user, organization)
    if organization is not None and has_permission(user, Permission.GIVE_MANDATES, organization):
        rows = HandOver.objects.filter(mandate__client=organization, state=HandOverState.OPEN)

        def tell(row: HandOver) -> Waiting:
            title = _("Choose what becomes of your mandate %(number)s") % {"number": row.mandate.number}
            url = reverse("brokers:hand_over", args=[row.public_id])
            return Waiting(title, url, row.until_on, row.until_on < day)

        yield Kind(rows.for_list(), ("public_id", "until_on", "mandate__number"), tell)


def _with_hearing(rows: QuerySet[CancellationCase]) -> QuerySet[CancellationCase]:
    """With state and day of the hearing that counts, as `hearing_of` finds it."""
    on = TruncDate("starts_at", tzinfo=timezone.get_default_timezone())
    return rows.annotate(
        hearing_state=Subquery(HEARING.values("state")[:1]),
        hearing_on=Subquery(HEARING.annotate(on=on).values("on")[:1]),
    )


def _of_officer(user: User, day: date) -> Iterator[Kind | Number]:
    open_now = _with_hearing(CancellationCase.objects.open())
    ahead = Hearing.objects.ahead().filter(chair=user).values("case")

    def to_hold(case: CancellationCase) -> Waiting:
        held_on = _hearing_on(case)
        text = _("Hold the hearing of case %(number)s on %(day)s: %(broker)s")
        return _waiting(text, case, "brokers:case", is_overdue=held_on is not None and held_on < day)

    def to_decide(case: CancellationCase) -> Waiting:
        return _waiting(_("Decide on case %(number)s: %(broker)s"), case, "brokers:case")

    def to_fix(case: CancellationCase) -> Waiting:
        return _waiting(_("Fix the hearing of case %(number)s: %(broker)s"), case, "brokers:case")

    def to_settle(late: int) -> Waiting:
        title = _("Settle hand-overs that were left open: %(count)d") % {"count": late}
        return Waiting(title, reverse("brokers:hand_over_queue"), None, True)

    yield Kind(open_now.filter(state=CaseState.NOTICED, pk__in=ahead).order_by("pk"), OF_A_CASE, to_hold)
    chaired = Hearing.objects.filter(chair=user, state=HearingState.HELD).values("case")
    held = open_now.filter(state=CaseState.HELD).exclude(opened_by=user).exclude(pk__in=chaired)
    yield Kind(held.order_by("pk"), OF_A_CASE, to_decide)
    yield Kind(open_now.filter(state=CaseState.OPENED).order_by("opened_at", "pk"), OF_A_CASE, to_fix)
    yield Number(HandOver.objects.overdue_on(day), to_settle)


def _of_broker(user: User, organization: Organization | None) -> Kind:
    mine = Q(registration__user=user)
    if organization is not None and has_permission(user, Permission.REPORT_TO_OFFICE, organization):
        mine |= Q(registration__organization=organization, registration__kind=RegistrationKind.AGENCY)
    rows = CancellationCase.objects.filter(mine, state__in=OPEN_CASES)

    def tell(case: CancellationCase) -> Waiting:
        if case.hearing_state == HearingState.NOTICED:  # type: ignore[attr-defined]  # of `_with_hearing`
            return _waiting(_("Hearing about your registration on %(day)s: case %(number)s"), case, "brokers:my_case")
        return _waiting(_("Case about your registration: %(number)s"), case, "brokers:my_case")

    return Kind(_with_hearing(rows).order_by(F("opened_at").desc(), "-pk"), OF_A_CASE, tell)


def _hearing_on(case: CancellationCase) -> date | None:
    on: str | None = case.hearing_on  # type: ignore[attr-defined]  # of `_with_hearing`
    return date.fromisoformat(on) if on else None


def _waiting(text: str, case: CancellationCase, address: str, *, is_overdue: bool = False) -> Waiting:
    on = _hearing_on(case)
    day = date_format(on, "SHORT_DATE_FORMAT") if on else ""
    title = text % {"number": case.number, "broker": broker_of(case.registration), "day": day}
    return Waiting(title, reverse(address, args=[case.public_id]), None, is_overdue)
