"""What a registration needs, as it comes with the product. The second time a no-op."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from brokers.services.registration.load_requirements import load_requirements, read_product
from marketplace.core.errors import DomainError


class Command(BaseCommand):
    help = "Load the versions of the requirements that are not there yet. A published one is never changed."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        try:
            loaded = load_requirements(versions=read_product(), at=timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"added: {loaded.added}, unchanged: {loaded.unchanged}")
