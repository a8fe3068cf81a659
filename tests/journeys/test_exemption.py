"""An institute asks for an exemption with a file, the officer grants it, who asked cannot decide."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone

from obligations.models import Exemption
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.obligations import PDF, ProjectFactory, ResultFactory, duty
from tests.journeys.watch import choose_from_menu


@pytest.fixture
def owed(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    office = MembershipFactory(institute=True, organization__name_en="Gaon University", user__name="Minho Office")
    project = ProjectFactory(lead=office.organization, title="Solid electrolytes")
    result = ResultFactory(project=project, number="", title="Sulfide electrolyte", completed_on=timezone.localdate())
    return office, duty(result, at=timezone.now())


def test_asked_granted_and_not_by_who_asked(visit, watch, tmp_path, owed):
    office, found = owed
    until = timezone.localdate() + timedelta(days=90)
    proof = tmp_path / "filing.pdf"
    proof.write_bytes(PDF)

    page = visit(office.user, "/")
    choose_from_menu(page, "What is due")
    page.get_by_role("link", name="All duties").click()
    page.get_by_role("link", name="Sulfide electrolyte").click()
    page.get_by_text("Ask for an exemption").click()
    page.get_by_label("Ground").select_option("ip_pending")
    page.get_by_label("Exempt until").fill(until.isoformat())
    page.get_by_label("Explanation").fill("A filing abroad is under way")
    page.get_by_label("Evidence").set_input_files(proof)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("You asked for an exemption. An officer decides.").wait_for()
    assert not page.get_by_text("Decide on the exemption").count()

    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    desk = visit(officer, "/exemptions/")
    desk.get_by_role("link", name="Sulfide electrolyte").click()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="filing.pdf").click()
    assert download.value.suggested_filename == "filing.pdf"
    # Meanwhile, in another window, the institute takes it back and asks anew: the officer's page is old.
    watch.expects(409)
    page.get_by_text("Take back what was asked for").click()
    page.get_by_role("button", name="Take back").click()
    page.get_by_text("Taken back.").wait_for()
    desk.get_by_text("Decide on the exemption").click()
    desk.get_by_label("Grant").check()
    desk.get_by_label("Reason of the decision").fill("The filing is proven")
    desk.get_by_role("button", name="Decide").click()
    desk.get_by_text("Nothing was saved: this changed while you had it open").wait_for()
    assert "The filing is proven" in desk.get_by_role("main").inner_text()

    page.get_by_text("Ask for an exemption").click()
    page.get_by_label("Ground").select_option("ip_pending")
    page.get_by_label("Exempt until").fill(until.isoformat())
    page.get_by_label("Explanation").fill("Asked again, with the filing number")
    page.get_by_label("Evidence").set_input_files(proof)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("You asked for an exemption. An officer decides.").wait_for()

    # Who asked becomes an officer, too: the queue says why it is not theirs.
    MembershipFactory(government=True, user=office.user)
    TOTP.activate(office.user, "IEUMDEMOIEUMDEMOIEUMDEMOIEUMDEMO")
    second = visit(office.user, "/exemptions/")
    assert "You asked for this yourself" in second.get_by_role("main").inner_text()
    second.get_by_role("link", name="Sulfide electrolyte").click()
    assert not second.get_by_text("Decide on the exemption").count()

    desk.goto(f"/duties/{found.public_id}/")
    desk.get_by_text("Decide on the exemption").click()
    desk.get_by_label("Grant").check()
    desk.get_by_role("button", name="Decide").click()
    desk.get_by_text("Decided. The institute was told.").wait_for()
    granted = Exemption.objects.get(state="granted")
    assert (granted.until, granted.decided_by) == (until, officer)
    second.goto("/exemptions/?show=granted")
    second.get_by_role("link", name="Sulfide electrolyte").wait_for()
