from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from policy.services.index.weights import load_weights


class Command(BaseCommand):
    help = "Load the version of the capability index that comes with the product, where it is not there yet."

    def handle(self, *args: Any, **options: Any) -> None:
        new = load_weights(at=timezone.now())
        self.stdout.write("Version 1 of the capability index: new." if new else "Version 1 is there already.")
