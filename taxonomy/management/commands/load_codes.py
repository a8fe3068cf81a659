import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from taxonomy.enums import Origin, System
from taxonomy.services.load import LoadResult, load_table
from taxonomy.services.load_mapping import load_mapping
from taxonomy.services.load_product import REVISIONS, load_product
from taxonomy.services.tables.ipc import read_ipc
from taxonomy.services.tables.ksic import read_ksic, read_ksic_mapping
from taxonomy.services.tables.product import read_product
from taxonomy.services.tables.region import read_region
from taxonomy.services.tables.rows import Problem, Table, TableRefused

KSIC_MAP = "ksic_map"
KINDS = [*System.values, KSIC_MAP]
SHOWN = 50


class Command(BaseCommand):
    help = (
        "Load classifications. Without arguments: the compact tables that come with the product, in three languages. "
        "With KIND and FILE: a full table. Running it again changes nothing; a table with mistakes changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", choices=KINDS, help="which classification")
        parser.add_argument("file", nargs="?", type=Path, help="a file; for ipc also a folder of A.txt … H.txt")
        parser.add_argument("--revision", default="", help="revision of the table, e.g. 2022.01 (ipc) or 10 (ksic)")
        parser.add_argument(
            "--complete", action="store_true", help="the file is the whole table: abolish loaded codes that it lacks"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")
        parser.add_argument("--json", action="store_true", help="answer as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, file = options["kind"], options["file"]
        if kind == KSIC_MAP and file is None:
            raise CommandError("ksic_map comes with no compact table: give a file.")
        kinds = [kind] if kind else list(System.values)
        try:
            with transaction.atomic():
                results = {each: self.load(each, file, options) for each in kinds}
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except TableRefused as refused:
            self.refuse(refused.problems, as_json=options["json"])
        for each, result in results.items():
            self.tell(each, result, options)

    def load(self, kind: str, file: Path | None, options: dict[str, Any]) -> LoadResult:
        if file is None:
            return load_product(system=kind)
        if kind == KSIC_MAP:
            rows, problems = read_ksic_mapping(file)
            return load_mapping(rows=rows, problems=problems)
        table, origin = self.read(kind, file, options["revision"])
        return load_table(table=table, origin=origin, complete=options["complete"])

    def read(self, kind: str, file: Path, revision: str) -> tuple[Table, Origin]:
        """S&T classes and TRL are published as no file: a table brought for them has the product's layout."""
        if kind == System.KSIC:
            return read_ksic(file, revision=revision), Origin.TABLE
        revision = revision or REVISIONS[kind]
        if kind == System.IPC:
            return read_ipc(file, revision=revision), Origin.TABLE
        if kind == System.REGION:
            return read_region(file, revision=revision), Origin.TABLE
        return read_product(file, system=kind, revision=revision), Origin.OFFICER

    def tell(self, kind: str, result: LoadResult, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"kind": kind, "dry_run": options["dry_run"], **asdict(result)}))
            return
        line = (
            f"{kind}: {result.added} added, {result.changed} changed, {result.unchanged} unchanged; "
            f"{result.abolished} became abolished"
        )
        if result.kept:
            line += f"; {result.kept} stay abolished although the file lists them"
        if result.skipped:
            line += f"; {result.skipped} lines skipped (headings)"
        if options["dry_run"]:
            line += " (dry run: nothing was written)"
        elif not result.added and not result.changed:
            line += ". Nothing changed."
        self.stdout.write(line)

    def refuse(self, problems: list[Problem], *, as_json: bool) -> None:
        for problem in problems if as_json else problems[:SHOWN]:
            if as_json:
                self.stdout.write(json.dumps(asdict(problem), ensure_ascii=False))
            else:
                where = f"{problem.file}:{problem.row}" if problem.row else problem.file
                self.stderr.write(f"{where} {problem.field} “{problem.value}”: {problem.why} {problem.remedy}")
        raise CommandError(f"{len(problems)} problems. Nothing was changed.")
