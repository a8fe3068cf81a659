import pytest
import time_machine

from tests.factories.brokers.fees import NOW


@pytest.fixture
def at_now():
    """Pages and API read the clock: it stands at the moment of the factories."""
    with time_machine.travel(NOW, tick=False):
        yield NOW
