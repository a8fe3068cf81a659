import csv
import re
from io import StringIO

import pytest
from django.core.management import call_command

from taxonomy import queries
from taxonomy.models import Code, CodeMapping
from taxonomy.services.load import LoadResult
from taxonomy.services.load_product import DATA, REVISIONS, load_product

COUNTS = {
    ("ipc", "section"): 8,
    ("ipc", "class"): 132,
    ("ksic", "section"): 21,
    ("ksic", "division"): 77,
    ("st", "major"): 22,
    ("region", "sido"): 17,
    ("trl", "phase"): 5,
    ("trl", "step"): 9,
}


def run(*args, **options):
    out = StringIO()
    call_command("load_codes", *args, stdout=out, **options)
    return out.getvalue()


def test_set_up_needs_no_file_and_may_run_again():
    first, second = run(), run()

    assert first.count(" 0 unchanged") == len(REVISIONS)
    assert second.count("Nothing changed.") == len(REVISIONS)
    assert second.count(" 0 added, 0 changed") == len(REVISIONS)


def test_the_top_levels_are_complete():
    run()

    offered = {key: len(queries.choices(*key, "ko")) for key in COUNTS}

    assert offered == COUNTS
    assert len(queries.choices("ipc", "subclass", "ko")) == 654


@pytest.mark.parametrize("system", REVISIONS)
def test_every_title_is_there_in_three_languages(system):
    """Korean titles hold Hangul, Chinese ones Han characters and no Hangul, English ones neither."""
    with (DATA / f"{system}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert rows
    for row in rows:
        assert re.search("[가-힣]", row["title_ko"]), row
        assert re.search("[一-鿿]", row["title_zh"]), row
        assert not re.search("[가-힣]", row["title_zh"] + row["title_en"]), row
        assert not re.search("[一-鿿]", row["title_en"]), row


def test_old_provinces_are_kept_but_not_offered():
    run()

    offered = dict(queries.choices("region", "sido", "ko"))
    assert "강원특별자치도" in offered.values()
    assert "전북특별자치도" in offered.values()
    assert "4200000000" not in offered
    assert queries.titles("region", ["4200000000"], "ko") == {"4200000000": "강원도"}
    assert [m.target.code for m in queries.successors("region", "4500000000", revision="bjd")] == ["5200000000"]
    assert CodeMapping.objects.count() == 2


def test_uncertain_science_classes_say_that_they_are_assumed():
    run()

    assumed = set(Code.objects.filter(system="st", note__startswith="가정").values_list("code", flat=True))

    assert {"HX", "SX", "AX", "OA", "OB", "OC"} <= assumed
    assert assumed.isdisjoint({"NC", "ND"})


def test_readiness_steps_belong_to_phases():
    run()

    phases = {c.code: c.parent.code for c in Code.objects.filter(level="step").select_related("parent")}

    assert phases["1"] == phases["2"] == "basic"
    assert phases["7"] == phases["8"] == "product"
    assert phases["9"] == "business"


def test_a_title_spoilt_by_hand_is_put_back_and_reported():
    load_product(system="trl")
    Code.objects.filter(system="trl", code="9").update(title_en="Oops", origin="table")

    assert load_product(system="trl") == LoadResult(changed=1, unchanged=13)
    assert Code.objects.get(system="trl", code="9").title_en == "Mass production and commercialization"
