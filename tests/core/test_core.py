import datetime
import io
import uuid

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from marketplace.core.asking import do
from marketplace.core.counters import take_numbers
from marketplace.core.errors import ChangedMeanwhile, Conflict, NotAllowed, NotPossibleNow
from marketplace.core.exports import csv_lines, download, safe_cell
from marketplace.core.ids import uuid7
from marketplace.core.middleware import DomainErrorMiddleware
from marketplace.core.models import Counter
from marketplace.core.money import korean_words, share_rounded_down, won
from marketplace.core.pages import without
from marketplace.core.text import normalise, tidy
from tech_listings.models import Listing
from tests.threads import at_once


def test_ids_sort_by_time_and_say_their_version():
    made = [uuid7() for _ in range(50)]
    assert {(i.version, i.variant) for i in made} == {(7, uuid.RFC_4122)}
    times = [i.int >> 80 for i in made]
    assert times == sorted(times)
    assert len(set(made)) == 50


@pytest.mark.parametrize("field", [forms.ModelChoiceField, forms.ModelMultipleChoiceField])
def test_who_chooses_what_is_no_id_is_told_to_choose(field):
    choice = field(queryset=Listing.objects.none(), to_field_name="public_id")
    with pytest.raises(ValidationError) as refused:
        choice.clean(["the first one"] if field is forms.ModelMultipleChoiceField else "the first one")
    assert refused.value.messages == ["Select a valid choice. the first one is not one of the available choices."]


def test_migrations_know_a_public_id_as_what_it_is():
    assert Listing._meta.get_field("public_id").deconstruct()[1] == "django.db.models.UUIDField"


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_a_share_is_rounded_down_to_whole_won(amount, rate):
    share = share_rounded_down(amount, rate)
    assert share * 10_000 <= amount * rate < (share + 1) * 10_000


def test_a_negative_amount_has_no_share():
    with pytest.raises(ValueError):
        share_rounded_down(-1, 100)


@pytest.mark.parametrize(
    ("amount", "ko", "en"),
    [
        (50_000_000, "50,000,000원 (5천만 원)", "KRW 50,000,000"),
        (120_000_000, "120,000,000원 (1억 2천만 원)", "KRW 120,000,000"),
        (100_000_000, "100,000,000원 (1억 원)", "KRW 100,000,000"),
        (16_680_000, "16,680,000원 (1,668만 원)", "KRW 16,680,000"),
        (123, "123원", "KRW 123"),
        (0, "0원", "KRW 0"),
    ],
)
def test_won_reads_as_people_say_it(amount, ko, en):
    assert (won(amount, "ko"), won(amount, "en")) == (ko, en)


def test_words_only_for_round_figures():
    assert korean_words(12_345) == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_never_starts_a_formula(start):
    assert safe_cell(start + "cmd|' /C calc'!A0").startswith("'")
    assert safe_cell(-5) == -5


def test_csv_has_a_mark_for_korean_excel():
    assert "".join(csv_lines([["제목", 'a"b']])) == '\ufeff제목,"a""b"\r\n'


def test_a_download_is_csv_of_all_rows_or_a_sheet_of_the_first(monkeypatch):
    monkeypatch.setattr("marketplace.core.exports.CEILING", 2)
    rows = [["n"], [1], [2], [3]]
    text = download(RequestFactory().get("/"), "list", "List", iter(rows))
    assert b"".join(text.streaming_content).decode().split() == ["\ufeffn", "1", "2", "3"]
    sheet = download(RequestFactory().get("/?format=xlsx"), "list", "List", iter(rows))
    assert list(load_workbook(io.BytesIO(sheet.content)).active.values) == [
        ("n",), (1,), (2,), ("Only the first 2 rows are in this file. The CSV has all of them.",),
    ]  # fmt: skip
    whole = download(RequestFactory().get("/?format=xlsx"), "list", "List", iter(rows[:3]))
    assert list(load_workbook(io.BytesIO(whole.content)).active.values) == [("n",), (1,), (2,)]
    assert {".csv" in text["Content-Disposition"], ".xlsx" in sheet["Content-Disposition"]} == {True}


def test_a_list_that_is_cut_says_so():
    rows = [["n"], [1], [2], [3]]
    last = "Only the first 2 rows are in this file. Narrow the list for the others."
    for asked, all_of_them, is_cut in (("/", rows, True), ("/", rows[:3], False), ("/?format=xlsx", rows, True)):
        answer = download(RequestFactory().get(asked), "list", "List", iter(all_of_them), most=2)
        if "xlsx" in asked:
            found = [row[0] for row in load_workbook(io.BytesIO(answer.content)).active.values]
        else:
            found = [line.strip('"') for line in b"".join(answer.streaming_content).decode().splitlines()]
        assert (len(found), last in found) == (4 if is_cut else 3, is_cut)


def test_text_is_composed_and_has_no_control_characters():
    assert tidy("수소\x00  저장\r\n둘째 \x1b줄 ") == "수소 저장\n둘째 줄"


def test_searched_text_is_one_form():
    assert normalise("기계·소재 ＡＢＣ") == normalise("기계ㆍ소재 abc") == "기계 소재 abc"


def test_a_filter_is_taken_out_of_the_query():
    query = RequestFactory().get("/?trl=4&trl=5&q=&page=3").GET
    assert without(query, "trl", "4") == "?trl=5"
    assert without(query, "trl") == "?"


def test_numbers_follow_each_other_per_year():
    assert list(take_numbers(kind="x", year=2026, count=2)) == [1, 2]
    assert list(take_numbers(kind="x", year=2026)) == [3]
    assert list(take_numbers(kind="x", year=2027)) == [1]


