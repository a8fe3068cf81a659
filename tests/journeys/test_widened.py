"""A page that was loaded on a phone and is widened then, as when a tablet is turned: as good as one loaded wide."""

import pytest

from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_pages import AXE, OPEN_ALL, RUN_AXE
from tests.journeys.world import World

PAGES = ["/work/", "/work/?tick=all&when=overdue", "/work/table/"]


@pytest.fixture
def world(settings, tmp_path) -> World:
    settings.MEDIA_ROOT = settings.PRIVATE_ROOT = tmp_path
    return World()


def test_no_serious_fault_after_widening(visit, watch, world):
    page = visit(world.people["manager"], "/")
    page.add_init_script(path=AXE)
    found = []
    for path in PAGES:
        page.set_viewport_size(PHONE)
        page.goto(path)
        page.evaluate(OPEN_ALL)
        page.set_viewport_size(DESKTOP)
        with watch.ignoring():
            found += [f"{path}: {fault}" for fault in page.evaluate(RUN_AXE)]
    assert found == []
