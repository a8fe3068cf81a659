"""“Did you mean”: for words that no published document has, the nearest word that one has."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.core.replica import on_replica
from marketplace.core.text import tidy
from tech_listings.models import SearchWord
from tech_listings.search.hits import any_published, bounded, seen_in, stands_in
from tech_listings.search.letters import distance, keys, letters

MOST_CHARACTERS = 100
"""In a longer question a wrong word does not keep anything from being found."""

MOST_CORRECTED, NEAREST, BEST = 6, 40, 5
SIMILAR = "0.25"
"""Words of four letters of which one is wrong share a quarter of their trigrams."""

PLAIN_WORD = re.compile(r"(?P<before>[\"“(]*)(?P<word>[^\W_](?:[\w.·-]*[^\W_])?)(?P<after>[\"”).,?!]*)")
OPERATORS = frozenset({"and", "or", "not"})
PARTICLES = ("으로", "에서", "을", "를", "이", "가", "은", "는", "의", "에", "로", "와", "과", "도")
ENDINGS = ("하는", "하여", "하다", "되는", "되어", "되다", "한", "할", "된", "적", "용", "들")
SHIFTED = str.maketrans({key: key.lower() * 2 for key in "QWERT"})

NEAREST_WORDS = """
    SELECT id, word, letters, keys, documents, seen_in FROM tech_listings_searchword
    WHERE keys %% %s AND length(keys) BETWEEN %s AND %s
    ORDER BY similarity(keys, %s) DESC, documents DESC, word LIMIT %s
"""


@dataclass(frozen=True)
class Near:
    """A candidate and how many letters it is away; 0 where the same keys were pressed in the other layout."""

    word: SearchWord
    away: int


def did_you_mean(text: str) -> str | None:
    """The whole question with its unknown words corrected; None where nothing is unknown or nothing would be found."""
    line = " ".join(tidy(text[: MOST_CHARACTERS * 4]).split())
    if not line or len(line) > MOST_CHARACTERS:
        return None
    parts = line.split(" ")
    plain = {place: match for place, part in enumerate(parts) if (match := _plain(part))}
    known = _in_vocabulary(match["word"] for match in plain.values())
    corrected = 0
    for place, match in plain.items():
        word = match["word"]
        if letters(word) in known or corrected == MOST_CORRECTED or _is_written(word):
            continue
        corrected += 1
        if better := _nearest(word) or _nearest_before_particle(word):
            parts[place] = f"{match['before']}{better}{match['after']}"
    better_line = " ".join(parts)
    said = " ".join(m["word"] if (m := _plain(part)) else "" for part in parts)
    return better_line if better_line != line and any_published(said) else None


def _plain(part: str) -> re.Match[str] | None:
    """A word that may be misspelt: no operator, no field, no word left out by `-`, no number."""
    match = PLAIN_WORD.fullmatch(part)
    if not match or match["word"].lower() in OPERATORS or not any(c.isalpha() for c in match["word"]):
        return None
    return match if len(letters(match["word"])) > 2 and not re.search(r"\d{3}", part) else None


def _is_written(word: str) -> bool:
    """Whether a published document has the word, or what stands before its particle or ending."""
    if any_published(word, as_written=True):
        return True
    end = next((e for e in (*PARTICLES, *ENDINGS) if word.endswith(e) and len(word) > len(e) + 1), "")
    return bool(end) and any_published(word.removesuffix(end), as_written=True)


def _in_vocabulary(words: Iterable[str]) -> set[str]:
    rows = list(on_replica(SearchWord.objects.filter(letters__in={letters(word) for word in words})))
    listings = seen_in(rows)
    return {row.letters for row in rows if stands_in(row, listings)}


def _nearest(word: str) -> str | None:
    """The nearest word of the vocabulary that is still published; of two as near, the one in more listings."""
    asked = letters(word)
    near: dict[int, Near] = {}
    for pressed in dict.fromkeys((keys(word), keys(word.translate(SHIFTED)))):
        for row in _similar(pressed):
            away = 0 if row.keys == pressed else distance(asked, row.letters, 1 if len(asked) <= 4 else 2)
            if row.letters != asked and away <= (1 if len(asked) <= 4 else 2):
                near.setdefault(row.pk, Near(row, away))
    best = sorted(near.values(), key=lambda n: (n.away, -n.word.documents, n.word.word))[:BEST]
    listings = seen_in(n.word for n in best)
    return next((n.word.word for n in best if stands_in(n.word, listings)), None)


def _nearest_before_particle(word: str) -> str | None:
    for particle in PARTICLES:
        if word.endswith(particle) and len(word) > len(particle) + 1:
            better = _nearest(word.removesuffix(particle))
            return f"{better}{particle}" if better else None
    return None


def _similar(pressed: str) -> list[SearchWord]:
    shortest, longest = len(pressed) - 2, len(pressed) + 2
    with bounded(**{"pg_trgm.similarity_threshold": SIMILAR}) as cursor:
        cursor.execute(NEAREST_WORDS, [pressed, shortest, longest, pressed, NEAREST])
        columns = [column.name for column in cursor.description]
        return [SearchWord(**dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
