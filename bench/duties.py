"""The nightly job and the questions about who owes what, for a nation of 300 institutes, 60,000 projects and 250,000
results (issue 4), by the product's own services on a database of its own.

Three of five results have a published technology with their number. The nation is made by SQL, from one row of a kind.
"""

import json
import os
import random
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from bench.clock import as_a_web_worker, measured, percentile, summary
from bench.database import fresh_database

SHARE = int(os.environ.get("BENCH_SHARE", "1"))
"""A nation of a tenth with 10: to look where the time goes, not to hold floors against."""

INSTITUTES, PROJECTS, RESULTS = 300, 60_000 // SHARE // 300 * 300, 250_000 // SHARE
LISTED_IN_FIVE = 3
MINISTRIES = 20
EXEMPTIONS, CHANGED = 4_000, 2_000
TIMES, WARM_UP = 12, 2
FLOORS = {"night": 300.0, "letters": 300.0, "question": 300.0}
"""Seconds the nightly job and the letters may take; milliseconds the 95th percentile of a question may take."""

SEOUL = ZoneInfo("Asia/Seoul")
TODAY = date(2026, 6, 15)
SEED = 20_261_126
SECURITY_IN = 200


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "duties", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    with fresh_database():
        officer, institute = nation()
        held = nights()
        institute = busiest()
        _drafts(institute)
        held += letters()
        as_a_web_worker()
        held += questions(officer, institute)
    return all(held)


def floor(what: str, value: float, at_most: float) -> bool:
    tell(floor=what, value=round(value, 1), at_most=at_most, holds=value <= at_most)
    return value <= at_most


# --- the night -----------------------------------------------------------------------------------------------------


def nights() -> list[bool]:
    """The first one, which makes every duty; the same once more; and a usual one, after a day of work."""
    first, written = _night(TODAY)
    tell(what="the first night", seconds=round(first, 1), written=written)
    again, nothing = _night(TODAY)
    tell(what="the same night once more", seconds=round(again, 1), written=nothing)
    _exempt()
    _night(TODAY)
    _a_day_of_work()
    usual, some = _night(TODAY + timedelta(days=1))
    tell(what="a usual night", seconds=round(usual, 1), written=some)
    _vacuum()
    return [
        floor("nightly job, the slowest, s", max(first, again, usual), FLOORS["night"]),
        floor("rows written by the second run", sum(nothing.values()), 0),
    ]


def _night(day: date) -> tuple[float, dict[str, int]]:
    from obligations.services.run_duties import run_duties

    start = time.perf_counter()
    written = run_duties(at=datetime(day.year, day.month, day.day, 3, 10, tzinfo=SEOUL))
    return time.perf_counter() - start, dict(written or {})


def _exempt() -> None:
    """Exemptions granted a while ago; a tenth of them ends on the day of the nights."""
    _sql(
        """
        INSERT INTO obligations_exemption (public_id, created_at, updated_at, obligation_id, organization_id, ground,
            text, evidence, evidence_name, evidence_type, evidence_checksum, asked_until, asked_at, asked_by_id, state,
            decision_text, why_ended)
        SELECT uuidv7(), now(), now(), o.id, o.institute_id, 'ip_pending', 'text', 'exemptions/x', 'x.pdf',
            'application/pdf', repeat('0', 64), %(today)s::date + 1, now(), (SELECT min(id) FROM accounts_user),
            'asked', '', ''
        FROM obligations_obligation o WHERE o.state = 'due' AND o.kind = 'listing' ORDER BY o.id LIMIT %(many)s
        """,
        today=TODAY,
        many=EXEMPTIONS,
    )
    _sql(
        """
        UPDATE obligations_exemption SET state = 'granted', decided_at = now(), runs_from = %(today)s::date - 30,
            decided_by_id = (SELECT max(id) FROM accounts_user),
            until = %(today)s::date + CASE WHEN id %% 10 = 0 THEN 0 ELSE 300 END
        """,
        today=TODAY,
    )


def _a_day_of_work() -> None:
    """Technologies withdrawn, results deleted, dates corrected, as an import would leave them."""
    given = {"many": CHANGED, "at": datetime.now(SEOUL)}
    _sql(
        """
        UPDATE tech_listings_listing SET state = 'withdrawn', withdrawn_at = %(at)s, withdrawn_reason = 'x'
        WHERE id IN (SELECT id FROM tech_listings_listing WHERE state = 'published' ORDER BY id DESC LIMIT %(many)s / 4)
        """,
        **given,
    )
    for change in ("deleted_at = %(at)s", "completed_on = completed_on - 1"):
        _sql(
            f"""
            UPDATE obligations_researchresult SET {change}
            WHERE id IN (SELECT id FROM obligations_researchresult WHERE deleted_at IS NULL ORDER BY id DESC
                         LIMIT %(many)s)
            """,
            **given,
        )


# --- the questions -------------------------------------------------------------------------------------------------


