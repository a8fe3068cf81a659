"""Projects and results at the same moment: a double click enters one, of two editors one is told."""

import threading
import uuid
from dataclasses import replace

import pytest

from obligations.models import ResearchResult, RnDProject
from obligations.services.asking import require_revision
from obligations.services.projects import add_project, change_project
from obligations.services.results import add_result, change_result
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, rules
from tests.obligations.test_access import project_data, result_data
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff():
    rules()
    return MembershipFactory(institute=True)


def test_a_double_click_enters_one_project_and_one_result(staff):
    key, data = uuid.uuid4(), project_data(staff.organization)
    made = at_once(*[lambda: add_project(data=data, by=staff.user, at=NOW, key=key)] * 2)
    assert made[0] == made[1] == RnDProject.objects.get()
    result = result_data(staff.organization)
    results = at_once(*[lambda: add_result(project=made[0], data=result, by=staff.user, at=NOW, key=key)] * 2)
    assert results[0] == results[1] == ResearchResult.objects.get()


def test_of_two_tabs_one_wins_and_the_other_is_told(staff, locked, monkeypatch):
    project = ProjectFactory(lead=staff.organization)
    result = ResultFactory(project=project, number="")
    data = project_data(staff.organization, number=project.number)

    def edit(title):
        return lambda: change_project(
            project=project, data=replace(data, title=title), by=staff.user, at=NOW, revision=1
        )

    def edit_result(title):
        said = result_data(staff.organization, title=title)
        return lambda: change_result(result=result, data=said, by=staff.user, at=NOW, revision=1)

    if not locked:
        slow(monkeypatch)
    assert kinds(at_once(edit("하나"), edit("둘"))) == (["done", "told"] if locked else ["done", "done"])
    assert kinds(at_once(edit_result("하나"), edit_result("둘"))) == (["done", "told"] if locked else ["done", "done"])


def slow(monkeypatch):
    """Both have read the revision before either writes."""
    barrier = threading.Barrier(2)

    def meet(row, seen):
        require_revision(row, seen)
        barrier.wait(10)

    for module in ("projects", "results"):
        monkeypatch.setattr(f"obligations.services.{module}.require_revision", meet)
