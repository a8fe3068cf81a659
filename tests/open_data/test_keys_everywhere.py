"""A key gets in wherever everybody does, a wrong one nowhere, and what is for people stays closed to it."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from open_data.enums import Scope
from tests.architecture.access import ADDRESSES
from tests.architecture.test_access_table import address
from tests.architecture.world import World
from tests.factories.open_data import key_of, partner, program

# What asks for a scope, though everybody may without a key.
SCOPED = {
    "open_data-api:changes": Scope.READ,
    "open_data-api:totals": Scope.READ,
    "open_data-api:bulk": Scope.BULK,
    "open_data-api:bulk-file": Scope.BULK,
}
OF_KEYS = {"open_data-api:webhooks", "open_data-api:partner-deals"}


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def asked(new_world):
    """Addresses of the API by name, with what a visitor gets there."""
    world, visitor = new_world(), Client()
    addresses = {name: address(world, name, spec) for name, (spec, _row) in ADDRESSES.items() if "-api:" in name}
    return {name: (where, visitor.get(where)) for name, where in addresses.items()}


@pytest.mark.parametrize("scopes", [Scope.values, [Scope.WEBHOOKS]], ids=["every scope", "one that reads nothing"])
def test_what_opens_for_everybody_opens_for_a_key(asked, scopes):
    client, wrong, opened = program(key_of(partner(), *scopes)[1]), [], 0
    for name, (where, visitors) in asked.items():
        expected = visitors.status_code
        if expected == 401 or name in OF_KEYS:
            continue
        if name in SCOPED and SCOPED[name] not in scopes:
            expected = 403
        answer = client.get(where)
        opened += answer.status_code == 200
        counted = "RateLimit-Remaining" in answer or answer.status_code == 403  # what is refused costs nothing
        if answer.status_code != expected or not counted:
            wrong.append(f"{name}: {answer.status_code}, not {expected}")
    assert wrong == []
    assert opened > 30


def test_what_is_for_people_stays_closed_to_a_key(asked):
    client, wrong = program(key_of(partner())[1]), []
    for name, (where, visitors) in asked.items():
        if visitors.status_code != 401 or name.startswith("open_data-api:"):
            continue
        answer = client.get(where)
        if (answer.status_code, answer.json()["code"]) != (403, "key_not_for_this"):
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []


def test_a_wrong_key_opens_nothing_not_even_what_is_open(asked):
    client, wrong = program("ieumkey_of-nobody"), []
    for name, (where, _visitors) in asked.items():
        answer = client.get(where)
        if (answer.status_code, answer.json()["code"]) != (401, "key_invalid"):
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []


def test_figures_and_the_feed_are_counted_together(settings):
    settings.KEY_RATE = "2/min"
    client = program(key_of(partner())[1])
    with time_machine.travel(timezone.now(), tick=False):
        assert client.get("/api/v1/figures/")["RateLimit-Remaining"] == "1"
        assert client.get("/api/v1/changes/")["RateLimit-Remaining"] == "0"
        assert client.get("/api/v1/figures/").status_code == 429
        assert Client().get("/api/v1/figures/").status_code == 200
