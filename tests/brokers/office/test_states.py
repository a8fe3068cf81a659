"""Moves of an application in Python and the database, and what the database keeps on any path."""

import itertools
from datetime import timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from brokers.enums.office import StepKind
from brokers.enums.registration import (
    APPLICATION_STATES,
    REQUIREMENT_STATES,
    ApplicationState,
    RegistrationKind,
    VersionState,
)
from brokers.models import Application, ApplicationStep, Registration, Requirement, RequirementVersion
from brokers.services.office.write_requirements import discard_requirements
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.office import (
    application_in,
    applied,
    in_advice,
    in_check,
    objected,
    refused,
    registered,
    requirements_draft,
    requirements_published,
)
from tests.factories.brokers.registration import trader_draft

S = ApplicationState
REFUSED = (IntegrityError, InternalError, ProgrammingError)
DECISIONS = (S.DESIGNATED, S.REFUSED, S.REJECTED)


def prepared(found, after):
    """The fields that go with the move, and the steps that the database asks for before it."""
    by, changes = officer(), {}
    if after in DECISIONS:
        changes = {"decided_at": NOW, "decided_by": by, "decision_text": "x"}
    if found.state == S.OBJECTED and after in {S.DOC_CHECK, S.REJECTED}:
        kind = StepKind.UPHELD if after == S.DOC_CHECK else StepKind.REJECTED
        ApplicationStep.objects.create(application=found, kind=kind, by=by, at=NOW)
    if after == S.OBJECTED and found.state == S.REFUSED:
        changes = {"objected_at": NOW, "objection_text": "x"}
    return changes


@pytest.mark.parametrize("before", S)
def test_every_move_of_an_application(before):
    made = trader_draft(complete=True) if before == S.DRAFT else application_in(before)
    for after in set(S) - {before}:
        with transaction.atomic():
            _agree(Application.objects.get(pk=made.pk), after)
            transaction.set_rollback(True)


def _agree(found, after):
    """Python and database both allow the move, or both refuse it and nothing changed."""
    changes = prepared(found, after)
    if found.state == S.DRAFT and after == S.APPLIED:
        given = {"number": "T2026000001", "applied_at": NOW, "declared_at": NOW}
        changes = given | {"requirements": RequirementVersion.objects.get(kind=found.kind)}
    row = Application.objects.filter(pk=found.pk).values().get()
    if APPLICATION_STATES.can(found, after):
        APPLICATION_STATES.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        APPLICATION_STATES.move(found, after, **changes)
    with pytest.raises(REFUSED), transaction.atomic():
        Application.objects.filter(pk=found.pk).update(state=after, **changes)
    assert Application.objects.filter(pk=found.pk).values().get() == row


def refused_by_the_database(act):
    with pytest.raises(REFUSED), transaction.atomic():
        act()


def decided(application, state, by, **also):
    rows = Application.objects.filter(pk=application.pk)
    return lambda: rows.update(state=state, decided_at=NOW, decided_by=by, decision_text="x", **also)


def test_four_eyes_in_the_database():
    checker, member = officer(), officer()
    found = in_advice(by=checker)
    MembershipFactory(organization=found.organization, user=member)
    stranger = MembershipFactory(institute=True).user
    for by in (checker, member, found.applicant, stranger, None):
        refused_by_the_database(decided(found, S.DESIGNATED, by))
    for by in (member, stranger, None):
        refused_by_the_database(decided(found, S.REFUSED, by))
    refused_by_the_database(
        lambda: Application.objects.filter(pk=found.pk).update(
            state=S.REFUSED, decided_at=NOW, decided_by=officer(), decision_text=""
        )
    )
    # Also where somebody puts the state tables to sleep: these triggers pass nobody.
    with pgtrigger.ignore():
        refused_by_the_database(decided(found, S.DESIGNATED, checker))
    assert Application.objects.get(pk=found.pk).state == S.ADVICE
    assert decided(found, S.DESIGNATED, officer())() == 1


