"""The officers' pages: what a number counts is what its link lists and what its exports hold."""

import csv
import io
from urllib.parse import parse_qs, urlparse

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from obligations.compliance import FIGURES
from obligations.models import RnDProject
from obligations.services.settle import settle
from obligations.views import compliance as views
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, duty, exemption, named
from tests.factories.tech_listings import ListingFactory

OVERVIEW, DUTIES = reverse("obligations:compliance"), reverse("obligations:duties")
CSV, XLSX = reverse("obligations:duties_export"), reverse("obligations:duties_xlsx")


@pytest.fixture
def desk(client):
    """An officer's browser."""
    return sign_in(client, MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)


@pytest.fixture
def nation():
    """Two institutes: done, exempt, overdue, dropped; and a secret one."""
    for n in range(2):
        project = ProjectFactory(ministry=f"부처 {n}")
        made = [duty(ResultFactory(project=project, number="", title=f"=성과 {n}{k}")) for k in range(5)]
        named(made[0], ListingFactory(holder=project.lead))
        exemption(made[1], "granted", until=timezone.localdate().replace(year=2027))
        type(made[2].result).objects.filter(pk=made[2].result_id).update(deleted_at=NOW)
        settle(projects=[project.pk], at=NOW)
    duty(ResultFactory(title="canary", number="", project__title="canary", project__ministry="canary"))
    RnDProject.objects.filter(title="canary").update(is_security=True)


def content(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_every_number_is_the_count_of_its_link_and_the_rows_of_its_exports(desk, nation):
    for by in ("institute", "ministry", "year"):
        page = desk.get(OVERVIEW, {"by": by})
        for line in [page.context["whole"], *page.context["lines"]]:
            assert [name for name, *_ in line.cells] == list(FIGURES)
            for name, count, url in line.cells:
                assert parse_qs(urlparse(url).query)["figure"] == [name]
                listed = desk.get(url)
                assert listed.context["many"] == count == len(listed.context["page"].object_list)
                query = urlparse(url).query
                assert len(list(csv.reader(io.StringIO(content(desk.get(f"{CSV}?{query}")))))) == count + 1
                book = openpyxl.load_workbook(io.BytesIO(desk.get(f"{XLSX}?{query}").content))
                assert book.active.max_row == count + 1
    assert page.context["whole"].figures.owed == 8


def test_nothing_of_a_security_project_is_anywhere(desk, nation):
    for url in (OVERVIEW, f"{OVERVIEW}?by=ministry", DUTIES, XLSX):
        assert b"canary" not in desk.get(url).content
    for url in (CSV, reverse("obligations:compliance_export")):
        assert "canary" not in content(desk.get(url, {"by": "ministry"}))


def test_exports_carry_no_formula_and_open_in_excel(desk, nation):
    raw = b"".join(desk.get(CSV).streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    cells = [row[4] for row in csv.reader(io.StringIO(raw.decode("utf-8-sig")))][1:]
    assert all(cell.startswith("'=성과") for cell in cells)
    book = openpyxl.load_workbook(io.BytesIO(desk.get(XLSX).content))
    assert all(row[4].data_type == "s" for row in book.active.iter_rows(min_row=2))


def test_the_table_as_csv(desk, nation):
    rows = list(
        csv.reader(io.StringIO(content(desk.get(reverse("obligations:compliance_export"), {"by": "ministry"}))))
    )
    assert [row[0] for row in rows[1:]] == ["부처 0", "부처 1"]
    assert [row[1:4] + row[-1:] for row in rows[1:]] == [["4", "1", "0", "33.33"]] * 2


def test_too_many_for_a_workbook_says_what_to_do(desk, nation, monkeypatch):
    monkeypatch.setattr(views, "MOST_IN_A_WORKBOOK", 3)
    response = desk.get(XLSX, {"kind": "listing"}, follow=True)
    assert response.redirect_chain == [(f"{DUTIES}?kind=listing", 302)]
    assert [str(message) for message in response.context["messages"]]


def test_empty_states(desk):
    assert desk.get(OVERVIEW).context["lines"] == []
    assert desk.get(DUTIES, {"figure": "overdue"}).context["many"] == 0
    duty()
    assert desk.get(OVERVIEW, {"year": 1999}).context["is_narrowed"]


@pytest.mark.parametrize(
    "query",
    [{"year": "x"}, {"by": "moon"}, {"kind": "moon"}, {"institute": "moon"}, {"figure": "moon"}, {"ministry": "x"}],
)
def test_what_cannot_be_asked_is_said_and_shows_nothing(desk, nation, query):
    for url in (OVERVIEW, DUTIES):
        response = desk.get(url, query)
        assert response.status_code == 200
        assert response.context["form"].errors
    assert response.context["many"] == 0
    for url in (CSV, reverse("obligations:compliance_export")):
        assert len(content(desk.get(url, query)).splitlines()) == 1


def test_a_part_for_htmx_is_the_part_of_the_page(desk, nation):
    for url in (OVERVIEW, DUTIES):
        part = desk.get(url, headers={"HX-Request": "true"})
        assert part.text.strip().startswith('<section id="results"')
        assert "<html" not in part.text


@pytest.mark.parametrize("who", ["staff", "manager", "firm"])
def test_others_are_refused(client, world, nation, who):
    sign_in(client, world.person(who), second_factor=False)
    for url in (OVERVIEW, DUTIES, CSV, XLSX):
        assert client.get(url).status_code == 403


def test_a_viewer_of_an_office_is_refused(client, nation):
    sign_in(client, MembershipFactory(government=True, role="viewer", user=UserFactory(second_factor=True)).user)
    assert client.get(OVERVIEW).status_code == 403
