"""No GET of programmes and vouchers changes a row of them, by every address, as anybody who sees something there."""

import pytest

from tests.architecture.access import ADDRESSES
from tests.architecture.test_access_table import address
from tests.architecture.world import World
from tests.database import undone
from tests.factories.accounts import sign_in
from tests.vouchers.matrix.rows import changed, sums

SPACES = ("programmes", "programmes-api", "vouchers", "vouchers-api")
WALKED = {name: spec for name, (spec, _row) in ADDRESSES.items() if name.partition(":")[0] in SPACES}


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def world(new_world):
    return new_world()


def client_of(world, who):
    if who != "provider":
        return world.client_of(who)
    provider = world.voucher_order.provider
    return sign_in(world.client_of("anonymous"), provider.memberships.order_by("pk").first().user)


def walked(client, world, some):
    """The addresses that answered with something, after each was opened as a page and by htmx."""
    opened = 0
    for name in some:
        where = address(world, name, WALKED[name])
        for headers in ({}, {"HX-Request": "true", "HX-Target": "results"}):
            opened += client.get(where, headers=headers).status_code == 200
    return opened


@pytest.mark.parametrize("who", ["anonymous", "newcomer", "firm", "officer", "provider"])
def test_no_get_changes_a_row(world, who):
    client, before = client_of(world, who), sums()
    with undone():
        opened = walked(client, world, WALKED)
        touched = changed(before, sums())
    if touched:  # which of them
        guilty = []
        for name in WALKED:
            with undone():
                walked(client, world, [name])
                if changed(before, sums()):
                    guilty.append(name)
        pytest.fail(f"{touched}: {guilty}")
    assert opened >= {"anonymous": 4, "newcomer": 6}.get(who, 30)
