"""What people type into the search box, understood (docs/search.md).

    수소 저장 "고체 전해질" -자동차 ipc:H01M trl:5..7 holder:"가온대학교" 10-2020-0001234

Anything is a question: what cannot be read as a sign of the language is a word.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from marketplace.core.text import normalise
from tech_listings.numbers import LISTING_NUMBER
from tech_listings.search.documents import quoted
from tech_listings.search.statistics import Rarity
from tech_listings.search.synonyms import groups_for
from tech_listings.search.terms import ANY_RUN, HAN, HANGUL, MAX_TERM, bigrams, morphemes, stem, terms_in

MAX_QUESTION = 20_000
"""Characters of a pasted text that are looked at."""

PASTED = 300
"""A text longer than this, or of several lines, was pasted: its quotes and dashes are no signs of the language."""

MOST_WORDS = 32
SYNONYM_SHARE = 0.8
"""What the word of a synonym counts, against the word it stands for."""

"""Words that can each be required, excluded or shown; of a longer text all terms count, by their rarity."""

ANY, ALL = "any", "all"

FIELDS = {
    "ipc": "ipc",
    "holder": "holder", "기관": "holder", "보유기관": "holder", "机构": "holder",
    "trl": "trl",
    "title": "title", "기술명": "title", "제목": "title", "名称": "title",
}  # fmt: skip
"""Words before a colon, and the field they name."""

STOP_WORDS = frozenset(
    """
    a an and are as at be been but by can could do does for from had has have how if in into is it its may of on or
    our out over should so such than that the their them then there these they this those to under up used using was
    we were what when where which who why will with would you your
    """.split()  # noqa: SIM905 - as words of a text they can be read
)
TOKEN = re.compile(
    r"""(?P<minus>(?<!\S)-)?
        (?: (?P<field>[^\W\d_]+):(?P<value>"[^"]*"|[^\s"]+)
          | (?:(?<!\S)|(?<=(?<!\S)-))"(?P<phrase>[^"]*)"(?!\S)
          | (?P<word>[^\s"]+) )""",
    re.VERBOSE,
)
"""A phrase stands apart: quotes within a running text (`论"全球化"问题`) are no signs."""

PATENT = re.compile(r"(?P<kind>[1234]0)-(?:(?P<year>\d{4})-)?(?P<serial>\d{7})(?!\d)")
LEVELS = re.compile(r"(?P<low>[1-9])?(?P<range>\.\.|-|~)?(?P<high>[1-9])?")


@dataclass(frozen=True)
class Unit:
    """A word that is asked for. `query` is the tsquery literal a document must match to have it.

    `also` are words that mean the same, from the synonym group `group`, whose own queries are in `query` too.
    """

    text: str
    query: str
    also: tuple[str, ...] = ()
    group: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.text, *self.also)


@dataclass(frozen=True)
class Question:
    """A question understood. `notes` are (code, what was typed) of what could not be read, for the page to explain."""

    text: str
    units: tuple[Unit, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[Unit, ...] = ()
    without_phrases: tuple[str, ...] = ()
    ipc: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    number: str = ""
    match: str = ANY
    notes: tuple[tuple[str, str], ...] = ()
    words: str = field(default="", compare=False)

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.units or self.phrases or self.titles or self.number or self.narrows)

    @property
    def narrows(self) -> bool:
        return bool(self.ipc or self.holders or self.levels)

    @property
    def is_long(self) -> bool:
        """A sentence or a pasted page: its rarest terms lead to the candidates, and all of them count."""
        return len(self.units) > 6

    @cached_property
    def terms(self) -> Counter[str]:
        """Every term of the question with how often it stands there; what synonyms add is not in it."""
        return Counter(terms_in("\n".join((self.words, *self.phrases, *self.titles))))

    @cached_property
    def all_terms(self) -> tuple[str, ...]:
        """The terms of the question and of its synonyms, each once; pairs of a query's branches too."""
        also = terms_in("\n".join(word for unit in self.units for word in unit.also))
        return tuple(dict.fromkeys((*self.terms, *also)))

    def weights_of_synonyms(self, known: Mapping[str, Rarity]) -> dict[str, float]:
        """What the terms of synonyms count: less than the word that was asked for, however rare they are."""
        made: dict[str, float] = {}
        for unit in self.units:
            asked = max((known[t].idf for t in terms_in(unit.text)), default=0.0)
            for term in terms_in("\n".join(unit.also)):
                if term not in self.terms:
                    made[term] = max(made.get(term, 0.0), SYNONYM_SHARE * min(asked, known[term].idf))
        return made

    @property
    def meant(self) -> str:
        """The text whose meaning is compared."""
        return " ".join((self.words, *self.phrases, *self.titles))

    @property
    def required(self) -> str:
        """The tsquery literal of what every hit must have and must not have; empty where all is optional."""
        must = [all_words(phrase) for phrase in (*self.phrases, *self.titles)]
        if self.match == ALL:
            must += [unit.query for unit in self.units]
        must += [f"!({unit.query})" for unit in self.without]
        return " & ".join(filter(None, must))


