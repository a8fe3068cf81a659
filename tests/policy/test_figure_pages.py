"""Who sees which figure and which rows, on pages and through the API; and that nothing confidential is in them."""

import dataclasses
import datetime
import json

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.core.throttling import AddressThrottle
from obligations.models import RnDProject
from policy.models import LiveValue, Snapshot, Target
from policy.queries.figures import access
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due
from policy.services.figures.load import load_series, load_targets, read
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.obligations import duty
from tests.factories.policy.figures import NOW, YEAR, Nation, answer, institute, merged, officer
from tests.factories.royalties.income import due, invoiced, paid
from tests.factories.tech_listings import ListingFactory

CANARY = "kanarienvogel"
pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def reference():
    load_series(rows=read("national_series.json"))
    load_targets(rows=read("targets.json"), at=NOW)


def client_of(user=None):
    return sign_in(Client(), user) if user else Client()


def test_a_citizen_checks_the_rate(reference):
    answer(technologies=10)
    compute_all(at=NOW)
    page = client_of().get("/figures/transfer_rate/")
    lines = {line.year: line for line in page.context["years"]}
    assert lines[2016].national_text == "38.03 %"
    assert lines[2016].gap_text == "+4.77 percentage points"
    assert lines[2009].is_gap
    assert lines[2013].target.is_assumption
    assert "38.03 %" in page.content.decode()


def test_gaps_are_lines_and_break_the_line_of_the_chart(reference):
    compute_all(at=NOW)
    page = client_of().get("/figures/transfers/")
    years = [line.year for line in page.context["years"]]
    assert years == list(range(years[0], years[-1] - 1, -1))
    published = [line for line in page.context["year_chart"].lines if line["class"] == "is-national"]
    assert len(published) > 2


def test_where_there_is_nothing_to_correct_it_is_said_in_the_form():
    freeze_due(at=NOW)
    snapshot = Snapshot.objects.filter(figure="public_listings").latest("month")
    page = client_of(officer()).post(
        f"/figures/public_listings/months/{snapshot.public_id}/", {"reason": "One was entered twice."}
    )
    assert (page.status_code, Snapshot.objects.filter(version__gt=1).exists()) == (422, False)
    text = page.content.decode()
    assert "there is nothing to correct" in text
    assert "One was entered twice." in text  # what was typed stays


def test_nobody_has_computed_anything_yet():
    for client in (client_of(), client_of(officer())):
        assert client.get("/figures/").status_code == 200
        for code in FIGURES:
            assert client.get(f"/figures/{code}/").status_code == 200
            assert client.get(f"/figures/{code}/rows/").status_code == 200


def test_nothing_to_count_is_no_value_and_nothing_counted_is_nought():
    """Before anything was registered nobody can say how much is public; when all of it was withdrawn, it is 0."""
    compute_all(at=NOW)
    page = client_of().get("/figures/public_listings/")
    assert page.context["value_text"] == "–"
    ListingFactory(withdrawn=True)
    compute_all(at=NOW)
    assert client_of().get("/figures/public_listings/").context["value_text"] == "0"


def test_a_row_of_what_everybody_may_read_opens_it():
    listed = ListingFactory()
    page = client_of().get("/figures/public_listings/rows/").content.decode()
    assert f'href="/technologies/{listed.number}/"' in page
    freeze_due(at=NOW)
    listed.state, listed.withdrawn_at = "withdrawn", NOW
    listed.save()
    frozen = client_of(officer()).get("/figures/public_listings/rows/?month=2026-10").content.decode()
    assert listed.number in frozen
    assert f'href="/technologies/{listed.number}/"' not in frozen


@pytest.fixture
def frozen_listings():
    ListingFactory()
    freeze_due(at=NOW)
    return "public_listings/rows/?month=2026-10"


def test_a_visitor_has_frozen_months_unpacked_so_often_only(frozen_listings, monkeypatch):
    """Each page of one is the whole month; pages, files and the API share what an address may ask for."""
    monkeypatch.setattr("policy.forms.figures.KEPT_ROWS", AddressThrottle("figure-rows", "2/min"))
    asked = [f"/figures/{frozen_listings}", f"/figures/{frozen_listings.replace('rows/', 'rows/export/')}"]
    assert [client_of().get(address).status_code for address in asked] == [200, 200]
    of_api = client_of().get(f"/api/v1/figures/{frozen_listings}")
    assert [client_of().get(address).status_code for address in asked] == [429, 429]
    assert (of_api.status_code, "Retry-After" in of_api.headers) == (429, True)
    for open_yet in (f"/figures/{frozen_listings.split('?')[0]}", "/figures/overdue_duties/rows/?month=2026-10"):
        assert client_of().get(open_yet).status_code == 200
    assert client_of(officer()).get(asked[0]).status_code == 200


