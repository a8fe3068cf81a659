"""A query string of the search page as what a listing is held against (`services.catch`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from tech_listings.filters import ListingFilter
from tech_listings.models import Listing
from tech_listings.search.language import ALL, Question, understand, usual_match
from tech_listings.search.meaning import MODEL, encode
from tech_listings.search.narrowing import spelled
from tech_listings.search.terms import ANALYSER

OF_THE_DAY = ("listed", "confirmed", "registered_after", "registered_before")
"""Filters by date are left out of a saved search: what it finds is always new."""

OF_THE_VIEW = ("page", "view", "sort")
OF_THE_WORDS = ("match", "without_synonyms")
COMPILER = 2
"""Raise it when this module makes something else of the same query."""

VERSION = (ANALYSER * 100 + MODEL) * 10 + COMPILER
SHARE_OF_WORDS = 0.6
WORDS_WITH_A_MEANING = 4
MOST_CHARACTERS = 20_000
"""Of the query string: a page of 2,000 Korean characters has nine each there."""

MOST_FIELDS = 200


class NothingToSearch(DomainError):
    code = "nothing_to_search"


@dataclass(frozen=True)
class Asked:
    """`query` in its one spelling; `chosen` is (label, values) of what it asks; `dropped` the labels left out."""

    query: str
    words: str
    question: Question
    filters: dict[str, Any]
    chosen: list[tuple[str, list[str]]]
    dropped: list[str]


@dataclass(frozen=True)
class Compiled:
    """`candidates`, `excluded` and `units` are tsquery literals; None: every listing. `vector` of length 1."""

    candidates: str | None = None
    excluded: str | None = None
    units: Sequence[str] = ()
    words: Sequence[str] = ()
    units_needed: int = 0
    vector: list[float] | None = None
    filters: dict[str, list[Any]] = field(default_factory=dict)


def read_query(query: str) -> Asked:
    """What a query string of the search page asks for. The same search gives the same `query`, however it is written.

    Raises `DomainError` (field `query`) for a filter that cannot be read and for one that does not exist.
    """
    given = _parsed(query)
    filterset = ListingFilter(given, Listing.objects.none())
    unknown = set(given) - set(filterset.form.fields) - set(OF_THE_VIEW)
    if unknown:
        raise DomainError(_("There is no filter “%(name)s”.") % {"name": min(unknown)[:40]}, field="query")
    if not filterset.form.is_valid():
        name = next(iter(filterset.form.errors))
        label = filterset.form.fields[name].label if name in filterset.form.fields else name
        raise DomainError(
            _("The filter “%(name)s” cannot be read. Choose it again on the search page.") % {"name": label},
            field="query",
        )
    cleaned = {name: value for name, value in filterset.form.cleaned_data.items() if value}
    labels = {name: str(form_field.label) for name, form_field in filterset.form.fields.items()}
    question = _question(cleaned)
    if not cleaned.get("q") or question.match == usual_match(question.text):
        cleaned.pop("match", None)  # the address says it where it makes a difference
    if not cleaned.get("q"):
        cleaned.pop("without_synonyms", None)
    kept: dict[str, list[str]] = {}
    chosen = []
    for name in sorted(set(cleaned) - set(OF_THE_DAY) - set(OF_THE_VIEW)):
        values = cleaned[name] if isinstance(cleaned[name], list) else [cleaned[name]]
        titles = dict(getattr(filterset.form.fields[name], "choices", ())) if name != "holder" else {}
        written = {_written(name, value): str(titles.get(value, value)) for value in values}
        kept[name] = sorted(written)
        if name != "without_synonyms":
            chosen.append((labels[name], [written[key] for key in sorted(written)]))
    written_out = urlencode(kept, doseq=True)
    if len(written_out) > MOST_CHARACTERS:
        raise DomainError(_("This search is too long to be saved. Use fewer words."), field="query")
    return Asked(
        query=written_out,
        words=question.text,
        question=question,
        filters={name: cleaned[name] for name in cleaned if name in kept and name not in ("q", *OF_THE_WORDS)},
        chosen=chosen,
        dropped=[labels[name] for name in OF_THE_DAY if name in cleaned],
    )


def _question(cleaned: dict[str, Any]) -> Question:
    """As `tech_listings.results.search` understands the same parameters."""
    return understand(
        _written("q", cleaned.get("q") or ""),
        match=cleaned.get("match") or "",
        without_groups=[group for group in (cleaned.get("without_synonyms") or "").split(",") if group],
    )


def _parsed(query: str) -> MultiValueDict[str, str]:
    try:
        return MultiValueDict(parse_qs(query, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise DomainError(_("This search is too long to be saved. Use fewer words."), field="query") from None


def _written(name: str, value: Any) -> str:
    if name == "holder":
        return str(value.public_id)
    if name != "q":
        return str(value)
    # Line by line: several lines are a text, in which a dash excludes nothing.
    return "\n".join(filter(None, (" ".join(line.split()) for line in tidy(value).splitlines())))


def compiled(asked: Asked) -> Compiled:
    """The columns of a saved search. Raises `NothingToSearch` where there is neither a word nor a filter."""
    question = asked.question
    filters = _filters(asked)
    if not (question.asks if asked.words else filters):
        raise NothingToSearch(_("Write a word or choose a filter first, then save the search."), field="query")
    units = [unit.query for unit in question.units]
    by_meaning = len(units) >= WORDS_WITH_A_MEANING and question.match != ALL
    must = [question.required] if question.required else []
    if units and question.match != ALL:
        must.append(f"({' | '.join(f'({unit})' for unit in units)})")
    return Compiled(
        candidates=" & ".join(must) or None,
        excluded=" | ".join(f"({unit.query})" for unit in question.without) or None,
        units=units,
        words=[unit.text for unit in question.units],
        units_needed=len(units) if question.match == ALL else needed(len(units)),
        # Who asks for all of the words gets nothing that only means the same, as on the page.
        vector=encode([question.words])[0] if by_meaning else None,
        filters=filters,
    )


def needed(count: int) -> int:
    """Of how many words a listing needs to have some where it need not have all: both of two, 60 % of more."""
    return count if count <= 2 else ceil(count * SHARE_OF_WORDS)


def _filters(asked: Asked) -> dict[str, list[Any]]:
    """Filters and field words, each a list. Of `ipc`, `holder_names`, `phrases` and `titles` a listing has to fit all,
    of `without_phrases` none, of the others one."""
    question = asked.question
    made: dict[str, list[Any]] = {name: _filter(name, value) for name, value in asked.filters.items()}
    if question.levels:
        made["trl"] = [level for level in question.levels if level in made.get("trl", question.levels)]
    made["ipc"] = [*made.get("ipc", ()), *map(_symbol, question.ipc)]
    made["holder_names"] = list(question.holders)
    made["phrases"] = [spelled(phrase) for phrase in question.phrases]
    made["without_phrases"] = [spelled(phrase) for phrase in question.without_phrases]
    made["titles"] = [spelled(title) for title in question.titles]
    made["number"] = [question.number] if question.number else []
    return {name: values for name, values in made.items() if values or (name == "trl" and question.levels)}


def _filter(name: str, value: Any) -> list[Any]:
    if name == "holder":
        return [value.pk]
    if name == "trl":
        return [int(level) for level in value]
    if name == "ipc":
        return [_symbol(value)]
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _symbol(symbol: str) -> str:
    return symbol if len(symbol) <= 4 or "/" in symbol else f"{symbol}/"
