"""Work pages and the nightly job of royalties for 100,000 contracts with 2 million dues (issue 6), on a database of its
own: pages through the whole house as a browser asks, with the number of questions, and the night by its own service.

The nation is made by SQL from one contract that the product's own services have kept for years.
"""

import datetime
import importlib
import json
import os
import time
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bench.clock import as_a_web_worker, measured, percentile, summary
from bench.database import fresh_database

SHARE = int(os.environ.get("BENCH_SHARE", "1"))
"""A nation of a tenth with 10: to look where the time goes, not to hold floors against."""

CONTRACTS = 100_000 // SHARE
HOLDERS, FIRMS = 300, 20_000
TIMES, WARM_UP = 15, 3
PAGE_MS, NIGHT_S, MOST_QUESTIONS = 300.0, 600.0, 40
REMINDED = 2_000 // SHARE
SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime.datetime(2026, 11, 26, 10, tzinfo=SEOUL)
SIGNED_ON = datetime.date(2022, 4, 1)


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "deals", **what}, ensure_ascii=False), flush=True)


def floor(what: str, value: float, at_most: float) -> bool:
    tell(floor=what, value=round(value, 1), at_most=at_most, holds=value <= at_most)
    return value <= at_most


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    with fresh_database():
        from django.conf import settings

        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        settings.SECURE_SSL_REDIRECT = False
        first = nation()
        held = [held for address, who in pages(first) for held in _page(address, who)]
        held += nights()
    return all(held)


def pages(first: Any) -> list[tuple[str, str]]:
    """(address, who asks): a member of the busiest holder, of the busiest firm, or of a broker in a tenth of it all.

    All contracts are about technologies of one title: a word of it fits 10,000 of the busiest holder's.
    """
    word = quote(first.listing.title_ko.split()[0])
    return [
        ("/royalties/", "holder"),
        ("/royalties/", "firm"),
        ("/royalties/", "broker"),
        ("/", "holder"),
        ("/", "firm"),
        ("/royalties/dues/", "holder"),
        ("/royalties/dues/?tab=open", "holder"),
        ("/royalties/dues/?tab=overdue", "holder"),
        ("/royalties/dues/?tab=done&sort=latest&kind=running", "holder"),
        (f"/royalties/dues/?q={first.number}", "holder"),
        ("/royalties/dues/?tab=open", "firm"),
        ("/royalties/dues/?tab=open", "broker"),
        (f"/royalties/contracts/{first.public_id}/", "holder"),
        ("/contracts/", "holder"),
        (f"/contracts/?q={word}", "holder"),
        (f"/contracts/?q={word}&state=in_force", "holder"),
        ("/api/v1/royalties/dues/?tab=open&limit=100", "holder"),
    ]


def _page(address: str, who: str) -> list[bool]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    client = Client()
    user = User.objects.get(email=f"{who}@example.org")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def ask(_each: Any) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    measured(ask, range(WARM_UP))
    as_a_web_worker()
    taken = measured(ask, range(TIMES))
    with CaptureQueriesContext(connection) as asked:
        ask(None)
    what = f"{address} {who}"
    slowest = max(asked.captured_queries, key=lambda query: float(query["time"]))
    tell(what=what, questions=len(asked), **summary(taken), slowest_s=slowest["time"])
    if os.environ.get("BENCH_SQL") and float(slowest["time"]) > 0.1:
        tell(sql=slowest["sql"])
    p95 = percentile(each.free for each in taken)
    return [floor(f"{what}, p95, ms", p95, PAGE_MS), floor(f"{what}, questions", len(asked), MOST_QUESTIONS)]


# --- the night -------------------------------------------------------------------------------------------------------


