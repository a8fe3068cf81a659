"""Two officers at the same moment: with the locks, and without them to show that they are what holds."""

import pytest

from brokers.enums.office import StepKind
from brokers.models import Registration, RequirementVersion
from brokers.services.office.check_documents import remind_of_completion, take_up
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.office.register import register
from brokers.services.office.write_requirements import publish_requirements, write_requirements
from brokers.services.registration.withdraw import withdraw_application
from marketplace.core.errors import Conflict
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.office import (
    DAY,
    applied,
    in_advice,
    in_check,
    in_completion,
    objected,
    requirements_draft,
)
from tests.factories.brokers.registration import shipped_requirements
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


def named(outcomes):
    """What the second one was told."""
    return next(str(outcome) for outcome in outcomes if isinstance(outcome, Conflict))


def test_two_officers_take_it_up_at_once(locked, meeting):
    found, people = applied(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: take_up(application=found, by=by, at=NOW) for by in people))
    steps = found.steps.filter(kind=StepKind.TAKEN_UP)
    # Without the lock both believe that they have it.
    assert kinds(outcomes) == (["done", "told"] if locked else ["done", "done"])
    assert steps.count() == (1 if locked else 2)
    if locked:
        assert str(steps.get().by) in named(outcomes)


def test_two_officers_register_at_once(locked, meeting):
    found, people = in_advice(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: register(application=found, by=by, at=NOW) for by in people))
    # Without the lock nobody is told: the second runs into the trigger.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    made = Registration.objects.get()
    assert made.registered_by in people
    if locked:
        assert str(made.registered_by) in named(outcomes)


def test_registered_and_refused_at_once(locked, meeting):
    found, people = in_advice(), [officer(), officer()]
    outcomes = at_once(
        lambda: register(application=found, by=people[0], at=NOW),
        lambda: refuse(application=found, text="No", by=people[1], at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    found.refresh_from_db()
    assert Registration.objects.count() == (1 if found.state == "designated" else 0)


def test_two_officers_refuse_at_once(locked, meeting):
    found, people = in_check(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: refuse(application=found, text="No", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert found.steps.filter(kind=StepKind.REFUSED).count() == 1


def test_two_officers_decide_on_an_objection_at_once(locked, meeting):
    found, people = objected(), [officer(), officer()]
    outcomes = at_once(
        *(
            lambda by=by, uphold=uphold: decide_objection(application=found, uphold=uphold, text="x", by=by, at=NOW)
            for by, uphold in zip(people, (True, False), strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert found.steps.filter(kind__in=[StepKind.UPHELD, StepKind.REJECTED]).count() == 1


def test_withdrawn_while_it_is_registered(locked, meeting):
    found, by = in_advice(), officer()
    outcomes = at_once(
        lambda: register(application=found, by=by, at=NOW),
        lambda: withdraw_application(application=found, revision=found.revision, by=found.applicant, at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])


def test_reminded_once_by_two_workers():
    found = in_completion()
    outcomes = at_once(*(lambda: remind_of_completion(at=NOW + 12 * DAY) for _ in range(2)))
    assert sorted(outcomes) == [0, 1]
    assert found.steps.filter(kind=StepKind.REMINDED).count() == 1


def test_two_officers_publish_one_version_at_once(locked, meeting):
    made, people = requirements_draft(), [officer(), officer()]
    outcomes = at_once(*(lambda by=by: publish_requirements(version=made, revision=1, by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    made.refresh_from_db()
    if locked:
        assert str(made.published_by) in named(outcomes)


def test_two_versions_for_one_day_published_at_once(locked, meeting):
    drafts, people = [requirements_draft(), requirements_draft()], [officer(), officer()]
    outcomes = at_once(
        *(
            lambda made=made, by=by: publish_requirements(version=made, revision=1, by=by, at=NOW)
            for made, by in zip(drafts, people, strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert RequirementVersion.objects.published().filter(valid_from=TODAY + DAY).count() == 1


def test_two_drafts_at_once_get_numbers_of_their_own():
    shipped_requirements()
    people = [officer(), officer()]
    given = {"kind": "agency", "valid_from": TODAY, "source": "x", "is_assumption": True, "lines": []}
    outcomes = at_once(*(lambda by=by: write_requirements(**given, by=by, at=NOW) for by in people))
    assert sorted(made.version for made in outcomes) == [2, 3]
