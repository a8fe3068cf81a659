"""The way a person goes: upload, look, correct the columns, apply, look again."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import tech_listings.tasks  # noqa: F401
from tech_listings.enums import DealKind, RunState
from tech_listings.models import Listing, Run, Source
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import plan, take_in

UPLOAD = "/my/imports/new/"


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def office(client, member):
    return sign_in(client, member.user)


@pytest.fixture
def source(member):
    return SourceFactory(organization=member.organization)


def form(data, **changes):
    name = changes.pop("name", "목록.csv")
    return {
        "file": SimpleUploadedFile(name, data),
        "source": "특허대장",
        "kind": "additions",
        "deal_kinds": ["assignment"],
        "conditions_of_use": "협의",
    } | changes


def page(run, name="run"):
    return reverse(f"tech_listings:ingest_{name}", args=[run.public_id])


def test_from_the_empty_list_to_a_listing(office, member, django_capture_on_commit_callbacks):
    assert "No file yet" in office.get("/my/imports/").text

    with django_capture_on_commit_callbacks(execute=True):
        response = office.post(UPLOAD, form(as_csv([row(1), row(2, 출원일자="어제")])))
    run = Run.objects.get()
    assert response["Location"] == page(run)

    shown = office.get(page(run)).text
    assert run.state in {RunState.PLANNING, RunState.PLANNED}
    assert "어제" in shown
    assert "Write year, month, day like 2023-01-10." in shown
    assert "수소 저장 합금 1호" in office.get(page(run) + "?show=add").text

    with django_capture_on_commit_callbacks(execute=True):
        office.post(page(run, "apply"))
    run.refresh_from_db()
    assert run.state == RunState.APPLIED
    assert run.approved_by == member.user
    assert Listing.objects.get().deal_kinds == [DealKind.ASSIGNMENT]
    assert "Applied" in office.get(page(run)).text
    assert "목록.csv" in office.get("/my/imports/").text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7 x", "is PDF, not a table."),
        (b"\xd0\xcf\x11\xe0", "save it as XLSX or CSV"),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_at_the_field(office, data, said):
    response = office.post(UPLOAD, form(data))

    assert response.status_code == 422
    assert said in response.text
    assert Run.objects.count() == 0


def test_unknown_columns_are_asked_for(office, django_capture_on_commit_callbacks):
    data = as_csv([["10-2019-0000001", "합금", "수소를 저장한다."]], header=["가", "나", "다"])

    response = office.post(UPLOAD, form(data))
    run = Run.objects.get()
    assert response["Location"] == page(run, "columns")
    asked = office.get(page(run, "columns")).text
    assert "10-2019-0000001" in asked
    assert "another kind of file" not in asked

    refused = office.post(page(run, "columns"), {"column-0": "application_number"})
    assert refused.status_code == 422
    assert "Choose the column that holds the name of the technology." in refused.text

    twice = office.post(page(run, "columns"), {"column-0": "title", "column-1": "title"})
    assert "The column “가” fills this already." in twice.text

    with django_capture_on_commit_callbacks(execute=True):
        chosen = {"column-0": "application_number", "column-1": "title", "column-2": "abstract"}
        office.post(page(run, "columns"), chosen)
    run.refresh_from_db()
    assert run.state == RunState.PLANNED
    assert Source.objects.get().mapping["title"] == "나"


def test_what_stands_in_a_file_is_text_on_the_page_of_columns(office):
    data = as_csv([["<script>alert(1)</script>", "<b>합금</b>"]], header=["가<i>", "나"])
    office.post(UPLOAD, form(data))

    text = office.get(page(Run.objects.get(), "columns")).text

    for part in ("<script>alert", "<b>합금", "가<i>"):
        assert part not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_refused_file_leaves_no_source_behind(office, member):
    office.post(UPLOAD, form(as_csv([row(1)])))

    refused = office.post(UPLOAD, form(b"%PDF-1.4", source="다른 출처"))
    again = office.post(UPLOAD, form(b"", conditions_of_use="바뀐 조건"))

    assert (refused.status_code, again.status_code) == (422, 422)
    kept = Source.objects.get()
    assert (kept.name, kept.conditions_of_use) == ("특허대장", "협의")
    assert Run.objects.count() == 1


def test_the_same_file_again_leads_to_the_earlier_import(office):
    office.post(UPLOAD, form(as_csv([row(1)])))

    response = office.post(UPLOAD, form(as_csv([row(1)])), follow=True)

    assert Run.objects.count() == 1
    assert "This very file was uploaded before." in response.text


def test_a_file_past_the_limit(office, settings):
    settings.UPLOAD_MAX_BYTES = 100

    response = office.post(UPLOAD, form(as_csv([row(1)])))

    assert response.status_code == 413
    assert Run.objects.count() == 0


def test_a_change_is_shown_old_and_new(office, source):
    take_in(source, as_csv([row(1), row(2)]))
    run = plan(source, as_csv([row(1, 상태="소멸"), row(2)]))

    text = office.get(page(run)).text

    for part in ("Status", "Registered", "Expired"):
        assert part in text


def test_a_mass_withdrawal_is_confirmed_on_the_page(office, source, django_capture_on_commit_callbacks):
    take_in(source, as_csv([row(n) for n in range(1, 11)]))
    run = plan(source, as_csv([row(n) for n in range(1, 5)]), kind="full")

    assert "Apply and withdraw 6 technologies" in office.get(page(run)).text
    office.post(page(run, "apply"))
    run.refresh_from_db()
    assert run.state == RunState.HELD

    with django_capture_on_commit_callbacks(execute=True):
        office.post(page(run, "apply"), {"confirm": "yes"})
    run.refresh_from_db()
    assert run.state == RunState.APPLIED
    assert Listing.objects.published().count() == 4


def test_the_progress_polls_and_reloads_the_page_when_done(office, source):
    run = plan(source, as_csv([row(1)]))
    Run.objects.filter(pk=run.pk).update(state=RunState.PLANNING)

    waiting = office.get(page(run), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in waiting.text
    assert "<html" not in waiting.text
    assert "HX-Refresh" not in waiting

    Run.objects.filter(pk=run.pk).update(state=RunState.PLANNED)
    assert office.get(page(run), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_cancel(office, source):
    run = plan(source, as_csv([row(1)]))

    text = office.post(page(run, "cancel"), follow=True).text

    assert "Cancelled. Nothing was changed." in text


def test_the_file_of_refused_rows(office, source):
    run = plan(source, as_csv([row(1, 출원번호="1.02E+12"), row(2)]))

    response = office.get(page(run, "errors"))

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, refused = csv.reader(io.StringIO(text))
    assert response["Content-Type"].startswith("text/csv")
    assert refused[0] == "1.02E+12"
    assert refused[header.index("Row") :][:3] == ["2", "출원번호", "1.02E+12"]


def test_a_failed_import_says_why_and_can_go_on(office, source):
    run = plan(source, as_csv([row(1)]))
    Run.objects.filter(pk=run.pk).update(state=RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, problem_code="worker_lost")

    text = office.get(page(run)).text

    assert "The work stopped several times before it was done." in text
    assert "Compare again" in text


def test_the_list_asks_a_constant_number_of_questions(office, source, django_assert_max_num_queries):
    for n in range(1, 8):
        plan(source, as_csv([row(n)]))
    office.get("/my/imports/")

    with django_assert_max_num_queries(14):
        office.get("/my/imports/")


def test_the_file_is_stored_under_no_name_of_the_sender(office):
    office.post(UPLOAD, form(as_csv([row(1)]), name="../../etc/위험.csv"))

    run = Run.objects.get()
    assert run.file.name == f"imports/{run.public_id}"
    assert "/" not in run.file_name
