"""A search as a file: what is shown is what is exported, and nothing in it runs (lessons F34, F50, F54, F55)."""

import csv
import io
import re
from urllib.parse import urlencode

import openpyxl
import pytest
from django.http import QueryDict
from django.utils import timezone

from tech_listings.columns import COLUMNS, ON_SCREEN
from tech_listings.exports import Selection, canonical, rows_of
from tech_listings.models import Listing
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingFactory, SynonymGroupFactory, patent

LIST = "/technologies/"
CSV, XLSX, CHOOSE = f"{LIST}export.csv", f"{LIST}export.xlsx", f"{LIST}export/"


def csv_of(client, query=""):
    answer = client.get(f"{CSV}?{query}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")  # Korean Excel reads UTF-8 by it (F50)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def book_of(client, query=""):
    answer = client.get(f"{XLSX}?{query}")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def xlsx_of(client, query=""):
    return [[cell.value for cell in row] for row in book_of(client, query).worksheets[0].iter_rows()]


def on_page(client, query=""):
    return [listing.number for listing in client.get(f"{LIST}?{query}").context["page"]]


@pytest.fixture
def listings():
    """Everything a list could wrongly show: a draft, a withdrawn one, one with a confidential part."""
    made = [
        ListingFactory(title_ko=f"수소 저장 {n}", trl=n, price_won=n * 1_000_000, rights=[patent(n)])
        for n in range(1, 6)
    ]
    ListingFactory(title_ko="수소 초안", draft=True)
    ListingFactory(title_ko="수소 철회", withdrawn=True)
    ListingFactory(title_ko="수소 비밀", title_en="", trl=9, confidential_text="kanarienvogel", confidential_reason="x")
    return made


@pytest.fixture
def short(monkeypatch):
    """Long begins after 3 rows, and a file takes 5."""
    monkeypatch.setattr("tech_listings.exports.AT_ONCE", 3)
    monkeypatch.setattr("tech_listings.views.exports.AT_ONCE", 3)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=수소",
        "trl=3",
        "trl=3&trl=4&q=수소",
        "q=nothing",
        "trl=nonsense",
        "sort=trl",
        "q=수소&sort=trl",
        "q=수소&sort=newest",
        "q=수소 저장&match=all",
        "page=2",
        "view=table",
    ],
)
def test_page_csv_and_xlsx_have_the_same_in_the_same_order(client, listings, query):
    shown = on_page(client, re.sub("page=2", "", query))
    assert [row[0] for row in csv_of(client, query)[1:]] == shown
    assert [row[0] for row in xlsx_of(client, query)[1:]] == shown
    assert [row[0] for row in rows_of(Selection(QueryDict(query)), "ko")] == shown


def test_what_is_not_public_is_in_no_file(client, listings):
    text = str(csv_of(client, "q=수소")) + str(xlsx_of(client, "q=수소"))
    assert "초안" not in text
    assert "철회" not in text
    assert "kanarienvogel" not in text
    assert "비밀" in text  # the listing itself is public


def test_a_file_begins_with_the_columns_of_the_screen(client, listings):
    page = client.get(f"{LIST}?view=table").text
    shown = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)
    header = csv_of(client)[0]
    assert shown == [str(column.label) for column in ON_SCREEN]
    assert header[: len(shown)] == shown
    assert header == xlsx_of(client)[0] == [str(column.label) for column in COLUMNS]


def test_values_are_those_of_the_listing(client):
    listing = ListingFactory(
        title_en="Storage",
        trl=4,
        price_won=30_000_000,
        keywords=["a", "b"],
        ipc_codes=["H01M 10/05"],
        rights=[patent()],
    )
    row = dict(zip(*csv_of(client), strict=True))
    assert row["Listing number"] == listing.number
    assert row["Technology title"] == "Storage"
    assert row["Holder"] == listing.holder.name_en
    assert (row["TRL"], row["Price wish (won)"], row["Keywords"]) == ("4", "30000000", "a | b")
    assert (row["Rights"], row["Registered"]) == ("Registered right", "2026-03-02")
    assert row["Address"].endswith(f"/technologies/{listing.number}/")
    cells = dict(zip(*xlsx_of(client), strict=True))
    assert (cells["TRL"], cells["Price wish (won)"]) == (4, 30_000_000)
    assert f"{cells['Registered']:%Y-%m-%d}" == "2026-03-02"


def test_words_are_those_of_the_reader(client, listings):
    client.cookies["django_language"] = "ko"
    assert "수소 저장 3" in csv_of(client, "trl=3")[1]
    client.cookies["django_language"] = "en"
    assert "수소 저장 3" not in csv_of(client, "trl=3")[1]