def test_nothing_is_registered_that_nobody_checked():
    found = applied()
    with pgtrigger.ignore("brokers.Application:application_moves"):
        refused_by_the_database(decided(found, S.DESIGNATED, officer()))
    values = Application.objects.filter(pk=found.pk).values().get() | {"number": "A2026777777", "state": S.DESIGNATED}
    del values["id"], values["public_id"]
    refused_by_the_database(lambda: Application.objects.create(**values))


def test_an_objection_is_decided_by_a_step_of_another_officer():
    checker, refuser = officer(), officer()
    found = objected(checker=checker, by=refuser)
    rows = Application.objects.filter(pk=found.pk)
    refused_by_the_database(lambda: rows.update(state=S.DOC_CHECK, decided_at=None, decided_by=None, decision_text=""))
    refused_by_the_database(decided(found, S.REJECTED, officer()))
    for by, kind in itertools.product((checker, refuser, found.applicant), (StepKind.UPHELD, StepKind.REJECTED)):
        refused_by_the_database(
            lambda by=by, kind=kind: ApplicationStep.objects.create(application=found, kind=kind, by=by, at=NOW)
        )
    by = officer()
    ApplicationStep.objects.create(application=found, kind=StepKind.REJECTED, by=by, at=NOW)
    refused_by_the_database(decided(found, S.REJECTED, officer()))
    assert decided(found, S.REJECTED, by)() == 1


def test_a_decision_is_never_changed():
    for found in (application_in(S.DESIGNATED), refused(), application_in(S.OBJECTED), application_in(S.REJECTED)):
        rows = Application.objects.filter(pk=found.pk)
        for changes in ({"decided_by": officer()}, {"decided_at": NOW + timedelta(1)}, {"decision_text": "y"}):
            refused_by_the_database(lambda rows=rows, changes=changes: rows.update(**changes))
    found = refused()
    refused_by_the_database(
        lambda: Application.objects.filter(pk=found.pk).update(state=S.OBJECTED, objected_at=NOW, decision_text="y")
    )


def test_steps_are_written_once_and_by_officers_apart():
    found = in_check()
    step = found.steps.get(kind=StepKind.TAKEN_UP)
    refused_by_the_database(step.delete)
    refused_by_the_database(lambda: ApplicationStep.objects.filter(pk=step.pk).update(text="x"))
    member = officer()
    MembershipFactory(organization=found.organization, user=member)
    for by in (None, found.applicant, member, MembershipFactory(company=True).user):
        refused_by_the_database(
            lambda by=by: ApplicationStep.objects.create(application=found, kind=StepKind.PASSED, by=by, at=NOW)
        )
    refused_by_the_database(
        lambda: ApplicationStep.objects.create(application=found, kind="moon", by=officer(), at=NOW)
    )
    refused_by_the_database(
        lambda: ApplicationStep.objects.create(application=found, kind=StepKind.UPHELD, by=officer(), at=NOW)
    )
    assert found.steps.count() == 2


def test_only_who_was_designated_is_registered():
    found, by = in_advice(), officer()
    given = {
        "kind": RegistrationKind.AGENCY, "number": "BA2026000009", "organization": found.organization,
        "application": found, "registered_at": NOW, "registered_by": by,
    }  # fmt: skip
    refused_by_the_database(lambda: Registration.objects.create(**given))
    decided(found, S.DESIGNATED, by)()
    other = registered()
    for changes in (
        {"registered_by": officer()}, {"organization": other.organization},
        {"kind": RegistrationKind.TRADER, "user": found.applicant},
    ):  # fmt: skip
        refused_by_the_database(lambda changes=changes: Registration.objects.create(**given | changes))
    assert Registration.objects.create(**given).application == found


