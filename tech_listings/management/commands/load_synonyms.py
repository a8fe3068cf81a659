import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tech_listings.services.load_synonyms import PRODUCT, load_synonyms, read_product
from tech_listings.services.synonyms import WordsRefused


class Command(BaseCommand):
    help = (
        "Load the groups of synonyms that come with the product, or those of a FILE of the same layout. Adds what is "
        "not there yet; what an office edited or switched off stays. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=PRODUCT, help="a CSV of name,ko,en,zh")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            groups = read_product(path=file)
        except WordsRefused as refused:
            raise CommandError(f"{file.name}: {refused} Nothing was changed.") from None
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: not a CSV with the columns name, ko, en, zh ({error}).") from None
        loaded = load_synonyms(groups=groups, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(loaded)))
            return
        line = f"synonyms: {loaded.added} added, {loaded.known} known"
        if loaded.left_out:
            line += f", {loaded.left_out} left out because an office's group has one of their words"
        self.stdout.write(f"{line}.{'' if loaded.added else ' Nothing changed.'}")
