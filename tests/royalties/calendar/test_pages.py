"""Pages and downloads: what they show, what they say when something is wrong, and that the export is the list."""

import csv
import datetime
import io
import json

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from royalties.models import Due, SalesStatement
from royalties.queries.calendar import waiting_kinds
from royalties.services.calendar.reach import report_reached
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.settle import settle
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.deals.contracts import member, negotiation_row
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.royalties.calendar import (
    LUMP,
    NOW,
    STEPS,
    SWAP,
    TODAY,
    contract,
    due,
    ended,
    keeper,
    late_rules,
    manager,
    reporter,
)
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def here(client, made, side="firm", *, role=None):
    """Signed in as a member of that side."""
    user = {"firm": reporter, "holder": keeper}[side](made) if role is None else member(getattr(made, side), role=role)
    sign_in(client, user)
    return user


def address(name, target):
    return reverse(f"royalties:{name}", args=[target.public_id])


def reported(made, **given):
    given = {"year": 2025, "gross_won": 100_000_000} | given
    return report_sales(contract=made, by=reporter(made), at=NOW, **given).statement


def upload(text, name="lines.csv"):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


# --- reporting ------------------------------------------------------------------------------------------------------


def test_sent_twice_it_is_one_statement(client):
    made = contract()
    here(client, made)
    given = {"year": 2025, "gross_won": "100,000,000", "deductions_won": "", "text": "", "seen": 0}
    first, again = (client.post(address("sales_new", made), given) for _ in range(2))
    assert first.url == again.url == address("sales", SalesStatement.objects.get())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
def test_a_file_of_lines_gives_the_sums(client, encoding):
    made = contract()
    here(client, made)
    text = '제품명,수량,매출액,공제액\n모듈 A,10,"70,000,000",1000000\n모듈 B,,30000000,\n'
    given = {"year": 2025, "seen": 0, "text": "", "file": upload(text.encode(encoding))}
    assert client.post(address("sales_new", made), given).status_code == 302
    statement = SalesStatement.objects.get()
    assert (statement.gross_won, statement.deductions_won, len(statement.lines)) == (100_000_000, 1_000_000, 2)
    page = client.get(address("sales", statement)).text
    assert "모듈 A" in page
    rows = b"".join(client.get(address("sales_lines", statement)).streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(rows)))[1] == ["모듈 A", "10", "70000000", "1000000"]


def test_lines_with_characters_that_cannot_be_kept_show_them_as_question_marks(client):
    made = contract()
    here(client, made)
    rows = json.dumps([{"제품명": "모듈 \ud800", "매출액": "5"}])
    given = {"year": 2025, "seen": 0, "text": "", "file": upload(rows)}
    assert client.post(address("sales_new", made), given).status_code == 302
    assert SalesStatement.objects.get().lines[0]["product"] == "모듈 ?"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"gross_won": ""}, "Give the sales of the year"),
        ({"gross_won": "123.6"}, "Write whole won in figures"),
        ({"gross_won": "5", "deductions_won": "6"}, "More is deducted than was sold"),
        ({"file": "제품명,매출액\n모듈,12.5\n"}, "Row 2"),
        ({"file": "제품명,매출액\n,5\n"}, "Row 2"),
        ({"file": "a,b\n1,2\n"}, "a column with the product"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(client, given, said):
    made = contract()
    here(client, made)
    before = list(Due.objects.order_by("pk").values())
    if "file" in given:
        given = given | {"file": upload(given["file"])}
    response = client.post(address("sales_new", made), {"year": 2025, "seen": 0, "text": ""} | given)
    assert response.status_code == 422
    assert said in response.text
    assert not SalesStatement.objects.exists()
    assert list(Due.objects.order_by("pk").values()) == before


def test_who_comes_second_keeps_the_typed_words_beside_what_came_between(client):
    made = contract()
    here(client, made)
    reported(made)
    given = {"year": 2025, "gross_won": "7,000,000", "deductions_won": "", "text": "Mine", "seen": 0}
    response = client.post(address("sales_new", made), given)
    assert response.status_code == 409
    assert "Somebody of your side reported this year meanwhile" in response.text
    assert "Mine" in response.text
    assert 'name="seen" value="1"' in response.text
    assert SalesStatement.objects.count() == 1
    assert client.post(address("sales_new", made), given | {"seen": 1}).status_code == 302
    assert SalesStatement.objects.counting().get().gross_won == 7_000_000


def test_what_is_remarkable_is_flagged_and_the_forecast_stays_with_the_firm(client):
    made = contract()
    made.negotiation.forecasts.create(
        firm=made.firm, first_sale_on=datetime.date(2024, 6, 1), discount_bp=500,
        sales={"low": [1, 1], "base": [1_000_000, 900_000_000], "high": [1, 1]}, saved_at=NOW,
        saved_by=member(made.firm),
    )  # fmt: skip
    reported(made, year=2024, gross_won=200_000_000)
    statement = reported(made)
    assert statement.is_audited
    here(client, made)
    firm = client.get(address("sales", statement)).text
    here(client, made, "holder")
    holder = client.get(address("sales", statement)).text
    for page in (firm, holder):
        assert "fell by more than 30 percent" in page
        assert "Drawn for an audit" in page
    assert "below your forecast" in firm
    assert "forecast" not in holder


def test_a_contract_without_sales_says_so(client):
    made = contract(LUMP)
    here(client, made)
    assert "No year to report yet" in client.get(address("sales_new", made)).text


def test_use_is_reported_from_the_page(client):
    made = contract(LUMP)
    here(client, made)
    url = address("usage_new", made)
    assert client.post(url, {"year": 2025, "usage": "paused", "text": ""}).status_code == 422
    assert client.post(url, {"year": 2025, "usage": "paused", "text": "New mould"}).status_code == 302
    page = client.get(address("calendar", made)).text
    assert "2025: Paused" in page
    assert "no report by the day; counted as a failure" in page  # of 2024


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_export_is_the_list_as_shown(client):
    made, other = contract(LUMP), contract()
    here(client, made, "holder")
    assert other.holder != made.holder
    for query in ("", "?tab=open", "?tab=overdue&sort=latest", "?kind=instalment&due_to=2025-01-01", "?q=nothing"):
        page = client.get(f"/royalties/dues/{query}")
        export = b"".join(client.get(f"/royalties/dues/export.csv{query}").streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(export)))[1:]
        assert len(rows) == page.context["page"].paginator.count
        assert [row[2] for row in rows] == [name for _due, name in page.context["rows"]]
        assert {row[0] for row in rows} <= {made.number}