STARTS = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("title", [f"{start}SUM(A1)" for start in STARTS] + ['=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(client, title):
    """As a title, a keyword and in the filter itself, which stands on the second sheet."""
    ListingFactory(title_en=title, keywords=[title], value_en=title)
    rows = csv_of(client)
    assert f"'{title}" in rows[1]
    assert [cell for row in rows for cell in row if cell.startswith(STARTS)] == []
    for query in ("", urlencode({"q": title})):
        cells = [c for sheet in book_of(client, query).worksheets for row in sheet.iter_rows() for c in row]
        assert [c.value for c in cells if c.data_type == "f" or str(c.value).startswith(STARTS)] == []


def test_what_excel_cannot_hold_is_left_out(client):
    ListingFactory(title_en="a\x0bb\x01c")
    assert xlsx_of(client)[1][1] == "abc"


def test_the_second_sheet_says_what_the_file_holds(client, listings):
    lines = {row[0].value: row[1].value for row in book_of(client, "q=수소&trl=3&trl=4").worksheets[1].iter_rows()}
    assert lines["Rows"] == 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d KST", lines["Made"])
    assert (lines["Words"], lines["Technology readiness level"]) == ("수소", "3, 4")
    assert lines["Address of the search"].endswith("/technologies/?q=%EC%88%98%EC%86%8C&trl=3&trl=4")
    everything = {row[0].value: row[1].value for row in book_of(client).worksheets[1].iter_rows()}
    assert everything["Filters"] == "None: all published technologies"


def test_synonyms_that_were_switched_off_are_named(listings):
    group = SynonymGroupFactory(words=["수소", "hydrogen"])
    words = dict(Selection(QueryDict(f"q=x&without_synonyms={group.public_id},nonsense")).words())
    assert words["Synonyms switched off"] == "수소 = hydrogen; nonsense"


def test_the_holder_of_a_filter_is_named(client, listings):
    holder = listings[0].holder
    words = dict(Selection(QueryDict(f"holder={holder.public_id}")).words())
    assert words == {"Institute": holder.name_en}


def test_csv_is_a_plain_table_whose_name_says_when(client, listings):
    answer = client.get(CSV)
    assert re.search(r'filename="technologies-\d{8}-\d{4}\.csv"', answer["Content-Disposition"])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    b"".join(answer.streaming_content)
    assert {len(row) for row in csv_of(client)} == {len(COLUMNS)}


def test_a_long_one_leads_to_a_page_that_keeps_the_search(client, listings, short):
    answer = client.get(f"{CSV}?q=수소&page=3&view=table")
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.context["words"] == [("Words", "수소")]
    assert "Up to 3 rows can be downloaded at once" in page.text
    assert f"{LIST}?q=%EC%88%98%EC%86%8C" in page.text
    assert "next=%2Ftechnologies%2Fexport%2F%3Fq%3D%25EC%2588%2598%25EC%2586%258C" in page.text
    assert "Prepare CSV" not in page.text

    sign_in(client, UserFactory())
    assert "Prepare CSV" in client.get(answer["Location"]).text


def test_a_short_one_is_offered_at_once(client, listings):
    page = client.get(f"{CHOOSE}?trl=3")
    assert f"{CSV}?trl=3" in page.text
    assert f"{XLSX}?trl=3" in page.text


def test_no_file_has_more_than_it_may_and_says_so(client, listings, monkeypatch):
    monkeypatch.setattr("tech_listings.exports.CEILING", 4)
    monkeypatch.setattr("tech_listings.views.exports.CEILING", 4)
    monkeypatch.setattr("marketplace.core.pagination.CEILING", 4)
    assert len(csv_of(client)) == 1 + 4
    assert "-first-4.csv" in client.get(CSV)["Content-Disposition"]
    about = {row[0].value: row[1].value for row in book_of(client).worksheets[1].iter_rows()}
    assert about["Not all"] == "More were found; the file has the first 4 in the order of the page."
    assert "more were found" in client.get(CHOOSE).text


def test_equal_searches_are_equal_texts():
    one = canonical(QueryDict("trl=3&q=%EC%88%98&page=4&trl=4&view=table&ipc="))
    other = canonical(QueryDict("q=수&trl=3&trl=4"))
    assert one.urlencode() == other.urlencode() == "q=%EC%88%98&trl=3&trl=4"


def test_what_no_filter_is_called_is_left_out(client, listings):
    assert canonical(QueryDict("utm_source=letter&q=수&csrfmiddlewaretoken=x")).urlencode() == "q=%EC%88%98"
    assert csv_of(client, "utm_source=letter&trl=5") == csv_of(client, "trl=5")


def test_the_list_offers_both_formats_for_what_it_shows(client, listings):
    page = client.get(f"{LIST}?q=수소&trl=3").text
    for address in (CSV, XLSX):
        assert f"{address}?q=%EC%88%98%EC%86%8C&amp;trl=3" in page or f"{address}?q=%EC%88%98%EC%86%8C&trl=3" in page


def test_what_is_withdrawn_is_in_no_later_file(client, listings):
    first, holder = listings[0], MembershipFactory(organization=listings[0].holder).user
    assert first.number in [row[0] for row in csv_of(client)]
    withdraw(listing=first, reason="sold", by=holder, at=timezone.now())
    assert first.number not in [row[0] for row in csv_of(client)]
    assert Listing.objects.published().count() == len(csv_of(client)) - 1
