"""The law's rules about duties that come with the product. The second time a no-op."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core.errors import DomainError
from obligations.services.load_rules import load_rules, read_product


class Command(BaseCommand):
    help = "Load the versions of rules of duties that are not there yet. A published version is never changed."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        try:
            loaded = load_rules(rules=read_product())
        except DomainError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"added: {loaded.added}, unchanged: {loaded.unchanged}")
