"""Answers in a file: read it, show what it would change, then write all of it at once."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from marketplace.core.text import tidy
from policy.enums.survey import SURVEY_FILE_STATES, SheetState, SurveyFileState
from policy.ingest.survey import SurveyRow, read_survey, twice
from policy.models import SurveyFile, SurveyRound, SurveySheet
from policy.queries.survey import (
    answers_of,
    counted_beside,
    counted_of,
    figures_of,
    institutes,
    is_rewritten,
    newest_sheets,
)
from policy.scheme.survey import FIGURES, Figures, jumps
from policy.services.survey.submit import submit_sheet
from policy.services.survey.write import correct_answer, save_sheet
from tech_listings.ingest.problems import RowProblem, problem

MOST_BYTES = 5 * 1024 * 1024


@transaction.atomic
def read_survey_file(
    *, sender: Organization, file: BinaryIO, name: str, by: User, at: datetime
) -> tuple[SurveyFile, bool]:
    """Keep what the rows say beside what is there. Nothing is written yet. The same file again is the same (False).

    An institute brings in its own answers, an office everybody's. Raises `NotAllowed`, `FileProblem`, `NotASurvey`,
    `DomainError`.
    """
    _require_sender(by, sender)
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DomainError(_("At most %(most)d MB.") % {"most": MOST_BYTES >> 20}, field="file")
    checksum = hashlib.sha256(content).hexdigest()
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=sender.pk)
    same = SurveyFile.objects.filter(sender=sender, checksum=checksum, state=SurveyFileState.READ).first()
    if same is not None:
        return same, False
    table = read_survey(content, name=name, names_institutes=_is_office(sender))
    taken, found = _compare(table.rows, sender)
    problems = sorted([*table.problems, *found], key=lambda each: (each.row, each.field))
    if not taken and not problems:
        raise DomainError(_("There is no row in this file."), field="file")
    kept = SurveyFile.objects.create(
        sender=sender,
        name=tidy(name).replace("\n", " ")[:200] or "–",
        checksum=checksum,
        rows=taken,
        problems=[each.as_json() for each in problems],
        uploaded_at=at,
        uploaded_by=by,
    )
    return kept, True


@transaction.atomic
def apply_survey_file(*, file: SurveyFile, by: User, at: datetime) -> int:
    """Submit every row that changes something; how many. All or nothing, and once.

    Raises `NotAllowed`, `IllegalTransition`, `ChangedMeanwhile` where an institute changed its answer after the file
    was compared, and what `submit_sheet` raises, with the row named.
    """
    locked = SurveyFile.objects.select_for_update(of=["self"]).select_related("sender").get(pk=file.pk)
    _require_sender(by, locked.sender)
    SURVEY_FILE_STATES.move(locked, SurveyFileState.APPLIED, closed_at=at, closed_by=by)
    rows = [row for row in locked.rows if row["change"] != "same"]
    found = Organization.objects.in_bulk([row["institute"] for row in rows], field_name="public_id")
    known = {str(public_id): institute for public_id, institute in found.items()}
    rounds = {round.year: round for round in SurveyRound.objects.filter(year__in={row["year"] for row in rows})}
    # By key: of two files that write about the same institutes, one waits and then finds what the other did.
    for row in sorted(rows, key=lambda row: (known[row["institute"]].pk, row["year"])):
        _apply_row(row, known[row["institute"]], rounds[row["year"]], locked.sender, by, at)
    return len(rows)


@transaction.atomic
def discard_survey_file(*, file: SurveyFile, by: User, at: datetime) -> SurveyFile:
    """Nothing of it is written. Raises `NotAllowed`, `IllegalTransition`."""
    locked = SurveyFile.objects.select_for_update(of=["self"]).select_related("sender").get(pk=file.pk)
    _require_sender(by, locked.sender)
    SURVEY_FILE_STATES.move(locked, SurveyFileState.DISCARDED, closed_at=at, closed_by=by)
    return locked


def _is_office(sender: Organization) -> bool:
    return sender.kind == OrganizationKind.GOVERNMENT


def _require_sender(by: User, sender: Organization) -> None:
    if sender.kind not in {OrganizationKind.INSTITUTE, OrganizationKind.GOVERNMENT}:
        raise NotAllowed(_("Only institutes and government offices bring in answers of the survey."))
    require_member(by, Permission.GOVERN_SURVEY if _is_office(sender) else Permission.ANSWER_SURVEY, sender)


def _apply_row(
    row: Mapping[str, Any], institute: Organization, round: SurveyRound, sender: Organization, by: User, at: datetime
) -> None:
    newest = newest_sheets(round, [institute.pk]).get(institute.pk)
    is_seen = (None if newest is None else [str(newest.public_id), newest.revision]) == row["seen"]
    if not is_seen or _is_being_written(newest, sender):
        raise _changed(row)
    try:
        seen = newest.revision if newest else 0
        if newest and newest.state == SheetState.ACCEPTED:
            seen = correct_answer(institute=institute, round=round, reason=row["reason"], by=by, at=at).revision
        reasons = {name: row["reason"] for name in FIGURES if row["reason"]}
        given = {"institute": institute, "round": round, "figures": row["figures"], "reasons": reasons}
        sheet = save_sheet(**given, seen=seen, by=by, at=at)
        submit_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at)
    except DomainError as error:
        if error.status != DomainError.status:
            raise
        raise DomainError(_("Row %(row)d: %(why)s") % {"row": row["row"], "why": error}) from error


def _changed(row: Mapping[str, Any]) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        _("Row %(row)d: “%(name)s” changed its answer after this file was compared. Send the file again.")
        % {"row": row["row"], "name": row["name"]}
    )


def _compare(rows: list[SurveyRow], sender: Organization) -> tuple[list[dict[str, Any]], list[RowProblem]]:
    """What each row would do, and why some are refused."""
    whose = _institutes_of(rows, sender)
    problems = [found for found in whose.values() if isinstance(found, RowProblem)]
    known = {number: found for number, found in whose.items() if isinstance(found, Organization)}
    repeated = twice({row.row: (known[row.row].pk, row.year) for row in rows if row.row in known})
    rounds = {round.year: round for round in SurveyRound.objects.filter(year__in={row.year for row in rows})}
    keys = {each.pk for each in known.values()}
    sheets = {year: newest_sheets(round, keys) for year, round in rounds.items()}
    answers = {year: answers_of(year, keys) for year in rounds}
    before = {year: counted_of(year - 1, keys) for year in rounds}
    beside = {year: counted_beside(year, keys) for year in rounds}
    taken = []
    for row in rows:
        if row.row not in known:
            continue
        if row.row in repeated:
            problems.append(problem(row.row, "survey_row_twice", "year", str(row.year), first=repeated[row.row]))
            continue
        if row.year not in rounds:
            problems.append(problem(row.row, "no_survey_round", "year", str(row.year)))
            continue
        institute, round = known[row.row], rounds[row.year]
        sheet = sheets[row.year].get(institute.pk)
        holds, last = answers[row.year].get(institute.pk), before[row.year].get(institute.pk)
        now = Figures(**row.figures)
        same = holds is not None and figures_of(holds) == now
        if not same:
            together = now + beside[row.year].get(institute.pk)
            found = _refusals(row, sheet, sender, [*jumps(together, last, round.limits)])
            if found:
                problems += found
                continue
        # What holds is compared with: else what is written and not yet accepted, never a draft of somebody else.
        shown = figures_of(holds) or figures_of(sheet)
        taken.append(
            {
                "row": row.row,
                "institute": str(institute.public_id),
                "name": institute.name,
                "year": row.year,
                "figures": dict(row.figures),
                "before": shown.as_json() if shown else None,
                "reason": row.reason,
                "change": "same" if same else "new" if shown is None else "change",
                "seen": [str(sheet.public_id), sheet.revision] if sheet else None,
            }
        )
    return taken, problems


def _is_being_written(sheet: SurveySheet | None, sender: Organization) -> bool:
    """What an institute has not sent is its own (`queries.survey.as_read_by`): no office reads or writes it."""
    return sheet is not None and sheet.is_writable and is_rewritten(sheet) and sheet.institute_id != sender.pk


def _refusals(row: SurveyRow, sheet: Any, sender: Organization, found: list[Any]) -> list[RowProblem]:
    if _is_being_written(sheet, sender):
        return [problem(row.row, "survey_is_written", "year", str(row.year))]
    if sheet is not None and sheet.state == SheetState.SUBMITTED:
        return [problem(row.row, "survey_waits", "year", str(row.year))]
    if row.reason:
        return []
    if sheet is not None and sheet.state == SheetState.ACCEPTED:
        return [problem(row.row, "survey_correction_needs_reason", "reason")]
    return [
        problem(row.row, "survey_reason_needed", j.figure, f"{j.now:,}", before=f"{j.before:,}", now=f"{j.now:,}")
        for j in found
    ]


def _institutes_of(rows: list[SurveyRow], sender: Organization) -> dict[int, Organization | RowProblem]:
    """By row number. Of an institute's own file every row is its own, unless the row names another one."""
    if not _is_office(sender):
        return {row.row: _own(row, sender) for row in rows}
    by_number = {each.business_number: each for each in institutes()}
    by_name: dict[str, list[Organization]] = {}
    for each in by_number.values():
        for name in {each.name, each.name_en, each.name_zh} - {""}:
            by_name.setdefault(tidy(name).casefold(), []).append(each)
    found: dict[int, Organization | RowProblem] = {}
    for row in rows:
        named = by_name.get(tidy(row.institute).casefold(), [])
        if row.business_number:
            match = by_number.get(row.business_number)
            found[row.row] = match or problem(row.row, "unknown_institute", "business_number", row.business_number)
        elif len(named) == 1:
            found[row.row] = named[0]
        else:
            code = "two_institutes" if named else "unknown_institute" if row.institute else "required"
            found[row.row] = problem(row.row, code, "institute", row.institute)
    return found


def _own(row: SurveyRow, sender: Organization) -> Organization | RowProblem:
    names = {tidy(name).casefold() for name in (sender.name, sender.name_en, sender.name_zh) if name}
    other = (row.business_number and row.business_number != sender.business_number) or (
        not row.business_number and row.institute and tidy(row.institute).casefold() not in names
    )
    if not other:
        return sender
    field = "business_number" if row.business_number else "institute"
    return problem(row.row, "not_yours", field, row.business_number or row.institute)
