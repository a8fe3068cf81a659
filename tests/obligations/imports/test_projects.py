"""Projects from files: in every format, shown before they are written, the second time unchanged."""

import csv
import io
from datetime import date

import pytest
from django.utils import timezone

from obligations.models import Obligation, RnDProject
from obligations.services.projects import ProjectData, change_project
from tech_listings.enums import RowAction, RunKind, RunState
from tech_listings.models import Source
from tech_listings.services.ingest_apply import NeedsConfirmation, approve_run, work_on
from tech_listings.services.ingest_report import changes_of, error_rows, problems_of
from tech_listings.services.ingest_targets import target_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.obligations import ProjectFactory, ResultFactory, duty
from tests.factories.tech_listings import ListingFactory, patent
from tests.obligations.imports.files import (
    PROJECT_HEADER,
    as_csv,
    as_json,
    as_jsonl,
    as_xlsx,
    as_xml,
    project,
    projects,
)
from tests.tech_listings.imports.runs import counts, plan, take_in

ROWS = [project(1), project(2), project(3)]
FORMATS = {
    "a.csv": as_csv(ROWS, header=PROJECT_HEADER),
    "b.csv": as_csv(ROWS, header=PROJECT_HEADER, encoding="cp949"),
    "c.tsv": as_csv(ROWS, header=PROJECT_HEADER, delimiter="\t", encoding="utf-16"),
    "d.xlsx": as_xlsx(ROWS, header=PROJECT_HEADER),
    "e.json": as_json(ROWS, header=PROJECT_HEADER),
    "f.jsonl": as_jsonl(ROWS, header=PROJECT_HEADER),
    "g.xml": as_xml(ROWS, header=PROJECT_HEADER),
}
SAID = (
    "number", "title", "ministry", "programme", "investigator_name", "starts_on", "ends_on", "government_won",
    "total_won", "is_security", "source_key",
)  # fmt: skip


def problems(run, action=RowAction.REFUSE):
    return [(row.row, p.field, p.value, p.code) for row in run.rows.filter(action=action).order_by("row", "pk")
            for p in problems_of(row)]  # fmt: skip


def data_of(found, **changes):
    names = ("number", "title", "ministry", "lead", "starts_on", "ends_on", "government_won", "total_won")
    return ProjectData(**{name: getattr(found, name) for name in names} | changes)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same_and_the_second_time_nothing_changes(sources, name):
    run = plan(sources.projects, FORMATS[name], name=name)
    assert (run.state, counts(run)) == (RunState.PLANNED, {"added": 3})
    assert not RnDProject.objects.exists()

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert work_on(run_id=run.public_id).state == RunState.APPLIED

    first = RnDProject.objects.order_by("number").values_list(*SAID)[0]
    assert first == (
        "RS-2024-00000001", "수소 저장 소재 1", "과학기술정보통신부", "소재 혁신", "김시험", date(2024, 1, 1),
        date(2026, 12, 31), 100_000_000, 120_000_000, False, "p:RS202400000001",
    )  # fmt: skip
    assert set(RnDProject.objects.values_list("lead", "source")) == {(sources.institute.pk, sources.projects.pk)}
    before = list(RnDProject.objects.order_by("pk").values())
    assert counts(take_in(sources.projects, FORMATS[name], name=name)) == {"unchanged": 3}
    assert list(RnDProject.objects.order_by("pk").values()) == before


def test_duties_are_settled_with_the_rows(sources):
    take_in(sources.projects, projects(project(1, 연구기간="20200101~20221231"), project(2)))
    assert list(Obligation.objects.values_list("kind", "state", "project__number")) == [
        ("final_report", "due", "RS-2024-00000001")
    ]


def test_english_headers_and_the_columns_of_the_tech_bank(sources):
    english = ["Project number", "Title", "Ministry", "Start date", "End date", "Security", "Government funding"]
    row = ["1345154294", "Hydrogen", "Ministry", "2024-01-01", "2026-12-31", "N", "5"]
    assert counts(take_in(sources.projects, as_csv([row], header=english))) == {"added": 1}
    codes = ["NTB_A_F_052", "NTB_A_F_054", "NTB_A_F_062", "NTB_A_F_067", "NTB_A_F_068", "NTB_A_F_064"]
    row = ["1345154295", "수소", "부처", "2024-01-01", "2026-12-31", "N"]
    assert counts(take_in(sources.projects, as_csv([row], header=codes))) == {"added": 1}


