"""An institute's office uploads its list: columns, what would change, apply, progress, found by everybody."""

import csv
import io

import pytest

from tech_listings.enums import ListingState, RunState
from tech_listings.models import Listing, Run
from tech_listings.services import ingest_apply
from tests.factories.accounts import MembershipFactory
from tests.journeys.watch import choose_from_menu, settled

HEADER = ["관리번호", "우리기술", "출원번호", "출원일", "초록"]
ROWS = [
    ["K-1", "수소차용 저장 탱크", "10-2021-0011223", "2021-03-04", "압력 700기압에서 수소를 담는다."],
    ["K-2", "태양전지 봉지재", "10-2020-0099887", "2020.5.6", "수분 투과를 10분의 1로 줄인다."],
    ["K-3", "배터리 셀 균형 회로", "10-2022-0055443", "2022/7/8", "충전 시간을 42분에서 11분으로 줄인다."],
    ["K-4", "망가진 번호", "1.02E+12", "2022/7/8", "표 계산 프로그램이 번호를 바꾸었다."],
]


@pytest.fixture
def manager():
    return MembershipFactory(institute=True, manager=True, organization__name="가온대학교 산학협력단").user


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def as_file(rows, name):
    """A list as an office has it: a title above the header, in the encoding of Korean Windows."""
    out = io.StringIO()
    csv.writer(out).writerows([["2026년 보유 특허 목록"], HEADER, *rows])
    return {"name": name, "mimeType": "text/csv", "buffer": out.getvalue().encode("cp949")}


def upload(page, file):
    choose_from_menu(page, "File uploads")
    page.get_by_role("main").get_by_role("link", name="Upload a file").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and compare").click()
    page.wait_for_url(lambda url: not url.endswith("/new/"))


def stats(page):
    labels, values = page.locator(".stat-label").all_inner_texts(), page.locator(".stat-value").all_inner_texts()
    return dict(zip(labels, map(int, values), strict=True))


def test_a_list_goes_in_and_is_found(visit, manager):
    page = visit(manager)
    upload(page, as_file(ROWS, "보유특허.csv"))

    # Nobody can guess what the column "our technology" holds.
    page.get_by_role("heading", name="Columns of the file").wait_for()
    page.get_by_label("우리기술").select_option(label="Name of the technology")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="What would change").wait_for()
    assert stats(page) == {"Rows in the file": 4, "Added": 3, "Changed": 0, "Unchanged": 0, "Refused": 1}
    assert "1.02E+12" in page.locator(".section table.data").inner_text()
    assert Listing.objects.count() == 0

    with page.expect_download() as download:
        page.get_by_role("link", name="File of refused rows").click()
    errors = download.value.path().read_text("utf-8-sig")
    assert "망가진 번호" in errors
    assert "수소차용" not in errors

    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Applied. What was added can be found at once.").wait_for()
    assert Listing.objects.filter(state=ListingState.PUBLISHED).count() == 3

    visitor = visit(None, "/technologies/?q=수소")
    visitor.get_by_role("link", name="수소차용 저장 탱크").click()
    visitor.get_by_role("heading", name="수소차용 저장 탱크").wait_for()
    assert "10-2021-0011223" in visitor.get_by_role("main").inner_text()

    upload(page, as_file(ROWS, "보유특허.csv"))
    page.get_by_text("This very file was uploaded before").wait_for()

    newer = [
        [*ROWS[0][:4], "압력 875기압에서 수소를 담는다."],
        *ROWS[1:3],
        [*ROWS[3][:2], "10-2022-0000007", *ROWS[3][3:]],
    ]
    upload(page, as_file(newer, "보유특허-2.csv"))
    page.get_by_role("heading", name="What would change").wait_for()
    assert stats(page) == {"Rows in the file": 4, "Added": 1, "Changed": 1, "Unchanged": 2, "Refused": 0}
    change = page.locator(".section table.data").inner_text()
    assert "700기압" in change
    assert "875기압" in change
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Applied. What was added can be found at once.").wait_for()

    upload(page, as_file(newer, "보유특허-3.csv") | {"buffer": as_file(newer, "")["buffer"] + b"\r\n"})
    page.get_by_role("heading", name="Nothing would change").wait_for()
    assert stats(page) == {"Rows in the file": 4, "Added": 0, "Changed": 0, "Unchanged": 4, "Refused": 0}
    assert Listing.objects.count() == 4


def test_progress_survives_a_reload_and_ends_by_itself(visit, manager, monkeypatch):
    # The worker is away until the test does its work.
    monkeypatch.setattr(ingest_apply, "apply_after_commit", lambda run_id: None)
    page = visit(manager)
    header = [*HEADER]
    header[1] = "기술명"
    out = io.StringIO()
    csv.writer(out).writerows([header, *ROWS[:3]])
    upload(page, {"name": "목록.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()})
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("progressbar").wait_for()
    page.reload()
    assert "Being applied" in page.locator("#import-progress").inner_text()

    run = Run.objects.get()
    assert ingest_apply.work_on(run_id=run.public_id).state == RunState.APPLIED
    page.get_by_text("Applied. What was added can be found at once.").wait_for()
    settled(page)
    page.get_by_role("heading", name="What was changed").wait_for()


def test_a_file_that_cannot_be_read_says_why(visit, watch, manager):
    watch.expects(422)
    page = visit(manager, "/my/imports/new/")
    page.locator("input[type=file]").set_input_files({"name": "leer.csv", "mimeType": "text/csv", "buffer": b""})
    page.get_by_role("button", name="Upload and compare").click()
    page.get_by_role("alert").get_by_role("link", name="File").wait_for()
    assert Run.objects.count() == 0
