from typing import Any

from django.core.management.base import CommandParser

from tech_listings.enums import ImportTarget
from tech_listings.management.commands import ingest_listings


class Command(ingest_listings.Command):
    target = ImportTarget.PROJECTS
    help = (
        "Take files of R&D projects, or with --results of their results, in: CSV, TSV, XLSX, JSON, JSON lines, XML. "
        "--organization is an institute, for its own, or a government office, for all. Everything else is as with "
        "ingest_listings: without --apply it says what would change and changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--results", action="store_true", help="the files hold results")

    def handle(self, *args: Any, **options: Any) -> None:
        self.target = ImportTarget.RESULTS if options.pop("results") else ImportTarget.PROJECTS
        super().handle(*args, **options)