def test_an_amount_counts_in_the_unit_of_its_header(sources):
    header = [f"{name}(천원)" if name == "정부연구비" else name for name in PROJECT_HEADER]
    take_in(sources.projects, as_csv([project(1, 정부연구비="12,000", 총연구비="2억")], header=header))
    assert RnDProject.objects.values_list("government_won", "total_won").get() == (12_000_000, 200_000_000)


def test_a_change_is_shown_field_by_field_and_an_empty_cell_changes_nothing(sources):
    take_in(sources.projects, projects(*ROWS))
    run = plan(sources.projects, projects(project(1, 과제명="새 이름", 사업명=""), *ROWS[1:]))
    [row] = run.rows.filter(action=RowAction.CHANGE)
    shown = [(c.field, c.old, c.new) for c in changes_of(row, target_of(run))]
    assert shown == [("title", "수소 저장 소재 1", "새 이름")]
    assert counts(run) == {"changed": 1, "unchanged": 2}

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    work_on(run_id=run.public_id)
    changed = RnDProject.objects.get(source_key="p:RS202400000001")
    assert (changed.title, changed.programme, changed.revision) == ("새 이름", "소재 혁신", 2)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"과제고유번호": ""}, ("과제고유번호", "", "required")),
        ({"과제고유번호": "번호 없음"}, ("과제고유번호", "번호 없음", "bad_project_number")),
        ({"과제고유번호": "1.34E+09"}, ("과제고유번호", "1.34E+09", "spreadsheet_number")),
        ({"과제명": ""}, ("과제명", "", "required")),
        ({"부처명": ""}, ("부처명", "", "required")),
        ({"연구기간": ""}, ("연구기간", "", "required")),
        ({"연구기간": "2024-01-01"}, ("연구기간", "2024-01-01", "bad_period")),
        ({"연구기간": "2026-01-01~2024-01-01"}, ("연구기간", "2024-01-01", "ends_before_begins")),
        ({"정부연구비": "많음"}, ("정부연구비", "많음", "bad_amount")),
        ({"총연구비": "1"}, ("총연구비", "1", "total_too_small")),
        ({"보안등급": "보안인가"}, ("보안등급", "", "bad_yes_no")),
        ({"주관기관": "없는 연구원"}, ("주관기관", "없는 연구원", "unknown_institute")),
        ({"주관기관": "남의 연구원"}, ("주관기관", "남의 연구원", "not_yours")),
        ({"과제고유번호": "rs 2025 1"}, ("과제고유번호", "rs 2025 1", "number_taken")),
    ],
)
def test_a_row_that_cannot_be_taken_names_field_value_and_remedy(sources, cells, expected):
    other = OrganizationFactory(institute=True, name="남의 연구원")
    ProjectFactory(number="RS-2025-1", lead=other)
    run = take_in(sources.projects, projects(project(1, **cells), project(2)))
    assert problems(run) == [(2, *expected)]
    assert counts(run) == {"added": 1, "refused": 1}
    [found] = [p for row in run.rows.filter(action=RowAction.REFUSE) for p in problems_of(row)]
    assert found.why
    assert found.remedy
    assert RnDProject.objects.filter(source=sources.projects).count() == 1


def test_refused_rows_come_back_as_a_file(sources):
    run = plan(sources.projects, projects(project(1, 정부연구비="=많음"), project(2)))
    header, line = list(error_rows(run))
    assert header[: len(PROJECT_HEADER)] == PROJECT_HEADER
    assert line[:1] == ["RS-2024-00000001"]
    assert line[len(PROJECT_HEADER)] == 2
    out = io.StringIO()
    csv.writer(out).writerows([header, line])
    assert counts(plan(sources.projects, out.getvalue().encode())) == {"refused": 1}


def test_names_are_found_however_they_are_spaced_and_by_business_number(sources):
    header = [*PROJECT_HEADER, "사업자등록번호", "공동연구기관"]
    partner = OrganizationFactory(institute=True, name="참여 연구원", name_en="Partner Institute")
    take_in(
        sources.all_projects,
        as_csv(
            [
                [*project(1, 주관기관="가온연구원"), "", "partner institute"],
                [*project(2, 주관기관="옛 이름"), sources.institute.business_number, ""],
            ],
            header=header,
        ),
    )
    assert set(RnDProject.objects.values_list("lead", flat=True)) == {sources.institute.pk}
    assert list(RnDProject.objects.get(number="RS-2024-00000001").partners.all()) == [partner]