def test_for_who_sees_none_of_its_rows_nothing_is_unpacked(monkeypatch):
    freeze_due(at=NOW)
    monkeypatch.setattr("policy.queries.figures.access.kept_data", lambda snapshot: 1 / 0)
    page = client_of().get(f"/figures/transfers/rows/?year={YEAR}&month=2026-10")
    assert (page.status_code, page.context["rows"]) == (200, [])


@pytest.mark.parametrize(
    "query",
    ["month=x", "month=2026-13", "month=2026-1", "month=1999-10", "month=2030-01", "month=2026-10&cursor=x"]
    + ["month=20２６-10", "month=20٢٦-10"]
    + [f"month=2026-10&cursor={'A' * many}" for many in (14, 22)],
)
def test_what_the_api_cannot_be_asked_of_a_month_is_said(query, frozen_listings):
    answered = client_of(officer()).get(f"/api/v1/figures/public_listings/rows/?{query}")
    assert (answered.status_code, answered.json()["code"]) == (400, "validation_error")


def test_completeness_is_for_everybody_and_names_are_for_officers():
    answer(technologies=10)
    silent = institute(name="아직")
    compute_all(at=NOW)
    assert "1 of 2 institutes answered" in client_of().get("/figures/transfer_rate/").content.decode()
    assert silent.name not in client_of().get("/figures/transfer_rate/").content.decode()
    assert silent.name_en in client_of(officer()).get("/figures/transfer_rate/").content.decode()


def test_a_live_value_stays_live_however_long_ago_its_year_was():
    LiveValue.objects.create(
        figure="transfers", definition=1, year=YEAR - 9, value=7, computed_at=NOW.replace(year=2020)
    )
    compute_all(at=NOW)
    assert {row.computed_at for row in LiveValue.objects.filter(figure="transfers")} == {NOW}
    assert LiveValue.objects.get(figure="transfers", year=YEAR - 9).value is None
    assert client_of().get(f"/figures/transfers/rows/?year={YEAR - 9}").status_code == 200


def test_the_export_of_the_board_says_the_time_of_korea():
    compute_all(at=NOW)
    sent = b"".join(client_of(officer()).get("/figures/export/").streaming_content).decode()
    assert f"{timezone.localtime(NOW):%Y-%m-%d %H:%M} KST" in sent


class TestRows:
    def test_rows_of_what_was_merged_into_it_are_its_own(self):
        mine, gone, other = institute(), institute(), institute()
        for each in (gone, other):
            answer(each, technologies=10, at=NOW.replace(month=9))
        merged(gone, mine)
        freeze_due(at=NOW)
        staff = client_of(MembershipFactory(organization=mine).user)
        for asked in ("", "&month=2026-10"):
            page = staff.get(f"/figures/new_technologies/rows/?year={YEAR}{asked}")
            assert page.context["page"].paginator.count == 1, asked

    def test_an_institute_sees_its_own(self):
        mine, other = institute(), institute()
        answer(mine, technologies=10)
        answer(other, technologies=5)
        compute_all(at=NOW)
        staff = MembershipFactory(organization=mine).user
        address = f"/figures/new_technologies/rows/?year={YEAR}"
        seen = {
            who: sorted(row.amount for row in client_of(user).get(address).context["rows"])
            for who, user in {"nobody": None, "staff": staff, "officer": officer()}.items()
        }
        assert seen == {"nobody": [], "staff": [10], "officer": [5, 10]}
        of_api = client_of(staff).get(f"/api/v1/figures/new_technologies/rows/?year={YEAR}").json()
        assert [row["amount"] for row in of_api["results"]] == [10]
        assert of_api["is_partial"] is True

    @pytest.mark.parametrize("query", ["part=no_such", "year=x", "month=2026-13", "year=1800"])
    def test_what_cannot_be_asked_is_said(self, query):
        page = client_of().get(f"/figures/transfer_rate/rows/?{query}")
        assert page.status_code == 400
        assert page.context["form"].errors
        assert client_of().get(f"/figures/transfer_rate/rows/export/?{query}").status_code == 400

    @pytest.mark.parametrize(
        "query", ["part=no_such", "year=x", "limit=0", "limit=501", "cursor=%21", "cursor=AAAA", "colour=red"]
    )
    def test_what_the_api_cannot_answer_is_an_error(self, query):
        answered = client_of().get(f"/api/v1/figures/transfer_rate/rows/?{query}")
        assert answered.status_code == 400
        assert answered.json()["errors"][0]["field"] == query.partition("=")[0]

    def test_a_year_of_a_figure_without_years_is_an_error(self):
        assert client_of().get("/api/v1/figures/listing_coverage/rows/?year=2026").status_code == 400

    @pytest.mark.parametrize("address", ["/figures/none/", "/figures/none/rows/", "/api/v1/figures/none/values/"])
    def test_there_is_no_such_figure(self, address):
        assert client_of().get(address).status_code == 404


