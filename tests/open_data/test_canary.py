"""Nothing personal and nothing confidential leaves by feed, files, harvesting, webhooks or totals."""

import gzip
import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Organization
from obligations.models import RnDProject
from open_data.models import WebhookMessage
from open_data.services.bulk import make_bulk, path_of
from open_data.services.messages import write_news
from tech_listings.models import Right
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.register import agency, trader
from tests.factories.matching import NeedFactory
from tests.factories.obligations import ResultFactory
from tests.factories.open_data import endpoint_of, partner, reported
from tests.factories.tech_listings import REGISTERED, ListingFactory
from tests.open_data.test_oai import seal_all

CANARY = "kanarienvogel"
pytestmark = pytest.mark.usefixtures("feed_sees_all", "bulk_folder")


@pytest.fixture
def world():
    """Every place that must stay closed says it, beside what is public; gives the number of something public."""
    holder = OrganizationFactory(
        institute=True, head_name=CANARY, head_email=f"{CANARY}@example.org", phone=CANARY, corporate_number=""
    )
    shown = ListingFactory(
        holder=holder, confidential_text=CANARY, confidential_reason=CANARY,
        rights=[{"application_number": "1020260000001", "applicants": CANARY}],
        created_by=UserFactory(name=CANARY, email=f"{CANARY}2@example.org"),
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
    trader(user=UserFactory(name=CANARY), introduction_ko=CANARY, fee_text=CANARY)
    seller = partner()
    Organization.objects.filter(pk=seller.organization_id).update(name=CANARY)
    reported(seller, shown, own_number=CANARY)
    endpoint_of(partner())
    assert Right.objects.filter(applicants=CANARY).exists()
    return shown


def everything():
    """(where, text) of all that leaves the house."""
    client = Client()
    for address in ("/api/v1/changes/", "/api/v1/changes/?collection=brokers", "/api/v1/totals/", "/open-data/"):
        yield address, client.get(address).content.decode()
    for verb in ("ListRecords", "ListIdentifiers"):
        yield verb, client.get("/oai/", {"verb": verb, "metadataPrefix": "oai_dc"}).content.decode()
    for file in make_bulk(at=REGISTERED):
        yield file.name, gzip.decompress(path_of(file.name).read_bytes()).decode()
    write_news(at=timezone.now())
    for message in WebhookMessage.objects.all():
        yield message.kind, message.body


def test_the_canary_is_seen_nowhere(world, monkeypatch):
    seal_all(monkeypatch)
    found = dict(everything())
    assert len(found) == 12
    for where, text in found.items():
        assert CANARY not in text, where
    # And the test looks at something: what is public is there.
    for where in ("/api/v1/changes/", "ListRecords", "ListIdentifiers", "listings.changed"):
        assert world.number in found[where], where


def test_field_by_field_records_of_traders_say_nothing_of_the_person(world):
    rows = Client().get("/api/v1/changes/?collection=brokers").json()["changes"]
    (entry,) = [row["record"] for row in rows if row["record"]["kind"] == "trader"]
    assert entry["office"] is None
    assert not any(entry[name] for name in ("introduction_ko", "speciality", "fee_text", "regions", "ipc_prefixes"))
    assert json.dumps(entry)
