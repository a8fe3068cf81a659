"""Nothing personal and nothing confidential leaves by any door that opens for everybody, nor by a message."""

import contextlib
import gzip
import json
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, TextField
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Organization, User
from brokers.models import Registration
from obligations.models import RnDProject
from open_data.models import BulkFile, WebhookMessage
from open_data.queries.records import AS_IT_IS, OF_BROKER, OF_RIGHT
from open_data.services.bulk import make_bulk, path_of
from open_data.services.messages import tell_of_bulk, write_news
from tech_listings.models import Listing, Right
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.register import agency, trader
from tests.factories.matching import NeedFactory
from tests.factories.obligations import ResultFactory
from tests.factories.open_data import endpoint_of, partner, reported
from tests.factories.tech_listings import REGISTERED, ListingFactory
from tests.open_data.test_oai import seal_all

ASKED, HIDDEN = "kanarienvogel", "zeisigschwarm"
CANARY = f"{ASKED} {HIDDEN}"
"""Asking for its first word must not bring up the second."""

ON_PAGES = "turmfalkenhorst"
"""What a page says to whoever looks for it, and no mirror gets: a trader's name, a telephone, why a part is closed."""

# Of the tables whose rows are public in part, the words that everybody may read, here or on a page.
OPEN_WORDS = {
    Listing: {*AS_IT_IS, "confidential_reason", "outcome", "raw_hash", "source_key"},
    Right: {*OF_RIGHT, "application_number_key"},
    Organization: {
        "name", "name_en", "name_zh", "kind", "institute_kind", "region_code", "region_name", "business_number",
        "phone", "website", "introduction_ko", "introduction_en", "introduction_zh",
    },
    Registration: {"kind", "number", "state", *OF_BROKER},
    User: {"name", "password", "language", "email", "mail_rate"},
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("feed_sees_all", "bulk_folder")


@pytest.fixture
def world():
    """Every place that must stay closed says it, beside what is public; gives the number of something public."""
    holder = OrganizationFactory(
        institute=True, head_name=CANARY, head_email=f"{HIDDEN}@example.org", phone=ON_PAGES, corporate_number=""
    )
    shown = ListingFactory(
        holder=holder, confidential_text=CANARY, confidential_reason=ON_PAGES,
        rights=[{"application_number": "1020260000001", "applicants": CANARY}],
        created_by=UserFactory(name=CANARY, email=f"{HIDDEN}2@example.org"),
    )  # fmt: skip
    ListingFactory(holder=holder, draft=True, title_ko=CANARY)
    ListingFactory(holder=holder, suspended=True, title_ko=CANARY, suspended_text=CANARY)
    ListingFactory(holder=holder, closed=True, outcome_text=CANARY)
    gone = ListingFactory(holder=holder, title_ko=CANARY, summary_ko=CANARY, keywords=[CANARY])
    manager = MembershipFactory(organization=holder, role=Role.MANAGER, user__name=CANARY).user
    withdraw(listing=gone, reason=CANARY, by=manager, at=timezone.now())
    result = ResultFactory(title=CANARY)
    secret = ListingFactory(holder=holder, title_ko=CANARY, rights=[{"application_number": result.number}])
    withdraw(listing=secret, reason=CANARY, by=manager, at=timezone.now())
    RnDProject.objects.filter(pk=result.project_id).update(is_security=True)
    NeedFactory(title=CANARY, anonymous=True)
    agency(conflicts=CANARY)
    trader(user=UserFactory(name=ON_PAGES), introduction_ko=ON_PAGES, fee_text=ON_PAGES)
    seller = partner()
    Organization.objects.filter(pk=seller.organization_id).update(name=CANARY)
    reported(seller, shown, own_number=CANARY)
    endpoint_of(partner())
    assert Right.objects.filter(applicants=CANARY).exists()
    for model, open_words in OPEN_WORDS.items():
        fill(model, open_words)
    return shown


def fill(model, open_words):
    """Every other text of the table says it, too: a field that comes later is closed until it is named above."""
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, CharField | TextField) and not field.choices and not field.unique
        if not is_text or field.name in open_words or (field.max_length or 99) < len(CANARY):
            continue
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            with contextlib.suppress(IntegrityError), transaction.atomic():  # a check wants another form of it
                model.objects.update(**{field.name: CANARY})
            cursor.execute("SET LOCAL session_replication_role = origin")