def understand(text: str, *, match: str = "", without_groups: Collection[str] = ()) -> Question:
    """Read what was typed. `match` is `all` or `any`; `without_groups` are synonym groups that are switched off."""
    # Cut again: one letter may become eighteen (ﷺ).
    typed = normalise(text.replace("\x00", " ")[:MAX_QUESTION])[:MAX_QUESTION]
    if LISTING_NUMBER.fullmatch(typed.upper()):
        return Question(text=text, number=typed.upper())
    if _is_pasted(text, typed):
        words = _patent_numbers(typed)
        return Question(text=text, units=tuple(_units(words, without_groups)), match=match or ANY, words=words)
    read = _Reader(match if match in {ANY, ALL} else usual_match(text))
    for token in TOKEN.finditer(typed):
        read.token(token)
    return read.question(text, without_groups)


def _is_pasted(text: str, typed: str) -> bool:
    return len(typed) > PASTED or "\n" in text.strip()


def usual_match(text: str) -> str:
    """How `text` is matched where no switch says it: ALL by an AND in capitals between words and no OR, else ANY."""
    asks_all = re.search(r"\sAND\s", text) and not re.search(r"\sOR\s", text)
    return ALL if asks_all and not _is_pasted(text, normalise(text[:MAX_QUESTION])) else ANY


class _Reader:
    def __init__(self, match: str) -> None:
        self.match = match
        self.words: list[str] = []
        self.without: list[str] = []
        self.phrases: list[str] = []
        self.without_phrases: list[str] = []
        self.fields: dict[str, list[str]] = {"ipc": [], "holder": [], "title": []}
        self.levels: set[int] = set()
        self.notes: list[tuple[str, str]] = []

    def token(self, token: re.Match[str]) -> None:
        minus, name = bool(token["minus"]), FIELDS.get(token["field"] or "")
        if name and not minus:
            self.field(name, token["value"].strip('"').strip())
        elif token["field"]:
            self.word(token["field"] + ":" + token["value"].strip('"'), minus)
        elif token["phrase"] is not None:
            if ANY_RUN.search(token["phrase"]):
                (self.without_phrases if minus else self.phrases).append(token["phrase"].strip())
        else:
            self.word(token["word"], minus)

    def word(self, word: str, minus: bool) -> None:
        if ANY_RUN.search(word):
            (self.without if minus else self.words).append(_patent_numbers(word))

    def field(self, name: str, value: str) -> None:
        if name == "trl":
            levels = _levels(value)
            if levels:
                self.levels |= set(levels)
            else:
                self.notes.append(("trl", value))
        elif name == "ipc":
            symbol = re.sub(r"\s+", "", value).upper()
            if re.fullmatch(r"[A-H](\d{2}([A-Z](\d{1,4}(/\d{2,6})?)?)?)?", symbol):
                self.fields["ipc"].append(re.sub(r"^([A-H]\d{2}[A-Z])(\d)", r"\1 \2", symbol))
            else:
                self.notes.append(("ipc", value))
        elif ANY_RUN.search(value):
            self.fields[name].append(value)

    def question(self, text: str, without_groups: Collection[str]) -> Question:
        words = " ".join(self.words)
        return Question(
            text=text,
            units=tuple(_units(words, without_groups)),
            phrases=tuple(dict.fromkeys(self.phrases)),
            without=tuple(unit for word in self.without if (unit := _unit(word))),
            without_phrases=tuple(dict.fromkeys(self.without_phrases)),
            ipc=tuple(dict.fromkeys(self.fields["ipc"])),
            holders=tuple(dict.fromkeys(self.fields["holder"])),
            titles=tuple(dict.fromkeys(self.fields["title"])),
            levels=tuple(sorted(self.levels)),
            match=self.match,
            notes=tuple(self.notes),
            words=words,
        )


