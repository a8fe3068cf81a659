"""What everybody owes today; what Celery beat does every night."""

import json
from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from marketplace.core.errors import DomainError
from obligations.services.run_duties import run_duties


class Command(BaseCommand):
    help = "Create, end, re-open and verify duties as of now. Twice is the same as once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", help="as of noon of this day in Korea (YYYY-MM-DD) instead of now")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *args: Any, day: str | None, json: bool, **options: Any) -> None:
        try:
            written = run_duties(at=_moment(day))
        except DomainError as error:
            raise CommandError(str(error)) from error
        if written is None:
            self.stdout.write("Another run is at work; nothing was done.")
        elif json:
            self.stdout.write(_as_json(written))
        else:
            self.stdout.write(", ".join(f"{name}: {count}" for name, count in sorted(written.items())) or "No change.")


def _as_json(written: Any) -> str:
    return json.dumps(dict(sorted(written.items())))


def _moment(day: str | None) -> datetime:
    if day is None:
        return timezone.now()
    try:
        found = parse_date(day)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{day!r} is no day; write it as 2026-03-31.")
    return timezone.make_aware(datetime.combine(found, time(12)))
