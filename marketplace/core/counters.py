"""Numbers people read (listing number, receipt number): from a row taken under lock, never max()+1."""

from django.db import models, transaction

from marketplace.core.models import Counter


@transaction.atomic
def take_numbers(*, kind: str, year: int, count: int = 1) -> range:
    """The next `count` serials of `kind` in `year`, never given twice; gaps appear where a caller rolls back.

    Holds the counter row until the caller's transaction ends: take numbers last, or in one block.
    """
    if count < 1:
        raise ValueError("count must be 1 or more")
    Counter.objects.bulk_create([Counter(kind=kind, year=year)], ignore_conflicts=True)
    row = Counter.objects.select_for_update(of=["self"]).get(kind=kind, year=year)
    first = row.last + 1
    row.last = models.F("last") + count
    row.save(update_fields=["last"])
    return range(first, first + count)
