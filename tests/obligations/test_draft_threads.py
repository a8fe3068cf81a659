"""Two clicks, two tabs, two people: one draft. Without the locks there would be two."""

import contextlib
import threading
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from obligations.models import DutyDraft
from obligations.services import draft as drafting
from obligations.services.draft import draft_for, draft_many
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, duty
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["with the locks", "without"])
def locked(request, monkeypatch):
    """Both meet between looking for a draft and making one, if nothing keeps one of them out."""
    barrier, make = threading.Barrier(2), drafting._make

    def meet(*args):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=0.5 if request.param else 15)
        return make(*args)

    monkeypatch.setattr(drafting, "_make", meet)
    if not request.param:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    return request.param


def test_two_people_make_one_draft(locked):
    owed = duty()
    people = [MembershipFactory(organization=owed.institute).user for _ in range(2)]
    made = at_once(*[lambda by=by: draft_for(obligation=owed, by=by, at=NOW) for by in people])
    assert DutyDraft.objects.count() == (1 if locked else 2)
    if locked:
        assert made[0].listing == made[1].listing
        assert sorted(each.is_new for each in made) == [False, True]


def test_a_click_and_a_batch_make_one_draft(locked):
    owed = duty()
    by = MembershipFactory(organization=owed.institute).user
    at_once(
        lambda: draft_for(obligation=owed, by=by, at=NOW),
        lambda: draft_many(obligations=[owed], batch=uuid4(), by=by, at=NOW),
    )
    assert DutyDraft.objects.count() == (1 if locked else 2)
