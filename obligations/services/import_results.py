"""Results of R&D projects from files: what a file would change, and carrying it out. Duties are settled with it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pghistory
from django.db import connection
from django.db.models import F, Q

from accounts.models import Organization
from obligations.ingest.known_fields import RESULT_FIELDS
from obligations.ingest.records import Record, ResultReader, days_as_days, days_as_text, title_key
from obligations.models import ResearchResult, RnDProject
from obligations.services.import_projects import note_edited
from obligations.services.import_rows import Known, RowsWalk, shown_change, too_many
from obligations.services.results import ResultData, completed_on, result_faults
from obligations.services.settle import lock_projects, settle
from tech_listings.enums import RowAction
from tech_listings.ingest.problems import RowProblem, problem
from tech_listings.ingest.tables import Row, Table
from tech_listings.models import Run, RunRow
from tech_listings.services.ingest_plan import Plan

SAID = ("kind", "title", "number", "contribution_bp", "is_expected", "completed_on")
FIELD_OF = {"number": "application_number"}


def compare_results(run: Run, table: Table, plan: Plan, at: datetime) -> None:
    ResultsWalk(run, table, plan, at).all_rows()


class ResultsWalk(RowsWalk):
    fields = RESULT_FIELDS
    reader_class = ResultReader
    named_by = ("external_id", "application_number", "registration_number", "title")

    def __init__(self, run: Run, table: Table, plan: Plan, at: datetime) -> None:
        super().__init__(run, table, plan, at)
        self.gone_by_import = _gone_by_import(run)

    def rows_of_source(self) -> Iterable[Known]:
        rows = ResearchResult.objects.filter(source=self.run.source).order_by()
        columns = ("pk", "source_key", "raw_hash", "deleted_at", "merged_into")
        for pk, key, raw_hash, deleted, merged in rows.values_list(*columns).iterator():
            yield Known(pk, key, raw_hash, deleted is None and merged is None)

    def compare(self, waiting: Sequence[tuple[Record, list[RowProblem], Row]]) -> None:
        projects = {p.key: p for p in self._projects({r.project for r, *_rest in waiting})}  # type: ignore[attr-defined]
        brought = [self.known[record.key].pk for record, *_rest in waiting if record.key in self.known]
        rows = ResearchResult.objects.select_related("owner", "project")
        by_pk = rows.in_bulk(brought)
        by_number: dict[tuple[int, str], ResearchResult] = {}
        by_title: dict[tuple[int, str], ResearchResult] = {}
        for result in rows.live().filter(project__in=projects.values()).order_by("-pk"):
            if result.number:
                by_number[result.project_id, result.number] = result
            by_title[result.project_id, title_key(result.kind, result.title)] = result
        for record, problems, row in waiting:
            project = projects.get(record.project)
            if project is None:
                problems.append(
                    problem(row.number, "no_project", self.name_of("project"), self.written(row, "project"))
                )
                self.refuse(row, record.key, problems)
                continue
            known = self.known.get(record.key)
            number, named = record.content.get("number"), title_key(record.content["kind"], record.content["title"])
            stored = by_pk.get(known.pk) if known else None
            if stored is None:
                stored = by_number.get((project.pk, number)) if number else by_title.get((project.pk, named))
            self._one(record, problems, row, project, stored)

    def _projects(self, keys: Iterable[str]) -> Iterable[RnDProject]:
        """Those that may be brought results: of an institute, what it leads, takes part in or owns a result of."""
        rows = RnDProject.objects.with_keys(keys).filter(is_security=False, deleted_at__isnull=True)
        if self.own is None:
            return rows.select_related("lead")
        taking_part = RnDProject.partners.through.objects.filter(organization=self.own).values("rndproject")
        owned = ResearchResult.objects.live().filter(owner=self.own).values("project")
        return rows.filter(Q(lead=self.own) | Q(pk__in=taking_part) | Q(pk__in=owned)).select_related("lead")

    def _one(
        self, record: Record, problems: list[RowProblem], row: Row, project: RnDProject, stored: ResearchResult | None
    ) -> None:
        owner = self.institute(record, "owner", row, problems)
        if stored is not None:
            first = self.planned.setdefault(stored.pk, row.number)
            if first != row.number:
                shown = self.written(row, *self.named_by)
                problems.append(problem(row.number, "repeated_key", value=shown, key=shown, first=first))
            elif code := self._gone(stored):
                self.leave_out(row, record.key, code)
                return
            if stored.project_id != project.pk:
                problems.append(
                    problem(row.number, "other_project", self.name_of("project"), self.written(row, "project"))
                )
        named = "owner" in record.places or "owner_number" in record.places
        owner = owner or (stored.owner if stored else None) or (None if named else self.own or project.lead)
        if self.own and owner and self.own.pk not in {owner.pk, project.lead_id}:
            problems.append(problem(row.number, "not_yours", self.name_of("owner"), owner.name))
        if stored is None:
            self._new(record, problems, row, project, owner)
        else:
            self._known(record, problems, row, stored, owner or stored.owner)

    def _gone(self, stored: ResearchResult) -> str:
        """Why a result is not taken again; empty where it is. What an import deleted comes back by an import."""
        if stored.merged_into_id:
            return "result_merged"
        return "result_deleted" if stored.deleted_at and stored.pk not in self.gone_by_import else ""

    def _faults(self, given: Mapping[str, Any], project: RnDProject, row: Row) -> list[RowProblem]:
        return [
            problem(row.number, code, self.name_of(name), str(given.get(name) or ""))
            for name, code in result_faults(project=project, data=ResultData(**given), today=self.today)
        ]

    def _new(
        self, record: Record, problems: list[RowProblem], row: Row, project: RnDProject, owner: Organization | None
    ) -> None:
        said = {name: value for name, value in record.content.items() if name in SAID}
        if owner:
            problems += self._faults({**said, "owner": owner}, project, row)
        if owner is None or any(not p.warning for p in problems):
            self.refuse(row, record.key, problems)
            return
        self.plan.counts["added"] += 1
        self.plan.note(row.number, RowAction.ADD, key=record.key, title=record.content["title"])
        if problems:
            self.plan.note(row.number, RowAction.NOTE, key=record.key, problems=problems)
        when = completed_on(project=project, data=ResultData(**{**said, "owner": owner}))
        content = {**record.content, "completed_on": when}
        self.plan.do(
            op="new", row=row.number, project=project.pk, key=record.key, hash=record.raw_hash,
            set={**days_as_text(content), "owner_id": owner.pk},
        )  # fmt: skip

    def _known(
        self, record: Record, problems: list[RowProblem], row: Row, stored: ResearchResult, owner: Organization
    ) -> None:
        found = self.differences(stored, record.content, row, problems)
        if "inventors" in found and [i["name"] for i in stored.inventors] == [i["name"] for i in found["inventors"]]:
            del found["inventors"]  # an address that a person added is no difference
        if owner != stored.owner:
            found["owner"] = owner
        before = {name: getattr(stored, name) for name in (*SAID, "owner")}
        problems += self._faults({**before, **{n: v for n, v in found.items() if n in before}}, stored.project, row)
        if any(not p.warning for p in problems):
            self.refuse(row, record.key, problems)
            return
        if problems:
            self.plan.note(row.number, RowAction.NOTE, key=record.key, subject=stored.pk, problems=problems)
        restore = stored.deleted_at is not None
        if not found and not restore:
            self.plan.counts["unchanged"] += 1
            if stored.source_id in {None, self.run.source_id} and "lost_characters" not in {p.code for p in problems}:
                self.plan.do(
                    op="touch", subject=stored.pk, project=stored.project_id, key=record.key, hash=record.raw_hash
                )
            return
        shown = [shown_change(n, getattr(stored, n), new) for n, new in found.items()]
        shown += [["deleted_at", "yes", ""]] if restore else []
        values = days_as_text({n: v for n, v in found.items() if n != "owner"})
        if "owner" in found:
            values["owner_id"] = owner.pk
        self.plan.counts["changed"] += 1
        self.plan.note(
            row.number, RowAction.CHANGE, key=record.key, title=stored.title, subject=stored.pk, changes=shown
        )
        self.plan.do(
            op="change", subject=stored.pk, project=stored.project_id, row=row.number, seen=stored.revision,
            key=record.key, hash=record.raw_hash, set=values, restore=restore,
        )  # fmt: skip

    def vanished(self) -> None:
        gone = [row.pk for row in self.known.values() if row.is_live and row.key not in self.seen]
        rows = ResearchResult.objects.filter(
            pk__in=gone, project__is_security=False, project__deleted_at__isnull=True
        ).exclude(pk__in=self.planned)
        for result in rows.order_by("pk"):
            self.plan.counts["withdrawn"] += 1
            self.plan.note(0, RowAction.WITHDRAW, key=result.source_key, title=result.title, subject=result.pk)
            self.plan.do(op="delete", subject=result.pk, project=result.project_id, seen=result.revision, row=0)


def holds_results(run: Run, counts: Mapping[str, int]) -> bool:
    live = ResearchResult.objects.live().filter(source=run.source).count()
    return too_many(counts["withdrawn"], live)


def _gone_by_import(run: Run) -> set[int]:
    """Results of the source that an import deleted because a file no longer had them, and no person since."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.id FROM obligations_researchresult r
            JOIN tech_listings_runrow w ON w.subject_id = r.id AND w.action = 'withdraw'
            JOIN tech_listings_run n ON n.id = w.run_id AND n.source_id = r.source_id
            WHERE r.source_id = %s
              AND r.deleted_at BETWEEN n.approved_at AND COALESCE(n.applied_at, n.ended_at, now())
            """,
            [run.source_id],
        )
        return {pk for (pk,) in cursor.fetchall()}


# --- writing ----------------------------------------------------------------------------------------------------------


def write_results(*, run: Run, work: list[dict[str, Any]], numbers: Any, at: datetime) -> None:
    """Carry out planned writes of one batch and settle its duties. Locks projects, then results."""
    projects = {p.pk: p for p in lock_projects({w["project"] for w in work})}
    open_ones = {pk for pk, project in projects.items() if not project.is_security and not project.deleted_at}
    by_subject = {w["subject"]: w for w in work if "subject" in w}
    rows = ResearchResult.objects.filter(pk__in=by_subject).order_by("pk")
    locked = list(rows.select_for_update(of=["self"], no_key=True))
    _touch(run, [(result, by_subject[result.pk]) for result in locked if by_subject[result.pk]["op"] == "touch"])
    written = [result for result in locked if by_subject[result.pk]["op"] != "touch"]
    as_compared = [r for r in written if r.revision == by_subject[r.pk]["seen"] and r.project_id in open_ones]
    edited = [result for result in written if result not in as_compared]
    with pghistory.context(source="import", run=str(run.public_id)):
        for result in as_compared:
            _change(run, result, by_subject[result.pk], at)
        late = _add(run, [w for w in work if w["op"] == "new"], open_ones)
    note_edited(run, [(by_subject[r.pk], r) for r in edited])
    _note_late(run, late)
    settle(projects=sorted(open_ones), at=at)


def _change(run: Run, result: ResearchResult, planned: dict[str, Any], at: datetime) -> None:
    if planned["op"] == "delete":
        result.deleted_at = at
    else:
        for name, value in days_as_days(planned["set"]).items():
            setattr(result, name, value)
        if planned["restore"]:
            result.deleted_at = None
        _claim(run, result, planned)
    result.revision += 1
    result.save()


def _claim(run: Run, result: ResearchResult, planned: Mapping[str, Any]) -> None:
    """From now on the row is recognised by its cells, unless another source has brought the result."""
    if result.source_id in {None, run.source_id}:
        result.source, result.source_key, result.raw_hash = run.source, planned["key"], planned["hash"]


def _touch(run: Run, pairs: Sequence[tuple[ResearchResult, dict[str, Any]]]) -> None:
    for result, planned in pairs:
        _claim(run, result, planned)
    ResearchResult.objects.bulk_update(
        [result for result, _planned in pairs], ["source", "source_key", "raw_hash"], batch_size=500
    )


def _add(run: Run, work: Sequence[dict[str, Any]], open_ones: set[int]) -> list[dict[str, Any]]:
    """Write new results; give back what cannot be any more: a person entered it, or its project is gone."""
    numbers = [w["set"]["number"] for w in work if w["set"].get("number")]
    live = ResearchResult.objects.live().filter(project__in={w["project"] for w in work}, number__in=numbers)
    there = set(live.values_list("project_id", "number"))
    late = [w for w in work if w["project"] not in open_ones or (w["project"], w["set"].get("number", "")) in there]
    ResearchResult.objects.bulk_create(
        ResearchResult(
            project_id=w["project"], source=run.source, source_key=w["key"], raw_hash=w["hash"],
            **days_as_days(w["set"]),
        )
        for w in work
        if w not in late
    )  # fmt: skip
    return late


def _note_late(run: Run, late: Sequence[Mapping[str, Any]]) -> None:
    if late:
        RunRow.objects.bulk_create(
            RunRow(
                run=run, row=w["row"], action=RowAction.NOTE,
                problems=[problem(w["row"], "research_edited_meanwhile", warning=True).as_json()],
            )
            for w in late
        )  # fmt: skip
        Run.objects.filter(pk=run.pk).update(added=F("added") - len(late), left_out=F("left_out") + len(late))