def busiest() -> Any:
    """The institute that has most to list, with the member of staff in it."""
    from accounts.models import Membership, Organization, User

    (most,) = _column(
        """
        SELECT institute_id FROM obligations_obligation WHERE state = 'due' AND kind = 'listing'
        GROUP BY institute_id ORDER BY count(*) DESC, institute_id LIMIT 1
        """
    )
    institute, staff = Organization.objects.get(pk=most), User.objects.get(email="staff@example.org")
    staff.memberships.exclude(organization=institute).delete()
    Membership.objects.get_or_create(
        user=staff,
        organization=institute,
        defaults={"role": "staff", "state": "active", "decided_at": datetime.now(SEOUL), "decided_by": staff},
    )
    return institute


def _drafts(institute: Any) -> None:
    """The institute has written half of what it owes."""
    from accounts.models import User
    from obligations.models import Obligation
    from obligations.services.draft import MOST_CHOSEN, draft_many

    by = User.objects.get(email="staff@example.org")
    by.remember_memberships()
    open_ones = list(Obligation.objects.filter(institute=institute, state="due", kind="listing").for_list())
    for start in range(0, len(open_ones) // 2, MOST_CHOSEN):
        chosen = open_ones[start : start + MOST_CHOSEN]
        began = time.perf_counter()
        made = draft_many(obligations=chosen, batch=uuid4(), by=by, at=datetime.now(SEOUL)).made
        tell(what="drafts made at once", many=len(made), seconds=round(time.perf_counter() - began, 2))
    _vacuum()


def letters() -> list[bool]:
    """The first day, on which all that is overdue is written about; the same again; the day of the heads."""
    from obligations.enums import DAYS_FROM_LATE_TO_HEAD
    from obligations.services.escalate import escalate

    def day(number: int) -> float:
        start = time.perf_counter()
        noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=SEOUL) + timedelta(days=number)
        many = escalate(at=noon)
        taken = time.perf_counter() - start
        tell(what=f"letters, day {number}", seconds=round(taken, 1), letters=many)
        return taken

    slowest = max(day(number) for number in (0, 0, DAYS_FROM_LATE_TO_HEAD))
    _vacuum()
    return [floor("letters of a day, the slowest, s", slowest, FLOORS["letters"])]


def questions(officer: Any, institute: Any) -> list[bool]:
    from accounts.models import User
    from obligations.compliance import Choice, public_table, rows, table, total
    from obligations.enums import DAYS_FROM_HEAD_TO_PUBLIC, DAYS_FROM_LATE_TO_HEAD

    # As in a request, where the middleware has read them.
    officer.remember_memberships()
    member = User.objects.get(email="staff@example.org")
    member.remember_memberships()
    chance = random.Random(SEED)
    institutes = list(_column("SELECT DISTINCT institute_id FROM obligations_obligation"))

    def page(by: str) -> Callable[[Any], Any]:
        return lambda _each: total(table(user=officer, choice=Choice(), day=TODAY, by=by))

    def drill(_each: Any) -> Any:
        choice = Choice(institute=chance.choice(institutes))
        found = rows(user=officer, choice=choice, day=TODAY, figure="overdue")
        return found.count(), list(found.for_list()[:25])

    def urgent(_each: Any) -> Any:
        return list(rows(user=officer, choice=Choice(), day=TODAY, figure="overdue").for_list()[:25])

    def work(_each: Any) -> Any:
        found = rows(user=member, choice=Choice(), day=TODAY, figure="overdue")
        return found.count(), list(found.for_list()[:25])

    def office(asked: Any) -> Callable[[Any], Any]:
        """The work page as its view asks: counts of the tabs, how many, a page of 50 with the next step of each."""
        from obligations.work import counts, due
        from obligations.work import rows as steps

        def ask(_each: Any) -> Any:
            found = due(member, institute, asked, TODAY)
            tabs = counts(member, institute, asked, TODAY)
            return tabs, found.count(), steps(list(found.for_list()[:50]), TODAY)

        return ask

    def named(_each: Any) -> Any:
        later = timedelta(days=DAYS_FROM_LATE_TO_HEAD + DAYS_FROM_HEAD_TO_PUBLIC)
        return public_table(choice=Choice(), day=TODAY + later)

    from obligations.work import Asked

    asked = {f"compliance by {by}": page(by) for by in ("institute", "ministry", "year")}
    asked |= {
        "drill-down to one institute, counted, first page": drill,
        "most overdue of the nation, first page": urgent,
        "an institute's work: counted, first page": work,
        "the office's work page": office(Asked()),
        "the office's work page, without a draft yet": office(Asked(when="overdue", stand="none", kind="listing")),
        "the office's work page, drafts": office(Asked(stand="draft")),
        "the office's work page, words": office(Asked(q="성과 7")),
        "the public table": named,
    }
    return [_question(what, ask) for what, ask in asked.items()]


def _question(what: str, ask: Callable[[Any], Any]) -> bool:
    measured(ask, range(WARM_UP))
    taken = measured(ask, range(TIMES))
    tell(what=what, **summary(taken))
    return floor(f"{what}, p95, ms", percentile(each.free for each in taken), FLOORS["question"])


# --- the nation ----------------------------------------------------------------------------------------------------


