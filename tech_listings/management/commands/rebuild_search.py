from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from tech_listings.models import Listing, ListingDocument, ListingMeaning, SearchState
from tech_listings.services.embed import embed_due
from tech_listings.services.rebuild import BATCH, outdated, rebuild_all, rebuild_outdated
from tech_listings.services.refresh_terms import refresh_terms
from tech_listings.services.refresh_words import refresh_words


class Command(BaseCommand):
    help = (
        "Make search documents anew in batches while search goes on: those of an older analyser, with --all every one. "
        "It may be stopped and started again. Then the figures of terms, and with --meanings the meanings that are due."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", dest="every", help="also documents that are up to date")
        parser.add_argument("--afresh", action="store_true", help="with --all: from the first, not where it stopped")
        parser.add_argument("--batch", type=int, default=BATCH, help=f"listings per transaction, {BATCH} unless said")
        parser.add_argument("--meanings", action="store_true", help="make due meanings here instead of in the workers")

    def handle(self, *args: Any, every: bool, afresh: bool, batch: int, meanings: bool, **options: Any) -> None:
        done = self.all_of(batch, afresh) if every else self.outdated(batch)
        counted = refresh_terms(at=timezone.now())
        refresh_words(at=timezone.now(), anew=True)
        self.stdout.write(f"{done} documents made anew, terms of {counted} published documents counted.")
        if left := ListingDocument.objects.filter(outdated()).count():
            self.stdout.write(f"{left} are of listings that somebody is changing; the workers make them anew.")
        if meanings:
            self.meanings()

    def all_of(self, batch: int, afresh: bool) -> int:
        state = SearchState.objects.first()
        start = 0 if afresh or state is None or state.rebuild_from is None else state.rebuild_from
        with tqdm(total=Listing.objects.filter(pk__gt=start).count(), unit=" documents") as bar:
            return rebuild_all(at=timezone.now(), batch=batch, afresh=afresh, tell=bar.update)

    def outdated(self, batch: int) -> int:
        done = 0
        with tqdm(total=ListingDocument.objects.filter(outdated()).count(), unit=" documents") as bar:
            while some := rebuild_outdated(at=timezone.now(), most=batch):
                done += some
                bar.update(some)
        return done

    def meanings(self) -> None:
        with tqdm(total=ListingMeaning.objects.filter(due_at__isnull=False).count(), unit=" meanings") as bar:
            while some := embed_due(at=timezone.now()):
                bar.update(some)
