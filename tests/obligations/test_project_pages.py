"""Projects and results by hand: the pages, what they refuse, two tabs, security projects."""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from obligations.models import Obligation, ResearchResult, RnDProject
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty, named, rules
from tests.factories.tech_listings import ListingFactory, patent

LIST, ADD = reverse("obligations:projects"), reverse("obligations:project_add")
CSV, XLSX = reverse("obligations:projects_export"), reverse("obligations:projects_xlsx")


@pytest.fixture(autouse=True)
def law():
    rules()


@pytest.fixture
def institute():
    return OrganizationFactory(institute=True, name="가온 연구원")


@pytest.fixture
def desk(client, institute):
    """A browser of the institute's staff."""
    return sign_in(client, MembershipFactory(organization=institute, user__name="이담당").user)


@pytest.fixture
def officer(client):
    return sign_in(type(client)(), MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)


def url(name, row):
    return reverse(f"obligations:{name}", args=[row.public_id])


def typed(institute, **changes):
    return {
        "number": "RS-2024-00000001", "title": "수소 과제", "ministry": "부처", "lead": str(institute.public_id),
        "starts_on": "2024-01-01", "ends_on": "2025-12-31", "government_won": "5", "total_won": "7",
    } | changes  # fmt: skip


def typed_result(institute, **changes):
    return {
        "kind": "patent", "title": "합금", "number": "10-2025-0000001", "owner": str(institute.public_id),
        "completed_on": "2026-06-01", "contribution_bp": "60.5", "inventors": "김발명, kim@example.org\n이발명",
    } | changes  # fmt: skip


