"""Where the mails about an application lead: its firm to its page, officers to the one on which they act."""

import pytest
import time_machine
from django.urls import reverse

from notifications.models import Notification
from programmes.enums.applications import Part
from programmes.services.applications.complete import complete
from programmes.services.applications.withdraw import withdraw
from programmes.services.review.check import ask_completion
from tests.factories.accounts import MembershipFactory
from tests.factories.programmes.applications import NOW, submitted
from tests.programmes.applications.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def test_officers_are_led_to_the_review_and_those_of_the_firm_are_told_as_the_firm():
    found = submitted()
    office = found.call.office
    by, both = office.memberships.order_by("pk").first().user, MembershipFactory(organization=office).user
    MembershipFactory(organization=found.organization, user=both)
    found = ask_completion(application=found, parts={Part.SERVICES: "More, please."}, by=by, at=NOW)
    given = {"by": found.begun_by, "at": NOW}
    found = complete(application=found, revision=found.revision, declared=True, **given).application
    withdraw(application=found, revision=found.revision, confirmed=True, **given)

    review = reverse("programmes:review_application", args=[found.public_id])
    officers = {each.user for each in office.memberships.exclude(user=both)}
    for kind, people, url in (
        ("programme_completed_office", officers, review),
        ("programme_withdrawn_office", officers, review),
        ("programme_withdrawn", {found.begun_by, both}, reverse("programmes:application", args=[found.public_id])),
    ):
        told = Notification.objects.filter(kind=kind)
        assert {each.recipient for each in told} == people
        assert {each.url for each in told} == {url}
    assert signed_in(by).get(review).status_code == 200
