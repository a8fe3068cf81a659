"""Uploading projects and results in the browser: whose page it is, what it says before anything is applied."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from obligations.models import RnDProject
from tech_listings.enums import RunState
from tech_listings.models import Run, Source
from tech_listings.services.ingest_apply import work_on
from tech_listings.services.ingest_plan import plan_run
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import ProjectFactory
from tests.obligations.imports.files import project, projects, result, results
from tests.tech_listings.imports.runs import plan, take_in

UPLOAD, LIST = reverse("tech_listings:ingest_upload"), reverse("tech_listings:ingest_list")
SECRET = "kanarienvogel"


@pytest.fixture
def desk(client, sources):
    return sign_in(client, MembershipFactory(organization=sources.institute).user)


@pytest.fixture
def officer(client, sources):
    person = MembershipFactory(organization=sources.office, user=UserFactory(second_factor=True)).user
    return sign_in(type(client)(), person)


def upload(browser, of, data, **given):
    file = SimpleUploadedFile("과제.csv", data)
    return browser.post(f"{UPLOAD}?of={of}", {"file": file, "source": "NTIS 2026", "kind": "additions"} | given)


def url(name, run):
    return reverse(f"tech_listings:ingest_{name}", args=[run.public_id])


def test_uploaded_compared_applied(desk, sources):
    page = desk.get(f"{UPLOAD}?of=projects").content.decode()
    assert "What the file holds" in page
    assert "deal_kinds" not in page
    assert upload(desk, "projects", projects(project(1))).status_code == 302
    run = Run.objects.get()
    assert (run.source.target, run.source.name) == ("projects", "NTIS 2026")
    plan_run(run_id=run.public_id, at=timezone.now())
    page = desk.get(url("run", run)).content.decode()
    assert "수소 저장 소재 1" in page
    assert "R&amp;D projects" in page
    desk.post(url("apply", run))
    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    done = desk.get(url("run", run)).content.decode()
    assert "What is owed was brought up to date." in done
    assert "R&amp;D projects" in desk.get(LIST).content.decode()


def test_a_file_of_projects_taken_as_technologies_is_told_apart(desk, sources):
    assert upload(desk, "listings", projects(project(1)), deal_kinds=["assignment"]).status_code == 302
    page = desk.get(url("columns", Run.objects.get())).text

    assert "These look like columns of another kind of file: R&amp;D projects" in page
    assert f'href="{UPLOAD}?of=projects"' in page


def test_the_columns_of_a_file_of_results_are_those_of_results(desk, sources):
    ProjectFactory(number="RS-2024-1", lead=sources.institute)
    run = plan(sources.results, "가,나,다\nRS-2024-1,합금,특허\n".encode())
    page = desk.get(url("columns", run))
    assert "The project&#x27;s number, the result&#x27;s name and its kind are needed." in page.content.decode()
    refused = desk.post(url("columns", run), {"column-0": "project"})
    assert refused.status_code == 422
    assert "name of the result" in refused.content.decode()
    refused = desk.post(url("columns", run), {"column-0": "project", "column-1": "title"})
    assert "kind of the result" in refused.content.decode()
    desk.post(url("columns", run), {"column-0": "project", "column-1": "title", "column-2": "kind"})
    run.refresh_from_db()
    assert run.mapping == {"project": "가", "kind": "다", "title": "나"}


def test_a_changed_row_leads_to_its_project_and_a_result_to_its_project(desk, sources):
    take_in(sources.projects, projects(project(1)))
    found = RnDProject.objects.get()
    page = reverse("obligations:project", args=[found.public_id])
    run = plan(sources.projects, projects(project(1, 과제명="새 이름")))
    assert page in desk.get(url("run", run), {"show": "change"}).content.decode()
    take_in(sources.results, results(result(1)))
    run = plan(sources.results, results(result(1, 연구과제기여율="50")))
    shown = desk.get(url("run", run), {"show": "change"}).content.decode()
    assert page in shown
    assert "Contribution of the project" in shown


def test_an_officer_uploads_for_all_and_no_technologies(officer, sources):
    page = officer.get(UPLOAD).content.decode()
    assert "?of=results" in page
    assert "?of=listings" not in page
    assert upload(officer, "projects", projects(project(1, 주관기관="가온 연구원"))).status_code == 302
    assert Run.objects.get().source.organization == sources.office
    assert Source.objects.filter(target="listings").count() == 0


@pytest.mark.parametrize("who", ["company", "broker"])
def test_nobody_else_does(client, sources, who):
    browser = sign_in(client, MembershipFactory(organization=OrganizationFactory(**{who: True})).user)
    assert upload(browser, "projects", projects(project(1))).status_code == 403
    assert not Run.objects.exists()


def test_a_run_of_projects_is_nobody_elses_business(client, desk, sources):
    run = plan(sources.projects, projects(project(1)))
    other = sign_in(type(client)(), MembershipFactory(institute=True).user)
    for name in ("run", "columns", "errors"):
        assert other.get(url(name, run)).status_code == 404
    for name in ("apply", "cancel", "again"):
        assert other.post(url(name, run)).status_code == 404
    run.refresh_from_db()
    assert run.state == RunState.PLANNED


def test_a_security_project_is_explained_confirmed_and_on_no_page_of_the_import(desk, sources):
    rows = [
        project(1, 과제명=SECRET, 보안등급="보안"),
        project(2, 과제명=SECRET, 보안등급="보안", 총연구비="x"),
        project(3),
    ]
    upload(desk, "projects", projects(*rows))
    run = Run.objects.get()
    plan_run(run_id=run.public_id, at=timezone.now())
    page = desk.get(url("run", run)).content.decode()
    assert "nobody sees it or its results any more, you neither" in page
    assert "Yes, this is meant: apply it" in page
    desk.post(url("apply", run))
    assert not RnDProject.objects.exists()
    seen = [desk.get(url("run", run), {"show": action}).content for action in ("add", "refuse", "change", "note")]
    seen += [desk.get(url("columns", run)).content, b"".join(desk.get(url("errors", run)).streaming_content)]
    for name in ("run", "run-rows"):
        seen.append(desk.get(reverse(f"tech_listings-api:{name}", args=[run.public_id])).content)
    seen.append(b"".join(desk.get(reverse("tech_listings-api:run-errors", args=[run.public_id])).streaming_content))
    desk.post(url("apply", run), {"confirm": "yes"})
    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    assert RnDProject.objects.filter(is_security=True).count() == 1
    seen += [desk.get(url("run", run), {"show": action}).content for action in ("add", "refuse", "change", "note")]
    seen += [desk.get(address).content for address in (LIST, reverse("obligations:projects"), "/inbox/")]
    assert [part for part in seen if SECRET in part.decode()] == []