def _levels(text: str) -> range | None:
    """`5`, `5..7`, `5..`, `..7` as the levels they mean; None for anything else."""
    found = LEVELS.fullmatch(text)
    if not found or not (found["low"] or found["high"]):
        return None
    if not found["range"]:
        return range(int(text), int(text) + 1) if len(text) == 1 else None
    low, high = int(found["low"] or 1), int(found["high"] or 9)
    return range(min(low, high), max(low, high) + 1)


def _patent_numbers(word: str) -> str:
    """`10-2020-0001234` and `10-1234567` as the 13 digits they are stored as (domain-facts.md §6.4)."""
    return PATENT.sub(lambda m: m["kind"] + ((m["year"] + m["serial"]) if m["year"] else m["serial"] + "0000"), word)


def _units(words: str, without_groups: Collection[str]) -> Iterable[Unit]:
    """The words that are asked for, each once; those of a group of synonyms with what else is asked for them."""
    groups = [group for group in groups_for(words) if str(group.public_id) not in without_groups]
    runs = [run for run in ANY_RUN.finditer(words) if run.group() not in STOP_WORDS] or list(ANY_RUN.finditer(words))
    seen: set[str] = set()
    many = 0
    for run in runs:
        group = next((g for g in groups if g.start < run.end() and run.start() < g.end), None)
        covered = [r for r in runs if group and group.start < r.end() and r.start() < group.end] or [run]
        text = words[covered[0].start() : covered[-1].end()]
        if text in seen:
            continue
        seen.add(text)
        many += 1
        if many > MOST_WORDS:
            return
        query = " & ".join(dict.fromkeys(run_query(r.group()) for r in covered))
        if group is None:
            yield Unit(text, query)
        else:
            also = tuple(filter(None, map(all_words, group.others)))
            spelled = f"(({query}) | {' | '.join(f'({other})' for other in also)})" if also else query
            yield Unit(text, spelled, group.others, str(group.public_id))


def _unit(text: str) -> Unit | None:
    query = all_words(text)
    return Unit(text, query) if query else None


def all_words(text: str, *, as_written: bool = False) -> str:
    """The tsquery literal of all words of `text`; empty where it has none. `as_written`: see `run_query`."""
    runs = ANY_RUN.findall(normalise(text))[:MOST_WORDS]
    return " & ".join(dict.fromkeys(run_query(run, as_written=as_written) for run in runs))


def run_query(run: str, *, as_written: bool = False) -> str:
    """The tsquery literal that asks for one run: a Hangul one by its pairs or its morphemes, a Latin one by its
    beginning.

    `as_written`: by its pairs only. `연료전쥐` is then not found where there is fuel (`연료`).
    """
    if not (HANGUL.match(run) or HAN.match(run)):
        word = quoted(stem(run[:MAX_TERM]))
        return f"{word}:*" if len(run) >= 3 and not run.isdigit() else word
    if len(run) == 1:
        return f"{quoted('=' + run)}:*"
    pairs = " & ".join(quoted(p) for p in bigrams(run[:MAX_TERM])[:-1])
    words = [m for m in morphemes(run[:MAX_TERM]) if m != run] if HANGUL.match(run) and not as_written else []
    if sum(map(len, words)) >= 2:
        return f"(({pairs}) | ({' & '.join(quoted(w) for w in dict.fromkeys(words))}))"
    return f"({pairs})"
