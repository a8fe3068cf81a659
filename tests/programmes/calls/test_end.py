"""A call is taken back: nobody is left waiting, and whoever is writing a draft is told."""

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from marketplace.core.errors import NotPossibleNow
from notifications.models import Notification
from programmes.services.calls.end import cancel
from programmes.wording.applications import next_of
from tests.factories.programmes import applications
from tests.factories.programmes.review import DAY, NOW, answered, call_row, fresh, ineligible, objected, officer

pytestmark = pytest.mark.django_db
AFTER = NOW + 21 * DAY
REASON = "No budget this year."


def refused(call, at, match):
    with pytest.raises(NotPossibleNow, match=match):
        cancel(call=call, reason=REASON, by=officer(call), at=at)
    assert fresh(call).state == "published"


def test_not_while_who_was_refused_may_object_or_waits_for_an_answer():
    """It was cancelled under an open objection: upheld, the application was eligible where nobody decides any more."""
    one = ineligible()
    refused(one.call, NOW + 20 * DAY, "Firms may object until")
    objection = objected(one, at=NOW + 20 * DAY)
    refused(one.call, AFTER, "Objections of this call still wait")
    with pytest.raises(DatabaseError, match="nobody waits"), transaction.atomic():
        type(one.call).objects.filter(pk=one.call_id).update(
            state="cancelled", ended_at=AFTER, ended_by=officer(one.call), end_reason=REASON
        )
    answered(objection, uphold=False, at=AFTER)
    assert cancel(call=one.call, reason=REASON, by=officer(one.call), at=AFTER).state == "cancelled"
    assert next_of(fresh(one), AFTER).on == ""


def test_a_rehearsal_waits_for_no_objection_as_nobody_raises_one():
    made = ineligible(call_row(is_rehearsal=True))
    assert cancel(call=made.call, reason=REASON, by=officer(made.call), at=NOW).state == "cancelled"
    assert not Notification.objects.filter(kind="programme_call_cancelled").exists()


@pytest.fixture
def writing(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(applications.NOW, tick=False):
        yield applications.draft()


def pages(found):
    client = Client()
    client.force_login(found.begun_by)
    for page in ("application", "application_preview"):
        yield client.get(reverse(f"programmes:{page}", args=[found.public_id])).content.decode()


def test_who_is_writing_a_draft_is_told_that_nothing_comes_of_it(writing):
    by = writing.call.office.memberships.order_by("pk").first().user
    assert next_of(writing, applications.NOW).on == "firm"
    cancel(call=writing.call, reason=REASON, by=by, at=applications.NOW)

    told = Notification.objects.get(kind="programme_call_cancelled")
    assert (told.recipient, told.params["number"]) == (writing.begun_by, writing.call.number)
    assert told.url == reverse("programmes:application", args=[writing.public_id])
    said = next_of(fresh(writing), applications.NOW)
    assert (said.text, said.on, said.due_on) == (
        "The call was cancelled. Nothing can be submitted any more.", "", None,
    )  # fmt: skip
    for page in pages(fresh(writing)):
        assert REASON in page
        assert "submit it before the call closes" not in page
        assert "What is not submitted by then" not in page


def test_a_draft_of_a_call_that_has_closed_says_so(writing):
    """To the moment: on the last day nothing is submitted after the hour."""
    end = writing.call.closes_at
    assert next_of(writing, end - DAY / 86400).due_on is not None
    with time_machine.travel(end, tick=False):
        assert next_of(writing, end).text == "The call has closed. Nothing can be submitted any more."
        for page in pages(writing):
            assert "The call has closed. Nothing can be submitted any more." in page
            assert "What is not submitted by then" not in page
            assert "It does from" not in page