def test_an_office_has_to_say_whose_project_it_is_and_two_of_a_name_are_no_answer(sources):
    OrganizationFactory.create_batch(2, institute=True, name="같은 이름")
    run = plan(sources.all_projects, projects(project(1), project(2, 주관기관="같은 이름")))
    assert problems(run) == [(2, "주관기관", "", "required"), (3, "주관기관", "같은 이름", "two_institutes")]


def test_the_same_project_in_several_rows_is_taken_once(sources):
    run = take_in(sources.projects, projects(project(1), project(1), project(1, 과제명="다른 이름")))
    assert counts(run) == {"added": 1, "left_out": 1, "refused": 1}
    assert problems(run, RowAction.NOTE) == [(3, "", "", "same_project")]
    assert problems(run) == [(4, "", "RS-2024-00000001", "repeated_key")]


def test_what_a_person_typed_is_found_by_its_number_and_kept_by_the_source(sources):
    typed = ProjectFactory(number="rs_2024.00000001", lead=sources.institute, title="수소 저장 소재 1")
    run = take_in(sources.projects, projects(project(1)))
    typed.refresh_from_db()
    assert counts(run) == {"changed": 1}
    assert (typed.number, typed.source, typed.government_won) == ("rs_2024.00000001", sources.projects, 100_000_000)
    assert counts(take_in(sources.projects, projects(project(1)))) == {"unchanged": 1}


def test_two_sources_do_not_quarrel(sources):
    take_in(sources.all_projects, projects(project(1, 주관기관="가온 연구원")))
    take_in(sources.projects, projects(project(1, 과제명="연구원의 이름")))
    assert counts(take_in(sources.projects, projects(project(1, 과제명="연구원의 이름")))) == {"unchanged": 1}
    assert counts(take_in(sources.all_projects, projects(project(1, 주관기관="가온 연구원")))) == {"unchanged": 1}
    assert RnDProject.objects.get().title == "연구원의 이름"


def test_a_number_corrected_by_hand_stays_the_project_of_its_row(sources):
    take_in(sources.projects, projects(project(1)))
    by = MembershipFactory(organization=sources.institute).user
    found = RnDProject.objects.get()
    change_project(project=found, data=data_of(found, number="RS-2024-99"), by=by, at=timezone.now())
    run = take_in(sources.projects, projects(project(1, 과제명="새 이름")))
    assert counts(run) == {"changed": 1}
    assert RnDProject.objects.values_list("number", "title").get() == ("RS-2024-99", "새 이름")


def test_an_edit_after_the_comparison_stands(sources):
    take_in(sources.projects, projects(*ROWS))
    run = plan(sources.projects, projects(project(1, 과제명="파일"), project(2, 과제명="파일 2"), ROWS[2]))
    by = MembershipFactory(organization=sources.institute).user
    found = RnDProject.objects.get(number="RS-2024-00000001")
    change_project(project=found, data=data_of(found, title="사람"), by=by, at=timezone.now())

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    done = work_on(run_id=run.public_id)

    found.refresh_from_db()
    assert (found.title, counts(done)) == ("사람", {"changed": 1, "unchanged": 1, "left_out": 1})
    assert problems(done, RowAction.NOTE) == [(2, "", "", "research_edited_meanwhile")]
    assert RnDProject.objects.get(number="RS-2024-00000002").title == "파일 2"


def test_a_project_entered_after_the_comparison_stands(sources):
    run = plan(sources.projects, projects(*ROWS))
    ProjectFactory(number="RS 2024 00000002", title="사람")
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    done = work_on(run_id=run.public_id)
    assert (done.state, counts(done)) == (RunState.APPLIED, {"added": 2, "left_out": 1})
    assert problems(done, RowAction.NOTE) == [(3, "", "", "number_taken_meanwhile")]
    assert RnDProject.objects.count() == 3


def test_only_an_office_deletes_by_a_full_list_and_many_need_a_person(sources):
    mine = [project(n, 주관기관="가온 연구원") for n in range(1, 5)]
    take_in(sources.all_projects, projects(*mine), kind=RunKind.FULL)
    run = plan(sources.all_projects, projects(*mine[:2]), kind=RunKind.FULL)
    assert (run.state, counts(run)) == (RunState.HELD, {"unchanged": 2, "withdrawn": 2})
    with pytest.raises(NeedsConfirmation, match="2 rows"):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert RnDProject.objects.filter(deleted_at=None).count() == 4

    approve_run(run=run, by=None, at=timezone.now(), confirm_withdrawals=True, wake=False)
    work_on(run_id=run.public_id)
    assert RnDProject.objects.filter(deleted_at=None).count() == 2
    again = plan(sources.all_projects, projects(*mine), kind=RunKind.FULL)
    assert counts(again) == {"unchanged": 2, "left_out": 2}