def nights() -> list[bool]:
    """A usual night, which writes nothing, the same again, the first night of a year, and a morning of reminders."""
    from royalties.services.calendar.remind import remind, to_remind

    held = []
    for what, at in (
        ("usual night", NOW + datetime.timedelta(hours=15)),
        ("the same again", NOW + datetime.timedelta(hours=15)),
        ("first night of a year", datetime.datetime(2027, 1, 1, 1, 30, tzinfo=SEOUL)),
        ("the same again, of a year", datetime.datetime(2027, 1, 1, 1, 30, tzinfo=SEOUL)),
    ):
        runs: list[Any] = []
        (taken,) = measured(partial(_night, runs), [at])
        (run,) = runs
        assert run is not None
        tell(what=what, contracts=run.contracts, written=run.written, seconds=round(taken.free / 1_000, 1),
             seconds_by_the_clock=round(taken.wall / 1_000, 1))  # fmt: skip
        held.append(floor(f"{what}, s", taken.free / 1_000, NIGHT_S))
        if what.startswith("the same"):
            held.append(floor(f"{what}, rows written", run.written, 0))
    at = datetime.datetime(2027, 3, 17, 9, tzinfo=SEOUL)
    start = time.perf_counter()
    waiting = to_remind(at.date())
    looked = time.perf_counter() - start
    start = time.perf_counter()
    told = sum(remind(contract_id=pk, at=at) for pk in waiting[:REMINDED])
    seconds = time.perf_counter() - start
    tell(what="reminders", waiting=len(waiting), looked_s=round(looked, 1), told=told, seconds=round(seconds, 1))
    return held


def _night(runs: list[Any], at: datetime.datetime) -> None:
    from royalties.services.calendar.nightly import run_calendar

    runs.append(run_calendar(at=at))


# --- the nation ------------------------------------------------------------------------------------------------------


def nation() -> Any:
    """Contracts under the same terms, a tenth of them the first holder's, a hundredth the first firm's.

    Guards are passed over while rows are copied: they were asked about the row that is copied.
    """
    from django.core.management import call_command

    start = time.perf_counter()
    for command in ("load_codes", "load_royalty_rules"):
        call_command(command, verbosity=0)
    contract, broker = _first()
    _sql("SET session_replication_role = replica")
    many = CONTRACTS - 1
    _fan(
        "accounts_organization",
        f"t.id = {contract.holder_id}",
        HOLDERS,
        {"id": "100000 + n", "business_number": "lpad((n + 500000)::text, 10, '1')", "name": "'기관 ' || n"},
    )
    _fan(
        "accounts_organization",
        f"t.id = {contract.firm_id}",
        FIRMS,
        {"id": "200000 + n", "business_number": "lpad((n + 900000)::text, 10, '2')", "name": "'기업 ' || n"},
    )
    holder = f"CASE WHEN n % 10 = 0 THEN {contract.holder_id} ELSE 100000 + 1 + n % {HOLDERS} END"
    firm = f"CASE WHEN n % 100 = 0 THEN {contract.firm_id} ELSE 200000 + 1 + n % {FIRMS} END"
    sides = {"holder_id": holder, "firm_id": firm}
    _fan(
        "tech_listings_listing",
        f"t.id = {contract.listing_id}",
        many,
        {
            "id": "100000 + n",
            "number": "'S2021' || lpad(n::text, 6, '0')",
            "title_ko": "'기술 ' || n",
            "holder_id": holder,
        },
    )
    _fan(
        "deals_transferrequest",
        f"t.id = {contract.negotiation.request_id}",
        many,
        {
            "id": "100000 + n",
            "number": "'R2021' || lpad(n::text, 6, '0')",
            "listing_id": "100000 + n",
            "holder_id": holder,
            "requester_id": firm,
        },
    )
    _fan(
        "deals_negotiation",
        f"t.id = {contract.negotiation_id}",
        many,
        {
            "id": "100000 + n",
            "number": "'T2021' || lpad(n::text, 6, '0')",
            "listing_id": "100000 + n",
            "request_id": "100000 + n",
            **sides,
        },
    )
    _fan(
        "deals_negotiationbroker",
        f"t.organization_id = {broker.pk}",
        many // 10,
        {"id": "100000 + n", "negotiation_id": "100000 + n * 10"},
    )
    _fan(
        "deals_contract",
        f"t.id = {contract.pk}",
        many,
        {
            "id": "100000 + n",
            "number": "'C2021' || lpad(n::text, 6, '0')",
            "negotiation_id": "100000 + n",
            "listing_id": "100000 + n",
            **sides,
        },
    )
    _fan(
        "deals_contractversion",
        f"t.contract_id = {contract.pk}",
        many,
        {"id": "100000 + n", "contract_id": "100000 + n"},
    )
    of = {"contract_id": "100000 + n"}
    for table in ("royalties_salesstatement", "royalties_usagereport"):
        _fan(table, f"t.contract_id = {contract.pk}", many, {"id": f"nextval('{table}_id_seq')", **of})
    _fan(
        "royalties_due",
        f"t.contract_id = {contract.pk}",
        many,
        {"id": "nextval('royalties_due_id_seq')", "version_id": "100000 + n", **of, **sides},
    )
    _sql("SET session_replication_role = DEFAULT")
    _sql("VACUUM ANALYZE")
    tell(what="nation made", contracts=CONTRACTS, dues=_one("SELECT count(*) FROM royalties_due"),
         seconds=round(time.perf_counter() - start, 1))  # fmt: skip
    return contract


