"""Results from files: whose they are, when they are owed, what people did to them meanwhile."""

from datetime import date

import pytest
from django.utils import timezone

from obligations.models import Obligation, ResearchResult, RnDProject
from obligations.services.results import ResultData, change_result, delete_result, merge_results
from tech_listings.enums import RowAction, RunKind, RunState
from tech_listings.services.ingest_apply import NeedsConfirmation, approve_run, work_on
from tech_listings.services.ingest_report import problems_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.obligations import ProjectFactory, ResultFactory
from tests.factories.tech_listings import ListingFactory, patent
from tests.obligations.imports.files import (
    RESULT_HEADER,
    as_csv,
    as_json,
    as_jsonl,
    as_xlsx,
    as_xml,
    result,
    results,
)
from tests.tech_listings.imports.runs import counts, plan, take_in

ROWS = [
    result(1),
    result(2, 성과유형="소프트웨어", 출원번호="", 등록번호="C-2025-000777"),
    result(3, 성과유형="노하우", 출원번호="", 발명의명칭="합금 열처리 노하우"),
]
FORMATS = {
    "a.csv": as_csv(ROWS, header=RESULT_HEADER),
    "b.csv": as_csv(ROWS, header=RESULT_HEADER, encoding="cp949"),
    "c.tsv": as_csv(ROWS, header=RESULT_HEADER, delimiter="\t"),
    "d.xlsx": as_xlsx(ROWS, header=RESULT_HEADER),
    "e.json": as_json(ROWS, header=RESULT_HEADER),
    "f.jsonl": as_jsonl(ROWS, header=RESULT_HEADER),
    "g.xml": as_xml(ROWS, header=RESULT_HEADER),
}


@pytest.fixture
def project(sources):
    return ProjectFactory(number="RS-2024-00000001", lead=sources.institute)


def problems(run, action=RowAction.REFUSE):
    return [(row.row, p.field, p.value, p.code) for row in run.rows.filter(action=action).order_by("row", "pk")
            for p in problems_of(row)]  # fmt: skip


def staff(sources):
    return MembershipFactory(organization=sources.institute).user


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_owed_at_once_and_the_second_time_nothing_changes(sources, project, name):
    run = take_in(sources.results, FORMATS[name], name=name)
    assert (run.state, counts(run)) == (RunState.APPLIED, {"added": 3})
    said = ("kind", "title", "number", "contribution_bp", "completed_on", "owner")
    assert list(ResearchResult.objects.order_by("pk").values_list(*said)) == [
        ("patent", "수소 저장 합금 1호", "1020250000001", 6000, date(2026, 6, 1), sources.institute.pk),
        ("software", "수소 저장 합금 2호", "C-2025-000777", 6000, date(2026, 6, 1), sources.institute.pk),
        ("know_how", "합금 열처리 노하우", "", 6000, date(2026, 6, 1), sources.institute.pk),
    ]
    assert list(Obligation.objects.values_list("kind", "state").distinct()) == [("listing", "due")]
    before = list(ResearchResult.objects.order_by("pk").values())
    assert counts(take_in(sources.results, FORMATS[name], name=name)) == {"unchanged": 3}
    assert list(ResearchResult.objects.order_by("pk").values()) == before


def test_a_technology_with_the_number_does_the_duty_in_the_same_transaction(sources, project):
    ListingFactory(holder=sources.institute, rights=[patent() | {"application_number": "1020250000001"}])
    take_in(sources.results, results(result(1)))
    assert Obligation.objects.get().state == "verified"


def test_without_a_day_the_filing_or_the_project_says_it(sources, project):
    header = [*RESULT_HEADER, "출원일자"]
    run = take_in(sources.results, as_csv([[*result(1, 성과발생일=""), "2025-03-04"]], header=header))
    assert problems(run) == []
    assert ResearchResult.objects.get().completed_on == date(2025, 3, 4)
    run = plan(sources.results, results(result(2, 성과발생일="")))
    assert problems(run) == [(2, "성과발생일", "", "no_completion")]
    RnDProject.objects.update(completed_on=date(2025, 1, 1))
    take_in(sources.results, results(result(2, 성과발생일=""), result(3)))
    assert ResearchResult.objects.get(number="1020250000002").completed_on == date(2025, 1, 1)