class TestKeptRows:
    """What is frozen stays, and is shown by what may be seen today."""

    def rows(self, user, code, part):
        query = {"part": part, "month": "2026-10"}
        page = client_of(user).get(f"/figures/{code}/rows/", query)
        return page.context["page"].paginator.count, page.context["asked"].hidden

    def test_a_project_that_became_secret_is_shown_to_nobody(self):
        owed = [duty(at=NOW) for _ in range(2)]
        freeze_due(at=NOW)
        assert self.rows(officer(), "listing_coverage", "denominator") == (2, 0)
        RnDProject.objects.filter(pk=owed[0].project_id).update(is_security=True)
        assert self.rows(officer(), "listing_coverage", "denominator") == (1, 1)

    def test_a_withdrawn_technology_is_shown_to_officers_only(self):
        listed = [ListingFactory() for _ in range(2)]
        freeze_due(at=NOW)
        assert self.rows(None, "public_listings", "rows") == (2, 0)
        listed[0].state, listed[0].withdrawn_at = "withdrawn", NOW
        listed[0].save()
        assert self.rows(None, "public_listings", "rows") == (1, 1)
        assert self.rows(officer(), "public_listings", "rows") == (2, 0)


class TestTooFew:
    """What is told by months is in `test_told_by_months`; this is the sum that officers see at once."""

    @pytest.fixture
    def payments(self):
        made = [paid(invoiced(due())) for _ in range(2)]
        compute_all(at=NOW)
        return made

    def shown(self, user=None):
        client = client_of(user)
        shown = client.get("/figures/royalty_income/").context["shown"]
        live = client.get("/api/v1/figures/royalty_income/values/").json()["live"][0]
        return (shown.value if shown else None, live["value"], live["withheld"])

    def test_a_sum_of_two_firms_is_told_to_officers_only(self, payments):
        amount = sum(each.net_won for each in payments)
        assert self.shown() == (None, None, "too_few")
        assert self.shown(officer()) == (amount, amount, None)
        page = client_of().get("/figures/")
        assert f"{amount:,}" not in page.content.decode()

    def test_of_three_it_is_told_by_months(self, payments):
        paid(invoiced(due()))
        compute_all(at=NOW)
        assert self.shown() == (None, None, "monthly")
        december = NOW.replace(month=12, day=2)
        with time_machine.travel(december, tick=False):
            freeze_due(at=december)
            amount = Snapshot.objects.get(figure="royalty_income", year=YEAR).value
            assert amount == client_of().get("/figures/royalty_income/").context["shown"].value
            assert amount == self.shown(officer())[0]

    def test_so_it_is_of_frozen_months(self, payments):
        with time_machine.travel(NOW.replace(month=12, day=2), tick=False):
            freeze_due(at=NOW.replace(month=12, day=2))
            body = client_of().get("/api/v1/figures/royalty_income/frozen/").json()
            assert Snapshot.objects.get(figure="royalty_income", year=YEAR).value
            [hidden] = [each for each in body["results"] if each["year"] == YEAR]
            assert [hidden[name] for name in ("value", "row_count", "rows_hash", "parts")] == [None, None, None, []]
            [seen] = [
                each
                for each in client_of(officer()).get("/api/v1/figures/royalty_income/frozen/").json()["results"]
                if each["year"] == YEAR
            ]
            assert (seen["row_count"], len(seen["rows_hash"])) == (2, 64)


def test_a_figure_that_is_not_public_is_not_there(monkeypatch):
    hidden = dataclasses.replace(FIGURES["fees_inside_band"], is_public=False)
    monkeypatch.setattr(access, "FIGURES", {**FIGURES, hidden.code: hidden})
    compute_all(at=NOW)
    for address in ("/figures/{}/", "/figures/{}/rows/", "/api/v1/figures/{}/", "/api/v1/figures/{}/values/"):
        assert client_of().get(address.format(hidden.code)).status_code == 404
        assert client_of(officer()).get(address.format(hidden.code)).status_code == 200
    assert hidden.code not in json.dumps(client_of().get("/api/v1/figures/").json())
    assert str(hidden.name) not in client_of().get("/figures/").content.decode()


