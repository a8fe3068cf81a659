"""Real records, where they are at hand. They are no part of the repository."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from tech_listings.enums import ListingState, RowAction, SuspendedFor
from tech_listings.models import Listing, Right
from tech_listings.services.ingest_report import problems_of
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.runs import counts, plan, stored, take_in

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real records (../shared/data) are not on this machine")
UNIVERSITY = DATA / "patents" / "university_patents.csv"
FILES = {
    UNIVERSITY: 1329,
    DATA / "patents" / "kipris_xml" / "enterprise__patent__120050421158__1.xml": 14,
    DATA / "patents" / "kipris_xml" / "enterprise__patent__120070353675__1.xml": 33,
    DATA / "patents" / "kipris_xml" / "enterprise__patent__120060342061__1.xml": 37,
    DATA / "patents" / "semiconductor_ai_1500.jsonl": 1500,
    DATA / "listings" / "nasa_software.jsonl": 1298,
}


@pytest.fixture
def source():
    return SourceFactory(conditions_of_use="협의")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_goes_in_and_the_second_time_changes_nothing(source, path):
    run = take_in(source, path.read_bytes(), name=path.name)

    assert counts(run) == {"added": FILES[path]}
    lapsed = Listing.objects.filter(state=ListingState.SUSPENDED, suspended_for=SuspendedFor.LAPSED).count()
    assert Listing.objects.published().count() + lapsed == run.rows_read == FILES[path]
    assert lapsed < FILES[path] * 2 / 3
    before = list(Listing.objects.order_by("pk").values("pk", "updated_at", "revision"))

    assert counts(take_in(source, path.read_bytes(), name=path.name)) == {"unchanged": FILES[path]}
    assert list(Listing.objects.order_by("pk").values("pk", "updated_at", "revision")) == before


def rows_of_university():
    with UNIVERSITY.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def as_text(rows, delimiter, encoding):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding, "replace")


def as_workbook(rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for cells in rows:
        sheet.append([openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", c) for c in cells])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "save",
    [lambda rows: as_text(rows, "\t", "utf-16"), as_workbook],
    ids=["utf-16 with tabs", "xlsx"],
)
def test_another_save_gives_the_same_listings(source, save):
    take_in(source, UNIVERSITY.read_bytes())
    other = SourceFactory(conditions_of_use="협의")

    take_in(other, save(rows_of_university()))

    assert stored(other) == stored(source)


def test_what_cp949_cannot_hold_is_named_and_the_rest_is_the_same(source):
    take_in(source, UNIVERSITY.read_bytes())
    before = stored(source)
    saved = as_text(rows_of_university(), ",", "cp949")
    lossy = [n for n, cells in enumerate(rows_of_university(), 1) if not can_hold("".join(cells))]

    run = take_in(source, saved)

    assert counts(run) == {"unchanged": 1329}
    assert stored(source) == before
    named = {
        row.row
        for row in run.rows.filter(action=RowAction.NOTE)
        for p in problems_of(row)
        if p.code == "lost_characters"
    }
    assert named == set(lossy)

    other = SourceFactory(conditions_of_use="협의")
    assert counts(take_in(other, saved)) == {"added": 1329}
    differing = [a for a, b in zip(stored(other), before, strict=True) if a != b]
    assert len(differing) == len(lossy)


def can_hold(text):
    return text.encode("cp949", "replace").decode("cp949") == text


def test_every_right_keeps_its_number(source):
    take_in(source, UNIVERSITY.read_bytes())

    numbers = set(Right.objects.values_list("application_number", flat=True))
    with UNIVERSITY.open(encoding="utf-8-sig", newline="") as file:
        assert numbers == {cells["ApplicationNumber"] for cells in csv.DictReader(file)}


def test_the_field_dictionary_is_known():
    with (DATA / "fields" / "ntb_listing_fields.csv").open(encoding="utf-8-sig", newline="") as file:
        fields = list(csv.DictReader(file))
    values = {"판매기술코드": "K-1", "기술명": "수소 촉매", "초록": "촉매를 만든다.", "특허출원번호": "10-2019-0000001"}
    lines = [
        [f["column"] for f in fields],
        [f["meaning_ko"] for f in fields],
        [values.get(f["meaning_ko"], "") for f in fields],
    ]
    by_meaning = [lines[1], lines[2]]

    for rows in (lines, by_meaning):
        run = plan(SourceFactory(), as_text(rows, ",", "utf-8"))
        assert counts(run) == {"added": 1}
        assert len(run.columns) == 81


def test_a_json_list_is_as_good_as_lines(source):
    lines = (DATA / "listings" / "nasa_software.jsonl").read_text("utf-8").splitlines()
    take_in(source, (DATA / "listings" / "nasa_software.jsonl").read_bytes())

    listed = json.dumps([json.loads(line) for line in lines]).encode()

    assert counts(plan(source, listed, name="a.json")) == {"unchanged": 1298}