def test_what_is_only_expected_is_not_owed(sources, project):
    take_in(sources.results, as_csv([[*result(1, 성과발생일=""), "Y"]], header=[*RESULT_HEADER, "예상성과"]))
    assert ResearchResult.objects.get().is_expected
    assert not Obligation.objects.exists()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"과제고유번호": ""}, ("과제고유번호", "", "required")),
        ({"과제고유번호": "RS-2024-7"}, ("과제고유번호", "RS-2024-7", "no_project")),
        ({"발명의명칭": ""}, ("발명의명칭", "", "required")),
        ({"성과유형": "달"}, ("성과유형", "달", "bad_result_kind")),
        ({"출원번호": "1.02E+12"}, ("출원번호", "1.02E+12", "spreadsheet_number")),
        ({"연구과제기여율": "120"}, ("연구과제기여율", "120", "bad_share")),
        ({"성과발생일": "2099-01-01"}, ("성과발생일", "2099-01-01", "day_ahead")),
    ],
)
def test_a_row_that_cannot_be_taken_names_field_value_and_remedy(sources, project, cells, expected):
    run = take_in(sources.results, results(result(1, **cells), result(2)))
    assert problems(run) == [(2, *expected)]
    assert counts(run) == {"added": 1, "refused": 1}
    [found] = [p for row in run.rows.filter(action=RowAction.REFUSE) for p in problems_of(row)]
    assert found.why
    assert found.remedy


def test_a_project_that_is_secret_deleted_or_of_others_is_not_there(sources):
    ProjectFactory(number="RS-2024-00000001", lead=sources.institute, security=True)
    ProjectFactory(number="RS-2024-00000002", lead=sources.institute, deleted_at=timezone.now())
    ProjectFactory(number="RS-2024-00000003")
    run = plan(sources.results, results(result(1), result(2, project=2), result(3, project=3)))
    assert [code for *_rest, code in problems(run)] == ["no_project"] * 3
    assert [code for *_rest, code in problems(plan(sources.all_results, results(result(1), result(2, project=2))))] == [
        "no_project"
    ] * 2


def test_a_partner_brings_its_own_and_not_the_leads(sources):
    lead = OrganizationFactory(institute=True, name="이끄는 연구원")
    ProjectFactory(number="RS-2024-00000001", lead=lead, with_partners=[sources.institute])
    header = [*RESULT_HEADER, "소유기관"]
    rows = [[*result(1), ""], [*result(2), "이끄는 연구원"], [*result(3), "아무도 아님"]]
    run = take_in(sources.results, as_csv(rows, header=header))
    assert [code for *_rest, code in problems(run)] == ["not_yours", "unknown_institute"]
    assert ResearchResult.objects.get().owner == sources.institute


def test_an_office_brings_them_for_whoever_leads_unless_the_file_says_whose(sources, project):
    other = OrganizationFactory(institute=True, name="남의 연구원")
    rows = [[*result(1), ""], [*result(2), "남의연구원"]]
    take_in(sources.all_results, as_csv(rows, header=[*RESULT_HEADER, "소유기관"]))
    assert list(ResearchResult.objects.order_by("pk").values_list("owner", flat=True)) == [project.lead_id, other.pk]


def test_a_number_from_abroad_is_noted_and_not_kept(sources, project):
    run = take_in(sources.results, results(result(1, 출원번호="PCT/KR2025/000001")))
    assert [code for *_rest, code in problems(run, RowAction.NOTE)] == ["foreign_number"]
    assert ResearchResult.objects.get().number == ""
    assert counts(take_in(sources.results, results(result(1, 출원번호="PCT/KR2025/000001")))) == {"unchanged": 1}


