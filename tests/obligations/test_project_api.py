"""The API of projects, results and duties: the same services, revisions, keys and silence as the pages."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from obligations.models import Obligation, ResearchResult, RnDProject
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, duty, rules
from tests.obligations.imports.files import project, projects

PROJECTS, DUTIES = reverse("obligations-api:projects"), reverse("obligations-api:duty-rows")
DATA = {
    "number": "RS-2024-1", "title": "과제", "ministry": "부처", "starts_on": "2024-01-01", "ends_on": "2025-12-31",
    "government_won": 5, "total_won": 7,
}  # fmt: skip
RESULT = {"kind": "patent", "title": "합금", "number": "1020250000001", "completed_on": "2026-06-01"}


@pytest.fixture(autouse=True)
def law():
    rules()


@pytest.fixture
def institute():
    return OrganizationFactory(institute=True)


@pytest.fixture
def program(client, institute):
    return sign_in(client, MembershipFactory(organization=institute).user)


@pytest.fixture
def officers(client):
    return sign_in(type(client)(), MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)


def at(name, row):
    return reverse(f"obligations-api:{name}", args=[row.public_id])


def send(browser, method, url, data=None, **more):
    return getattr(browser, method)(url, data or {}, content_type="application/json", **more)


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (RnDProject, ResearchResult, Obligation)]


def test_a_project_from_entering_to_its_duties(program, institute):
    made = send(program, "post", PROJECTS, DATA)
    assert made.status_code == 201
    body = made.json()
    assert body["lead"] == {"id": str(institute.public_id), "name": institute.name}
    assert (body["total_won"], body["revision"], body["partners"]) == (7, 1, [])
    project = RnDProject.objects.get()
    assert program.get(PROJECTS).json()["results"][0]["id"] == body["id"]
    assert program.get(f"{PROJECTS}?q=rs20241&duty=due").json()["count"] == 1

    result = send(program, "post", at("project-results", project), RESULT | {"inventors": [{"name": "김"}]})
    assert result.status_code == 201
    assert result.json()["inventors"] == [{"name": "김", "email": ""}]
    assert program.get(at("project-results", project)).json()["count"] == 1
    owed = program.get(DUTIES).json()["results"]
    assert [(d["state"], d["result"]["id"], d["project"]["number"]) for d in owed] == [
        ("due", result.json()["id"], "RS-2024-1"),
    ]  # fmt: skip
    assert program.get(reverse("obligations-api:duty-page", args=[owed[0]["id"]])).json()["is_overdue"] is True
    assert program.get(DUTIES, {"figure": "overdue"}).json()["count"] == 1
    of_it = program.get(DUTIES, {"project": body["id"]}).json()["results"]
    assert {d["kind"] for d in of_it} == {"listing", *(d.kind for d in Obligation.objects.filter(result=None))}
    assert program.get(DUTIES, {"project": body["id"], "kind": "publication"}).json()["count"] == 0
    assert program.get(DUTIES, {"project": str(uuid.uuid4())}).json()["count"] == 0


def test_a_key_that_is_sent_twice_makes_one(program):
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    answers = [send(program, "post", PROJECTS, DATA, **key) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert send(program, "post", PROJECTS, DATA | {"title": "anders"}, **key).json()["code"] == "key_reused"
    project = RnDProject.objects.get()
    results = [send(program, "post", at("project-results", project), RESULT, **key) for _ in range(2)]
    assert results[0].json() == results[1].json()
    again = send(program, "post", at("project-results", project), RESULT | {"title": "anders"}, **key)
    assert (again.status_code, again.json()["code"]) == (409, "key_reused")
    assert ResearchResult.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"number": "없음"}, "number"),
        ({"ends_on": "2023-01-01"}, "ends_on"),
        ({"total_won": 1}, "total_won"),
        ({"lead": str(uuid.uuid4())}, "lead"),
        ({"partners": ["x"]}, "partners.0"),
        ({"completed_on": "2099-01-01"}, "completed_on"),
    ],
)
def test_a_refusal_names_the_field_and_writes_nothing(program, changes, field):
    before = rows()
    answer = send(program, "post", PROJECTS, DATA | changes)
    assert answer.status_code == 400
    assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert rows() == before


def test_a_patch_says_which_revision_it_saw(program, institute):
    project = ProjectFactory(lead=institute, with_partners=[OrganizationFactory(institute=True)])
    assert send(program, "patch", at("project", project), {"title": "neu"}).status_code == 400
    assert send(program, "patch", at("project", project), {"title": "neu", "revision": 1}).json()["revision"] == 2
    late = send(program, "patch", at("project", project), {"title": "spät", "revision": 1})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    project.refresh_from_db()
    assert (project.title, project.partners.count()) == ("neu", 1)
    result = ResultFactory(project=project)
    assert send(program, "patch", at("result", result), {"title": "neu", "revision": 1}).json()["title"] == "neu"
    assert send(program, "patch", at("result", result), {"title": "spät", "revision": 1}).status_code == 409


def test_results_are_merged_deleted_and_taken_back(program, institute):
    project = ProjectFactory(lead=institute)
    one, two, three = ResultFactory.create_batch(3, project=project, number="")
    merged = send(program, "post", at("result-merge", one), {"into": str(two.public_id)})
    assert merged.json()["id"] == str(two.public_id)
    assert program.get(at("result", one)).status_code == 404
    assert send(program, "delete", at("result", three)).status_code == 204
    assert program.get(at("result", three)).status_code == 404
    assert send(program, "delete", at("result", three)).status_code == 409
    assert send(program, "post", at("result-restore", three)).status_code == 200
    assert program.get(at("project-results", project)).json()["count"] == 2


def test_only_officers_delete_projects(program, officers, institute):
    project = ProjectFactory(lead=institute)
    assert send(program, "delete", at("project", project)).status_code == 403
    assert send(officers, "delete", at("project", project)).status_code == 204
    assert send(program, "post", at("project-restore", project)).status_code == 404
    assert send(officers, "post", at("project-restore", project)).status_code == 200
    assert program.get(at("project", project)).status_code == 200


def test_a_security_project_is_confirmed_kept_and_answered_by_nobody(program, officers, institute):
    asked = send(program, "post", PROJECTS, DATA | {"is_security": True})
    assert (asked.status_code, asked.json()["code"]) == (409, "needs_confirmation")
    assert not RnDProject.objects.exists()
    sure = DATA | {"is_security": True, "confirm_security": True}
    kept = send(program, "post", PROJECTS, sure)
    assert (kept.status_code, kept.content) == (204, b"")
    secret = RnDProject.objects.get()
    result = ResultFactory(project=secret, title="kanarienvogel", number="")
    for browser in (program, officers):
        assert browser.get(PROJECTS).json()["count"] == browser.get(DUTIES).json()["count"] == 0
        for name in ("project", "project-results"):
            assert browser.get(at(name, secret)).status_code == 404
            assert send(browser, "post" if name.endswith("results") else "patch", at(name, secret)).status_code == 404
        assert browser.get(at("result", result)).status_code == 404
        assert send(browser, "delete", at("result", result)).status_code == 404
        assert send(browser, "post", at("result-merge", result), {"into": str(result.public_id)}).status_code == 404


def test_an_institute_does_not_mark_it_later_and_an_officer_confirms(program, officers, institute):
    found = duty(ResultFactory(project__lead=institute, number=""))
    given = {"is_security": True, "confirm_security": True, "revision": 1}
    assert send(program, "patch", at("project", found.project), given).status_code == 403
    assert send(officers, "patch", at("project", found.project), given | {"confirm_security": False}).status_code == 409
    assert not RnDProject.objects.get().is_security
    assert send(officers, "patch", at("project", found.project), given).status_code == 204
    found.refresh_from_db()
    assert found.state == "dropped"


def test_others_see_nothing_and_a_firm_enters_nothing(client, institute):
    project = ProjectFactory(lead=institute)
    other = sign_in(client, MembershipFactory(institute=True).user)
    assert other.get(PROJECTS).json()["count"] == 0
    assert other.get(at("project", project)).status_code == 404
    foreign = DATA | {"lead": str(institute.public_id)}
    assert send(other, "post", PROJECTS, foreign).status_code == 403
    firm = sign_in(client, MembershipFactory().user)
    assert send(firm, "post", PROJECTS, DATA).status_code == 403
    assert send(firm, "post", PROJECTS, foreign).status_code == 403
    assert RnDProject.objects.count() == 1


def test_a_number_that_is_taken_says_nothing_of_whose_it_is(program, institute):
    """Another institute's project, one of security and a deleted one are not to be told apart."""
    said = []
    for serial, more in enumerate([{}, {"is_security": True}, {"deleted_at": NOW}], start=1):
        ProjectFactory(number=f"RS-2024-0000000{serial}", title="kanarienvogel", **more)
        answer = send(program, "post", PROJECTS, DATA | {"number": f"rs20240000000{serial}"})
        assert answer.status_code == 409
        said.append({**answer.json(), "errors": [error | {"value": ""} for error in answer.json()["errors"]]})
    assert said[0] == said[1] == said[2]
    assert "kanarienvogel" not in str(said)
    assert RnDProject.objects.count() == 3


def test_imports_of_projects_go_the_way_of_all_imports(program, institute):
    runs = reverse("tech_listings-api:runs")
    file = SimpleUploadedFile("과제.csv", projects(project(1)))
    made = program.post(runs, {"file": file, "source": "NTIS", "target": "projects"})
    assert (made.status_code, made.json()["target"]) == (201, "projects")
    assert program.get(runs, {"target": "projects"}).json()["count"] == 1
    assert program.get(runs, {"target": "listings"}).json()["count"] == 0
