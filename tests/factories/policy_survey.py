"""The yearly survey, on the ways that people take."""

import io
from datetime import date

from policy.models import SurveyRound, SurveySheet
from policy.scheme.survey import DEFAULT_BOUNDS, bounds_as_json
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.file import read_survey_file
from policy.services.survey.submit import submit_sheet
from policy.services.survey.withdraw import withdraw_sheet
from policy.services.survey.write import correct_answer, save_sheet
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory

FIGURES = {"new_technologies": 100, "research_expenditure_won": 10_000_000_000, "office_staff": 5}


def officer():
    return MembershipFactory(government=True, user=UserFactory(second_factor=True)).user


def staff(institute):
    return MembershipFactory(organization=institute).user


def a_round(*, at, year=None, due_on=None, bounds=None):
    year = year or at.year - 1
    return SurveyRound.objects.get_or_create(
        year=year,
        defaults={
            "due_on": due_on or date(year + 1, 6, 30),
            "bounds": bounds_as_json(bounds or DEFAULT_BOUNDS),
            "opened_at": at,
        },
    )[0]


def drafted(*, at, institute=None, round=None, by=None, figures=None, reasons=None):
    institute = institute or OrganizationFactory(institute=True)
    round = round or a_round(at=at)
    return save_sheet(
        institute=institute,
        round=round,
        figures={**FIGURES, **(figures or {})},
        reasons=reasons or {},
        seen=0,
        by=by or staff(institute),
        at=at,
    )


def submitted(*, at, **given):
    sheet = drafted(at=at, **given)
    return submit_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=at)


def returned(*, at, decider=None, **given):
    sheet = submitted(at=at, **given)
    by = decider or officer()
    return return_sheet(sheet=sheet, text="Count software, too.", revision=sheet.revision, by=by, at=at)


def given_up(*, at, **given):
    sheet = drafted(at=at, **given)
    return withdraw_sheet(sheet=sheet, revision=sheet.revision, by=sheet.begun_by, at=at)


def corrected(*, at, is_returned=False, **given):
    """A correction of what was accepted, being written or returned."""
    first = accepted(at=at, **given)
    by = first.begun_by
    sheet = correct_answer(institute=first.institute, round=first.round, reason="Left out.", by=by, at=at)
    if not is_returned:
        return sheet
    sheet = submit_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at)
    return return_sheet(sheet=sheet, text="No.", revision=sheet.revision, by=officer(), at=at)


def accepted(*, at, decider=None, **given):
    """The sheet, whose `answer` holds."""
    sheet = submitted(at=at, **given)
    accept_sheet(sheet=sheet, revision=sheet.revision, by=decider or officer(), at=at)
    return SurveySheet.objects.select_related("institute", "round", "answer").get(pk=sheet.pk)


def survey_csv(*rows, header="사업자등록번호,연도,신규확보기술,연구비(원),전담인력,사유"):
    return "\n".join([header, *rows]).encode()


def survey_file(*rows, sender, by, at, name="answers.csv", **options):
    content = io.BytesIO(survey_csv(*rows, **options))
    return read_survey_file(sender=sender, file=content, name=name, by=by, at=at)[0]
