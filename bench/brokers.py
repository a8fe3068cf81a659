"""The register and the pages of brokers for a nation of 2,000 brokers with 50,000 mandates (issue 5), on a database of
its own, asked through the whole house as a browser asks, with the number of questions to the database.

The nation is made by SQL, from one row of a kind.
"""

import json
import os
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.clock import as_a_web_worker, measured, percentile, summary
from bench.database import fresh_database

BROKERS, MANDATES, DEALS, QUOTES = 2_000, 50_000, 20_000, 20_000
STAFF_EACH = 3
TIMES, WARM_UP = 20, 3
FLOOR_MS = 200.0
MOST_QUESTIONS = 40
SEOUL = ZoneInfo("Asia/Seoul")


def tell(**what: Any) -> None:
    print(json.dumps({"bench": "brokers", **what}, ensure_ascii=False), flush=True)


def main() -> bool:
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    with fresh_database():
        from django.conf import settings

        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        settings.SECURE_SSL_REDIRECT = False
        nation()
        as_a_web_worker()
        return all(held for address, who in pages() for held in _page(address, who))


def pages() -> list[tuple[str, str]]:
    """(address, who asks): nobody, a member of the busiest broker, or of a client."""
    from brokers.models import Registration

    number = Registration.objects.order_by("pk").values_list("number", flat=True)[0]
    return [
        ("/brokers/", ""),
        ("/brokers/?page=100", ""),
        ("/brokers/?section=D&language=en&credential=lawyer&open=true", ""),
        ("/brokers/?q=거래 12", ""),
        ("/brokers/?sort=answer", ""),
        ("/brokers/?sort=deals&section=H", ""),
        (f"/brokers/{number}/", ""),
        ("/api/v1/brokers/?limit=100", ""),
        ("/mandates/", "broker"),
        ("/mandates/", "client"),
        ("/brokers/work/", "broker"),
        ("/", "broker"),
    ]


def _page(address: str, who: str) -> list[bool]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    client = Client()
    if who:
        user = User.objects.get(email=f"{who}@example.org")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def ask(_each: Any) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    measured(ask, range(WARM_UP))
    taken = measured(ask, range(TIMES))
    with CaptureQueriesContext(connection) as asked:
        ask(None)
    what = f"{address} {who}".strip()
    tell(what=what, questions=len(asked), **summary(taken))
    p95 = percentile(each.free for each in taken)
    tell(floor=f"{what}, p95, ms", value=round(p95, 1), at_most=FLOOR_MS, holds=p95 <= FLOOR_MS)
    return [p95 <= FLOOR_MS, len(asked) <= MOST_QUESTIONS]


# --- the nation ----------------------------------------------------------------------------------------------------


def nation() -> None:
    """Brokers with an entry, three people each, deals, ratings, quotes, and mandates of which the first has most.

    Guards are passed over while rows are copied: they ask about people, and these have none.
    """
    from django.core.management import call_command

    start = time.perf_counter()
    call_command("load_codes", verbosity=0)
    at = datetime.now(SEOUL)
    broker, client, officer = _people(at)
    registration = _first(broker, officer, at)
    _sql("SET session_replication_role = replica")
    _copies("accounts_organization", broker["house"], BROKERS - 1,
            """'business_number', lpad((n + 500000)::text, 10, '1'), 'id', 100000 + n,
            'name', '거래 ' || n, 'name_en', 'Deals ' || n""")  # fmt: skip
    _copies("accounts_organization", client["house"], 3_000,
            "'business_number', lpad((n + 900000)::text, 10, '2'), 'name', '기업 ' || n, 'id', 200000 + n")  # fmt: skip
    _copies("brokers_application", registration.application_id, BROKERS - 1,
            "'number', 'A2025' || lpad(n::text, 6, '0'), 'id', 100000 + n, 'organization_id', 100000 + n")  # fmt: skip
    _copies("brokers_registration", registration.pk, BROKERS - 1,
            """'number', 'BA2025' || lpad(n::text, 6, '0'), 'id', 100000 + n, 'organization_id', 100000 + n,
            'application_id', 100000 + n, 'speciality', '분야 ' || n % 40,
            'ipc_prefixes', jsonb_build_array(chr(65 + n % 8), chr(65 + n % 8) || '01'),
            'regions', jsonb_build_array((ARRAY['1100000000','2600000000','3000000000','4100000000'])[1 + n % 4]),
            'languages', CASE WHEN n % 3 = 0 THEN '["ko","en"]'::jsonb ELSE '["ko"]'::jsonb END,
            'state', CASE WHEN n % 40 = 0 THEN 'suspended' ELSE 'registered' END,
            'suspended_until', CASE WHEN n % 40 = 0 THEN current_date + 60 END""")  # fmt: skip
    _staff(officer, at)
    _work(broker, client, at)
    _sql("SET session_replication_role = DEFAULT")
    _vacuum()
    tell(what="nation made", brokers=BROKERS, mandates=MANDATES, deals=DEALS, quotes=QUOTES,
         seconds=round(time.perf_counter() - start, 1))  # fmt: skip


