import io
import json

import pytest
from django.core.management import CommandError, call_command

from obligations.models import ResearchResult, RnDProject
from tests.obligations.imports.files import project, projects, result, results


def run(organization, *arguments):
    out = io.StringIO()
    call_command("ingest_projects", *map(str, arguments), organization=organization.business_number, stdout=out)
    return out.getvalue()


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "과제.csv", tmp_path / "성과.csv"
    paths[0].write_bytes(projects(project(1), project(2)))
    paths[1].write_bytes(results(result(1), result(2, project=2)))
    return paths


def test_projects_then_results_and_again(sources, files):
    answer = run(sources.institute, files[0])
    assert "added               2" in answer
    assert "Nothing was changed." in answer
    assert not RnDProject.objects.exists()

    assert json.loads(run(sources.institute, files[0], "--apply", "--json"))["added"] == 2
    assert json.loads(run(sources.institute, files[1], "--results", "--apply", "--json"))["added"] == 2
    assert json.loads(run(sources.institute, files[1], "--results", "--apply", "--json"))["unchanged"] == 2
    assert (RnDProject.objects.count(), ResearchResult.objects.count()) == (2, 2)


def test_a_security_project_needs_confirm(sources, tmp_path):
    path = tmp_path / "과제.csv"
    path.write_bytes(projects(project(1, 보안등급="보안")))
    with pytest.raises(SystemExit, check=lambda exit: exit.code == 4):
        run(sources.institute, path, "--apply")
    assert not RnDProject.objects.exists()
    run(sources.institute, path, "--apply", "--confirm")
    assert RnDProject.objects.get().is_security


def test_an_office_imports_for_all_and_somebody_unknown_for_nobody(sources, files, tmp_path):
    path = tmp_path / "모두.csv"
    path.write_bytes(projects(project(1, 주관기관="가온연구원")))
    run(sources.office, path, "--apply")
    assert RnDProject.objects.get().lead == sources.institute
    sources.institute.business_number = "0000000000"
    with pytest.raises(CommandError, match="no organization"):
        run(sources.institute, files[0])
