"""What a project's duties are, from what projects, results, technologies and exemptions say now.

One place says it, for one project after a service and for all of them by night, so that neither can mean another thing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from obligations import notices
from obligations.models import Exemption, Obligation, RnDProject
from obligations.services import settle_sql as sql

STATEMENTS: tuple[tuple[str, str], ...] = (
    ("dropped", sql.DROP),
    ("revived", sql.REVIVE),
    ("redated", sql.REDATE),
    ("created", sql.CREATE),
    ("expired", sql.EXPIRE),
    ("calendar_anew", sql.CALENDAR_ANEW),
    ("discharges_ended", sql.END_DISCHARGES),
    ("discharges_restored", sql.RESTORE_DISCHARGES),
    ("reopened", sql.REOPEN),
    ("unverified", sql.UNVERIFY),
    ("strays_ended", sql.END_STRAYS),
    ("strays_restored", sql.RESTORE_STRAYS),
    ("reopened", sql.REOPEN),
    ("unexempted", sql.UNEXEMPT),
    ("exempted", sql.EXEMPT),
    ("found", sql.FIND),
    ("linked", sql.LINK_DRAFTS),
    ("done", sql.MARK_DONE),
    ("verified", sql.VERIFY),
)
"""In this order: a revived duty may be exempt or done in the same round, one that is exempt is not looked up."""


def lock_projects(ids: Iterable[int]) -> list[RnDProject]:
    """Hold these projects until the transaction ends. Whatever changes a duty holds its project first.

    Order across tables: technology, then project, then duty, then exemption. Rows that point to a project pass.
    """
    rows = RnDProject.objects.filter(pk__in=list(ids)).order_by("pk")
    return list(rows.select_for_update(of=["self"], no_key=True))


@transaction.atomic
def settle(*, projects: Sequence[int], at: datetime) -> Counter[str]:
    """Bring the duties of `projects` (ids) up to the day of `at` in Korea; how many rows each step wrote.

    Locks the projects, in order. The second time it writes nothing. Tells institutes of exemptions that expired and
    of duties that are open again.
    """
    if not projects:
        return Counter()
    lock_projects(projects)
    given: dict[str, Any] = {"projects": sorted(projects), "today": timezone.localdate(at), "at": at}
    written: Counter[str] = Counter()
    touched: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        for name, statement in STATEMENTS:
            cursor.execute(statement, given)
            if cursor.rowcount:
                written[name] += cursor.rowcount
                if name in {"expired", "reopened", "unverified"}:
                    touched.setdefault(name, []).extend(row[0] for row in cursor.fetchall())
    _tell(touched, at)
    return written


def _tell(touched: dict[str, list[int]], at: datetime) -> None:
    for exemption in _by_id(Exemption.objects.select_related("obligation__institute"), touched.get("expired", [])):
        notices.exemption_expired(exemption, at)
    opened = touched.get("reopened", []) + touched.get("unverified", [])
    for obligation in _by_id(Obligation.objects.select_related("institute"), opened):
        if obligation.state == "due":
            notices.open_again(obligation, at)


def _by_id(rows: Any, ids: list[int]) -> Any:
    return rows.filter(pk__in=ids).order_by("pk") if ids else ()


def projects_of_listings(listing_ids: Sequence[int]) -> list[int]:
    """The projects whose duties these technologies discharge, or could by the number of a right."""
    if not listing_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.project_id FROM obligations_discharge d JOIN obligations_obligation o ON o.id = d.obligation_id
            WHERE d.listing_id = ANY(%(ids)s)
            UNION
            SELECT o.project_id FROM obligations_dutydraft t JOIN obligations_obligation o ON o.id = t.obligation_id
            WHERE t.listing_id = ANY(%(ids)s)
            UNION
            SELECT r.project_id FROM tech_listings_right x
            JOIN obligations_researchresult r ON r.number = x.application_number AND r.number <> ''
            WHERE x.listing_id = ANY(%(ids)s)
            """,
            {"ids": list(listing_ids)},
        )
        return sorted(row[0] for row in cursor.fetchall())
