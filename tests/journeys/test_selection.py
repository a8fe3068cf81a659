"""A panel member scores on a phone; two officers take a selection to its publication, and the firm signs."""

from django.utils import timezone

from programmes.models import Agreement, Score, Selection
from tests.factories.accounts import UserFactory
from tests.factories.programmes.review import call_row, eligible, fresh, manager, member, officer, ready


def test_a_panel_member_declares_reads_and_scores_on_a_phone(visit, watch):
    watch.expects(422)
    now = timezone.now()
    made = eligible(call_row(at=now), at=now)
    user = UserFactory()
    seat = member(made.call, user=user, at=now)
    page = visit(user, "/panels/", phone=True)
    page.get_by_role("link", name=made.call.title).click()
    page.get_by_role("link", name=made.organization.display_name).click()
    assert page.get_by_text("Ceramic filters").count() == 0
    page.get_by_label("No tie").check()
    page.get_by_role("button", name="Declare").click()
    page.get_by_text("Ceramic filters").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Market (0 to 60 points)").fill("50")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("alert").get_by_role("link").first.wait_for()
    page.get_by_label("Team (0 to 40 points)").fill("30")
    page.get_by_role("button", name="Hand in").dblclick()
    page.get_by_text("Handed in.").wait_for()
    score = Score.objects.get(panelist=seat)
    assert score.total == 80
    assert score.handed_in_at is not None


def test_two_officers_to_a_published_selection_and_the_firm_signs(visit):
    now = timezone.now()
    call, [made, other] = ready(60, 50, budget_won=40_000_000, at=now)
    first, second = (officer(call, second_factor=True) for _ in range(2))
    third = manager(call, second_factor=True)
    page = visit(first, f"/officer/calls/{call.number}/review/selection/")
    page.get_by_label("Budget (won)").fill("80000000")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("This is a what-if.").wait_for()
    page.get_by_role("link", name="As it is").click()
    page.get_by_label("What the proposal is made on").fill("By the scores of the panel")
    page.get_by_role("button", name="Propose").dblclick()
    page.get_by_text("You proposed this selection").wait_for()
    selection = Selection.objects.get()

    for person in (second, third):
        approving = visit(person, f"/officer/selections/{selection.public_id}/")
        approving.get_by_role("button", name="Approve", exact=True).click()
        approving.get_by_text("Approved.").first.wait_for()

    page.reload()
    page.locator("summary", has_text="Publish").click()
    page.get_by_role("button", name="Publish it").click()
    page.get_by_text("It is being published").wait_for()
    assert fresh(other).state == "reserve"

    firm = visit(made.boss, f"/applications/{made.public_id}/decision/", phone=True)
    firm.get_by_role("link", name="Agreement").click()
    firm.get_by_label("I have read the agreement").check()
    assert firm.evaluate("document.documentElement.scrollWidth") <= 390
    firm.get_by_role("button", name="Sign").dblclick()
    firm.get_by_text("Signed.").wait_for()
    assert Agreement.objects.get().state == "signed"
    assert fresh(made).state == "agreed"
