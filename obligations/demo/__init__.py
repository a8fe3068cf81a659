"""Invented R&D projects and results of the demo's institutes, in every state of a duty: `projects.json` beside this.

Days are counted from the loading: negative ones lie back.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from reportlab.pdfgen.canvas import Canvas

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from obligations.enums import DutyKind
from obligations.models import Obligation, ResearchResult, RnDProject
from obligations.services.discharge import accept_extension, discharge, verify
from obligations.services.escalate import write_letters
from obligations.services.exempt import ask_exemption, decide_exemption
from obligations.services.load_rules import load_rules, read_product
from obligations.services.projects import ProjectData, add_project, change_project
from obligations.services.results import ResultData, add_result, delete_result, merge_results
from obligations.services.settle import settle
from tech_listings.demo import public_id_of
from tech_listings.models import Listing

LETTERS_WERE_WRITTEN = (-65, -57, -33, -1, 0)
"""Enough of the calendar for letters of each step, and for the public table. Days from the loading."""
OFFICE = "technology-diffusion-office"


@cache
def project_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "projects.json").read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Enter the projects that are not there yet, as their institutes would have, and write the letters about them.

    Everything happens in its order: each step settles its project as of its moment, and a letter knows of nothing that
    came after it. Returns how many projects are new.
    """
    load_rules(rules=read_product())
    officer = _person(organizations[OFFICE], Permission.VERIFY_OBLIGATIONS)
    ids = {row["key"]: public_id_of(f"project/{row['key']}") for row in project_rows()}
    there = set(RnDProject.objects.filter(public_id__in=ids.values()).values_list("public_id", flat=True))
    rows = [row for row in project_rows() if ids[row["key"]] not in there]
    happened: list[tuple[int, Callable[[], object]]] = []
    for row in rows:
        by = _person(organizations[row["lead"]], Permission.EDIT_RESULTS)
        happened.append((row["starts"], partial(_enter, row, organizations, by, at)))
        for name in ("submitted", "published"):
            if name in row:
                happened.append((row[name], partial(_reports, row, organizations, by, at, row[name])))
        for result in row["results"]:
            happened.append((_reported(result), partial(_result, row, result, organizations, by, officer, at)))
            happened.append((0, partial(_afterwards, result, by, officer, at)))
    new = [ids[row["key"]] for row in rows]
    happened += [(days, partial(_letters, new, at, days)) for days in LETTERS_WERE_WRITTEN]
    for _day_of_it, take_place in sorted(happened, key=lambda pair: pair[0]):
        take_place()
    return len(rows)


def _enter(row: Mapping[str, Any], organizations: Mapping[str, Organization], by: User, at: datetime) -> None:
    """On the first day of its agreement."""
    data, moment = _data(row, organizations, at, row["starts"]), _moment(at, row["starts"])
    add_project(data=data, by=by, at=moment, key=public_id_of(f"project/{row['key']}"))


def _reports(
    row: Mapping[str, Any], organizations: Mapping[str, Organization], by: User, at: datetime, day: int
) -> None:
    """Its report was handed in, or published, that day."""
    change_project(project=_stored(row), data=_data(row, organizations, at, day), by=by, at=_moment(at, day))


def _stored(row: Mapping[str, Any]) -> RnDProject:
    return RnDProject.objects.get(public_id=public_id_of(f"project/{row['key']}"))


def _data(row: Mapping[str, Any], organizations: Mapping[str, Organization], at: datetime, day: int) -> ProjectData:
    """What was known of it on that day."""
    lead = organizations[row["lead"]]
    known = {name: row.get(name) for name in ("submitted", "published") if (row.get(name) or 0) <= day}
    return ProjectData(
        number=row["number"], title=row["title"], ministry=row["ministry"], programme=row["programme"], lead=lead,
        partners=[organizations[key] for key in row["partners"]], investigator_name=row["investigator"],
        starts_on=_day(at, row["starts"]), ends_on=_day(at, row["ends"]),
        report_submitted_on=_day_or_none(at, known.get("submitted")),
        report_published_on=_day_or_none(at, known.get("published")),
        government_won=row["government_won"], total_won=row["total_won"], is_security=row.get("security", False),
    )  # fmt: skip