def factories(name: str) -> Any:
    """Those of the tests, by name: their types are not looked at."""
    return importlib.import_module(f"tests.factories.{name}")


def _first() -> tuple[Any, Any]:
    """The contract that the others are like, kept by the product's services up to `NOW`."""
    from deals.terms import Instalment, Method, Terms
    from royalties.enums.calendar import DueState
    from royalties.models import Due

    terms = Terms(
        method=Method.RUNNING, upfront_won=10_000_000, running_bp=300, minimum_won=2_000_000,
        instalments=(Instalment(6, 5_000_000), Instalment(12, 5_000_000)),
    )  # fmt: skip
    made = factories("royalties.calendar").contract(terms, at=NOW, signed_on=SIGNED_ON)
    _keep(made)
    Due.objects.filter(contract=made, amount_won__gt=0, state=DueState.EXPECTED, due_on__lt="2026-03-01").update(
        state=DueState.DONE, done_at=NOW
    )
    mandate = factories("brokers.mandates").in_force(client=made.firm, at=NOW)
    by = factories("accounts").UserFactory()
    made.negotiation.brokers.create(
        organization=mandate.broker, side="firm", mandate=mandate, joined_at=NOW, joined_by=by
    )
    for name, house in (("holder", made.holder), ("firm", made.firm), ("broker", mandate.broker)):
        _member(name, house, by)
    return made, mandate.broker


def _keep(made: Any) -> None:
    from royalties.services.calendar.check_sales import accept
    from royalties.services.calendar.report_sales import report_sales
    from royalties.services.calendar.report_usage import report_usage

    people = factories("royalties.calendar")
    firm, holder = people.reporter(made), people.keeper(made)
    for year in (2022, 2023, 2024, 2025):
        given = {"contract": made, "year": year, "by": firm, "at": NOW}
        statement = report_sales(gross_won=100_000_000, **given).statement
        if year < 2025:
            accept(statement=statement, text="x", by=holder, at=NOW)
        report_usage(usage="in_use", **given)


def _member(name: str, house: Any, by: Any) -> None:
    from accounts.models import Membership, User

    user = User.objects.create(email=f"{name}@example.org", name=name)
    Membership.objects.create(
        user=user, organization=house, role="manager", state="active", decided_at=NOW, decided_by=by
    )


def _fan(table: str, which: str, many: int, changes: dict[str, str]) -> None:
    """`many` rows like each row `which`; `changes` are expressions of n, from 1 on."""
    columns = _one(
        "SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns "
        f"WHERE table_schema = 'public' AND table_name = '{table}' AND is_generated = 'NEVER'"
    )
    given = {"public_id": "uuidv7()"} | changes
    picked = ", ".join(given.get(name, f't."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    _sql(f"INSERT INTO {table} ({names}) SELECT {picked} FROM {table} t, generate_series(1, {many}) n WHERE {which}")


def _one(sql: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _sql(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout TO 0")
        cursor.execute(sql)
