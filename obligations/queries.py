"""Reads that lists, forms and the API share."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.models import field_of
from marketplace.core.money import in_percent
from obligations.enums import DONE_STATES, DutyState
from obligations.models import Obligation, ResearchResult, RnDProject
from obligations.querysets import DEADLINE, overdue_on

PROJECT_SAID = (
    "number", "title", "ministry", "programme", "lead", "investigator_name", "investigator_email", "starts_on",
    "ends_on", "completed_on", "report_submitted_on", "report_published_on", "government_won", "total_won",
    "is_security", "deleted_at",
)  # fmt: skip
RESULT_SAID = (
    "kind", "title", "number", "owner", "inventors", "contribution_bp", "is_expected", "completed_on", "merged_into",
    "deleted_at",
)  # fmt: skip
LONGEST_SHOWN = 400


def ministries() -> list[str]:
    """Every ministry that gave money to a project that may be shown, by name.

    One look into the index per ministry: a DISTINCT would read all projects for some twenty names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE names AS (
                (SELECT ministry FROM obligations_rndproject WHERE NOT is_security AND deleted_at IS NULL
                 ORDER BY ministry LIMIT 1)
                UNION ALL
                SELECT (SELECT p.ministry FROM obligations_rndproject p
                        WHERE p.ministry > names.ministry AND NOT p.is_security AND p.deleted_at IS NULL
                        ORDER BY p.ministry LIMIT 1)
                FROM names WHERE names.ministry IS NOT NULL
            )
            SELECT ministry FROM names WHERE ministry IS NOT NULL ORDER BY ministry
            """
        )
        return [row[0] for row in cursor.fetchall()]


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProjectFigures:
    """What the reader sees of a project: counts of results and duties, and the next day by which something is due."""

    results: int = 0
    due: int = 0
    overdue: int = 0
    done: int = 0
    next_due: datetime.date | None = None


def figures_of(user: User, projects: Iterable[RnDProject], day: datetime.date) -> dict[int, ProjectFigures]:
    """By primary key; two questions for all of `projects`."""
    ids = [project.pk for project in projects]
    results = ResearchResult.objects.visible_to(user).filter(project__in=ids).order_by().values("project")
    counted = dict(results.annotate(n=Count("pk")).values_list("project", "n"))
    duties = Obligation.objects.visible_to(user).owed().filter(project__in=ids).order_by().values("project")
    due = Q(state=DutyState.DUE)
    found = {
        row["project"]: row
        for row in duties.annotate(
            due=Count("pk", filter=due),
            overdue=Count("pk", filter=overdue_on(day)),
            done=Count("pk", filter=Q(state__in=[*DONE_STATES, DutyState.EXEMPT])),
            next_due=Min(DEADLINE, filter=due),
        )
    }
    empty = {"due": 0, "overdue": 0, "done": 0, "next_due": None}
    return {
        pk: ProjectFigures(counted.get(pk, 0), **{name: found.get(pk, empty)[name] for name in empty}) for pk in ids
    }


# --- history ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Version:
    """One change of a project or of one of its results. `by` is empty where no person did it."""

    at: datetime.datetime
    by: str
    what: str
    changes: list[FieldChange]
    is_import: bool = False


def last_change(row: RnDProject | ResearchResult) -> tuple[str, datetime.datetime]:
    """Who changed it last (empty where no person did) and when."""
    event = row.events.select_related("pgh_context").order_by("-pgh_id").first()  # type: ignore[union-attr]
    who = _people([event]).get(_user_of(event), "") if event else ""
    return who, row.updated_at


def project_history(project: RnDProject, results: Iterable[ResearchResult]) -> list[Version]:
    """What was changed of a project and of these results, newest first."""
    rows: list[tuple[Any, tuple[str, ...], str]] = [(project, PROJECT_SAID, _("R&D project"))]
    rows += [(result, RESULT_SAID, str(result)) for result in results]
    events = _events_of(project, [result for result, *_rest in rows[1:]])
    people = _people([event for found in events.values() for event in found])
    states_of = [state for state, *_rest in rows] + [event for found in events.values() for event in found]
    ids = {getattr(s, n) for s in states_of for n in ("lead_id", "owner_id") if hasattr(s, n)}
    states_of = [state for state, *_rest in rows] + [event for found in events.values() for event in found]
    ids = {getattr(s, n) for s in states_of for n in ("lead_id", "owner_id") if hasattr(s, n)}
    institutes = Organization.objects.in_bulk(ids)
    made = []
    for row, said, what in rows:
        states = [*events.get((type(row), row.pk), []), row]
        for before, after in pairwise(states):
            if changes := list(_changes(type(row), said, before, after, institutes)):
                by = people.get(_user_of(before), "")
                made.append(Version(before.pgh_created_at, by, what, changes, _is_import(before)))
        # Of what happened in one transaction the entering comes last, which is first.
        began = min([row.created_at, *(e.pgh_created_at for e in events.get((type(row), row.pk), []))])
        made.append(Version(began, "", what, []))
    return sorted(made, key=lambda version: version.at, reverse=True)


def _events_of(project: RnDProject, results: list[Any]) -> dict[tuple[type, int], list[Any]]:
    found: dict[tuple[type, int], list[Any]] = {}
    of_project = project.events.filter(pgh_label="update")  # type: ignore[attr-defined]
    model = ResearchResult.events.rel.related_model  # type: ignore[attr-defined]
    of_results = model.objects.filter(pgh_label="update", pgh_obj__in=[result.pk for result in results])
    for kind, events in ((RnDProject, of_project), (ResearchResult, of_results)):
        for event in events.select_related("pgh_context").order_by("pgh_id"):
            found.setdefault((kind, event.pgh_obj_id), []).append(event)
    return found


def _user_of(event: Any) -> Any:
    return (event.pgh_context.metadata or {}).get("user") if event.pgh_context else None


def _is_import(event: Any) -> bool:
    return bool(event.pgh_context and (event.pgh_context.metadata or {}).get("source") == "import")


def _people(events: Iterable[Any]) -> dict[Any, str]:
    ids = {user for event in events if (user := _user_of(event))}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _changes(
    model: type, said: Iterable[str], before: Any, after: Any, institutes: Mapping[int, Organization]
) -> Iterable[FieldChange]:
    for name in said:
        column = f"{name}_id" if name in {"lead", "owner", "merged_into"} else name
        old, new = getattr(before, column), getattr(after, column)
        if old != new:
            if name in {"lead", "owner"}:
                old, new = institutes[old], institutes[new]
            yield FieldChange(label_of(model, name), shown(model, name, old), shown(model, name, new))


def compare_with_form(newest: RnDProject | ResearchResult, typed: Mapping[str, Any]) -> list[FieldChange]:
    """Where the stored row (`before`) and what somebody typed (`after`) differ. Partners are sets of institutes."""
    found = []
    for name, value in typed.items():
        stored = getattr(newest, name)
        if name == "partners":
            stored = sorted(stored.all(), key=lambda partner: partner.pk)
            value = sorted(value, key=lambda partner: partner.pk)
        if stored != value:
            model = type(newest)
            found.append(FieldChange(label_of(model, name), shown(model, name, stored), shown(model, name, value)))
    return found


def label_of(model: Any, name: str) -> str:
    special = {
        "deleted_at": _("Deleted"), "merged_into": _("Merged"), "partners": _("Partner institutes"),
    }  # fmt: skip
    return special.get(name) or str(field_of(model, name).verbose_name)


def shown(model: Any, name: str, value: Any) -> str:
    """A value in the reader's words."""
    if value is None or value == "" or value == []:
        return ""
    if name in {"merged_into", "deleted_at"}:
        return _("Yes")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime.datetime):
        value = timezone.localdate(value)
    if isinstance(value, datetime.date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Organization):
        return value.display_name
    if isinstance(value, list):
        return ", ".join(each["name"] if isinstance(each, dict) else each.display_name for each in value)
    if name.endswith("_won"):
        return f"{value:,}"
    if name == "contribution_bp":
        return f"{in_percent(value)} %"
    text = str(dict(field_of(model, name).flatchoices).get(value, value))
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
