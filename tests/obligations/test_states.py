import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from marketplace.core.states import IllegalTransition
from obligations.enums import DUTY_STATES, EXEMPTION_STATES, DutyState, ExemptionState
from obligations.models import Discharge, Exemption, Obligation, RnDProject
from tests.factories.obligations import NOW, TODAY, ProjectFactory, ResultFactory, duty, exemption, fields_of, officer
from tests.factories.tech_listings import ListingFactory

REFUSED = (IntegrityError, InternalError, ProgrammingError)
CLEARED = {"done_at": None, "verified_at": None, "verified_by": None, "verified_how": "", "closed_reason": ""}
FIELDS = {
    DutyState.DUE: CLEARED,
    DutyState.EXEMPT: CLEARED,
    DutyState.LISTED: CLEARED | {"done_at": NOW},
    DutyState.VERIFIED: CLEARED | {"done_at": NOW, "verified_at": NOW, "verified_how": "automatic"},
    DutyState.DROPPED: CLEARED | {"closed_reason": "result_deleted"},
}
WAYS = {
    DutyState.DUE: [],
    DutyState.EXEMPT: [DutyState.EXEMPT],
    DutyState.LISTED: [DutyState.LISTED],
    DutyState.VERIFIED: [DutyState.LISTED, DutyState.VERIFIED],
    DutyState.DROPPED: [DutyState.DROPPED],
}


def in_state(state):
    found = duty()
    for step in WAYS[state]:
        Obligation.objects.filter(pk=found.pk).update(state=step, **FIELDS[step])
    found.refresh_from_db()
    return found


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(DutyState, 2)))
def test_python_and_the_database_agree_on_every_move_of_a_duty(before, after):
    found = in_state(before)
    if DUTY_STATES.can(found, after):
        DUTY_STATES.move(found, after, **FIELDS[after])
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        DUTY_STATES.move(found, after, **FIELDS[after])
    with pytest.raises(InternalError), transaction.atomic():
        Obligation.objects.filter(pk=found.pk).update(state=after, **FIELDS[after])


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ExemptionState, 2)))
def test_python_and_the_database_agree_on_every_move_of_an_exemption(before, after):
    found = exemption(state=before)
    changes = fields_of(after, found) if before == "asked" or after != "granted" else {}
    if EXEMPTION_STATES.can(found, after):
        EXEMPTION_STATES.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        EXEMPTION_STATES.move(found, after, **changes)
    with pytest.raises(REFUSED), transaction.atomic():
        Exemption.objects.filter(pk=found.pk).update(state=after, **changes)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (DutyState.DUE, {"done_at": NOW}),
        (DutyState.DUE, {"closed_reason": "not_yet"}),
        (DutyState.DUE, {"verified_how": "automatic"}),
        (DutyState.DUE, {"listings_needed": 0}),
        (DutyState.DUE, {"extended_to": TODAY}),
        (DutyState.DUE, {"extension_reason": "x"}),
        (DutyState.DUE, {"result": None}),
        (DutyState.DUE, {"kind": "final_report"}),
        (DutyState.DUE, {"state": "moon"}),
        (DutyState.LISTED, {"done_at": None}),
        (DutyState.VERIFIED, {"verified_at": None}),
        (DutyState.VERIFIED, {"verified_how": "officer"}),
        (DutyState.DROPPED, {"closed_reason": ""}),
        (DutyState.DROPPED, {"closed_reason": "moon"}),
    ],
)
def test_a_state_has_the_fields_it_needs_and_no_others(state, changes):
    found = in_state(state)
    with pytest.raises(REFUSED), transaction.atomic():
        Obligation.objects.filter(pk=found.pk).update(**changes)


@pytest.mark.parametrize("days", [0, 200])
def test_an_extension_lies_within_the_ceiling(days):
    found = duty()
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.filter(pk=found.pk).update(
            extended_to=found.due_on + timedelta(days=days),
            extended_at=NOW,
            extended_by=officer(),
            extension_reason="x",
        )


def test_a_duty_begins_by_being_due_and_is_there_once():
    found = duty()
    values = {
        name: getattr(found, name) for name in ("kind", "project", "result", "institute", "rule", "due_on", "latest_on")
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.create(**values)
    other = ResultFactory(project=found.project)
    with pytest.raises(REFUSED), transaction.atomic():
        Obligation.objects.create(**values | {"result": other}, state="verified", **FIELDS[DutyState.VERIFIED])
    assert Obligation.objects.count() == 1


def test_a_technology_does_a_duty_once():
    found, listing = duty(), ListingFactory()
    Discharge.objects.create(obligation=found, listing=listing, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Discharge.objects.create(obligation=found, listing=listing, at=NOW)


@pytest.mark.parametrize("written", ["RS-2024-00000001", "rs 2024 00000001", "RS202400000001"])
def test_a_project_number_is_there_once_however_it_is_written(written):
    ProjectFactory(number="RS-2024-00000001")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectFactory(number=written)
    assert RnDProject.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"number": "123"}, {"number": "10-2024-0000001"}, {"contribution_bp": 10_001}, {"completed_on": None}]
)
def test_a_result_that_cannot_be(changes):
    result = ResultFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(result).objects.filter(pk=result.pk).update(**changes)


def test_a_result_is_not_merged_into_itself():
    result = ResultFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE obligations_researchresult SET merged_into_id = id WHERE id = %s", [result.pk])