def test_one_patent_is_a_result_of_each_of_two_projects(sources, project):
    ProjectFactory(number="RS-2024-00000002", lead=sources.institute)
    assert counts(take_in(sources.results, results(result(1), result(1, project=2)))) == {"added": 2}


def test_what_a_person_typed_is_found_by_number_or_by_its_name(sources, project):
    by_number = ResultFactory(project=project, number="1020250000001")
    by_name = ResultFactory(project=project, number="", kind="know_how", title="합금 열처리  노하우")
    run = take_in(sources.results, results(ROWS[0], ROWS[2]))
    assert counts(run) == {"changed": 2}
    assert set(ResearchResult.objects.values_list("pk", "source")) == {
        (by_number.pk, sources.results.pk),
        (by_name.pk, sources.results.pk),
    }


def test_what_a_person_deleted_or_merged_is_not_taken_again(sources, project):
    take_in(sources.results, results(*ROWS))
    first, second, third = ResearchResult.objects.order_by("pk")
    by = staff(sources)
    delete_result(result=first, by=by, at=timezone.now())
    merge_results(result=second, into=third, by=by, at=timezone.now())
    run = take_in(sources.results, results(*ROWS))
    assert counts(run) == {"unchanged": 1, "left_out": 2}
    assert [code for *_rest, code in problems(run, RowAction.NOTE)] == ["result_deleted", "result_merged"]
    assert ResearchResult.objects.live().get() == third


def test_what_the_full_list_lacks_is_deleted_after_a_look_and_comes_back(sources, project):
    rows = [result(n) for n in range(1, 6)]
    take_in(sources.results, results(*rows), kind=RunKind.FULL)
    ResultFactory(project=project)
    run = plan(sources.results, results(*rows[:4]), kind=RunKind.FULL)
    assert (run.state, counts(run)) == (RunState.HELD, {"unchanged": 4, "withdrawn": 1})
    with pytest.raises(NeedsConfirmation, match="1 row"):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert ResearchResult.objects.live().count() == 6

    approve_run(run=run, by=None, at=timezone.now(), confirm_withdrawals=True, wake=False)
    work_on(run_id=run.public_id)
    gone = ResearchResult.objects.get(number="1020250000005")
    assert gone.deleted_at
    assert Obligation.objects.get(result=gone).state == "dropped"

    assert counts(take_in(sources.results, results(*rows), kind=RunKind.FULL)) == {"unchanged": 4, "changed": 1}
    assert Obligation.objects.get(result=gone).state == "due"


def test_an_edit_after_the_comparison_stands(sources, project):
    take_in(sources.results, results(*ROWS))
    run = plan(sources.results, results(result(1, 발명의명칭="파일"), *ROWS[1:]))
    first = ResearchResult.objects.order_by("pk")[0]
    data = ResultData(
        kind="patent", title="사람", owner=first.owner, number=first.number, completed_on=date(2026, 6, 1)
    )
    change_result(result=first, data=data, by=staff(sources), at=timezone.now())
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    done = work_on(run_id=run.public_id)
    first.refresh_from_db()
    assert (first.title, counts(done)) == ("사람", {"unchanged": 2, "left_out": 1})


def test_what_came_between_comparing_and_applying_stands(sources, project):
    run = plan(sources.results, results(*ROWS))
    ResultFactory(project=project, number="1020250000001", title="사람")
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert counts(work_on(run_id=run.public_id)) == {"added": 2, "left_out": 1}
    RnDProject.objects.update(is_security=True)
    run = plan(sources.all_results, results(result(8)))
    assert counts(run) == {"refused": 1}


def test_an_unknown_file_waits_for_its_columns(sources, project):
    run = plan(sources.results, "가,나,다\nRS-2024-00000001,이름,특허\n".encode())
    assert (run.state, run.rows.count()) == (RunState.RECEIVED, 0)