class TestGoverning:
    def test_a_target_is_set_and_seen_by_everybody(self):
        client = client_of(officer())
        form = {"year": 2027, "value": "35.5", "source": "Seventh plan", "reason": "", "seen": 0}
        assert client.post("/figures/transfer_rate/targets/", form).status_code == 302
        assert Target.objects.get().value == 3_550
        assert "35.50 %" in client_of().get("/figures/transfer_rate/").content.decode()
        again = client.post("/figures/transfer_rate/targets/", form | {"seen": 1, "value": "36"})
        assert again.status_code == 422
        assert "reason" in again.context["form"].errors
        shown = client.get("/figures/transfer_rate/targets/?year=2027")
        assert shown.context["form"]["seen"].value() == 1

    def test_a_month_is_corrected_with_a_reason(self):
        answer(technologies=10, at=NOW.replace(month=9))
        freeze_due(at=NOW)
        snapshot = Snapshot.objects.get(figure="new_technologies", year=YEAR)
        answer(technologies=7, at=NOW.replace(month=10))
        client, address = client_of(officer()), f"/figures/new_technologies/months/{snapshot.public_id}/"
        assert client.get(address).status_code == 200
        assert client.post(address, {"reason": ""}).status_code == 422
        assert client.post(address, {"reason": "Late answer"}).status_code == 302
        page = client_of().get("/figures/new_technologies/").content.decode()
        assert "Late answer" in page
        assert "Corrected since" in page

    @pytest.mark.parametrize("kind", ["institute", "company", "broker"])
    def test_nobody_else_governs(self, kind):
        freeze_due(at=NOW)
        snapshot = Snapshot.objects.filter(figure="transfer_rate").first()
        client = client_of(MembershipFactory(**{kind: True}, manager=True).user)
        for address in ("/figures/transfer_rate/targets/", f"/figures/transfer_rate/months/{snapshot.public_id}/"):
            assert client.get(address).status_code == 403
            assert client.post(address, {"reason": "x"}).status_code == 403
        assert not Target.objects.exists()


def test_as_many_questions_for_much_as_for_little():
    def asked(address, client):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    addresses = (
        "/figures/", "/figures/transfer_rate/", f"/figures/new_technologies/rows/?year={YEAR}",
        "/figures/transfer_rate/targets/", f"/api/v1/figures/new_technologies/rows/?year={YEAR}",
        "/api/v1/figures/transfer_rate/frozen/", "/api/v1/figures/transfer_rate/values/",
    )  # fmt: skip
    client = client_of(officer())
    answer(technologies=1, at=NOW - datetime.timedelta(days=60))
    institute()  # has not answered, so that who is missing is asked for
    compute_all(at=NOW)
    freeze_due(at=NOW)
    few = {address: asked(address, client) for address in addresses}
    load_targets(rows=read("targets.json"), at=NOW)
    load_series(rows=read("national_series.json"))
    for year in range(YEAR - 8, YEAR):
        answer(technologies=year, year=year)
    for _ in range(8):
        answer(technologies=2)
    later = NOW.replace(year=YEAR + 1)
    with time_machine.travel(later, tick=False):
        compute_all(at=later)
        freeze_due(at=later)
        client = client_of(officer())  # the first one's session is over by then
        assert {address: asked(address, client) for address in addresses} == few


def test_nothing_confidential_is_in_a_figure():
    """The canary stands wherever the world knows something that outsiders must not: names of firms above all."""
    nation = Nation()
    for contract in (*nation.lump, nation.running, nation.ended):
        contract.firm.name = contract.firm.name_en = contract.firm.name_zh = CANARY
        contract.firm.save()
    compute_all(at=NOW)
    later = NOW.replace(month=12, day=2)
    with time_machine.travel(later, tick=False):
        freeze_due(at=later)
        for user in (None, nation.officer):
            client = client_of(user)
            for address in _addresses():
                answered = client.get(address)
                body = answered.getvalue().decode("utf-8-sig")
                assert answered.status_code == 200, address
                assert CANARY not in body, address
                if user is None and "rows" in address:
                    assert not any(contract.number in body for contract in nation.lump), address


def _addresses():
    yield from ("/figures/", "/figures/export/", "/api/v1/figures/")
    for code, figure in FIGURES.items():
        year = f"&year={YEAR}" if figure.is_yearly else ""
        yield f"/figures/{code}/"
        yield from (f"/api/v1/figures/{code}/{what}/" for what in ("values", "frozen", "targets"))
        for part in figure.parts:
            yield f"/figures/{code}/rows/?part={part.key}{year}"
            yield f"/figures/{code}/rows/?part={part.key}{year}&month=2026-11"
            yield f"/figures/{code}/rows/export/?part={part.key}{year}"
            yield f"/api/v1/figures/{code}/rows/?part={part.key}{year}"
            yield f"/api/v1/figures/{code}/rows/?part={part.key}{year}&month=2026-11"
