"""Of a security project nothing is on any page of duties, for nobody: not even for the institute or an officer."""

import pytest

from tests.architecture.access import ADDRESSES, PEOPLE
from tests.architecture.test_access_table import address
from tests.architecture.world import ASKED, CANARY, HIDDEN, World

OURS = {name: row for name, row in ADDRESSES.items() if name.startswith(("obligations:", "obligations-api:"))}


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.mark.parametrize("query", [{}, {"q": ASKED, "by": "ministry"}, {"by": "year", "figure": "overdue"}])
def test_the_canary_is_nowhere(new_world, query):
    world, looked, leaks = new_world(), 0, []
    for who in ("anonymous", "viewer", "staff", "manager", "other", "officer"):
        client = world.client_of(who)
        for name, (spec, row) in OURS.items():
            if row[PEOPLE.index(who)] != 200 or (query and "api" in name):  # of the API the first look is all
                continue
            response = client.get(address(world, name, spec), query)
            content = b"".join(response.streaming_content) if response.streaming else response.content
            text = content.decode(errors="replace")
            looked += 1
            if HIDDEN in text or CANARY in text:
                leaks.append(f"{who} at {name}")
    assert leaks == []
    assert looked > 60