def test_sums_of_the_work_page_are_those_of_the_list(client):
    made = contract(LUMP)
    Due.objects.filter(key="instalment:2").update(paid_won=2_000_000)
    here(client, made, "holder")
    money = client.get("/royalties/").context["money"]
    assert [(row.side, row.year, row.due_won, row.paid_won, row.overdue_won) for row in money] == [
        ("holder", 2025, 0, 0, 0),
        ("holder", 2026, 5_000_000, 2_000_000, 0),
        ("holder", 2027, 0, 0, 0),
    ]
    listed = client.get("/royalties/dues/?due_from=2026-01-01&due_to=2026-12-31").context["page"].object_list
    assert sum(each.amount_won or 0 for each in listed) == 5_000_000


def test_what_is_received_and_what_is_owed_are_two_sums(client):
    """Of a company that is holder in one contract and firm in another."""
    made = contract(LUMP)
    here(client, made, "holder")
    assert "As the holder of the technology</h3>" not in client.get("/royalties/").text
    request = TransferRequestFactory(talk=True, requester=made.holder)
    contract(LUMP, negotiation=negotiation_row(request=request))
    Due.objects.filter(contract=made, key="instalment:2").update(paid_won=2_000_000)
    found = client.get("/royalties/")
    of_2026 = [row for row in found.context["money"] if row.year == 2026]
    assert [(row.side, row.due_won, row.paid_won) for row in of_2026] == [
        ("holder", 5_000_000, 2_000_000),
        ("firm", 5_000_000, 0),
    ]
    assert "As the holder of the technology</h3>" in found.text
    assert "As the firm that takes it</h3>" in found.text
    rows = client.get("/api/v1/royalties/work/").json()["money"]
    assert [(row["side"], row["due_won"]) for row in rows if row["year"] == 2026] == [
        ("holder", 5_000_000),
        ("firm", 5_000_000),
    ]


@pytest.mark.parametrize("terms", [LUMP, SWAP, STEPS], ids=lambda terms: terms.method)
def test_every_due_has_a_page_for_both_sides(client, terms):
    late_rules()
    made = contract(terms)
    for side in ("firm", "holder"):
        here(client, made, side)
        for each in made.dues.all():
            assert client.get(address("due", each)).status_code == 200


def test_days_and_interest_so_far_are_shown_of_what_is_late(client):
    late_rules()
    made = contract(LUMP)
    here(client, made)
    page = client.get(address("due", due(made, "upfront"))).text
    assert f"{(TODAY - datetime.date(2024, 4, 1)).days} days late" in page