def _letters(new: Sequence[UUID], at: datetime, days: int) -> None:
    """What the calendar has written on that day to the institutes of the new projects."""
    moment = _moment(at, days) if days else at
    projects = RnDProject.objects.filter(public_id__in=new)
    settle(projects=[project.pk for project in projects.order_by("pk")], at=moment)
    owing = Obligation.objects.filter(project__in=projects).order_by("institute")
    for institute in owing.values_list("institute", flat=True).distinct():
        write_letters(institute_id=institute, at=moment)


def _result(
    of: Mapping[str, Any],
    row: Mapping[str, Any],
    organizations: Mapping[str, Organization],
    by: User,
    officer: User,
    at: datetime,
) -> None:
    project = _stored(of)
    technology = Listing.objects.get(public_id=public_id_of(row["technology"])) if "technology" in row else None
    right = technology.rights.order_by("pk").first() if technology else None
    data = ResultData(
        kind=row["kind"],
        title=row.get("title") or (right.title if right else ""),
        owner=organizations[row["owner"]] if "owner" in row else project.lead,
        number=row.get("number") or (right.application_number if right else ""),
        contribution_bp=row.get("contribution_bp", 10_000),
        is_expected=row.get("expected", False),
        completed_on=_day_or_none(at, row.get("completed")),
    )
    reported = at if row.get("expected") else _moment(at, row["completed"])
    result = add_result(project=project, data=data, by=by, at=reported, key=public_id_of(f"result/{row['key']}"))
    if "exemption" in row:
        duty = Obligation.objects.get(kind=DutyKind.LISTING, result=result)
        _exemption(duty, row["exemption"], by, officer, at)


def _reported(row: Mapping[str, Any]) -> int:
    """Days from the loading on which it was reported."""
    return 0 if row.get("expected") else int(row["completed"])


def _afterwards(row: Mapping[str, Any], by: User, officer: User, at: datetime) -> None:
    result = ResearchResult.objects.get(public_id=public_id_of(f"result/{row['key']}"))
    if row.get("deleted"):
        delete_result(result=result, by=by, at=at)
    elif "merged_into" in row:
        stays = ResearchResult.objects.get(public_id=public_id_of(f"result/{row['merged_into']}"))
        merge_results(result=result, into=stays, by=by, at=at)
    else:
        _duty(result, row, by, officer, at)


def _duty(result: ResearchResult, row: Mapping[str, Any], by: User, officer: User, at: datetime) -> None:
    duty = Obligation.objects.filter(kind=DutyKind.LISTING, result=result).first()
    if duty is None:
        return
    if "listed_as" in row:
        listing = Listing.objects.get(public_id=public_id_of(row["listed_as"]))
        if listing.is_public:  # somebody tried withdrawing it between two loads
            discharge(obligation=duty, listing=listing, by=by, at=at)
            if row.get("verified"):
                verify(obligation=duty, by=officer, at=at)
    if "extended" in row:
        accept_extension(obligation=duty, until=_day(at, row["extended"]), reason=row["reason"], by=officer, at=at)


def _evidence() -> io.BytesIO:
    """A page of PDF, the same each time."""
    made = io.BytesIO()
    page = Canvas(made, pagesize=(595, 842), invariant=1)
    page.drawString(72, 760, "Invented for the demonstration.")
    page.save()
    made.seek(0)
    return made


def _exemption(duty: Obligation, row: Mapping[str, Any], by: User, officer: User, at: datetime) -> None:
    asked = ask_exemption(
        obligation=duty, ground=row["ground"], text=row["text"], until=_day(at, row["until"]),
        evidence=_evidence(), evidence_name="근거.pdf", by=by, at=_moment(at, row["asked"]),
    )  # fmt: skip
    if "granted" in row:
        decide_exemption(exemption=asked, grant=True, by=officer, at=_moment(at, row["granted"]))
    elif "refused" in row:
        decide_exemption(exemption=asked, grant=False, text=row["why"], by=officer, at=_moment(at, row["refused"]))


def _day(at: datetime, days: int) -> date:
    return timezone.localdate(at) + timedelta(days=days)


def _day_or_none(at: datetime, days: int | None) -> date | None:
    return None if days is None else _day(at, days)


def _moment(at: datetime, days: int) -> datetime:
    """Some minute of that afternoon in Korea."""
    return datetime.combine(_day(at, days), time(14, -7 * days % 60), timezone.get_default_timezone())


def _person(organization: Organization, permission: Permission) -> User:
    found = users_with_permission(organization, permission).order_by("pk").first()
    assert found is not None, f"nobody may do this for {organization}"
    return found
