"""The world of the matrix: made once for a module, each test gets a copy, with the clock standing."""

import pytest
import time_machine

from tests.factories.vouchers.money import NOW
from tests.vouchers.matrix.world import World


@pytest.fixture(scope="module")
def new_world(once):
    return once(World, at=NOW)


@pytest.fixture
def world(new_world):
    with time_machine.travel(NOW, tick=False):
        yield new_world()
