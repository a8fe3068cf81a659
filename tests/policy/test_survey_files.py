"""Answers in files: read, compared, applied as a whole."""

import io

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation
from openpyxl import Workbook

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from marketplace.core.states import IllegalTransition
from policy.enums.survey import SheetState, SurveyFileState
from policy.exports.survey import refused_cells
from policy.ingest.survey import LABELS, NotASurvey, field_of_header
from policy.models import SurveyAnswer, SurveyFile, SurveySheet
from policy.services.survey.file import apply_survey_file, discard_survey_file, read_survey_file
from policy.services.survey.write import correct_answer, save_sheet
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.policy_survey import (
    FIGURES,
    a_round,
    accepted,
    drafted,
    officer,
    returned,
    submitted,
    survey_csv,
    survey_file,
)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def office(now):
    member = MembershipFactory(government=True)
    return {"sender": member.organization, "by": member.user, "at": now}


@pytest.fixture
def institute():
    return OrganizationFactory(institute=True)


def row_of(institute, year, *figures, reason=""):
    return f"{institute.business_number},{year},{','.join(map(str, figures))},{reason}"


def problems(file):
    return [(found["row"], found["code"], found["field"]) for found in file.problems]


def test_an_office_brings_in_the_answers_of_many(office, institute, now):
    round, other = a_round(at=now), OrganizationFactory(institute=True)
    rows = [row_of(institute, round.year, 100, 2_000_000_000, 4), row_of(other, round.year, "1 200", "5000000000원", 7)]
    file = survey_file(*rows, **office)
    assert (len(file.rows), file.problems) == (2, [])
    assert not SurveySheet.objects.exists()  # nothing is written before it is applied

    assert apply_survey_file(file=file, by=office["by"], at=now) == 2
    found = SurveySheet.objects.order_by("pk")
    assert {sheet.institute_id: sheet.new_technologies for sheet in found} == {institute.pk: 100, other.pk: 1_200}
    assert {(sheet.state, sheet.submitted_by_id) for sheet in found} == {(SheetState.SUBMITTED, office["by"].pk)}
    assert not SurveyAnswer.objects.exists()  # another officer accepts them
    with pytest.raises(IllegalTransition, match="“Applied” already"):
        apply_survey_file(file=file, by=office["by"], at=now)


def test_every_mistake_names_row_field_value_and_remedy(office, institute, now):
    round = a_round(at=now)
    a_round(at=now, year=round.year - 1)
    waits = submitted(round=round, at=now).institute
    corrected = accepted(round=round, at=now).institute
    jumped = accepted(round=a_round(at=now, year=round.year - 1), at=now).institute
    file = survey_file(
        row_of(institute, "이천이십", 100, 2_000_000_000, 4),
        row_of(institute, round.year, "", 2_000_000_000, 4),
        row_of(institute, round.year, 12.5, -3, 4),
        row_of(institute, round.year - 9, 100, 2_000_000_000, 4),
        f"0000000000,{round.year},1,1,1,",
        row_of(waits, round.year, 1, 1, 1),
        row_of(corrected, round.year, 1, 1, 1),
        row_of(jumped, round.year, 900, 10_000_000_000, 5),
        row_of(institute, round.year, 100, 2_000_000_000, 4),
        row_of(institute, round.year, 100, 2_000_000_000, 4),
        row_of(institute, round.year, 10**7, 2_000_000_000, 4, reason="x" * 501),
        row_of(institute, 1999, 100, 2_000_000_000, 4),
        **office,
    )
    assert problems(file) == [
        (2, "bad_survey_year", "year"),
        (3, "required", "new_technologies"),
        (4, "bad_survey_figure", "new_technologies"),
        (4, "bad_survey_figure", "research_expenditure_won"),
        (5, "no_survey_round", "year"),
        (6, "unknown_institute", "business_number"),
        (7, "survey_waits", "year"),
        (8, "survey_correction_needs_reason", "reason"),
        (9, "survey_reason_needed", "new_technologies"),
        (11, "survey_row_twice", "year"),
        (12, "bad_survey_figure", "new_technologies"),
        (12, "survey_reason_too_long", "reason"),
        (13, "no_survey_round", "year"),
    ]
    assert [row["row"] for row in file.rows] == [10]
    header, *lines = refused_cells(file)
    assert len(lines) == len(file.problems)
    assert all(len(line) == len(header) and all(line[i] for i in (0, 1, 3, 4)) for line in lines)


