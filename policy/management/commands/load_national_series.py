"""The nation's figures as they were published, and the plan's targets. The second time a no-op."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.core.errors import DomainError
from policy.services.figures.load import load_series, load_targets, read
from policy.services.figures.targets import take_from_held_plans


class Command(BaseCommand):
    help = "Load the national series with their sources and gaps, and the targets that nobody has set yet."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        try:
            series = load_series(rows=read("national_series.json"))
            at = timezone.now()
            plans = take_from_held_plans(at=at)
            targets = load_targets(rows=read("targets.json"), at=at)
        except DomainError as error:
            raise CommandError(str(error)) from error
        for conflict in plans.conflicts:
            self.stderr.write(conflict)
        if verbosity:
            self.stdout.write(
                f"series: added {series.added}, changed {series.changed}, unchanged {series.unchanged}; "
                f"targets: added {targets.added}, unchanged {targets.unchanged}, from plans {plans.added}"
            )
