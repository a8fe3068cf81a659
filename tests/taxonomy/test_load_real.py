"""The published tables, where the machine has them."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from taxonomy import queries
from taxonomy.models import Code

CODES = settings.BASE_DIR.parent / "shared" / "data" / "codes"

pytestmark = pytest.mark.skipif(not CODES.is_dir(), reason=f"the published code tables are not at {CODES}")


def run(*args):
    out = StringIO()
    call_command("load_codes", *[str(a) for a in args], stdout=out, json=True)
    said = json.loads(out.getvalue())
    return said["added"], said["changed"], said["unchanged"], said["abolished"]


def test_regions_load_cleanly_and_twice_is_once():
    run("region")

    assert run("region", CODES / "bjd_code.csv") == (46_163, 0, 17, 25_636)
    assert run("region", CODES / "bjd_code.csv") == (0, 0, 46_180, 0)
    assert len(queries.choices("region", "sido")) == 17


def test_industries_and_their_conversion_load_cleanly_and_twice_is_once():
    run("ksic")

    assert run("ksic", CODES / "ksicDB.csv") == (3_880, 0, 98, 0)
    assert run("ksic", CODES / "ksicTreeDB.csv") == (0, 0, 3_978, 0)
    assert run("ksic_map", CODES / "ksic_9_to_10.csv") == (1_377, 0, 0, 0)
    assert run("ksic_map", CODES / "ksic_9_to_10.csv") == (0, 0, 1_377, 0)


def test_patent_classes_load_cleanly_and_twice_is_once():
    run("ipc")
    ours = Code.objects.filter(revision="2022.01").exclude(code__regex="^(B64U|H10)").count()

    assert run("ipc", CODES / "ipc") == (78_522 - ours, 0, ours, 0)
    assert run("ipc", CODES / "ipc") == (0, 0, 78_522, 0)
    assert not Code.objects.filter(title_en__regex=r"[A-H]\d{2}[A-Z]\d{10}").exists()