def _people(at: datetime) -> tuple[dict[str, Any], dict[str, Any], Any]:
    from accounts.models import Membership, Organization, User

    found: list[dict[str, Any]] = []
    for kind, role in (("broker", "manager"), ("company", "manager"), ("government", "staff")):
        email = {"company": "client", "government": "officer"}.get(kind, kind)
        user = User.objects.create(email=f"{email}@example.org", name=email)
        house = Organization.objects.create(kind=kind, name=email, business_number=str(len(found)) * 10)
        Membership.objects.create(
            user=user, organization=house, role=role, state="active", decided_at=at, decided_by=user
        )
        found.append({"user": user, "house": house.pk})
    return found[0], found[1], found[2]["user"]


def _first(broker: dict[str, Any], officer: Any, at: datetime) -> Any:
    """The row that the others are like."""
    from brokers.models import Application, Registration, RequirementVersion
    from brokers.services.fees.load_schedules import load_schedules, read_product

    load_schedules(schedules=read_product(), at=at)
    version = RequirementVersion.objects.filter(kind="agency").first() or RequirementVersion.objects.create(
        kind="agency", version=1, valid_from=at.date(), source="bench", state="published", published_at=at
    )
    _sql("SET session_replication_role = replica")
    application = Application.objects.create(
        kind="agency", number="A2024000001", organization_id=broker["house"], applicant=broker["user"],
        requirements=version, state="designated", applied_at=at, declared_at=at, declared_by=broker["user"],
        decided_at=at, decided_by=officer,
    )  # fmt: skip
    made = Registration.objects.create(
        kind="agency", number="BA2024000001", organization_id=broker["house"], application=application,
        registered_at=at, registered_by=officer, introduction_ko="소개 " * 50, speciality="전지",
        ipc_prefixes=["H01M", "C08"], regions=["1100000000"], languages=["ko", "en"],
    )  # fmt: skip
    _sql("SET session_replication_role = DEFAULT")
    return made


def _staff(officer: Any, at: datetime) -> None:
    from accounts.models import Membership, User
    from brokers.models import Qualification, StaffEntry

    many = STAFF_EACH * (BROKERS - 1)
    person = User.objects.create(email="person@example.org", name="Person")
    _copies("accounts_user", person.pk, many, "'email', 'p' || n || '@example.org', 'id', 100000 + n")
    entry = StaffEntry.objects.create(
        organization_id=_one("SELECT min(organization_id) FROM brokers_registration"), user=person, state="confirmed",
        from_on=at.date(), named_at=at, named_by=person, answered_at=at,
    )  # fmt: skip
    _copies("brokers_staffentry", entry.pk, many,
            f"'user_id', 100000 + n, 'organization_id', 100001 + (n - 1) / {STAFF_EACH}, 'id', 100000 + n")  # fmt: skip
    belongs = Membership.objects.filter(organization=entry.organization).order_by("pk")[0]
    _copies("accounts_membership", belongs.pk, many,
            f"'user_id', 100000 + n, 'organization_id', 100001 + (n - 1) / {STAFF_EACH}, 'id', 100000 + n")  # fmt: skip
    held = Qualification.objects.create(
        user=person, kind="lawyer", number="0", issued_on=at.date(), state="verified", decided_at=at, decided_by=officer
    )
    _copies("brokers_qualification", held.pk, many, """'user_id', 100000 + n, 'number', n::text, 'id', 100000 + n,
            'kind', (ARRAY['trader','lawyer','engineer','accountant'])[1 + n % 4]""")  # fmt: skip


