from typing import Any

from django.core.management.base import BaseCommand

from marketplace.core import state_docs


class Command(BaseCommand):
    help = "Write docs/states/*.md from the state tables of the apps. Again: only what changed."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = state_docs.write()
        for path in changed:
            self.stdout.write(f"{'written' if path.exists() else 'removed'}: docs/states/{path.name}")
        if not changed:
            self.stdout.write("docs/states is up to date.")