def content(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


# --- the list ---


def test_an_empty_list_says_what_to_do(desk):
    page = desk.get(LIST).content.decode()
    assert "No project yet" in page
    assert ADD in page
    assert "?of=projects" in page


def test_the_list_is_searched_narrowed_sorted_and_exported_as_shown(desk, institute):
    late = ProjectFactory(
        lead=institute, number="RS-2024-77", title="나 배터리", ministry="가부", ends_on=date(2025, 1, 1)
    )
    duty(ResultFactory(project=late, title="전해질"))
    other = ProjectFactory(lead=institute, number="1345-99", title="가 수소", ministry="나부")
    ProjectFactory(title="남의 배터리")

    def shown(**query):
        page = desk.get(LIST, query)
        listed = [project for project, _figures in page.context["rows"]]
        rows = list(csv.reader(io.StringIO(content(desk.get(CSV, query)))))
        assert [row[0] for row in rows[1:]] == [project.number for project in listed]
        book = openpyxl.load_workbook(io.BytesIO(desk.get(XLSX, query).content))
        assert book.active.max_row == len(listed) + 1
        assert page.context["page"].paginator.count == len(listed)
        return listed

    assert set(shown()) == {late, other}
    assert shown(q="배터리") == [late]
    assert shown(q="rs202477") == [late]
    assert shown(q="전해질") == [late]
    assert shown(ministry="나부") == [other]
    assert shown(duty="overdue") == [late]
    assert shown(duty="none") == [other]
    assert shown(year="2025") == [late]
    assert shown(sort="title") == [other, late]
    assert shown(q="없음") == []
    assert "No project is like this" in desk.get(LIST, {"q": "없음"}).content.decode()


@pytest.mark.parametrize("query", ["year=2025.5", "year=x", "institute=x", "duty=moon", "sort=moon", "ministry=moon"])
def test_a_filter_that_cannot_be_is_said_and_breaks_nothing(desk, institute, query):
    ProjectFactory(lead=institute)
    assert desk.get(f"{LIST}?{query}").status_code == 200
    assert len(content(desk.get(f"{CSV}?{query}")).splitlines()) == 2
    assert desk.get(f"{reverse('obligations-api:projects')}?{query}").status_code == 400


def test_the_list_asks_as_often_for_many_as_for_few(desk, institute):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            desk.get(LIST)
        return len(asked)

    for _ in range(2):
        duty(ResultFactory(project__lead=institute))
    few = questions()
    for _ in range(10):
        duty(ResultFactory(project__lead=institute))
    assert questions() == few <= 20


# --- a project ---


def test_entered_by_hand_and_owed_at_once(desk, institute):
    partner = OrganizationFactory(institute=True, name="참여 연구원")
    assert desk.get(ADD).status_code == 200
    response = desk.post(ADD, typed(institute, partners=f"참여연구원\n{partner.business_number}"))
    project = RnDProject.objects.get()
    assert response["Location"] == url("project", project)
    assert (project.lead, list(project.partners.all()), project.total_won) == (institute, [partner], 7)
    assert Obligation.objects.get().kind == "final_report"
    page = desk.get(url("project", project)).content.decode()
    assert "Hand in the final report" in page
    assert "Overdue" in page


@pytest.mark.parametrize(
    ("changes", "field", "status"),
    [
        ({"title": ""}, "title", 422),
        ({"number": "없음"}, "number", 422),
        ({"number": "rs 2024 7"}, "number", 409),
        ({"ends_on": "2023-01-01"}, "ends_on", 422),
        ({"total_won": "1"}, "total_won", 422),
        ({"completed_on": "2099-01-01"}, "completed_on", 422),
        ({"report_published_on": "2026-01-01"}, "report_published_on", 422),
        ({"partners": "아무도 아님"}, "partners", 422),
        ({"lead": "00000000-0000-7000-8000-000000000000"}, "lead", 422),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(desk, institute, changes, field, status):
    ProjectFactory(number="RS-2024-7")
    response = desk.post(ADD, typed(institute) | changes)
    assert response.status_code == status
    assert list(response.context["form"].errors) == [field]
    assert response.context["form"]["ministry"].value() == "부처"
    assert RnDProject.objects.count() == 1


def test_a_double_click_enters_one(desk, institute):
    key = re.search(r'name="key" value="([^"]+)"', desk.get(ADD).content.decode())[1]
    for _ in range(2):
        assert desk.post(ADD, typed(institute, key=key)).status_code == 302
    assert RnDProject.objects.count() == 1
    assert desk.post(ADD, typed(institute, key=key, title="anders")).status_code == 409


def test_the_second_tab_is_told_who_changed_what_and_loses_nothing(desk, institute, client):
    project = ProjectFactory(lead=institute, title="처음")
    given = typed(institute, number=project.number, revision="1")
    colleague = sign_in(type(client)(), MembershipFactory(organization=institute, user__name="박동료").user)
    assert colleague.post(url("project_edit", project), given | {"title": "동료"}).status_code == 302

    refused = desk.post(url("project_edit", project), given | {"title": "나의 글"})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "박동료" in page
    assert [(d.label, d.before, d.after) for d in refused.context["differences"]] == [("Title", "동료", "나의 글")]
    assert 'value="나의 글"' in page
    project.refresh_from_db()
    assert (project.title, project.revision) == ("동료", 2)
    assert desk.post(url("project_edit", project), given | {"title": "나의 글", "revision": "2"}).status_code == 302
    project.refresh_from_db()
    assert project.title == "나의 글"
    history = desk.get(url("project_history", project)).content.decode()
    assert "박동료" in history
    assert "이담당" in history


def test_the_form_says_which_revision_was_seen(desk, institute):
    project = ProjectFactory(lead=institute, revision=4)
    result = ResultFactory(project=project, owner=institute, revision=3)
    for name, row in (("project_edit", project), ("result_edit", result)):
        field = re.search(r'<input type="hidden" name="revision"[^>]*>', desk.get(url(name, row)).text)
        assert f'value="{row.revision}"' in field[0]


@pytest.mark.parametrize("name", ["starts_on", "ends_on", "completed_on", "report_submitted_on"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_slip_in_the_year_is_said(desk, institute, name, day):
    page = desk.post(ADD, typed(institute, **{name: day}))
    assert page.status_code == 422
    assert name in page.context["form"].errors
    assert not RnDProject.objects.exists()


def test_an_edit_form_without_a_revision_is_stale(desk, institute):
    project = ProjectFactory(lead=institute)
    assert desk.post(url("project_edit", project), typed(institute)).status_code == 409
    assert RnDProject.objects.get().title == project.title


def test_saving_without_a_change_makes_no_version(desk, institute):
    project = ProjectFactory(lead=institute)
    given = typed(institute, revision="1")
    desk.post(url("project_edit", project), given)
    desk.post(url("project_edit", project), given | {"revision": "2"})
    project.refresh_from_db()
    assert project.revision == 2


# --- results ---


def test_a_result_is_reported_edited_deleted_and_taken_back(desk, institute):
    project = ProjectFactory(lead=institute)
    response = desk.post(url("result_add", project), typed_result(institute))
    assert response["Location"] == url("project", project)
    result = ResearchResult.objects.get()
    assert (result.number, result.contribution_bp) == ("1020250000001", 6050)
    assert result.inventors == [{"name": "김발명", "email": "kim@example.org"}, {"name": "이발명", "email": ""}]
    assert Obligation.objects.get(result=result).state == "due"

    form = desk.get(url("result_edit", result)).context["form"]
    assert form["inventors"].value() == "김발명, kim@example.org\n이발명"
    desk.post(url("result_edit", result), typed_result(institute, title="새 합금", revision="1"))
    result.refresh_from_db()
    assert (result.title, result.revision) == ("새 합금", 2)

    desk.post(url("result_delete", result))
    assert Obligation.objects.get(result=result).state == "dropped"
    page = desk.get(url("project", project)).content.decode()
    assert "Take the deletion back" in page
    assert desk.post(url("result_delete", result)).status_code == 409
    desk.post(url("result_restore", result))
    assert Obligation.objects.get(result=result).state == "due"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"number": "10-1"}, "number"),
        ({"number": "١٠٢٠٢٥٠٠٠٠٠٠١"}, "number"),
        ({"kind": "moon"}, "kind"),
        ({"completed_on": ""}, "completed_on"),
        ({"completed_on": "2099-01-01"}, "completed_on"),
        ({"contribution_bp": "101"}, "contribution_bp"),
        ({"inventors": "김, nicht"}, "inventors"),
    ],
)
def test_a_result_that_cannot_be_is_said_at_its_field(desk, institute, changes, field):
    project = ProjectFactory(lead=institute)
    response = desk.post(url("result_add", project), typed_result(institute, **changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not ResearchResult.objects.exists()


def test_the_second_tab_of_a_result_is_told(desk, institute):
    result = ResultFactory(project__lead=institute, title="처음")
    given = typed_result(institute, number=result.number, revision="1")
    desk.post(url("result_edit", result), given | {"title": "하나"})
    refused = desk.post(url("result_edit", result), given | {"title": "둘"})
    assert refused.status_code == 409
    assert ("Title", "하나", "둘") in [(d.label, d.before, d.after) for d in refused.context["differences"]]
    assert "이담당" in refused.content.decode()
    result.refresh_from_db()
    assert result.title == "하나"


def test_two_results_that_are_one(desk, institute):
    project = ProjectFactory(lead=institute)
    gone, stays = ResultFactory.create_batch(2, project=project, number="")
    listing = ListingFactory(holder=institute)
    named(duty(gone), listing, at=timezone.now())
    duty(stays)
    foreign = ResultFactory(project=project, owner=OrganizationFactory(institute=True))
    page = desk.get(url("result_merge", gone))
    assert list(page.context["form"].fields["into"].queryset) == [stays]
    assert desk.post(url("result_merge", gone), {"into": str(foreign.public_id)}).status_code == 422
    assert desk.post(url("result_merge", gone), {"into": str(stays.public_id)}).status_code == 302
    gone.refresh_from_db()
    assert gone.merged_into == stays
    states = dict(Obligation.objects.values_list("result", "state"))
    assert states == {gone.pk: "dropped", stays.pk: "listed", foreign.pk: "due"}
    assert "merged into" in desk.get(url("project", project)).content.decode()
    assert desk.get(url("result_merge", gone)).status_code == 302
    assert "no other result" in desk.get(url("result_merge", stays)).content.decode()


# --- an officer deletes ---


def test_an_officer_deletes_a_project_and_takes_it_back(officer, institute):
    found = duty(ResultFactory(project__lead=institute))
    project = found.project
    assert "1 duty is" in officer.get(url("project_delete", project)).content.decode()
    assert officer.post(url("project_delete", project))["Location"] == url("project_delete", project)
    assert officer.get(url("project", project)).status_code == 404
    assert "Take the deletion back" in officer.get(url("project_delete", project)).content.decode()
    found.refresh_from_db()
    assert found.state == "dropped"
    assert officer.post(url("project_restore", project))["Location"] == url("project", project)
    assert officer.post(url("project_restore", project)).status_code == 302
    found.refresh_from_db()
    assert found.state == "due"


# --- security projects ---


def test_it_is_said_what_a_security_project_means_before_it_is_saved(desk, institute):
    asked = desk.post(ADD, typed(institute, is_security="on", partners="가온 연구원"))
    page = asked.content.decode()
    assert asked.status_code == 200
    assert "Nothing is saved yet" in page
    assert "nobody sees it any more" in page
    assert not RnDProject.objects.exists()
    given = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    given.pop("csrfmiddlewaretoken", None)

    back = desk.post(ADD, given | {"back": "yes"})
    assert back.context["form"]["title"].value() == "수소 과제"
    assert not RnDProject.objects.exists()

    assert desk.post(ADD, given | {"confirmed": "yes"})["Location"] == LIST
    project = RnDProject.objects.get()
    assert project.is_security
    assert not Obligation.objects.exists()
    assert desk.get(url("project", project)).status_code == 404


def test_an_institute_does_not_mark_it_later(desk, institute):
    project = ProjectFactory(lead=institute)
    desk.post(url("project_edit", project), typed(institute, is_security="on", confirmed="yes", revision="1"))
    project.refresh_from_db()
    assert not project.is_security


def test_an_officer_is_told_what_is_withdrawn_with_it(officer, institute):
    result = ResultFactory(project__lead=institute, number="1020250000001")
    listing = ListingFactory(holder=institute, rights=[patent() | {"application_number": result.number}])
    duty(result)
    given = typed(institute, is_security="on", revision="1")
    page = officer.post(url("project_edit", result.project), given).content.decode()
    assert listing.number in page
    assert "1 duty ends" in page
    officer.post(url("project_edit", result.project), given | {"confirmed": "yes"})
    listing.refresh_from_db()
    assert listing.state == "withdrawn"
    assert officer.get(url("project", result.project)).status_code == 404


def test_nothing_of_a_security_project_is_anywhere(desk, officer, institute):
    canary = {"title": "kanarienvogel goldammer"}
    secret = ProjectFactory(lead=institute, number="RS-2024-666", ministry="goldammer", security=True, **canary)
    result = ResultFactory(project=secret, number="", **canary)
    gone = ResultFactory(project=secret, number="", deleted_at=timezone.now(), **canary)
    for browser in (desk, officer):
        for name in ("project", "project_edit", "project_history", "project_delete", "result_add"):
            assert browser.get(url(name, secret)).status_code == 404, name
        assert browser.post(url("project_restore", secret)).status_code == 404
        for name in ("result_edit", "result_merge"):
            assert browser.get(url(name, result)).status_code == 404, name
        for name, row in (("result_delete", result), ("result_restore", gone)):
            assert browser.post(url(name, row)).status_code == 404, name
        for query in ("", "?q=kanarienvogel", "?duty=none", "?sort=title"):
            page = browser.get(LIST + query)
            assert page.context["page"].paginator.count == 0
            assert "goldammer" not in page.content.decode()
            assert len(content(browser.get(CSV + query)).splitlines()) == 1
            assert openpyxl.load_workbook(io.BytesIO(browser.get(XLSX + query).content)).active.max_row == 1
    assert ResearchResult.objects.filter(deleted_at=None).count() == 1
