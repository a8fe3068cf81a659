"""Who may do what with projects and results by page: the status, and nothing written where it is refused."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from obligations.models import Obligation, ResearchResult, RnDProject
from tests.database import undone
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty
from tests.obligations.test_project_pages import typed, typed_result

WHO = (
    "stranger", "firm", "broker", "other_institute", "viewer", "asked_to_join", "partner", "staff", "manager",
    "officer", "officers_manager", "officer_viewer",
)  # fmt: skip
NO, HIDDEN, YES = 403, 404, 302
#                 stranger firm broker other viewer asked partner staff manager officer o.manager o.viewer
TABLE = {
    "project_add":     [NO, NO, NO, YES, NO, NO, YES, YES, YES, YES, YES, NO],
    "project_edit":    [HIDDEN] * 6 + [NO, YES, YES, YES, YES, HIDDEN],
    "project_delete":  [HIDDEN] * 6 + [NO, NO, NO, YES, YES, HIDDEN],
    "project_restore": [HIDDEN] * 6 + [HIDDEN, HIDDEN, HIDDEN, YES, YES, HIDDEN],
    "result_add":      [HIDDEN] * 6 + [YES, YES, YES, YES, YES, HIDDEN],
    "result_edit":     [HIDDEN] * 6 + [HIDDEN, YES, YES, YES, YES, HIDDEN],
    "result_merge":    [HIDDEN] * 6 + [HIDDEN, YES, YES, YES, YES, HIDDEN],
    "result_delete":   [HIDDEN] * 6 + [HIDDEN, YES, YES, YES, YES, HIDDEN],
    "result_restore":  [HIDDEN] * 6 + [HIDDEN, YES, YES, YES, YES, HIDDEN],
}  # fmt: skip
SEES = [NO, NO, NO, 200, NO, NO, 200, 200, 200, 200, 200, NO]


class Scene:
    def __init__(self, world):
        partner = MembershipFactory(institute=True)
        world.made["partner"] = partner.user
        self.partner = partner.organization
        self.project = ProjectFactory(lead=world.institute, with_partners=[self.partner])
        self.result = ResultFactory(project=self.project, number="")
        self.twin = ResultFactory(project=self.project, number="")
        self.gone = ResultFactory(project=self.project, number="", deleted_at=timezone.now())
        self.gone_project = ProjectFactory(lead=world.institute, deleted_at=timezone.now())
        duty(self.result)

    def rows(self):
        return [list(model.objects.order_by("pk").values()) for model in (RnDProject, ResearchResult, Obligation)]


def browser(client, world, who):
    """Their browser; an officer's with a second factor, without which no page opens."""
    user = world.person(who)
    if any(membership.organization.kind == "government" for membership in user.active_memberships()):
        Authenticator.objects.get_or_create(user=user, type="totp", defaults={"data": {"secret": "x"}})
    return sign_in(client, user)


@pytest.mark.parametrize("action", TABLE)
def test_who_may(client, world, action):
    scene, wrong = Scene(world), []
    at = {
        "project_add": None, "project_edit": scene.project, "project_delete": scene.project,
        "project_restore": scene.gone_project, "result_add": scene.project, "result_restore": scene.gone,
    }.get(action, scene.result)  # fmt: skip
    address = reverse(f"obligations:{action}", args=[at.public_id] if at else [])
    own_of = {"partner": scene.partner, "other_institute": world.other_institute.active_memberships()[0].organization}
    before = scene.rows()
    for who, expected in zip(WHO, TABLE[action], strict=True):
        desk, own = browser(client, world, who), own_of.get(who, world.institute)
        given = {
            "project_add": typed(own, number=f"RS-{who}-1"),
            "project_edit": typed(own, number=f"RS-{who}-2", revision="1"),
            "result_add": typed_result(own),
            "result_edit": typed_result(own, revision="1"),
            "result_merge": {"into": str(scene.twin.public_id)},
        }.get(action, {})
        with undone():
            got = desk.post(address, given)
            if (got.status_code, scene.rows() != before) != (expected, expected == YES):
                wrong.append(f"{who}: {got.status_code}, not {expected}; changed {scene.rows() != before}")
    assert wrong == []
    assert scene.rows() == before


@pytest.mark.parametrize("name", ["projects", "projects_export", "projects_xlsx"])
def test_who_sees_the_lists(client, world, name):
    Scene(world)
    for who, expected in zip(WHO, SEES, strict=True):
        response = browser(client, world, who).get(reverse(f"obligations:{name}"))
        assert response.status_code == expected, who


def test_a_partner_sees_the_project_and_its_own_results_only(client, world):
    scene = Scene(world)
    own = ResultFactory(project=scene.project, owner=scene.partner, number="")
    desk = browser(client, world, "partner")
    page = desk.get(reverse("obligations:project", args=[scene.project.public_id]))
    assert [result for result, *_rest in page.context["results"]] == [own]
    assert page.context["gone"] == []
    history = desk.get(reverse("obligations:project_history", args=[scene.project.public_id])).content.decode()
    assert own.title in history
    assert scene.result.title not in history


def test_a_partner_does_not_report_for_another_institute(client, world):
    scene = Scene(world)
    desk = browser(client, world, "partner")
    given = typed_result(world.institute)
    response = desk.post(reverse("obligations:result_add", args=[scene.project.public_id]), given)
    assert response.status_code == 422
    assert ResearchResult.objects.count() == 3
