"""Applications as applicants make them, through the services; what officers do is a bare move of the state."""

import datetime
import io
from functools import cache

from django.utils import timezone

from accounts.models import Membership
from brokers.enums.office import StepKind
from brokers.enums.registration import (
    APPLICATION_STATES,
    STAFF_STATES,
    ApplicationState,
    CareerRoute,
    DocumentKind,
    QualificationKind,
    QualificationState,
    RegistrationKind,
    RegistrationState,
    StaffState,
)
from brokers.models import Application, ApplicationStep, Qualification, StaffEntry
from brokers.services.registration.documents import add_document
from brokers.services.registration.draft import save_application, start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.load_requirements import load_requirements, read_product
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, officer
from tests.factories.brokers.standing import put_into
from tests.factories.disclosures import pdf

S = ApplicationState
CORPORATE_NUMBER = "1101110062432"
AGENCY_CONTENT = {
    "representative": "Hana Representative",
    "speciality": "Batteries and hydrogen",
    "network_url": "https://network.example/",
    "network_text": "A database of offers, kept by two people and sent to firms every month.",
}
AGENCY_DOCUMENTS = (DocumentKind.ARTICLES, DocumentKind.BUSINESS_PLAN, DocumentKind.GUIDELINE)
TRADER_DOCUMENTS = (DocumentKind.CAREER, DocumentKind.TRAINING)
WORK = {"employer": "Gaon Institute", "position": "Researcher", "from_on": datetime.date(2020, 1, 1), "to_on": None}
LESSON = {"subject": "law", "provider": "Traders’ school", "hours": 40, "finished_on": datetime.date(2026, 5, 1)}


def shipped_requirements(at=NOW):
    load_requirements(versions=read_product(), at=at)


def an_officer():
    """Whoever it is: there is one, or one comes."""
    found = Membership.objects.active().filter(organization__kind="government").order_by("pk").first()
    return found.user if found else officer()


def manager(organization=None, **also):
    """Who may apply for a brokers' corporation with a corporate number."""
    organization = organization or OrganizationFactory(broker=True, corporate_number=CORPORATE_NUMBER)
    return MembershipFactory(organization=organization, manager=True, **also).user


def qualification(user, *, kind=QualificationKind.LAWYER, verified=True, issued_on=datetime.date(2015, 3, 2)):
    decided = {"decided_at": NOW, "decided_by": an_officer()} if verified else {}
    return Qualification.objects.create(
        user=user, kind=kind, number=f"Q-{Qualification.objects.count() + 1}", issued_on=issued_on,
        state=QualificationState.VERIFIED if verified else QualificationState.CLAIMED, **decided,
    )  # fmt: skip


def staff(
    organization, *, verified=True, confirmed=True, from_on=datetime.date(2024, 1, 2), licence=QualificationKind.LAWYER
):
    """Somebody qualified whom the corporation named; without a licence where `licence` is None."""
    person = UserFactory()
    if licence:
        qualification(person, kind=licence, verified=verified)
    named_by = organization.memberships.active().first().user
    return StaffEntry.objects.create(
        organization=organization, user=person, from_on=from_on, named_at=NOW, named_by=named_by,
        state=StaffState.CONFIRMED if confirmed else StaffState.NAMED, answered_at=NOW if confirmed else None,
    )  # fmt: skip


def leaves(organization, *, at=NOW):
    """The first one of the staff whom the corporation named."""
    entry = organization.broker_staff.order_by("pk").first()
    STAFF_STATES.move(entry, StaffState.ENDED, until_on=timezone.localdate(at), ended_at=at, ended_by=entry.user)


@cache
def paper(words):
    return pdf(pages=1, words=words)


def document(application, kind, *, by=None, at=NOW, name="proof.pdf", words="proof"):
    given = {"file": io.BytesIO(paper(f"{words} {kind}")), "name": name}
    return add_document(application=application, kind=kind, **given, by=by or application.applicant, at=at)


def agency_draft(by=None, *, at=NOW, complete=False, **content):
    """A draft of an agency; `complete` has everything that is required."""
    shipped_requirements(at)
    by = by or manager()
    organization = by.active_organizations().order_by("pk").first()
    made = start_application(kind=RegistrationKind.AGENCY, organization=organization, by=by, at=at)
    if complete:
        for _place in range(3):
            staff(organization)
        for kind in AGENCY_DOCUMENTS:
            document(made, kind, by=by, at=at)
    given = (AGENCY_CONTENT if complete else {}) | content
    return save_application(application=made, revision=made.revision, content=given, by=by, at=at)