@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_are_never_the_same():
    taken = at_once(*[lambda: take_numbers(kind="x", year=2026, count=10)] * 4)
    assert sorted(n for block in taken for n in block) == list(range(1, 41))
    assert Counter.objects.get().last == 40


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_numbers_would_repeat(monkeypatch):
    """The proof that the lock does the work: two readers that do not wait take the same numbers."""
    import threading

    from django.db.models.query import QuerySet

    both_read = threading.Barrier(2)

    def no_lock(self, **kwargs):
        return self

    original = QuerySet.get

    def slow_get(self, *args, **kwargs):
        found = original(self, *args, **kwargs)
        if self.model is Counter:
            both_read.wait(5)
        return found

    Counter.objects.create(kind="x", year=2026)
    monkeypatch.setattr(QuerySet, "select_for_update", no_lock)
    monkeypatch.setattr(QuerySet, "get", slow_get)
    first, second = at_once(*[lambda: take_numbers(kind="x", year=2026)] * 2)
    assert list(first) == list(second)


def test_health_answers_without_a_session_or_a_known_host(client, settings):
    settings.ALLOWED_HOSTS = ["ieum.example"]
    assert client.get("/healthz", headers={"host": "10.0.0.1"}).json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"}
    assert "sessionid" not in answer.cookies


def test_ready_names_what_is_missing(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"], answer.json()["database"]) == (503, "unavailable", "ok")


def test_a_domain_error_becomes_a_page_not_a_500(client, monkeypatch):
    from django.db import OperationalError
    from psycopg2.errors import LockNotAvailable

    middleware = DomainErrorMiddleware(lambda request: None)
    request = client.get("/").wsgi_request
    assert middleware.process_exception(request, Conflict("Somebody was faster")).status_code == 409
    with override("en"):
        page = middleware.process_exception(request, NotPossibleNow("There is nothing to correct.")).content.decode()
    assert "There is nothing to correct." in page
    assert "Somebody was faster" not in page  # nobody was
    lock = OperationalError()
    lock.__cause__ = LockNotAvailable()
    assert middleware.process_exception(request, lock).status_code == 503
    assert middleware.process_exception(request, ValueError()) is None


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"IEUM_ENV": "production"}, "SECRET_KEY is missing"),
        ({"IEUM_ENV": "production", "SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"IEUM_ENV": "production", "SECRET_KEY": "x" * 50}, "ALLOWED_HOSTS is missing"),
        ({"IEUM_ENV": "somewhere"}, "IEUM_ENV is 'somewhere'"),
        ({"IEUM_ENV": "development", "DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"IEUM_ENV": "development", "REDIS_URL": ""}, "REDIS_URL is missing"),
        ({"IEUM_ENV": "production", "SECRET_KEY": "x" * 50, "DEBUG": "1"}, "DEBUG is on in production"),
        ({"IEUM_ENV": "production", "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "a.kr"}, "EMAIL_URL is missing"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(environment, sentence, settings):
    import os
    import subprocess
    import sys

    base = {k: v for k, v in os.environ.items() if k not in {"IEUM_ENV", "SECRET_KEY", "DEBUG", "EMAIL_URL"}}
    done = subprocess.run(
        [sys.executable, "-c", "import marketplace.settings"],
        env=base | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]


def test_days_are_days_in_korea():
    from django.utils import timezone

    late = datetime.datetime(2026, 6, 1, 20, tzinfo=datetime.UTC)
    assert timezone.localdate(late) == datetime.date(2026, 6, 2)


def test_valkey_away_costs_the_cache_not_the_pages(client, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert client.get("/").status_code == 200
    assert client.get("/technologies/").status_code == 200
    assert client.get("/api/v1/listings/").status_code == 200


def test_a_lock_held_too_long_is_an_answer_in_the_shape_of_the_api():
    from django.db import OperationalError
    from psycopg2.errors import LockNotAvailable

    from marketplace.core.api import exception_handler

    error = OperationalError()
    error.__cause__ = LockNotAvailable()
    answer = exception_handler(error, {})
    assert (answer.status_code, answer.data["code"]) == (503, "busy")


def test_an_unknown_address_of_the_api_answers_in_its_shape(client):
    answer = client.get("/api/v1/nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_refusal_that_names_a_field_stands_there_and_others_go_on():
    """Also a conflict: who typed a reference that is used types another one, and the rest of the form stays."""

    class Form(forms.Form):
        reference = forms.CharField()

    def refuse(error):
        raise error

    form = Form({"reference": "B-1"})
    assert form.is_valid()
    assert do(form, refuse, error=Conflict("Used.", field="reference")) is None
    assert form.errors == {"reference": ["Used."]}
    for error in (Conflict("Meanwhile."), Conflict("Elsewhere.", field="other"), NotAllowed("No.", field="reference")):
        with pytest.raises(type(error), match=str(error)):
            do(form, refuse, error=error)


@pytest.mark.parametrize(
    ("error", "says"),
    [(NotPossibleNow("Too early."), "Nothing was saved"), (ChangedMeanwhile("Changed."), "Somebody was faster")],
)
def test_a_conflict_leads_back_to_the_page_it_came_from(rf, error, says):
    address = "/vouchers/sanctions/0b0f0000-0000-7000-8000-000000000000/"
    middleware = DomainErrorMiddleware(lambda request: None)
    with override("en"):
        shown = middleware.process_exception(rf.post(f"{address}decide/"), error).content.decode()
    assert str(error) in shown
    assert f"<h1>{says}</h1>" in shown
    assert f'href="{address}"' in shown
