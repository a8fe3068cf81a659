"""Files that were damaged, or made to do damage: refused in a sentence, and in no more time than a good one takes."""

import io
import json
import re
import struct
import time
import zipfile

import openpyxl
import pytest

from tech_listings.ingest import workbooks
from tech_listings.ingest.mapping import guess
from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.records import RecordReader, is_same_but_for_encoding

HEADER = ["발명의명칭", "출원번호"]
NUMBER = "1020120086766"


@pytest.fixture(autouse=True)
def _in_no_time():
    """Each of these took minutes, or for ever, when it was found."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 3


def workbook():
    book, out = openpyxl.Workbook(), io.BytesIO()
    for cells in (HEADER, ["수소 저장 합금", NUMBER]):
        book.active.append(cells)
    book.save(out)
    return out.getvalue()


def changed(data, member, change):
    source, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, change(source.read(name)) if name == member else source.read(name))
    return out.getvalue()


def with_headers(data, local, central, value):
    """The two-byte field at these places of every local and central header of a zip set to `value`."""
    out = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        for found in re.finditer(re.escape(mark), data):
            struct.pack_into("<H", out, found.start() + offset, value)
    return bytes(out)


def with_broken_stream(data):
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo("[Content_Types].xml")
    begin = info.header_offset + 30 + len(info.filename)
    return data[:begin] + b"\xff" * info.compress_size + data[begin + info.compress_size :]


def records_of(data):
    table = open_table(data, name="x")
    reader = RecordReader(guess(table.columns), table.columns)
    return [reader.read(row) for row in table.rows()]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: with_headers(data, 6, 8, 1),  # says that it is encrypted
        lambda data: with_headers(data, 8, 10, 99),  # a compression nobody knows
        lambda data: with_headers(data, 4, 6, 87),  # a version of zip to come
        with_broken_stream,
        lambda data: changed(data, "xl/styles.xml", lambda part: re.sub(rb'fontId="\d+"', b'fontId="99"', part)),
        lambda data: changed(data, "xl/worksheets/sheet1.xml", lambda part: part[: len(part) // 2]),
        lambda data: changed(data, "xl/workbook.xml", lambda part: b"<a/>"),
    ],
)
def test_a_damaged_workbook_is_named_as_such(damage):
    with pytest.raises(FileProblem) as refused:
        records_of(damage(workbook()))

    assert refused.value.code in {"broken_workbook", "password", "empty_file"}


def test_a_row_may_not_claim_any_number(monkeypatch):
    monkeypatch.setattr(workbooks, "LAST_ROW", 50_000)
    far = changed(
        workbook(), "xl/worksheets/sheet1.xml", lambda part: part.replace(b'<row r="2"', b'<row r="900000000"')
    )

    with pytest.raises(FileProblem) as refused:
        records_of(far)

    assert refused.value.code == "too_many_rows"


def test_many_objects_inside_each_other_are_walked_once():
    wide = "{" + ",".join(f'"k{i}":{{}}' for i in range(150_000)) + ', "items": [{"title": "수소"}]}'

    assert [c.name for c in open_table(wide.encode(), name="x").columns] == ["title"]


def test_a_deeply_nested_cell_is_its_leaves():
    data = json.dumps({"title": "x", "application_number": NUMBER}).replace('"x"', "[" * 700 + '"수소"' + "]" * 700)

    [(record, problems)] = records_of(data.encode())

    assert (record.title, problems) == ("수소", [])


@pytest.mark.parametrize("blanks", ["\n" * 20_000, " " * 50_000 + "\n" * 50_000])
def test_blanks_in_a_header_cost_nothing(blanks):
    table = open_table(f'"발명의명칭{blanks}x",출원번호\n가나,{NUMBER}\n'.encode(), name="x")

    assert [c.name for c in table.columns] == ["발명의명칭 x", "출원번호"]


@pytest.mark.parametrize("cell", ["H" + " " * 90_000 + "x", "H01M" + " " * 90_000 + "(x", "," * 90_000])
def test_blanks_and_commas_in_an_ipc_cell_cost_nothing(cell):
    [(record, problems)] = records_of(f'발명의명칭,출원번호,ipc\n가나,{NUMBER},"{cell}"\n'.encode())

    assert record is None
    assert {p.code for p in problems} <= {"too_long", "bad_ipc"}


def test_half_a_surrogate_pair_reaches_no_record():
    data = json.dumps({"title": "가\ud800나", "application_number": NUMBER, "licenses": ["MIT\ud800"]})

    [(record, _problems)] = records_of(data.encode())

    assert (record.title, record.licenses) == ("가나", ("MIT",))


def test_marks_for_lost_characters_are_matched_in_one_pass():
    old = "가나다" + "汉" * 200 + "라바"

    assert is_same_but_for_encoding("가나다" + "?" * 200 + "라바", old, "cp949") == "汉"
    assert is_same_but_for_encoding("가나다" + "?" * 200 + "라마", old, "cp949") == ""
    assert is_same_but_for_encoding("가?나?다", "가나汉다", "cp949") == " 汉"
    assert is_same_but_for_encoding("가??다", "가汉다", "cp949") in {"汉 ", " 汉"}
    assert is_same_but_for_encoding("?가", "가", "cp949") == " "
    assert is_same_but_for_encoding("가?", "가汉字", "cp949") == ""
    assert is_same_but_for_encoding("a?b?c", "a?b汉c", "cp949") == "汉"