def test_an_institutes_full_list_deletes_no_project(sources):
    take_in(sources.projects, projects(*ROWS), kind=RunKind.FULL)
    run = take_in(sources.projects, projects(ROWS[0]), kind=RunKind.FULL)
    assert counts(run) == {"unchanged": 1}
    assert [code for *_rest, code in problems(run, RowAction.NOTE)] == ["project_stays"] * 2
    assert RnDProject.objects.filter(deleted_at=None).count() == 3


# --- security projects ---

SECRET = "kanarienvogel"


def shown_of(run):
    return str([list(run.rows.values()), run.columns, list(error_rows(run))])


def test_a_security_project_is_held_then_kept_and_shown_nowhere(sources):
    rows = [
        project(1, 과제명=SECRET, 보안등급="보안"),
        project(2),
        project(3, 과제명=SECRET, 보안등급="보안", 총연구비="x"),
    ]
    run = plan(sources.projects, projects(*rows))
    assert (run.state, run.secret, counts(run)) == (RunState.HELD, 1, {"added": 2, "refused": 1})
    assert SECRET not in shown_of(run)
    with pytest.raises(NeedsConfirmation, match="out of everybody"):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert not RnDProject.objects.exists()

    approve_run(run=run, by=None, at=timezone.now(), confirm_withdrawals=True, wake=False)
    work_on(run_id=run.public_id)
    staff = MembershipFactory(organization=sources.institute).user
    assert RnDProject.objects.filter(is_security=True).get().title == SECRET
    assert RnDProject.objects.visible_to(staff).count() == 1
    again = plan(sources.projects, projects(*rows))
    assert (again.state, counts(again)) == (RunState.PLANNED, {"unchanged": 2, "refused": 1})
    changed = plan(sources.projects, projects(project(1, 과제명=f"{SECRET} 2", 보안등급="보안")))
    assert counts(changed) == {"changed": 1}
    assert SECRET not in shown_of(changed)


def test_an_institute_does_not_switch_it_by_a_file(sources):
    take_in(sources.projects, projects(project(1)))
    run = take_in(sources.projects, projects(project(1, 보안등급="보안")))
    assert problems(run) == [(2, "보안등급", "", "security_switch")]
    assert not RnDProject.objects.filter(is_security=True).exists()


def test_an_office_does_and_what_was_public_is_withdrawn_and_earlier_imports_forget_it(sources):
    first = take_in(sources.projects, projects(project(1, 과제명=SECRET)))
    assert SECRET in shown_of(first)
    made = RnDProject.objects.get()
    found = ResultFactory(project=made, number="1020250000001")
    listing = ListingFactory(holder=made.lead, rights=[patent() | {"application_number": found.number}])
    assert duty(found).state == "verified"

    row = project(1, 과제명=SECRET, 보안등급="보안", 주관기관="가온 연구원")
    run = plan(sources.all_projects, projects(row))
    assert (run.state, run.secret) == (RunState.HELD, 1)
    approve_run(run=run, by=None, at=timezone.now(), confirm_withdrawals=True, wake=False)
    work_on(run_id=run.public_id)

    listing.refresh_from_db()
    made.refresh_from_db()
    assert (listing.state, made.is_security) == ("withdrawn", True)
    assert set(Obligation.objects.values_list("state", flat=True)) == {"dropped"}
    assert SECRET not in shown_of(run)
    assert SECRET not in str(list(first.rows.values()))
    take_in(sources.all_projects, projects(project(1, 주관기관="가온 연구원")))
    made.refresh_from_db()
    assert not made.is_security


def test_a_foreign_security_project_answers_like_any_foreign_project(sources):
    ProjectFactory(number="RS-2024-1", security=True)
    ProjectFactory(number="RS-2024-2")
    run = plan(sources.projects, projects(project(1, 과제고유번호="RS-2024-1"), project(2, 과제고유번호="RS-2024-2")))
    said = [(row.key.replace("1", "2"), row.title, [c.replace("1", "2") for c in row.cells], row.problems[0]["code"])
            for row in run.rows.filter(action=RowAction.REFUSE).order_by("row")]  # fmt: skip
    assert said[0] == said[1]


def test_sources_of_one_name_are_one_per_target(sources):
    assert Source.objects.filter(organization=sources.institute, name="NTIS").count() == 2