PAGES = (
    "/", "/technologies/", "/technologies/?view=table", f"/technologies/?q={ASKED}", f"/search/?q={ASKED}",
    f"/technologies/suggest/?q={ASKED[:6]}", "/technologies/export.csv", f"/technologies/export.csv?q={ASKED}",
    "/statistics/", "/figures/", "/capability/", "/plans/", "/overdue/", "/open-data/", "/help/", "/calls/",
    "/worker.js", "/offline/", "/manifest.webmanifest", "/robots.txt",
)  # fmt: skip
API = (
    "changes/", "changes/?collection=brokers", "totals/", "bulk/", "listings/", f"listings/?q={ASKED}",
    f"search/?q={ASKED}", f"suggestions/?q={ASKED[:6]}", "figures/", "plans/", "calls/",
    "overdue-institutes/",
)  # fmt: skip


def searched(where):
    return "search/" in where


def told(client, address, **query):
    answer = client.get(address, query or None)
    assert answer.status_code == 200, (address, answer.status_code)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(), answer


def everything(shown):
    """(where, text) of all that leaves the house."""
    client = Client()
    for address in PAGES + tuple(f"/api/v1/{each}" for each in API):
        yield address, told(client, address)[0]
    sitemap = told(client, "/sitemap.xml")[0]
    yield "sitemap", sitemap
    for part in re.findall(r"<loc>https?://[^/]+(/[^<]+)</loc>", sitemap):
        yield part, told(client, part)[0]
    for table in told(client, "/statistics/")[1].context["statistics"].tables:
        yield f"statistics: {table.key}", told(client, f"/statistics/{table.key}.csv")[0]
    for kind in ("", "history/"):
        yield f"technology {kind}", told(client, f"/technologies/{shown.number}/{kind}")[0]
    yield "in the API", told(client, f"/api/v1/listings/{shown.number}/")[0]
    for verb in ("ListRecords", "ListIdentifiers"):
        yield verb, told(client, "/oai/", verb=verb, metadataPrefix="oai_dc")[0]
    yield "Identify", told(client, "/oai/", verb="Identify")[0]
    for file in make_bulk(at=REGISTERED):
        yield file.name, gzip.decompress(path_of(file.name).read_bytes()).decode()
    write_news(at=timezone.now())
    tell_of_bulk(list(BulkFile.objects.all()), at=timezone.now())
    for message in WebhookMessage.objects.all():
        yield message.kind, message.body


def test_the_canary_is_seen_nowhere(world, monkeypatch):
    seal_all(monkeypatch)
    found = dict(everything(world))
    assert sorted(where for where, text in found.items() if HIDDEN in text) == []
    said = {where for where, text in found.items() if ON_PAGES in text}
    assert {"technology ", "in the API"} <= said <= {"technology ", "in the API", *filter(searched, found)}
    # And the test looks at something: what is public is there.
    for where in ("/technologies/", "/technologies/export.csv", "/api/v1/listings/", "/api/v1/changes/", "technology ",
                  "in the API", "ListRecords", "ListIdentifiers", "listings.changed"):  # fmt: skip
        assert world.number in found[where], where
    assert '"@type"' in found["technology "]  # JSON-LD is in the page
    assert {"bulk.ready", "listings.changed", "brokers.changed"} <= set(found)


@pytest.mark.parametrize("who", ["nobody", "a partner"])
def test_a_device_keeps_only_what_everybody_reads(world, who):
    """The worker keeps what the server marks, and the server marks only public technologies read by nobody."""
    client = Client() if who == "nobody" else sign_in(Client(), partner().user)
    kept = [
        address
        for address in (*PAGES, f"/technologies/{world.number}/", f"/technologies/{world.number}/history/")
        if client.get(address).headers.get("Ieum-Offline") == "keep"
    ]
    assert kept == ([f"/technologies/{world.number}/"] if who == "nobody" else [])


def test_field_by_field_records_of_traders_say_nothing_of_the_person(world):
    rows = Client().get("/api/v1/changes/?collection=brokers").json()["changes"]
    (entry,) = [row["record"] for row in rows if row["record"]["kind"] == "trader"]
    assert entry["office"] is None
    assert not any(entry[name] for name in ("introduction_ko", "speciality", "fee_text", "regions", "ipc_prefixes"))
    assert json.dumps(entry)
