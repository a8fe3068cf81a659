"""Questions of each kind, chosen from the corpus with a fixed seed: from a rare word to a whole page."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.made_up import DEMO

MANY = 60
SAMPLED = 4_000
RARE = (2, 40)
USUAL = (0.000_5, 0.02)
COMMON = 60
VERY_COMMON = 0.5
FILTERS = {"trl": ["4", "5", "6"], "deal": ["non_exclusive_licence"]}


@dataclass(frozen=True)
class Asked:
    """A question, as the parameters of the search page."""

    parameters: Mapping[str, Any]

    @property
    def words(self) -> str:
        return str(self.parameters["q"])


@dataclass(frozen=True)
class Words:
    """Nouns of the corpus by how many documents have them, and listings to take phrases and texts from."""

    by_share: list[tuple[str, float]]
    rare: list[str]
    titles: list[str]
    texts: list[str]

    def usual(self) -> list[str]:
        return [word for word, share in self.by_share if USUAL[0] <= share <= USUAL[1]]

    def common(self) -> list[str]:
        return [word for word, _share in self.by_share[:COMMON]]

    def very_common(self) -> list[str]:
        return [word for word, share in self.by_share if share > VERY_COMMON]


def words_of_corpus(chance: random.Random) -> Words:
    from tech_listings.models import Listing
    from tech_listings.search.narrowing import among
    from tech_listings.search.statistics import rarities
    from tech_listings.search.terms import ANY_RUN, HANGUL, nouns

    last = Listing.objects.order_by("-pk").values_list("pk", flat=True)[0]
    ids = sorted(chance.sample(range(1, last + 1), min(SAMPLED, last)))
    rows = among(Listing.objects.published(), ids).exclude(title_ko="").order_by("pk")
    titles, texts = zip(*rows.values_list("title_ko", "summary_ko"), strict=True)
    runs = sorted({run for text in (*titles, *texts) for run in ANY_RUN.findall(text) if HANGUL.match(run)})
    found = sorted({noun for run in runs for noun in nouns(run)})
    known = rarities([*found, *runs])
    total = max(known[found[0]].total, 1)
    shares = [(word, known[word].documents / total) for word in found if known[word].documents]
    shares.sort(key=lambda pair: (-pair[1], pair[0]))
    rare = [word for word in {*found, *runs} if len(word) > 1 and RARE[0] <= known[word].documents <= RARE[1]]
    return Words(shares, sorted(rare), list(titles), list(texts))


def questions(*, seed: int = 20_261_126) -> dict[str, list[Asked]]:
    """By kind, at most `MANY` of each, all different but those of very common words, of which there are few."""
    chance = random.Random(seed)
    words = words_of_corpus(chance)
    usual, common, very = words.usual(), words.common(), words.very_common() or words.common()[:5]
    demo = [record for path in sorted(DEMO.glob("*.json")) for record in json.loads(path.read_text("utf-8"))]
    foreign = {code: [r[f"title_{code}"] for r in demo if r.get(f"title_{code}")] for code in ("en", "zh")}

    def pair() -> str:
        """Two usual words that stand in one listing."""
        wanted = set(usual)
        while True:
            both = [word for word in _nouns(chance.choice(words.titles)) if word in wanted]
            if len(both) > 1:
                return " ".join(chance.sample(both, 2))

    kinds: dict[str, Callable[[int], dict[str, Any]]] = {
        "usual": lambda n: {"q": chance.choice(usual) if n % 2 else pair()},
        "rare word": lambda n: {"q": chance.choice(words.rare)},
        "common word": lambda n: {"q": common[n % len(common)]},
        "very common word": lambda n: {"q": very[n % len(very)]},
        "two words": lambda n: {"q": f"{chance.choice(usual)} {chance.choice(usual)}"},
        "broad or": lambda n: {"q": " ".join(chance.sample(common, chance.randint(4, 8)))},
        "phrase": lambda n: {"q": _phrase(words, chance)},
        "long text": lambda n: {"q": chance.choice(words.texts)},
        "cross-language": lambda n: {"q": chance.choice(foreign["en" if n % 2 else "zh"])},
        "with filters": lambda n: {"q": chance.choice(usual) if n % 2 else pair(), **FILTERS},
        "all words": lambda n: {"q": pair(), "match": "all"},
    }
    return {kind: _many(make, kind) for kind, make in kinds.items()}


def _many(make: Callable[[int], dict[str, Any]], kind: str) -> list[Asked]:
    made: dict[str, Asked] = {}
    repeated = kind == "very common word"
    for n in range(MANY * 50):
        if len(made) == MANY:
            break
        parameters = make(n)
        made.setdefault(f"{n} {parameters}" if repeated else str(parameters), Asked(parameters))
    return list(made.values())


def _nouns(title: str) -> list[str]:
    from tech_listings.search.terms import ANY_RUN, nouns

    return list(dict.fromkeys(noun for run in ANY_RUN.findall(title) for noun in nouns(run)))


def _phrase(words: Words, chance: random.Random) -> str:
    """Two or three words as they stand in a title."""
    while True:
        text = chance.choice(words.titles).replace('"', " ").split()
        count = chance.choice((2, 2, 3))
        if len(text) >= count:
            start = chance.randrange(len(text) - count + 1)
            return f'"{" ".join(text[start : start + count])}"'
