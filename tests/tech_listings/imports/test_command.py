import io
import json

import pytest
from django.core.management import CommandError, call_command

from tech_listings.models import Listing, Run
from tests.factories.accounts import OrganizationFactory
from tests.tech_listings.imports.files import as_csv, row


@pytest.fixture
def institute():
    return OrganizationFactory(institute=True)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "특허.csv"
    path.write_bytes(as_csv([row(n) for n in range(1, 6)]))
    return path


def run(institute, *arguments):
    out = io.StringIO()
    call_command("ingest_listings", *map(str, arguments), organization=institute.business_number, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_what_would_change(institute, file):
    answer = run(institute, file)

    assert "added               5" in answer
    assert "Nothing was changed." in answer
    assert Listing.objects.count() == 0


def test_apply_and_again(institute, file):
    run(institute, file)
    first = json.loads(run(institute, file, "--apply", "--json"))
    second = json.loads(run(institute, file, "--apply", "--json"))

    assert (first["state"], first["added"]) == ("applied", 5)
    assert (second["state"], second["added"], second["unchanged"]) == ("applied", 0, 5)
    assert Listing.objects.count() == 5


def test_refused_rows_are_named_and_the_exit_code_says_so(institute, tmp_path):
    path = tmp_path / "특허.csv"
    path.write_bytes(as_csv([row(1), row(2, 출원번호="1.02E+12")]))

    with pytest.raises(SystemExit, check=lambda exit: exit.code == 3):
        run(institute, path, "--apply", "--json")

    assert Listing.objects.count() == 1


def test_a_mass_withdrawal_needs_confirm(institute, file, tmp_path):
    run(institute, file, "--apply", "--source", "대장")
    smaller = tmp_path / "줄인 것.csv"
    smaller.write_bytes(as_csv([row(1)]))

    with pytest.raises(SystemExit, check=lambda exit: exit.code == 4):
        run(institute, smaller, "--apply", "--full", "--source", "대장")
    assert Listing.objects.published().count() == 5

    run(institute, smaller, "--apply", "--full", "--source", "대장", "--confirm")
    assert Listing.objects.published().count() == 1


def test_without_a_name_there_is_one_source(institute, file, tmp_path):
    renamed = tmp_path / "other name.csv"
    renamed.write_bytes(file.read_bytes() + b"\n")
    run(institute, file, "--apply")

    assert json.loads(run(institute, renamed, "--apply", "--json"))["unchanged"] == 5
    assert institute.sources.count() == 1

    run(institute, file, "--source", "다른 대장")
    with pytest.raises(CommandError, match="다른 대장"):
        run(institute, file)


def test_a_mapping_from_a_file(institute, tmp_path):
    path, mapping = tmp_path / "a.csv", tmp_path / "mapping.json"
    path.write_bytes(as_csv([["10-2019-0000001", "합금", "수소"]], header=["가", "나", "다"]))
    with pytest.raises(CommandError, match="가, 나, 다"):
        run(institute, path)

    mapping.write_text('{"application_number": "가", "title": "나", "abstract": "다"}', "utf-8")
    assert "added               1" in run(institute, path, "--apply", "--mapping", mapping)


def test_a_call_that_cannot_work_says_why(institute, file, tmp_path):
    empty = tmp_path / "leer.csv"
    empty.touch()

    with pytest.raises(CommandError, match="The file is empty"):
        run(institute, empty)
    with pytest.raises(CommandError, match="No such file"):
        run(institute, tmp_path / "none.csv")
    institute.business_number = "0000000000"
    with pytest.raises(CommandError, match="no organization"):
        run(institute, file)
    assert Run.objects.count() == 0
