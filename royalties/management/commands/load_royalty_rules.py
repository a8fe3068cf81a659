"""The law's rules about royalty that come with the product. The second time a no-op."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core.errors import DomainError
from royalties.services.rules.load import load_late, load_rules, read_government, read_late, read_sharing


class Command(BaseCommand):
    help = "Load the versions of rules about royalty that are not there yet. A published version is never changed."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        try:
            loaded = load_rules(sharing=read_sharing(), government=read_government())
            late = load_late(rows=read_late())
        except DomainError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"added: {loaded.added + late.added}, unchanged: {loaded.unchanged + late.unchanged}")
