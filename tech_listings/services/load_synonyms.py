"""The groups of synonyms that come with the product. What an office edited or switched off stays as it is."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from tech_listings.models import SynonymGroup
from tech_listings.search.synonyms import changed_after_commit, word_key
from tech_listings.services.synonyms import clean_words, take_turn

PRODUCT = Path(__file__).parent.parent / "data" / "synonyms.csv"
LANGUAGES = ("ko", "en", "zh")


@dataclass(frozen=True)
class ReferenceGroup:
    """`name` is the group's name for good: an office may change all its words."""

    name: str
    words: list[str]


@dataclass(frozen=True)
class Loaded:
    """`known` were loaded before, whatever became of them; `left_out` have a word that an office's group has."""

    added: int
    known: int
    left_out: int


def read_product(*, path: Path = PRODUCT) -> list[ReferenceGroup]:
    """The file: `name,ko,en,zh`, several words of a language with `|` between them. Raises `WordsRefused`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            ReferenceGroup(row["name"], clean_words(w for code in LANGUAGES for w in row[code].split("|")))
            for row in csv.DictReader(file)
        ]


@transaction.atomic
def load_synonyms(*, groups: Iterable[ReferenceGroup], at: datetime) -> Loaded:
    """Add the groups that are not there yet and whose words stand in no other group, used or not."""
    take_turn(by=None)
    names, taken = set(), set()
    for group in SynonymGroup.objects.order_by("pk"):
        names.add(group.reference)
        taken.update(group.keys)
    known, left_out, new = 0, 0, []
    for reference in groups:
        keys = [word_key(word) for word in reference.words]
        if reference.name in names:
            known += 1
        elif taken.intersection(keys):
            left_out += 1
        else:
            taken.update(keys)
            new.append(SynonymGroup(words=reference.words, keys=keys, reference=reference.name, changed_at=at))
    SynonymGroup.objects.bulk_create(new)
    if new:
        changed_after_commit()
    return Loaded(len(new), known, left_out)