def test_an_ended_contract_says_what_stays_owed(client):
    made = ended(contract(STEPS), TODAY)
    settle(contract=made, at=NOW)
    here(client, made)
    assert "The contract ended on" in client.get(address("calendar", made)).text
    assert "The contract has ended." in client.get(address("due", due(made, "milestone:sale"))).text


def test_a_milestone_from_report_to_confirmation(client):
    made = contract(STEPS)
    found = due(made, "milestone:prototype")
    here(client, made)
    given = {"reached_on": str(TODAY), "text": "Report 7"}
    wrong = client.post(address("due_reached", found), given | {"reached_on": "2030-01-01"})
    assert (wrong.status_code, found.reached_reports.count()) == (422, 0)
    assert client.post(address("due_reached", found), given).status_code == 302
    here(client, made, "holder")
    report = found.reached_reports.get()
    assert client.post(address("reached_refuse", report), {"text": ""}).status_code == 422
    assert client.post(address("reached_confirm", report), {"text": ""}).status_code == 302
    assert "2026" in client.get(address("due", found)).text


def test_waived_from_the_page_with_the_amount_that_was_seen(client):
    made = contract(LUMP)
    found = due(made, "upfront")
    sign_in(client, manager(made.holder))
    assert client.post(address("due_waive", found), {"reason": "", "seen_won": 10_000_000}).status_code == 422
    stale = client.post(address("due_waive", found), {"reason": "x", "seen_won": 5})
    found.refresh_from_db()
    assert (stale.status_code, found.state) == (409, "expected")
    assert client.post(address("due_waive", found), {"reason": "Hardship", "seen_won": 10_000_000}).status_code == 302
    assert "Hardship" in client.get(address("due", found)).text


# --- what waits -----------------------------------------------------------------------------------------------------


def test_what_waits_on_whom():
    made = contract()
    Due.objects.filter(key="upfront").update(state="done", done_at=NOW)
    firm, holder = reporter(made), keeper(made)
    titles = [each.title for each in waiting_on(firm, made.firm, today=TODAY)]
    assert any("Sales statement 2025" in title for title in titles)
    assert waiting_on(holder, made.holder, today=TODAY) == []
    statement = reported(made)
    [line] = waiting_on(holder, made.holder, today=TODAY)
    assert line.url == address("sales", statement)
    assert not any("Sales statement 2025" in each.title for each in waiting_on(firm, made.firm, today=TODAY))
    stranger = MembershipFactory(company=True, manager=True)
    assert waiting_on(stranger.user, stranger.organization, today=TODAY) == []
    assert waiting_on(stranger.user, made.firm, today=TODAY) == []


def test_what_is_not_to_be_reached_any_more_waits_on_nobody(client):
    made = contract(STEPS)
    firm, holder = reporter(made), keeper(made)
    found = due(made, "milestone:sale")
    report_reached(due=found, reached_on=TODAY, text="Sold", by=firm, at=NOW)
    [line] = waiting_on(holder, made.holder, today=TODAY)
    assert line.url == address("due", found)
    sign_in(client, holder)
    assert client.get(address("due", found)).context["waiting"] == found.reached_reports.get()
    ended(made, TODAY)
    settle(contract=made, at=NOW)
    assert waiting_on(holder, made.holder, today=TODAY) == []
    assert client.get(address("due", found)).context["waiting"] is None


def test_the_home_page_says_it(client):
    made = contract()
    here(client, made)
    assert "Sales statement 2025" in client.get("/").text


def test_an_organization_without_contracts_reads_what_will_be_here(client):
    sign_in(client, MembershipFactory(company=True).user)
    assert "Nothing waits on you" in client.get("/royalties/").text
    assert "Nothing is due" in client.get("/royalties/dues/").text
    assert "Nothing due has all of this" in client.get("/royalties/dues/?q=x").text


# --- rules ----------------------------------------------------------------------------------------------------------


def test_everybody_reads_the_rules_and_draws_again(client):
    late_rules()
    page = client.get("/royalties/rules/?number=C2026000001&year=2026").text
    assert "6.00 %" in page or "6 %" in page
    assert "drawn" in page
    assert client.post("/royalties/rules/", {}).status_code in (302, 403)


def test_an_officer_adds_a_version(client):
    late_rules()
    sign_in(client, MembershipFactory(government=True, user__second_factor=True).user)
    given = {"rate": "5.25", "effective_from": "2026-03-03", "source": "Act art. 1"}
    assert client.post("/royalties/rules/", given | {"rate": "x"}).status_code == 422
    assert client.post("/royalties/rules/", given).status_code == 302
    assert "Act art. 1" in client.get("/royalties/rules/").text