def test_a_reason_in_the_row_explains_a_jump_and_begins_a_correction(office, now):
    round = a_round(at=now)
    last = accepted(round=a_round(at=now, year=round.year - 1), at=now).institute
    accepted(institute=last, round=round, at=now)
    file = survey_file(row_of(last, round.year, 900, 10_000_000_000, 5, reason="합병"), **office)
    assert [row["change"] for row in file.rows] == ["change"]
    assert file.rows[0]["before"]["new_technologies"] == 100
    apply_survey_file(file=file, by=office["by"], at=now)
    newest = SurveySheet.objects.get(institute=last, round=round, version=2)
    assert (newest.state, newest.correction_reason, newest.new_technologies) == (SheetState.SUBMITTED, "합병", 900)
    assert SurveyAnswer.objects.current().get(institute=last, year=round.year).new_technologies == 100


def test_what_is_the_same_is_not_sent_again(office, now):
    sheet = accepted(at=now)
    file = survey_file(row_of(sheet.institute, sheet.round.year, 100, 10_000_000_000, 5), **office)
    assert [row["change"] for row in file.rows] == ["same"]
    assert apply_survey_file(file=file, by=office["by"], at=now) == 0
    assert SurveySheet.objects.get() == sheet


def test_an_institute_brings_in_its_own_years_only(institute, now):
    by = MembershipFactory(organization=institute).user
    round, other = a_round(at=now), OrganizationFactory(institute=True)
    content = f"연도,신규확보기술,연구비,전담인력\n{round.year},10,200000000,2".encode()
    file, is_new = read_survey_file(sender=institute, file=io.BytesIO(content), name="a.csv", by=by, at=now)
    assert (is_new, [row["institute"] for row in file.rows]) == (True, [str(institute.public_id)])
    again = read_survey_file(sender=institute, file=io.BytesIO(content), name="b.csv", by=by, at=now)
    assert again == (file, False)
    foreign = survey_file(row_of(other, round.year, 1, 1, 1), sender=institute, by=by, at=now)
    assert problems(foreign) == [(2, "not_yours", "business_number")]


def test_who_may_not_bring_in_answers(office, institute, now):
    round = a_round(at=now)
    rows = [row_of(institute, round.year, 1, 1, 1)]
    firm = MembershipFactory(company=True)
    stranger = MembershipFactory(institute=True).user
    for sender, by in ((office["sender"], stranger), (institute, stranger), (firm.organization, firm.user)):
        with pytest.raises(NotAllowed):
            survey_file(*rows, sender=sender, by=by, at=now)
    file = survey_file(*rows, **office)
    for act in (apply_survey_file, discard_survey_file):
        with pytest.raises(NotAllowed):
            act(file=file, by=stranger, at=now)
    assert SurveyFile.objects.get().state == SurveyFileState.READ


def test_all_or_nothing_when_something_changed_meanwhile(office, institute, now):
    round, other = a_round(at=now), OrganizationFactory(institute=True)
    file = survey_file(row_of(institute, round.year, 1, 1, 1), row_of(other, round.year, 1, 1, 1), **office)
    drafted(institute=other, round=round, at=now)
    with pytest.raises(ChangedMeanwhile) as refused:
        apply_survey_file(file=file, by=office["by"], at=now)
    assert other.name in str(refused.value)
    assert not SurveySheet.objects.filter(institute=institute).exists()
    assert SurveyFile.objects.get().state == SurveyFileState.READ
    assert discard_survey_file(file=file, by=office["by"], at=now).state == SurveyFileState.DISCARDED


