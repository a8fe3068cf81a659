from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core import translations


class Command(BaseCommand):
    help = "Message catalogues: `update` them from the sources, `check` that they are complete, `compile` them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["update", "check", "compile"])

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "update":
            for locale, left in translations.update().items():
                self.stdout.write(f"{locale}: {left} messages without a translation")
        elif action == "compile":
            for path in translations.compile_all():
                self.stdout.write(f"written: {path.name} of {path.parent.parent.name}")
        elif found := translations.problems():
            raise CommandError("\n".join(found[:50]) + f"\n{len(found)} problems. See CONTRIBUTING, “Languages”.")
