from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from open_data.services.bulk import make_bulk
from open_data.services.messages import tell_of_bulk
from open_data.services.restart import restart_feed


class Command(BaseCommand):
    help = "After a restore into a new database server: begin the change feed anew, and make bulk files."

    def handle(self, *args: Any, **options: Any) -> None:
        number = restart_feed(at=timezone.now())
        files = make_bulk(at=timezone.now())
        tell_of_bulk(files, at=timezone.now())
        self.stdout.write(f"Era {number} has begun; {len(files)} bulk files.")