def test_nor_what_it_changed_since_it_was_returned(office, institute, now):
    by, clerk = MembershipFactory(organization=institute).user, officer()
    sheet = returned(institute=institute, by=by, at=now)
    row = row_of(institute, sheet.round.year, 1, 1, 1)
    untouched = survey_file(row, **office)  # what was sent the office has, and mends it by its file
    assert (untouched.problems, len(untouched.rows)) == ([], 1)
    given = {"institute": institute, "round": sheet.round, "by": by, "at": now}
    save_sheet(figures={**FIGURES, "new_technologies": 77_777}, reasons={}, seen=sheet.revision, **given)
    with pytest.raises(ChangedMeanwhile):
        apply_survey_file(file=untouched, by=office["by"], at=now)
    discard_survey_file(file=untouched, by=office["by"], at=now)
    assert problems(survey_file(row, **office)) == [(2, "survey_is_written", "year")]
    for reader, read in ((clerk, 100), (by, 77_777)):
        client = sign_in(Client(), reader)
        page = client.get(f"/survey/sheets/{sheet.public_id}/", follow=True).content.decode()
        assert ("77,777" in page) is (read == 77_777)
        one = client.get(f"/api/v1/survey/sheets/{sheet.public_id}/").json()
        [listed] = client.get("/api/v1/survey/sheets/").json()["results"]
        assert (one["new_technologies"], listed["new_technologies"]) == (read, read)


@pytest.mark.parametrize("holds", [False, True], ids=["first", "correction"])
def test_an_office_neither_reads_nor_overwrites_what_an_institute_has_not_sent(office, institute, now, holds):
    by, round = MembershipFactory(organization=institute).user, a_round(at=now)
    if holds:
        accepted(institute=institute, round=round, by=by, at=now)
        begun = correct_answer(institute=institute, round=round, reason="x", by=by, at=now)
    sheet = save_sheet(
        institute=institute, round=round, figures={**FIGURES, "new_technologies": 777}, reasons={},
        seen=begun.revision if holds else 0, by=by, at=now,
    )  # fmt: skip
    file = survey_file(row_of(institute, round.year, 1, 1, 1, reason="x"), **office)
    assert (problems(file), file.rows) == ([(2, "survey_is_written", "year")], [])
    reader = MembershipFactory(organization=office["sender"], user=UserFactory(second_factor=True)).user
    page = sign_in(Client(), reader).get(f"/survey/files/{file.public_id}/")
    assert page.status_code == 200
    assert "777" not in page.content.decode()
    # One that was compared before this was refused: the draft stays as it is, too.
    figures = {"new_technologies": 1, "research_expenditure_won": 1, "office_staff": 1}
    seen = [str(sheet.public_id), sheet.revision]
    told = {"row": 2, "institute": str(institute.public_id), "name": institute.name, "year": round.year}
    file.rows = [{**told, "figures": figures, "before": None, "reason": "x", "change": "new", "seen": seen}]
    file.save(update_fields=["rows"])
    kept = SurveySheet.objects.values().get(pk=sheet.pk)
    with pytest.raises(ChangedMeanwhile):
        apply_survey_file(file=file, by=office["by"], at=now)
    assert SurveySheet.objects.values().get(pk=sheet.pk) == kept
    own = survey_file(row_of(institute, round.year, 1, 1, 1, reason="x"), sender=institute, by=by, at=now)
    assert apply_survey_file(file=own, by=by, at=now) == 1  # its own file goes on with its own draft


def test_a_workbook_is_read_as_well(office, institute, now):
    round, book, content = a_round(at=now), Workbook(), io.BytesIO()
    book.active.append(["기관명", "연도", "신규확보기술", "연구비(원)", "전담인력"])
    book.active.append([institute.name, round.year, 12, 3_000_000_000, 2])
    book.save(content)
    content.seek(0)
    file, _is_new = read_survey_file(file=content, name="answers.xlsx", **office)
    assert [row["figures"]["research_expenditure_won"] for row in file.rows] == [3_000_000_000]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"a,b\n1,2", survey_csv(header="year,staff"), b"%PDF-1.4 ...", b"PK\x03\x04x"]
)
def test_what_is_no_survey_is_refused_as_a_whole(content, office):
    with pytest.raises(DomainError) as refused:
        read_survey_file(file=io.BytesIO(content), name="x.csv", **office)
    assert str(refused.value)
    assert not SurveyFile.objects.exists()


def test_missing_columns_are_named(office):
    with pytest.raises(NotASurvey) as refused:
        read_survey_file(file=io.BytesIO("연도,연구비,기관명\n2024,1,x".encode()), name="x.csv", **office)
    assert "Newly acquired" in str(refused.value)
    assert "Research" not in str(refused.value)


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_a_column_that_is_asked_for_by_name_is_accepted_by_that_name(language):
    with translation.override(language):
        read = {name: field_of_header(str(label)) for name, label in LABELS.items()}
    assert read == {name: name for name in LABELS}