def _work(broker: dict[str, Any], client: dict[str, Any], at: datetime) -> None:
    """A tenth of the mandates, deals and quotes are those of the first broker and the first client."""
    from brokers.models import BrokeredDeal, FeeSchedule, Mandate, MandatePartner, Quote, Rating, RatingText

    schedule = FeeSchedule.objects.order_by("pk")[0]
    house = f"CASE WHEN n % 10 = 0 THEN {broker['house']} ELSE 100000 + 1 + n % {BROKERS - 1} END"
    firm = f"CASE WHEN n % 10 = 0 THEN {client['house']} ELSE 200000 + 1 + n % 3000 END"
    mandate = Mandate.objects.create(
        number="M2024000001", broker_id=broker["house"], client_id=client["house"], side="firm", schedule=schedule,
        starts_on=at.date(), ends_on=at.date() + timedelta(days=300), tail_months=6, state="offered",
        offered_side="client", offered_at=at, offered_by=client["user"], offer_until=at.date() + timedelta(days=20),
    )  # fmt: skip
    other = broker["user"].pk
    part = MandatePartner.objects.create(
        mandate=mandate, organization_id=broker["house"], share_bp=10_000, state="agreed", agreed_at=at
    )
    _copies("brokers_mandate", mandate.pk, MANDATES, f"""'number', 'M2025' || lpad(n::text, 6, '0'), 'id', 100000 + n,
            'broker_id', {house}, 'client_id', {firm}, 'fee_bp', 7000 + n % 6000,
            'offered_at', now() - (n % 700) * interval '1 day',
            'answered_at', CASE WHEN n / 10 % 5 > 0
                                THEN now() - (n % 700) * interval '1 day' + (n % 90) * interval '1 hour' END,
            'answered_by_id', CASE WHEN n / 10 % 5 > 0 THEN {other} END,
            'state', (ARRAY['offered','accepted','accepted','declined','accepted'])[1 + n / 10 % 5]""")  # fmt: skip
    _copies("brokers_mandatepartner", part.pk, MANDATES, f"""'id', 100000 + n, 'mandate_id', 100000 + n,
            'organization_id', {house}""")  # fmt: skip
    deal = BrokeredDeal.objects.create(
        broker_id=broker["house"], origin="reported", technology="기술", holder_name="기관", taker_id=client["house"],
        taker_name="기업", deal_kind="assignment", value_won=10**7, signed_on=at.date(), closed_on=at.date(),
        ipc_section="H", recorded_at=at,
    )  # fmt: skip
    _copies("brokers_brokereddeal", deal.pk, DEALS, f"""'id', 100000 + n, 'broker_id', {house}, 'taker_id', {firm},
            'ipc_section', chr(65 + n % 8), 'value_won', 1000000::bigint * (1 + n % 3000)""")  # fmt: skip
    rating = Rating.objects.create(
        deal=deal, organization_id=client["house"], stars=4, rated_at=at, rated_by=client["user"]
    )
    _copies("brokers_rating", rating.pk, DEALS // 2, f"""'id', 100000 + n, 'deal_id', 100000 + n,
            'organization_id', {firm}, 'stars', 1 + n % 5""")  # fmt: skip
    text = RatingText.objects.create(
        rating=rating, kind="rating", text="말 " * 40, written_at=at, written_by=client["user"]
    )
    _copies("brokers_ratingtext", text.pk, DEALS // 2, "'id', 100000 + n, 'rating_id', 100000 + n")
    quote = Quote(
        number="F2024000001", broker_id=broker["house"], client_id=client["house"], subject="기술", schedule=schedule,
        value_won=10**7, guideline_won=1, lower_won=1, upper_won=1, fee_won=1, net_won=1, vat_won=0, total_won=1,
        start_won=0, lines=[], payers=[], terms={}, quoted_at=at, quoted_by=broker["user"], valid_until=at.date(),
        state="offered",
    )  # fmt: skip
    quote.save()
    _copies("brokers_quote", quote.pk, QUOTES, f"""'number', 'F2025' || lpad(n::text, 6, '0'), 'id', 100000 + n,
            'broker_id', {house}, 'client_id', {firm}""")  # fmt: skip


def _copies(table: str, pk: int, many: int, changes: str) -> None:
    """`many` rows like the one of this key; `changes` are pairs for jsonb_build_object, of n from 1 on."""
    _sql(
        f"""
        INSERT INTO {table} SELECT made.* FROM {table} t, generate_series(1, {many}) n,
        LATERAL jsonb_populate_record(t, jsonb_build_object('public_id', uuidv7(), {changes})) made
        WHERE t.id = {pk}
        """
    )


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


def _vacuum() -> None:
    _sql("VACUUM ANALYZE")
