"""R&D projects from files: what a file would change, and carrying it out. Duties are settled with each batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pghistory
from django.db.models import F

from accounts.models import Organization
from obligations.ingest.known_fields import PROJECT_FIELDS
from obligations.ingest.problems import WORDINGS
from obligations.ingest.records import ProjectReader, Record, days_as_days, days_as_text
from obligations.models import RnDProject
from obligations.numbers import project_key
from obligations.services.import_rows import Known, RowsWalk, shown_change, too_many
from obligations.services.projects import COLUMNS, ProjectData, project_faults
from obligations.services.secrecy import forget_in_imports, withdraw_public
from obligations.services.settle import lock_projects, settle
from tech_listings.enums import RowAction
from tech_listings.ingest.problems import RowProblem, problem
from tech_listings.ingest.tables import Row, Table
from tech_listings.models import Run, RunRow
from tech_listings.services.ingest_plan import Plan

NEEDED = ("ministry", "starts_on", "ends_on")
assert {"number_taken_meanwhile", "research_edited_meanwhile"} <= WORDINGS.keys()


def compare_projects(run: Run, table: Table, plan: Plan, at: datetime) -> None:
    ProjectsWalk(run, table, plan, at).all_rows()


class ProjectsWalk(RowsWalk):
    fields = PROJECT_FIELDS
    reader_class = ProjectReader
    named_by = ("number",)

    def rows_of_source(self) -> Iterable[Known]:
        rows = RnDProject.objects.filter(source=self.run.source).order_by()
        for pk, key, raw_hash, deleted in rows.values_list("pk", "source_key", "raw_hash", "deleted_at").iterator():
            yield Known(pk, key, raw_hash, deleted is None)

    def is_secret(self, row: Row) -> bool:
        return bool(self.reader.is_secret(row))

    def compare(self, waiting: Sequence[tuple[Record, list[RowProblem], Row]]) -> None:
        keys = [record.project for record, _problems, _row in waiting]
        stored = RnDProject.objects.with_keys(keys).select_related("lead").prefetch_related("partners")
        found = {project.key: project for project in stored}  # type: ignore[attr-defined]
        # Whose number a person corrected since is still the project that this row brought.
        brought = [self.known[r.key].pk for r, *_rest in waiting if r.project not in found and r.key in self.known]
        by_pk = RnDProject.objects.select_related("lead").prefetch_related("partners").in_bulk(brought)
        for record, problems, row in waiting:
            known = self.known.get(record.key)
            project = found.get(record.project) or (by_pk.get(known.pk) if known else None)
            if project is not None and (first := self.planned.setdefault(project.pk, row.number)) != row.number:
                number = record.content["number"]
                problems = [problem(row.number, "repeated_key", value=number, key=number, first=first)]
                self.refuse(row, record.key, problems, secret=record.is_secret or project.is_security)
            else:
                self._one(record, problems, row, project)

    def _one(self, record: Record, problems: list[RowProblem], row: Row, stored: RnDProject | None) -> None:
        lead = self.institute(record, "lead", row, problems)
        partners = self._partners(record, row, problems)
        if stored is not None and (self.own is None or stored.lead_id == self.own.pk):
            secret = record.is_secret or stored.is_security
            if stored.deleted_at:
                self.leave_out(row, record.key, "project_deleted", secret=secret)
                return
            self._mine(record, problems, row, stored, lead or stored.lead, partners, secret)
            return
        if stored is not None:
            # The same words whatever that project is: a security project is not to be told from another one's.
            problems.append(problem(row.number, "number_taken", self.name_of("number"), record.content["number"]))
        elif lead is None and "lead" not in record.places and "lead_number" not in record.places:
            lead = self.own
            if lead is None:
                problems.append(problem(row.number, "required", self.name_of("lead")))
        if lead and self.own and lead != self.own:
            problems.append(problem(row.number, "not_yours", self.name_of("lead"), lead.name))
        self._new(record, problems, row, lead, partners or [])

    def _partners(self, record: Record, row: Row, problems: list[RowProblem]) -> list[Organization] | None:
        names = record.places.get("partners")
        if names is None:
            return None
        found = [(name, self.institutes.find(name)) for name in names]
        column = self.name_of("partners")
        problems += [problem(row.number, who, column, name) for name, who in found if isinstance(who, str)]
        return [who for _name, who in found if isinstance(who, Organization)]

    def _faults(self, given: Mapping[str, Any], row: Row) -> list[RowProblem]:
        data = ProjectData(**given)
        return [
            problem(row.number, code, self.name_of(name) or self.name_of("period"), str(getattr(data, name) or ""))
            for name, code in project_faults(data=data, today=self.today)
        ]

    def _new(
        self,
        record: Record,
        problems: list[RowProblem],
        row: Row,
        lead: Organization | None,
        partners: list[Organization],
    ) -> None:
        secret = record.is_secret
        lacking = [self.name_of(name) or self.name_of("period") for name in NEEDED if name not in record.content]
        problems += [problem(row.number, "required", name) for name in dict.fromkeys(lacking)]
        if not problems and lead:
            given = _with_a_total(record.content)
            problems += self._faults({**given, "lead": lead}, row)
        if problems or lead is None:
            self.refuse(row, record.key, problems, secret=secret)
            return
        self.plan.counts["added"] += 1
        self.plan.counts["secret"] += secret
        title = "" if secret else record.content["title"]
        self.plan.note(row.number, RowAction.ADD, key="" if secret else record.key, title=title)
        self.plan.do(
            op="new", row=row.number, key=record.key, hash=record.raw_hash, partners=[p.pk for p in partners],
            set={**days_as_text(given), "lead_id": lead.pk},
        )  # fmt: skip

    def _mine(
        self,
        record: Record,
        problems: list[RowProblem],
        row: Row,
        stored: RnDProject,
        lead: Organization,
        partners: list[Organization] | None,
        secret: bool,
    ) -> None:
        if self.own and lead != self.own:
            problems.append(problem(row.number, "not_yours", self.name_of("lead"), lead.name))
        warnings: list[RowProblem] = []
        # The number means the same however it is written, so another way of writing it changes nothing.
        content = {name: value for name, value in record.content.items() if name != "number"}
        found = self.differences(stored, content, row, warnings)
        if "is_security" in found and self.own:
            problems.append(problem(row.number, "security_switch", self.name_of("is_security")))
        if lead != stored.lead:
            found["lead"] = lead
        mine = list(stored.partners.all())
        before = {name: getattr(stored, name) for name in COLUMNS}
        if not problems:
            problems += self._faults({**before, **found, "partners": mine}, row)
        if problems:
            self.refuse(row, record.key, problems, secret=secret)
            return
        if warnings and not secret:
            self.plan.note(row.number, RowAction.NOTE, key=record.key, subject=stored.pk, problems=warnings)
        others = partners is not None and {p.pk for p in partners} != {p.pk for p in mine}
        if not found and not others:
            self._unchanged(record, stored, lost=bool(warnings))
            return
        shown = [shown_change(name, before[name], new) for name, new in found.items()]
        if others and partners is not None:
            shown.append(shown_change("partners", mine, partners))
        self._changed(record, stored, found, partners if others else None, shown, secret=secret)

    def _unchanged(self, record: Record, stored: RnDProject, *, lost: bool) -> None:
        self.plan.counts["unchanged"] += 1
        if stored.source_id in {None, self.run.source_id} and not lost:
            self.plan.do(op="touch", subject=stored.pk, key=record.key, hash=record.raw_hash)

    def _changed(
        self,
        record: Record,
        stored: RnDProject,
        found: dict[str, Any],
        partners: list[Organization] | None,
        shown: list[list[str]],
        *,
        secret: bool,
    ) -> None:
        self.plan.counts["changed"] += 1
        self.plan.counts["secret"] += bool(found.get("is_security"))
        values = days_as_text({name: value for name, value in found.items() if name != "lead"})
        if "lead" in found:
            values["lead_id"] = found["lead"].pk
        if secret:
            self.plan.note(record.row, RowAction.CHANGE, changes=[["is_security", "", "yes"]])
        else:
            self.plan.note(
                record.row, RowAction.CHANGE, key=record.key, title=stored.title, subject=stored.pk, changes=shown
            )
        self.plan.do(
            op="change", subject=stored.pk, row=record.row, seen=stored.revision, key=record.key, set=values,
            hash=record.raw_hash, partners=None if partners is None else [p.pk for p in partners],
        )  # fmt: skip

    def vanished(self) -> None:
        gone = [row.pk for row in self.known.values() if row.is_live and row.key not in self.seen]
        rows = RnDProject.objects.filter(pk__in=gone, is_security=False, deleted_at__isnull=True).order_by("pk")
        for project in rows:
            key = f"p:{project_key(project.number)}"
            if self.own:
                stays = [problem(0, "project_stays", warning=True, title=project.title)]
                self.plan.note(0, RowAction.NOTE, key=key, subject=project.pk, problems=stays)
                continue
            self.plan.counts["withdrawn"] += 1
            self.plan.note(0, RowAction.WITHDRAW, key=key, title=project.title, subject=project.pk)
            self.plan.do(op="delete", subject=project.pk, seen=project.revision, row=0)


def _with_a_total(content: Mapping[str, Any]) -> dict[str, Any]:
    """Where a file says only what the government gives, that is the total."""
    return {**content, "total_won": content.get("total_won", content.get("government_won", 0))}


def holds_projects(run: Run, counts: Mapping[str, int]) -> bool:
    live = RnDProject.objects.filter(source=run.source, deleted_at__isnull=True).count()
    return bool(counts["secret"]) or too_many(counts["withdrawn"], live)


# --- writing ----------------------------------------------------------------------------------------------------------


def write_projects(*, run: Run, work: list[dict[str, Any]], numbers: Any, at: datetime) -> None:
    """Carry out planned writes of one batch and settle its duties. Locks technologies, then projects."""
    by_subject = {w["subject"]: w for w in work if "subject" in w}
    for pk, planned in sorted(by_subject.items()):
        if planned.get("set", {}).get("is_security"):
            withdraw_public(project=RnDProject.objects.get(pk=pk), by=run.approved_by, at=at)
    locked = lock_projects(by_subject)
    _touch(run, [(project, by_subject[project.pk]) for project in locked if by_subject[project.pk]["op"] == "touch"])
    written = [project for project in locked if by_subject[project.pk]["op"] != "touch"]
    edited = [project for project in written if project.revision != by_subject[project.pk]["seen"]]
    note_edited(run, [(by_subject[project.pk], project) for project in edited])
    with pghistory.context(source="import", run=str(run.public_id)):
        fresh = [project for project in written if project not in edited]
        for project in fresh:
            _change(run, project, by_subject[project.pk], at)
        added = _add(run, [w for w in work if w["op"] == "new"])
    settle(projects=[project.pk for project in fresh] + added, at=at)


def _change(run: Run, project: RnDProject, planned: dict[str, Any], at: datetime) -> None:
    if planned["op"] == "delete":
        RnDProject.objects.filter(pk=project.pk).update(
            deleted_at=at, revision=F("revision") + 1, updated_at=at, raw_hash=""
        )
        return
    values = days_as_days(planned["set"])
    if values.get("is_security"):
        forget_in_imports(keys=[project_key(project.number)])
    for name, value in values.items():
        setattr(project, name, value)
    _claim(run, project, planned)
    project.revision += 1
    project.save()
    if planned["partners"] is not None:
        project.partners.set(planned["partners"])


def _claim(run: Run, project: RnDProject, planned: Mapping[str, Any]) -> None:
    """From now on the row is recognised by its cells, unless another source has brought the project."""
    if project.source_id in {None, run.source_id}:
        project.source, project.source_key, project.raw_hash = run.source, planned["key"], planned["hash"]


def _touch(run: Run, pairs: Sequence[tuple[RnDProject, dict[str, Any]]]) -> None:
    for project, planned in pairs:
        _claim(run, project, planned)
    RnDProject.objects.bulk_update(
        [project for project, _planned in pairs], ["source", "source_key", "raw_hash"], batch_size=500
    )


def _add(run: Run, work: Sequence[dict[str, Any]]) -> list[int]:
    """New projects in the order of their keys, so that two imports never wait for each other crosswise."""
    if not work:
        return []
    planned = {w["key"]: w for w in sorted(work, key=lambda w: w["key"])}
    made = {
        key: RnDProject(source=run.source, source_key=key, raw_hash=w["hash"], **days_as_days(w["set"]))
        for key, w in planned.items()
    }
    RnDProject.objects.bulk_create(made.values(), ignore_conflicts=True)
    ids = dict(
        RnDProject.objects.filter(public_id__in=[p.public_id for p in made.values()]).values_list("public_id", "pk")
    )
    taken = [planned[key] for key, project in made.items() if project.public_id not in ids]
    if taken:
        _note_taken(run, taken)
    if secret := [project_key(project.number) for project in made.values() if project.is_security]:
        forget_in_imports(keys=secret)
    through = RnDProject.partners.through
    through.objects.bulk_create(
        [
            through(rndproject_id=ids[project.public_id], organization_id=partner)
            for key, project in made.items()
            if project.public_id in ids
            for partner in planned[key]["partners"]
        ]
    )
    return sorted(ids.values())


def _note_taken(run: Run, taken: Sequence[Mapping[str, Any]]) -> None:
    RunRow.objects.bulk_create(
        RunRow(
            run=run, row=w["row"], action=RowAction.NOTE,
            problems=[problem(w["row"], "number_taken_meanwhile", warning=True).as_json()],
        )
        for w in taken
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(added=F("added") - len(taken), left_out=F("left_out") + len(taken))


def note_edited(run: Run, edited: Sequence[tuple[Mapping[str, Any], Any]]) -> None:
    """A person's edit since the comparison stands, and the run says so (lessons F58)."""
    if not edited:
        return
    RunRow.objects.bulk_create(
        RunRow(
            run=run, row=planned["row"], action=RowAction.NOTE, subject_id=row.pk,
            problems=[problem(planned["row"], "research_edited_meanwhile", warning=True).as_json()],
        )
        for planned, row in edited
    )  # fmt: skip
    gone = sum(planned["op"] == "delete" for planned, _row in edited)
    changed = sum(planned["op"] == "change" for planned, _row in edited)
    new = len(edited) - gone - changed
    Run.objects.filter(pk=run.pk).update(
        changed=F("changed") - changed, withdrawn=F("withdrawn") - gone, added=F("added") - new,
        left_out=F("left_out") + len(edited),
    )  # fmt: skip
