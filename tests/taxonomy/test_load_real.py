"""The published tables, where the machine has them."""

import json
from io import StringIO
from itertools import islice

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


def test_regions_load_cleanly_and_twice_is_once(tmp_path):
    """The first 5,000 of the 46,180: all of Seoul and Busan; the rest is more of the same and takes half a minute."""
    run("region")
    part = tmp_path / "regions.csv"
    with (CODES / "bjd_code.csv").open(encoding="utf-8-sig") as whole:
        part.write_text("".join(islice(whole, 5_001)), encoding="utf-8")

    added, changed, unchanged, abolished = run("region", part)
    assert (added + unchanged, changed) == (5_000, 0)
    assert abolished > 1_000
    assert run("region", part) == (0, 0, 5_000, 0)
    assert len(queries.choices("region", "sido")) == 17


def test_industries_and_their_conversion_load_cleanly_and_twice_is_once():
    run("ksic")

    assert run("ksic", CODES / "ksicDB.csv") == (3_880, 0, 98, 0)
    assert run("ksic", CODES / "ksicTreeDB.csv") == (0, 0, 3_978, 0)
    assert run("ksic_map", CODES / "ksic_9_to_10.csv") == (1_377, 0, 0, 0)
    assert run("ksic_map", CODES / "ksic_9_to_10.csv") == (0, 0, 1_377, 0)


def test_patent_classes_load_cleanly_and_twice_is_once():
    """Section D, the smallest of the eight files."""
    run("ipc")
    ours = Code.objects.filter(revision="2022.01", code__startswith="D").count()

    added, changed, unchanged, abolished = run("ipc", CODES / "ipc" / "D.txt")
    assert (unchanged, changed, abolished) == (ours, 0, 0)
    assert added > 3_000
    assert run("ipc", CODES / "ipc" / "D.txt") == (0, 0, added + unchanged, 0)
    assert not Code.objects.filter(title_en__regex=r"[A-H]\d{2}[A-Z]\d{10}").exists()
