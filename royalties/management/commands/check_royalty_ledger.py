"""Whether ledger, cached amounts and sums of royalties agree. Fails where they do not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from royalties.services.income.agree import disagreements


class Command(BaseCommand):
    help = "Compare the ledger of royalties with every amount that is kept from it."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        found = list(disagreements())
        for each in found:
            self.stderr.write(f"{each.what} {each.number}: kept {each.kept_won}, counted {each.counted_won}")
        if found:
            raise CommandError(f"{len(found)} sums do not agree.")
        if verbosity:
            self.stdout.write("All sums agree.")
