"""Django's own, faster."""

from typing import Any

from django.core.management.commands import migrate

from marketplace.core.migrating import neighbours_stay


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with neighbours_stay():
            super().handle(*args, **options)
