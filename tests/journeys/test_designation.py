"""An agency's application: taken up, given back, handed in again, designated by another officer, public."""

import pytest
from django.utils import timezone

from brokers.models import Registration
from brokers.services.registration.hand_in import hand_in
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.office import applied
from tests.journeys.watch import choose_from_menu


def an_officer(name):
    return MembershipFactory(government=True, user=UserFactory(second_factor=True, name=name)).user


@pytest.fixture
def application(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    return applied(at=timezone.now())


def test_from_the_queue_to_the_register(visit, watch, application):
    name = str(application.organization)
    desk = visit(an_officer("Jiu Checker"), "/")
    choose_from_menu(desk, "Oversight of brokers")
    desk.get_by_role("link", name=name).click()
    desk.get_by_role("button", name="Take it up").click()
    desk.get_by_text("You took it up.").wait_for()
    desk.locator("#ask-completion > summary").click()
    desk.get_by_label("Information network for technology").fill("Say who keeps it")
    desk.get_by_role("button", name="Ask for completion").click()
    desk.get_by_text("Asked. The applicant is told.").wait_for()

    application.refresh_from_db()
    by, now = application.applicant, timezone.now()
    hand_in(application=application, revision=application.revision, declared=True, by=by, at=now)
    desk.reload()
    desk.locator("#pass-to-advice > summary").click()
    desk.get_by_label("What is asked, or why nobody is").fill("All is there")
    desk.get_by_role("button", name="Documents are complete").click()
    desk.get_by_text("Passed on.").wait_for()
    assert desk.get_by_text("You checked the documents of this application").count()

    other = visit(an_officer("Sora Decider"), "/officer/brokers/?tab=advice", phone=True)
    other.get_by_role("link", name=name).click()
    other.locator("#register > summary").click()
    other.get_by_label("Conditions").fill("Batteries only")
    other.get_by_role("button", name="Register it").click()
    other.get_by_text("Registered and published.").wait_for()

    made = Registration.objects.get(application=application)
    public = visit(None, "/brokers/gazette/")
    assert made.number in public.get_by_role("main").inner_text()
    assert "Batteries only" in public.get_by_role("main").inner_text()
