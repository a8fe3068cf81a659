"""Registered brokers as rows, for parts that start from one. How they come about is tested in its own part."""

import datetime
import itertools

import pgtrigger

from brokers.enums.office import StepKind
from brokers.enums.registration import ApplicationState, RegistrationKind, RegistrationState, VersionState
from brokers.models import Application, ApplicationStep, Registration, RequirementVersion
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.standing import DAY, put_into

serials = itertools.count(900_001)  # far from what the counters give out


def requirements(kind):
    """The newest version of `kind`; one without requirements where there is none."""
    found = RequirementVersion.objects.published().filter(kind=kind).order_by("-valid_from").first()
    return found or RequirementVersion.objects.create(
        kind=kind, version=900, valid_from=datetime.date(2001, 1, 1), source="Assumed for a test",
        state=VersionState.PUBLISHED, published_at=NOW,
    )  # fmt: skip


def designated(kind, *, organization, applicant, at):
    """An application that one officer checked and another one decided; the states between are passed over."""
    application = Application.objects.create(
        kind=kind, organization=organization if kind == RegistrationKind.AGENCY else None, applicant=applicant
    )
    ApplicationStep.objects.create(application=application, kind=StepKind.TAKEN_UP, by=officer(), at=at)
    letter = "A" if kind == RegistrationKind.AGENCY else "T"
    with pgtrigger.ignore("brokers.Application:application_moves"):
        Application.objects.filter(pk=application.pk).update(
            number=f"{letter}{at.year}{next(serials):06d}", requirements=requirements(kind), applied_at=at,
            state=ApplicationState.DESIGNATED, declared_at=at, declared_by=applicant, decided_at=at,
            decided_by=officer(), decision_text="All is there",
        )  # fmt: skip
    application.refresh_from_db()
    return application


def _registered(kind, *, organization, applicant, user, at, state=RegistrationState.REGISTERED, **also):
    """`state` is reached by the ways that the database wants: suspended and cancelled after a hearing."""
    suspended_until, cancelled_at = also.pop("suspended_until", None), also.pop("cancelled_at", None)
    application = designated(kind, organization=organization, applicant=applicant, at=at)
    letters = "BA" if kind == RegistrationKind.AGENCY else "BT"
    made = Registration.objects.create(
        kind=kind, number=f"{letters}{at.year}{next(serials):06d}", organization=organization, user=user,
        application=application, registered_at=at, registered_by=application.decided_by, **also,
    )  # fmt: skip
    if state != RegistrationState.REGISTERED:
        put_into(made, state, at=cancelled_at or at + 12 * DAY, suspended_until=suspended_until)
    return made


def agency(organization=None, *, at=NOW, **also):
    """A registered agency: a brokers' corporation with a manager."""
    organization = organization or OrganizationFactory(broker=True)
    members = organization.memberships.active()
    manager = members.first().user if members else MembershipFactory(organization=organization, manager=True).user
    return _registered(RegistrationKind.AGENCY, organization=organization, applicant=manager, user=None, at=at, **also)


def trader(user=None, *, office=None, at=NOW, **also):
    """A registered trader, who works through `office` where it is given."""
    user = user or UserFactory()
    return _registered(RegistrationKind.TRADER, organization=office, applicant=user, user=user, at=at, **also)
