"""An officer runs a case from its opening to the hearing; the broker says something; a second officer decides."""

import datetime

import time_machine
from django.utils import timezone

from brokers.models import CancellationCase
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.register import agency

ANSWER = "All three reports are handed in now."


def test_from_the_opening_to_the_decision(visit, watch):
    watch.expects(409)
    now = timezone.now()
    first, second = (
        MembershipFactory(government=True, user=UserFactory(second_factor=True, name=name)).user
        for name in ("First Officer", "Second Officer")
    )
    broker = OrganizationFactory(broker=True, name="Bridge Technology")
    manager = MembershipFactory(organization=broker, manager=True).user
    registration = agency(broker)
    later = now + datetime.timedelta(days=11)

    page = visit(first, "/officer/cases/")
    page.get_by_role("link", name="Open a case").click()
    page.get_by_label("Registration").fill("Bridge")
    page.get_by_label("Ground").select_option(label="Three reports missed")
    page.get_by_label("What it is about").fill("Nothing came since 2024.")
    page.get_by_role("button", name="Open the case").click()
    page.get_by_text("The case is open, and the broker is told.").wait_for()

    page.get_by_text("Fix the hearing", exact=True).click()
    page.get_by_label("Day of the hearing").fill(timezone.localdate(later).isoformat())
    page.get_by_label("Hour").fill("00:30")
    page.get_by_label("Place").fill("Sejong, room 3")
    page.get_by_label("Chair").select_option(label="First Officer")
    page.get_by_role("button", name="Give notice").click()
    page.get_by_text("Notice is given").wait_for()
    case = CancellationCase.objects.get()

    side = visit(manager, "/")
    side.get_by_role("link", name="Hearing about your registration").click()
    side.get_by_text("A hearing is ahead").wait_for()
    side.get_by_label("Statement").fill(ANSWER)
    side.get_by_role("button", name="Send the statement").click()
    side.get_by_text("Your statement was sent.").wait_for()

    with time_machine.travel(later + datetime.timedelta(days=1), tick=True):
        page = visit(first, f"/officer/cases/{case.public_id}/")
        page.get_by_text(ANSWER).wait_for()
        page.get_by_text("Write and sign the record", exact=True).click()
        page.get_by_label("The broker appeared").check()
        page.get_by_label("Who appeared").fill("The managing director")
        page.get_by_label("Record", exact=True).fill("Asked and answered.")
        page.get_by_role("button", name="Sign the record").click()
        page.get_by_text("It waits for an officer who neither opened").wait_for()

        other = visit(second, "/officer/cases/?stage=to_decide")
        other.get_by_role("link", name="Bridge Technology").click()
        other.get_by_text("Decide", exact=True).click()
        other.get_by_label("Registration is maintained").check()
        other.get_by_label("Reasons").fill("The reports are there.")
        other.get_by_label("I have read the record").check()
        other.get_by_role("button", name="Decide now").click()
        other.get_by_text("Decided. Everybody concerned is told.").wait_for()

    registration.refresh_from_db()
    case.refresh_from_db()
    assert (case.decision, case.decided_by, registration.state) == ("maintained", second, "registered")