def nation() -> tuple[Any, Any]:
    """An officer, and an institute with a member; everything else without people."""
    from accounts.models import Membership, Organization, User
    from obligations.models import ResearchResult, RnDProject
    from obligations.services.load_rules import load_rules, read_product
    from tech_listings.models import Listing, Right

    start = time.perf_counter()
    load_rules(rules=read_product())
    at = datetime.now(SEOUL)
    staff = User.objects.create(email="staff@example.org", name="Staff")
    officer = User.objects.create(email="officer@example.org", name="Officer")
    office = Organization.objects.create(kind="government", name="Office", business_number="9" * 10)
    first = Organization.objects.create(
        kind="institute", institute_kind="university", name="가온연구원", business_number="0" * 10
    )
    for user, organization in ((staff, first), (officer, office)):
        Membership.objects.create(
            user=user, organization=organization, role="staff", state="active", decided_at=at, decided_by=user
        )
    _copies("accounts_organization", first.pk, INSTITUTES - 1, "'business_number', lpad(n::text, 10, '0')")
    institutes = "(SELECT array_agg(id ORDER BY id) FROM accounts_organization WHERE kind = 'institute')"

    project = RnDProject.objects.create(
        number="RS-2020-00000000", title="과제", ministry="부처 1", lead=first,
        starts_on=date(2015, 1, 1), ends_on=date(2017, 12, 31),
    )  # fmt: skip
    _copies(
        "obligations_rndproject", project.pk, PROJECTS - 1,
        f"""
        'number', 'RS-2020-' || lpad(n::text, 8, '0'), 'ministry', '부처 ' || 1 + n * 7 % {MINISTRIES},
        'lead_id', ({institutes})[1 + n % {INSTITUTES}], 'is_security', n % {SECURITY_IN} = 0,
        'starts_on', date '2014-01-01' + n % 3600, 'ends_on', date '2016-12-31' + n % 3600,
        'report_submitted_on', CASE WHEN n % 3 = 0 THEN least(date '2017-02-20' + n % 3600, date '{TODAY}') END
        """,
    )  # fmt: skip
    # Institutes divide projects evenly, so that the n-th result belongs to who leads its project.
    projects = "(SELECT array_agg(id ORDER BY id) FROM obligations_rndproject)"
    result = ResearchResult.objects.create(
        project=project, kind="patent", title="성과", number="1020140000000", owner=first,
        completed_on=date(2016, 1, 1),
    )  # fmt: skip
    _copies(
        "obligations_researchresult", result.pk, RESULTS - 1,
        f"""
        'number', '102014' || lpad(n::text, 7, '0'), 'project_id', ({projects})[1 + n % {PROJECTS}],
        'owner_id', ({institutes})[1 + n % {INSTITUTES}], 'completed_on', date '2015-01-01' + n * 13 % 4150
        """,
    )  # fmt: skip
    listing = Listing.objects.create(
        holder=first, state="published", number="S2014000000", registered_at=at, title_ko="기술", summary_ko="요약",
        field_of_use="분야", conditions_of_use="협의", deal_kinds=["assignment"], right_summary="registered",
    )  # fmt: skip
    many = RESULTS * LISTED_IN_FIVE // 5
    _copies(
        "tech_listings_listing", listing.pk, many,
        f"""
        'number', 'S2014' || lpad(n::text, 6, '0'), 'id', 10 + n,
        'holder_id', ({institutes})[1 + n * 5 / {LISTED_IN_FIVE} % {INSTITUTES}]
        """,
    )  # fmt: skip
    right = Right.objects.create(listing=listing, application_number="9" * 13, status="registered")
    _copies(
        "tech_listings_right", right.pk, many,
        f"'listing_id', 10 + n, 'application_number', '102014' || lpad((n * 5 / {LISTED_IN_FIVE})::text, 7, '0')",
    )  # fmt: skip
    # Nothing of a security project is on offer.
    _sql(
        """
        DELETE FROM tech_listings_right x USING obligations_researchresult r, obligations_rndproject p
        WHERE r.number = x.application_number AND p.id = r.project_id AND p.is_security
        """
    )
    _vacuum()
    tell(
        what="nation made", institutes=INSTITUTES, projects=PROJECTS, results=RESULTS, technologies=many,
        seconds=round(time.perf_counter() - start, 1),
    )  # fmt: skip
    return officer, first


def _copies(table: str, pk: int, many: int, changes: str) -> None:
    """`many` rows like the one of this key; `changes` are pairs for jsonb_build_object, of n from 1 on."""
    _sql(
        f"""
        INSERT INTO {table} SELECT made.* FROM {table} t, generate_series(1, {many}) n,
        LATERAL jsonb_populate_record(t, jsonb_build_object('id', t.id + n, 'public_id', uuidv7()) ||
            jsonb_build_object({changes})) made
        WHERE t.id = {pk}
        """
    )
    _sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _sql(statement: str, **given: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout TO 0")
        cursor.execute(statement, given or None)
        cursor.execute("RESET statement_timeout")


def _column(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def _vacuum() -> None:
    _sql("VACUUM (ANALYZE)")