def trader_draft(by=None, *, at=NOW, complete=False, route=CareerRoute.RESEARCHER, **also):
    shipped_requirements(at)
    by = by or UserFactory()
    made = start_application(kind=RegistrationKind.TRADER, organization=None, by=by, at=at)
    if not complete:
        return save_application(application=made, revision=1, content=also, by=by, at=at)
    for kind in TRADER_DOCUMENTS:
        document(made, kind, by=by, at=at)
    content = {"speciality": "Batteries", "career_route": route}
    rows = {"career": [WORK], "training": [LESSON]}
    return save_application(application=made, revision=1, content=content, **rows, by=by, at=at)


def handed_in(made=None, *, at=NOW, **also):
    made = made or agency_draft(complete=True, at=at, **also)
    return hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=at).application


DECISION = ("decided_at", "decided_by", "decision_text")


def moved(application, *states, at=NOW, **also):
    """What officers do is another part: here the states alone, and what the database asks for with them."""
    said = {name: also.pop(name) for name in DECISION if name in also and states}
    for state in states:
        changes = {"objected_at": at, "objection_text": "No"} if state == S.OBJECTED else {}
        if state in {S.DESIGNATED, S.REFUSED, S.REJECTED}:
            by = said.get("decided_by") if state != S.REJECTED else None
            changes = {"decided_at": at, "decision_text": "Because"} | said | {"decided_by": by or officer()}
        if state == S.DESIGNATED:
            _step(application, StepKind.TAKEN_UP, officer(), at)
        if state == S.REJECTED:
            _step(application, StepKind.REJECTED, changes["decided_by"], at)
        APPLICATION_STATES.move(application, state, **changes)
    if also:
        Application.objects.filter(pk=application.pk).update(**also)
        application.refresh_from_db()
    return application


def _step(application, kind, by, at):
    ApplicationStep.objects.create(application=application, kind=kind, by=by, at=at)


def in_completion(made=None, *, at=NOW, parts=None, **also):
    found = moved(handed_in(made, at=at, **also), S.DOC_CHECK, S.COMPLETION)
    due = timezone.localdate(at) + datetime.timedelta(days=14)
    wanted = {"network": "Say who keeps it"} if parts is None else parts
    return moved(found, completion_parts=wanted, completion_text="Please say more", completion_due_on=due)


def refused(made=None, *, at=NOW, decided_at=None, **also):
    found, text = handed_in(made, at=at, **also), "The staff do not suffice"
    return moved(found, S.DOC_CHECK, S.REFUSED, decided_at=decided_at or at, decision_text=text)


def application_in(state, make=None, *, at=NOW):
    """An application in each state of the table."""
    if state == S.DRAFT:
        return make() if make else agency_draft(complete=True, at=at)
    found = handed_in(make() if make else None, at=at)
    if state == S.COMPLETION:
        return in_completion_of(found)
    path = {
        S.APPLIED: (), S.WITHDRAWN: (S.WITHDRAWN,), S.DOC_CHECK: (S.DOC_CHECK,), S.ADVICE: (S.DOC_CHECK, S.ADVICE),
        S.COMMITTEE: (S.DOC_CHECK, S.ADVICE, S.COMMITTEE),
        S.TRAINING: (S.DOC_CHECK, S.ADVICE, S.COMMITTEE, S.TRAINING),
        S.DESIGNATED: (S.DOC_CHECK, S.ADVICE, S.DESIGNATED), S.REFUSED: (S.DOC_CHECK, S.REFUSED),
        S.OBJECTED: (S.DOC_CHECK, S.REFUSED, S.OBJECTED), S.REJECTED: (S.DOC_CHECK, S.REFUSED, S.OBJECTED, S.REJECTED),
    }[state]  # fmt: skip
    return moved(found, *path, at=at)


def in_completion_of(found):
    moved(found, S.DOC_CHECK, S.COMPLETION)
    return moved(found, completion_parts={"network": "Say who keeps it"}, completion_due_on=timezone.localdate(NOW))


def cancelled(registration, *, at=NOW):
    """Cancelled at `at`; the hearing before it is another part."""
    return put_into(registration, RegistrationState.CANCELLED, at=at)
