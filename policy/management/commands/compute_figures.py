"""What the worker does each hour and each night, at once: for a new installation, and for whoever will not wait."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due


class Command(BaseCommand):
    help = "Compute the live value of every figure, and freeze the months that are over."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        at = timezone.now()
        computed, frozen = compute_all(at=at), freeze_due(at=at)
        if computed is None:
            self.stdout.write("A worker computes the figures just now.")
        elif verbosity:
            self.stdout.write(
                f"computed {computed.written} values in {computed.seconds:.1f} s, {computed.failed} figures failed; "
                f"frozen {frozen.written}, {frozen.failed} failed"
            )
