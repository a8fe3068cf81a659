import json
import multiprocessing
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.utils import timezone
from tqdm import tqdm

from accounts.models import Organization
from accounts.numbers import digits
from marketplace.core.errors import DomainError
from tech_listings.enums import ImportTarget, RowAction, RunKind, RunState
from tech_listings.ingest.tables import Format
from tech_listings.models import Run, Source
from tech_listings.services import ingest_apply, ingest_plan, ingest_receive, ingest_report
from tech_listings.services.ingest_listings import tidy_index
from tech_listings.services.ingest_targets import target_of

REFUSED_ROWS, WAITS = 3, 4
SHOWN = 20
POLL = 0.2


class Command(BaseCommand):
    target = ImportTarget.LISTINGS
    help = (
        "Take files of technologies in: KIPRIS XML, CSV, TSV, XLSX, JSON, JSON lines. Without --apply it says what "
        "would change and changes nothing. A stopped run goes on when the same command is given again. "
        "Exit code: 0 done, 1 the file or the call is wrong, 3 done but rows were refused, 4 waits for --confirm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="+", type=Path, help="one or more files")
        parser.add_argument("--organization", required=True, help="business registration number of the institute")
        parser.add_argument("--source", default="", help="name of the source; default: the only one")
        parser.add_argument("--format", default="", choices=["", *Format], help="default: recognised")
        parser.add_argument("--mapping", type=Path, help='JSON file, e.g. {"title": "발명의명칭"}; default: guessed')
        parser.add_argument("--full", action="store_true", help="the file is the full list: withdraw what it lacks")
        parser.add_argument("--apply", action="store_true", help="apply what was found")
        parser.add_argument("--confirm", action="store_true", help="withdraw even more than a tenth of the source")
        parser.add_argument("--processes", type=int, default=2, help="how many apply at once (default 2)")
        parser.add_argument("--json", action="store_true", help="answer as one JSON object per file")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(business_number=digits(options["organization"])).first()
        if organization is None:
            raise CommandError(f"There is no organization with the number {options['organization']}.")
        worst = 0
        for path in options["path"]:
            try:
                run = self.take(path, organization, options)
            except (DomainError, OSError) as error:
                raise CommandError(f"{path}: {error}") from error
            self.tell(run, options)
            if failure := ingest_report.failure_of(run):
                raise CommandError(f"{path}: {' '.join(failure)}")
            if options["apply"] and self.target == ImportTarget.LISTINGS:
                tidy_index()
            worst = max(worst, WAITS if run.state == RunState.HELD else REFUSED_ROWS if run.refused else 0)
        if worst:
            raise SystemExit(worst)

    def take(self, path: Path, organization: Organization, options: dict[str, Any]) -> Run:
        source = self.source(organization, options["source"])
        mapping = json.loads(options["mapping"].read_text("utf-8")) if options["mapping"] else None
        with path.open("rb") as file:
            run, is_new = ingest_receive.receive_file(
                source=source,
                file=file,
                file_name=path.name,
                kind=RunKind.FULL if options["full"] else RunKind.ADDITIONS,
                format=options["format"],
                mapping=mapping,
                again=True,
                by=None,
                at=timezone.now(),
                wake=False,
            )
        if not is_new and run.state in {RunState.RECEIVED, RunState.PLANNED, RunState.HELD}:
            run = self.renew(run, mapping)
        if run.state == RunState.RECEIVED:
            names = ", ".join(column["name"] for column in run.columns)
            raise CommandError(f"{path}: say with --mapping which column holds what. Columns: {names}")
        if run.state == RunState.PLANNING:
            run = ingest_plan.plan_run(run_id=run.public_id, at=timezone.now())
        ready = run.state == RunState.PLANNED or (run.state == RunState.HELD and options["confirm"])
        if options["apply"] and ready:
            run = ingest_apply.approve_run(
                run=run, by=None, at=timezone.now(), confirm_withdrawals=options["confirm"], wake=False
            )
        if options["apply"] and run.state == RunState.APPLYING:
            run = apply_with(run, processes=options["processes"], quiet=options["json"])
        return run

    def source(self, organization: Organization, name: str) -> Source:
        if name:
            return ingest_receive.source_named(organization=organization, name=name, target=self.target)
        if found := ingest_receive.usual_source(organization=organization, target=self.target):
            return found
        mine = organization.sources.filter(target=self.target)
        names = ", ".join(mine.order_by("name", "pk").values_list("name", flat=True))
        raise CommandError(f"Say with --source which of the sources the file belongs to: {names}")

    def renew(self, run: Run, mapping: dict[str, str] | None) -> Run:
        """An earlier dry run of the same file: compare anew, something may have changed since."""
        if mapping is not None:
            return ingest_receive.choose_mapping(run=run, mapping=mapping, by=None, at=timezone.now(), wake=False)
        if run.state == RunState.RECEIVED:
            return run
        return ingest_receive.plan_again(run=run, by=None, at=timezone.now(), wake=False)

    def tell(self, run: Run, options: dict[str, Any]) -> None:
        counts = ingest_report.counts_of(run)
        refused = run.rows.filter(action=RowAction.REFUSE).order_by("row", "pk")
        problems = [(row.row, p) for row in refused.iterator() for p in ingest_report.problems_of(row) if not p.warning]
        if options["json"]:
            named = [
                {"row": n, "field": p.field, "value": p.value, "code": p.code, "why": p.why, "what_to_do": p.remedy}
                for n, p in problems
            ]
            answer = {"file": run.file_name, "run": str(run.public_id), "state": run.state, **counts, "problems": named}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(f"{run.file_name}: {run.get_state_display()}")
        for name, count in counts.items():
            self.stdout.write(f"  {name.replace('_', ' '):12}{count:>9,}")
        for number, found in problems[:SHOWN]:
            self.stdout.write(f"  row {number}: {found.field} “{found.value}” {found.why} {found.remedy}")
        if len(problems) > SHOWN:
            self.stdout.write(f"  … and {len(problems) - SHOWN:,} more")
        if run.state == RunState.PLANNED:
            self.stdout.write("Nothing was changed. Give --apply to apply it.")
        if run.state == RunState.HELD:
            self.stdout.write(f"{target_of(run).why_held(run)} Give --confirm if that is meant.")


def _work(run_id: UUID) -> None:
    ingest_apply.work_on(run_id=run_id)


def apply_with(run: Run, *, processes: int, quiet: bool) -> Run:
    """Apply an approved run with so many processes; in this one where it is small or inside a transaction."""
    if processes > 1 and run.to_do > ingest_plan.BATCH and not connection.in_atomic_block:
        connections.close_all()  # a connection must not be shared with the children
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=_work, args=(run.public_id,), daemon=True) for _ in range(processes)]
        for worker in workers:
            worker.start()
        with tqdm(total=run.to_do, unit="rows", disable=True if quiet else None) as bar:
            while alive := [worker for worker in workers if worker.is_alive()]:
                alive[0].join(POLL)
                if not bar.disable:
                    bar.update(ingest_apply.rows_done(run) - bar.n)
    # Whatever a lost child left, and the end of the run.
    return ingest_apply.work_on(run_id=run.public_id)
