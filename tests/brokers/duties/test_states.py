"""Every move of every state table of the duties, in Python and in the database."""

import itertools

import pytest

from brokers.enums.duties import CHANGE_STATES, REPORT_STATES, WARNING_STATES, ChangeState, ReportState, WarningState
from brokers.enums.registration import QUALIFICATION_STATES, STAFF_STATES, QualificationState, StaffState
from tests.brokers.fees.test_states import agree
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.brokers.duties import (
    NOW,
    TODAY,
    change_in,
    due_report,
    licence_in,
    staff_in,
    submitted,
    warning_in,
)
from tests.factories.brokers.fees import officer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(QualificationState, 2)))
def test_every_move_of_a_licence(before, after):
    decided = {"decided_at": NOW, "decided_by": officer(), "decision_text": "x"}
    fields = {"decided_at": None, "decided_by": None} if after == QualificationState.CLAIMED else decided
    agree(QUALIFICATION_STATES, licence_in(before), after, fields)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(StaffState, 2)))
def test_every_move_of_staff(before, after):
    fields = {
        StaffState.CONFIRMED: {"answered_at": NOW, "until_on": None},
        StaffState.DECLINED: {"answered_at": NOW, "until_on": None},
        StaffState.ENDED: {"until_on": TODAY, "ended_at": NOW},
        StaffState.NAMED: {"until_on": None},
    }[after]
    agree(STAFF_STATES, staff_in(before, OrganizationFactory(broker=True)), after, fields)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ReportState, 2)))
def test_every_move_of_a_report(before, after):
    found = submitted(deals=0) if before == ReportState.SUBMITTED else due_report()
    done = {"submitted_at": NOW, "submitted_by": UserFactory(), "deal_count": 0, "total_won": 0}
    fields = done if after == ReportState.SUBMITTED else dict.fromkeys(done)
    agree(REPORT_STATES, found, after, fields)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ChangeState, 2)))
def test_every_move_of_a_change(before, after):
    filed = {"filed_at": NOW, "filed_by": UserFactory()}
    fields = {
        ChangeState.SUGGESTED: dict.fromkeys(filed),
        ChangeState.FILED: {} if before == ChangeState.ACKNOWLEDGED else filed,
        ChangeState.ACKNOWLEDGED: {"acknowledged_at": NOW, "acknowledged_by": officer()},
        ChangeState.DISMISSED: {"closing_text": "x"},
    }[after]
    agree(CHANGE_STATES, change_in(before), after, fields)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(WarningState, 2)))
def test_every_move_of_a_warning(before, after):
    fields = {
        WarningState.GIVEN: {"answer_text": "", "answered_at": None, "answered_by": None},
        WarningState.ANSWERED: {"answer_text": "x", "answered_at": NOW, "answered_by": UserFactory()},
        WarningState.LIFTED: {"lifted_at": NOW, "lifted_by": officer(), "lift_reason": "x"},
    }[after]
    agree(WARNING_STATES, warning_in(before), after, fields)
