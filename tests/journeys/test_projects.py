"""An institute's office: projects by file, a result by hand, and what a security project means before it is saved."""

import pytest

from obligations.models import Obligation, ResearchResult, RnDProject
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import rules
from tests.journeys.watch import choose_from_menu
from tests.obligations.imports.files import project, projects


@pytest.fixture
def manager(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    rules()
    return MembershipFactory(institute=True, manager=True, organization__name="가온대학교 산학협력단").user


def test_from_the_list_of_ntis_to_what_is_owed(visit, manager):
    page = visit(manager)
    choose_from_menu(page, "R&D projects")
    page.get_by_role("main").get_by_role("link", name="Upload a file").first.click()
    data = projects(project(1), project(2), encoding="cp949")
    page.locator("input[type=file]").set_input_files({"name": "과제.csv", "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Upload and compare").click()
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("What is owed was brought up to date.").wait_for()
    assert RnDProject.objects.count() == 2

    choose_from_menu(page, "R&D projects")
    page.get_by_role("link", name="수소 저장 소재 1").click()
    page.get_by_role("link", name="Report a result").first.click()
    page.get_by_label("Kind").select_option(label="Know-how")
    page.get_by_label("Title").fill("열처리 노하우")
    page.get_by_label("Completed on").fill("2026-06-01")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Overdue").first.wait_for()
    assert ResearchResult.objects.get().title == "열처리 노하우"
    assert Obligation.objects.get().state == "due"

    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Yes, delete it").click()
    page.get_by_role("button", name="Take the deletion back").click()
    page.get_by_text("The result is back").wait_for()


def test_a_security_project_is_asked_about(visit, manager):
    page = visit(manager, "/projects/new/")
    for label, value in {
        "Project number": "RS-2026-1", "Title": "보안 과제", "Ministry": "부처",
        "Beginning of the agreement": "2026-01-01", "End of the agreement": "2027-12-31",
    }.items():  # fmt: skip
        page.get_by_label(label, exact=False).first.fill(value)
    page.get_by_label("Security project").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Nothing is saved yet").wait_for()
    assert not RnDProject.objects.exists()
    page.get_by_role("button", name="Back to the form").click()
    assert page.get_by_label("Title").input_value() == "보안 과제"
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Yes, save it and keep it out of sight").click()
    page.get_by_text("nobody sees it any more").wait_for()
    assert RnDProject.objects.get().is_security
    assert page.get_by_text("보안 과제").count() == 0
