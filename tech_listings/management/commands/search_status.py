import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from tech_listings.search.state import Figures, figures


class Command(BaseCommand):
    help = "How far the search is behind: meanings to be made, documents of an older analyser, figures of words."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        now = figures()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(now), cls=DjangoJSONEncoder))
            return
        for line in lines(now):
            self.stdout.write(line)


def lines(now: Figures) -> list[str]:
    since = f", the oldest since {now.meanings_due_since:%Y-%m-%d %H:%M} UTC" if now.meanings_due_since else ""
    counted = f"{now.terms_at:%Y-%m-%d %H:%M} UTC, from {now.terms_documents} documents" if now.terms_at else "never"
    known = f"brought up {now.words_at:%Y-%m-%d %H:%M} UTC" if now.words_at else "never brought up"
    rebuild = f"running, at listing {now.rebuild_from}" if now.rebuild_from is not None else "not running"
    return [
        f"documents: {now.documents}, of these {now.documents_old} of an analyser before {now.analyser}",
        f"meanings: {now.meanings} made (encoder {now.model})",
        f"meanings due: {now.meanings_due}{since}; {now.meanings_stuck} failed before",
        f"frequencies of {now.terms} terms: {counted}",
        f"suggestions: {now.words} words, {known}",
        f"rebuild: {rebuild}",
        f"synonyms: {now.synonym_groups} groups in use, {now.synonym_groups_off} switched off",
    ]
