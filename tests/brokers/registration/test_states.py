"""State tables in Python and the database, and what the database keeps from being changed on any path."""

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.db.models import F

from brokers.enums.registration import ApplicationState
from brokers.models import Application, ApplicationDocument, CareerEntry, RequirementVersion, TrainingEntry
from tests.factories.accounts import UserFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.register import requirements
from tests.factories.brokers.registration import (
    agency_draft,
    application_in,
    handed_in,
    in_completion,
    shipped_requirements,
    trader_draft,
)

REFUSED = (IntegrityError, InternalError, ProgrammingError)
S = ApplicationState


def refused_by_the_database(change):
    with pytest.raises(REFUSED), transaction.atomic(), pgtrigger.ignore():
        change()


def with_fsm(change):
    with pytest.raises(REFUSED), transaction.atomic():
        change()


@pytest.mark.parametrize(
    "change",
    [
        {"number": "A2026999999"}, {"applied_at": F("created_at")}, {"kind": "trader", "organization": None},
        {"representative": "Else"}, {"speciality": "Else"}, {"network_url": "https://else.example/"},
        {"network_text": "Else"}, {"career_route": "official"}, {"declared_at": F("created_at")},
        {"state": "draft"}, {"requirements": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_was_handed_in_stays_as_it_was(change):
    for state in (S.APPLIED, S.DESIGNATED, S.WITHDRAWN):
        found = application_in(state)
        refused_by_the_database(lambda found=found: Application.objects.filter(pk=found.pk).update(**change))


def test_of_whom_and_by_which_version_never_changes():
    found, other = in_completion(), agency_draft()
    for change in (
        {"organization": other.organization}, {"applicant": UserFactory()}, {"number": "A2026999999"},
        {"requirements": RequirementVersion.objects.get(kind="trader")}, {"applied_at": F("created_at")},
    ):  # fmt: skip
        refused_by_the_database(lambda change=change: Application.objects.filter(pk=found.pk).update(**change))
    Application.objects.filter(pk=found.pk).update(network_text="Completed")


def test_a_draft_has_neither_number_nor_version_and_only_a_published_one_of_its_kind_judges():
    shipped_requirements()
    draft = agency_draft()
    rows = Application.objects.filter(pk=draft.pk)
    for change in ({"number": "A2026000001"}, {"applied_at": NOW}, {"requirements": requirements("agency")}):
        refused_by_the_database(lambda change=change: rows.update(**change))
    unpublished = RequirementVersion.objects.create(kind="agency", version=9, valid_from="2026-01-01", source="x")
    given = {"state": "applied", "number": "A2026000001", "applied_at": NOW, "declared_at": NOW}
    for version in (unpublished, requirements("trader")):
        refused_by_the_database(lambda version=version: rows.update(requirements=version, **given))


def raw(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_nothing_that_was_handed_in_is_deleted_a_draft_may_be():
    found = handed_in(trader_draft(complete=True))
    for model in (TrainingEntry, CareerEntry, ApplicationDocument):
        refused_by_the_database(lambda model=model: model.objects.filter(application=found)._raw_delete("default"))
    refused_by_the_database(lambda: raw("DELETE FROM brokers_application WHERE id = %s", found.pk))
    draft = trader_draft()
    draft.delete()
    assert list(Application.objects.all()) == [found]


@pytest.mark.parametrize("state", [state for state in S if state != S.DRAFT])
def test_parts_change_only_while_they_are_open(state):
    found = application_in(state, make=lambda: trader_draft(complete=True))
    changes = {
        "career": lambda: found.career.update(employer="Else"),
        "more career": lambda: CareerEntry.objects.create(application=found, employer="Else"),
        "training": lambda: found.training.update(hours=999),
        "more training": lambda: TrainingEntry.objects.create(application=found, hours=1),
        "document": lambda: ApplicationDocument.objects.create(
            application=found, kind="other", name="x", type="application/pdf", checksum="0", size=1, sent_at=NOW,
            sent_by=found.applicant, file="x",
        ),
    }  # fmt: skip
    may = {S.COMPLETION: set(changes), S.TRAINING: {"training", "more training"}}.get(state, set())
    for name, change in changes.items():
        if name in may:
            change()
        else:
            refused_by_the_database(change)


def test_a_document_never_changes_and_parts_stay_with_their_application():
    found, other = trader_draft(complete=True), trader_draft()
    refused_by_the_database(lambda: found.documents.update(name="Else"))
    refused_by_the_database(lambda: found.career.update(application=other))
    refused_by_the_database(lambda: found.training.update(application=other))


def test_two_applications_at_a_time_are_impossible():
    for found in (handed_in(), trader_draft()):
        whose = {"kind": found.kind, "organization": found.organization, "applicant": found.applicant}
        refused_by_the_database(lambda whose=whose: Application.objects.create(**whose))