@pytest.mark.parametrize(
    "changes",
    [{"number": "BA2026999999"}, {"conditions": "x"}, {"registered_at": NOW + timedelta(1)}, {"kind": "trader"}],
)
def test_what_was_published_of_a_registration_is_never_changed(changes):
    made = registered()
    rows = Registration.objects.filter(pk=made.pk)
    refused_by_the_database(lambda: rows.update(**changes))
    refused_by_the_database(lambda: rows.update(registered_by=officer()))
    refused_by_the_database(lambda: rows.update(organization=registered().organization))
    with connection.cursor() as cursor:
        refused_by_the_database(lambda: cursor.execute("DELETE FROM brokers_registration WHERE id = %s", [made.pk]))
    assert rows.update(speciality="Another", languages=["ko"]) == 1


def test_a_trader_may_work_through_another_office():
    made = registered(kind=RegistrationKind.TRADER)
    office = MembershipFactory(broker=True).organization
    assert Registration.objects.filter(pk=made.pk).update(organization=office) == 1


# --- requirements -----------------------------------------------------------------------------------------------------


def version_in(state):
    made = requirements_draft() if state != VersionState.PUBLISHED else requirements_published()
    return discard_requirements(version=made, by=officer()) if state == VersionState.WITHDRAWN else made


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(VersionState, 2)))
def test_every_move_of_a_version(before, after):
    found = version_in(before)
    published = {"published_at": NOW, "published_by": officer()}
    changes = published if after == VersionState.PUBLISHED else {"published_at": None, "published_by": None}
    row = RequirementVersion.objects.filter(pk=found.pk).values().get()
    if REQUIREMENT_STATES.can(found, after):
        REQUIREMENT_STATES.move(found, after, **changes)
        return
    with pytest.raises(IllegalTransition):
        REQUIREMENT_STATES.move(found, after, **changes)
    with pgtrigger.ignore():
        refused_by_the_database(lambda: RequirementVersion.objects.filter(pk=found.pk).update(state=after, **changes))
    assert RequirementVersion.objects.filter(pk=found.pk).values().get() == row


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "x"},
        {"valid_from": TODAY + timedelta(9)},
        {"is_assumption": False},
        {"version": 99},
        {"kind": "trader"},
    ],
)
def test_a_published_version_is_never_changed(changes):
    made = requirements_published()
    line = made.requirements.first()
    refused_by_the_database(lambda: RequirementVersion.objects.filter(pk=made.pk).update(**changes))
    refused_by_the_database(lambda: RequirementVersion.objects.filter(pk=made.pk).update(published_by=officer()))
    refused_by_the_database(made.delete)
    refused_by_the_database(line.delete)
    refused_by_the_database(lambda: Requirement.objects.filter(pk=line.pk).update(least=1))
    refused_by_the_database(
        lambda: Requirement.objects.create(version=made, position=99, key="training", least=1, unit="hours", law="x")
    )
    draft = requirements_draft(valid_from=TODAY + timedelta(5))
    refused_by_the_database(lambda: draft.requirements.filter(key="network").update(version=made))


def test_who_wrote_a_version_does_not_publish_it():
    by = officer()
    found = requirements_draft(by=by)
    rows = RequirementVersion.objects.filter(pk=found.pk)
    fields = {"state": VersionState.PUBLISHED, "published_at": NOW}
    for person in (by, MembershipFactory(institute=True).user, None):
        refused_by_the_database(lambda person=person: rows.update(**fields, published_by=person))
    refused_by_the_database(lambda: rows.update(written_by=officer()))
    refused_by_the_database(lambda: rows.update(**fields, published_by=officer(), source="Another"))
    refused_by_the_database(
        lambda: rows.update(**fields | {"published_at": NOW + timedelta(9)}, published_by=officer())
    )
    assert rows.update(**fields, published_by=officer()) == 1


def test_what_an_officer_writes_begins_as_a_draft():
    by = officer()
    refused_by_the_database(
        lambda: RequirementVersion.objects.create(
            kind=RegistrationKind.AGENCY,
            version=7,
            valid_from=TODAY,
            source="x",
            state=VersionState.PUBLISHED,
            written_by=by,
            written_at=NOW,
            published_by=officer(),
            published_at=NOW,
        )
    )
