"""At the same moment. Each race is run with the locks, and without them to show that they are what holds."""

import pytest

from brokers.models import DealReport, StaffEntry
from brokers.services.duties.report import submit_report
from brokers.services.duties.staff import answer_staff
from brokers.services.duties.warn import lift_warning
from marketplace.core.errors import Conflict, DomainError
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.duties import NOW, due_report, manager_of, named, reported_deal, warned
from tests.factories.brokers.fees import officer
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_person_confirms_for_two_agencies_at_once(locked, meeting):
    here, there = OrganizationFactory(broker=True, name="여기"), OrganizationFactory(broker=True, name="저기")
    person = MembershipFactory(organization=here).user
    MembershipFactory(organization=there, user=person)
    entries = [named(here, person), named(there, person)]
    outcomes = at_once(*(lambda one=one: answer_staff(entry=one, accept=True, by=person, at=NOW) for one in entries))
    assert kinds(outcomes) == ["done", "told"]
    told = next(str(outcome) for outcome in outcomes if isinstance(outcome, Conflict))
    # Without the lock the check saw nothing: only the unique index stops the second one, which cannot say which agency.
    assert ("여기" in told or "저기" in told) == locked
    assert StaffEntry.objects.filter(state="confirmed").count() == 1


def test_one_report_is_submitted_by_two_at_once(locked, meeting):
    report = due_report()
    broker = report.registration.organization
    reported_deal(broker)
    people = [manager_of(broker), MembershipFactory(organization=broker).user]
    outcomes = at_once(
        *(lambda by=by: submit_report(report=report, nothing=False, seen=None, by=by, at=NOW) for by in people)
    )
    # Without the lock nobody is told: the second one runs into the database.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert DealReport.objects.get().lines.count() == 1


def test_a_deal_entered_while_the_report_is_submitted_is_in_it_or_refused():
    report = due_report()
    broker = report.registration.organization
    by, other = manager_of(broker), MembershipFactory(organization=broker).user
    reported_deal(broker)
    entered, done = at_once(
        lambda: reported_deal(broker, by=other),
        lambda: submit_report(report=report, nothing=False, seen=None, by=by, at=NOW),
    )
    assert not isinstance(done, Exception), done
    assert isinstance(entered, DomainError) == (done.lines.count() == 1)


def test_two_officers_lift_at_once(locked, meeting):
    found, people = warned(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: lift_warning(warning=found, reason="x", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
