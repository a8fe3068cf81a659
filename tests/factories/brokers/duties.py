"""Staff, reports, changes and warnings of registered brokers, made through the services as people make them."""

import datetime
import itertools

from django.utils import timezone

from brokers.clocks import half_year_of
from brokers.enums.duties import ChangeState, Ground, WarningState
from brokers.enums.mandates import DealOrigin
from brokers.enums.registration import (
    REQUIREMENT_STATES,
    QualificationKind,
    QualificationState,
    RegistrationKind,
    RequirementKey,
    RequirementUnit,
    StaffState,
    VersionState,
)
from brokers.models import ChangeNotice, DealReport, Qualification, Requirement, RequirementVersion
from brokers.services.duties.changes import acknowledge_change, dismiss_change, file_change, suggest_change
from brokers.services.duties.qualify import decide_qualification, enter_qualification
from brokers.services.duties.record_deal import record_deal
from brokers.services.duties.report import submit_report
from brokers.services.duties.staff import answer_staff, end_staff, name_staff
from brokers.services.duties.warn import answer_warning, give_warning, lift_warning
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.register import agency, requirements

TODAY = timezone.localdate(NOW)
EARLIER = TODAY - datetime.timedelta(days=100)
LONG_AGO = datetime.datetime(2025, 1, 10, 3, tzinfo=datetime.UTC)
numbers = itertools.count(1)


def minimum(least=3):
    """The version of the requirements in force asks for so many qualified staff."""
    before = requirements(RegistrationKind.AGENCY)
    version = RequirementVersion.objects.create(
        kind=before.kind, version=900 + next(numbers), valid_from=before.valid_from + datetime.timedelta(days=1),
        source="Assumed for a test",
    )  # fmt: skip
    Requirement.objects.create(
        version=version, key=RequirementKey.QUALIFIED_STAFF, position=1, least=least, unit=RequirementUnit.PEOPLE,
        law="Decree art. 16(1)",
    )  # fmt: skip
    REQUIREMENT_STATES.move(version, VersionState.PUBLISHED, published_at=NOW)


def licence(user=None, *, at=NOW, kind=QualificationKind.PATENT_ATTORNEY, **also):
    """Entered by the person, not yet verified."""
    given = {"number": f"L-{next(numbers)}", "issued_on": datetime.date(2015, 3, 2)} | also
    return enter_qualification(kind=kind, by=user or UserFactory(), at=at, **given)


def verified(user=None, *, at=NOW, by=None, **also):
    made = licence(user, at=at, **also)
    decide_qualification(qualification=made, accept=True, text="", by=by or officer(), at=at)
    return Qualification.objects.get(pk=made.pk)


def licence_in(state, user=None):
    if state == QualificationState.CLAIMED:
        return licence(user)
    if state == QualificationState.VERIFIED:
        return verified(user)
    made = licence(user)
    decide_qualification(qualification=made, accept=False, text="No such number", by=officer(), at=NOW)
    return Qualification.objects.get(pk=made.pk)


def manager_of(organization):
    members = organization.memberships.active().filter(role="manager")
    found = members.first()
    return found.user if found else MembershipFactory(organization=organization, manager=True).user


def named(organization, user=None, *, from_on=EARLIER, at=NOW):
    """A member named by the manager, who waits for the person's answer."""
    user = user or MembershipFactory(organization=organization).user
    return name_staff(organization=organization, user=user, from_on=from_on, by=manager_of(organization), at=at)


def counted(organization, user=None, *, from_on=EARLIER, at=NOW, qualified=True):
    """Confirmed by the person; with a verified licence."""
    entry = named(organization, user, from_on=from_on, at=at)
    if qualified and not Qualification.objects.verified().filter(user=entry.user).exists():
        verified(entry.user, at=at)
    return answer_staff(entry=entry, accept=True, by=entry.user, at=at)


def staff_in(state, organization):
    entry = named(organization)
    if state == StaffState.DECLINED:
        return answer_staff(entry=entry, accept=False, by=entry.user, at=NOW)
    if state != StaffState.NAMED:
        entry = answer_staff(entry=entry, accept=True, by=entry.user, at=NOW)
    if state == StaffState.ENDED:
        entry = end_staff(entry=entry, until_on=TODAY, by=entry.user, at=NOW)
    return entry


def due_report(registration=None, *, day=datetime.date(2025, 11, 1)):
    """The report of the half-year of `day`, not submitted yet."""
    registration = registration or agency(at=LONG_AGO)
    return DealReport.objects.create(registration=registration, **half_year_of(day)._asdict())


DEAL = {
    "technology": "Hydrogen valve", "holder_name": "Gaon University", "taker_name": "Hanbit Precision",
    "deal_kind": "non_exclusive_licence", "value_won": 30_000_000, "royalty_text": "3 % of sales",
    "signed_on": datetime.date(2025, 9, 3), "term_until": datetime.date(2028, 9, 2),
}  # fmt: skip


def reported_deal(broker, *, by=None, at=NOW, **also):
    """Entered by the broker, from elsewhere."""
    given = DEAL | also
    return record_deal(broker=broker, origin=DealOrigin.REPORTED, by=by or manager_of(broker), at=at, **given)


def platform_deal(broker, *, at=NOW, **also):
    return record_deal(broker=broker, origin=DealOrigin.PLATFORM, by=None, at=at, **(DEAL | also))


def submitted(report=None, *, deals=1, at=NOW):
    report = report or due_report()
    broker = report.registration.organization
    for _ in range(deals):
        reported_deal(broker, signed_on=report.first_on, at=at)
    return submit_report(report=report, nothing=not deals, seen=None, by=manager_of(broker), at=at)


def told(registration=None, *, at=NOW, by=None, kind="address", text="Moved to Daejeon", happened_on=TODAY):
    registration = registration or agency()
    by = by or manager_of(registration.organization)
    return file_change(registration=registration, kind=kind, text=text, happened_on=happened_on, by=by, at=at)


def suggested(registration=None, *, at=NOW, kind="name", happened_on=TODAY, key=""):
    registration = registration or agency()
    key = key or f"key-{next(numbers)}"
    return suggest_change(
        registration=registration, kind=kind, text="“A” became “B”.", happened_on=happened_on, key=key, at=at
    )


def change_in(state):
    if state == ChangeState.SUGGESTED:
        return suggested()
    if state == ChangeState.DISMISSED:
        made = suggested()
        by = manager_of(made.registration.organization)
        return dismiss_change(notice=made, text="A slip of the pen", by=by, at=NOW)
    made = told()
    if state == ChangeState.ACKNOWLEDGED:
        acknowledge_change(notice=made, by=officer(), at=NOW)
    return ChangeNotice.objects.get(pk=made.pk)


def warned(registration=None, *, by=None, at=NOW, ground=Ground.MISSED_REPORTS, text="Send the reports by July."):
    return give_warning(registration=registration or agency(), ground=ground, text=text, by=by or officer(), at=at)


def warning_in(state):
    made = warned()
    if state == WarningState.ANSWERED:
        by = manager_of(made.registration.organization)
        return answer_warning(warning=made, text="They are sent.", by=by, at=NOW)
    if state == WarningState.LIFTED:
        return lift_warning(warning=made, reason="All is there", by=officer(), at=NOW)
    return made
