"""Which listings a question leaves of all: by fields, numbers, phrases and words that are a must; in no order."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import IRegex, Lookup, Regex

from tech_listings.models import Listing
from tech_listings.search.language import ALL, Question, understand


class Matches(Func):
    """`terms @@ query`. Cast, not to_tsquery(): its parser would drop the mark of the pairs."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, terms: Any, literal: str) -> None:
        super().__init__(terms, Cast(Value(literal), SearchQueryField()))


def matching(listings: QuerySet[Listing], text: str) -> QuerySet[Listing]:
    """`listings` that hold every word of `text`, in no order. Nothing askable finds nothing."""
    if not text.strip():
        return listings
    question = understand(text, match=ALL)
    if not question.asks:
        return listings.none()
    narrowed = narrow(listings, question)
    return narrowed.filter(Matches(F("document__terms"), question.required)) if question.required else narrowed


def narrow(listings: QuerySet[Listing], question: Question) -> QuerySet[Listing]:
    """What the fields, numbers and phrases of a question leave of `listings`; its words are not looked at."""
    if question.number:
        return listings.filter(number=question.number)
    if question.levels:
        listings = listings.filter(trl__in=question.levels)
    for symbol in question.ipc:
        listings = with_ipc(listings, symbol)
    for name in question.holders:
        listings = listings.filter(
            Q(holder__name__icontains=name) | Q(holder__name_en__icontains=name) | Q(holder__name_zh__icontains=name)
        )
    for phrase in question.phrases:
        listings = listings.filter(_says(TEXT_FIELDS, phrase))
    for phrase in question.without_phrases:
        listings = listings.exclude(_says(TEXT_FIELDS, phrase))
    for title in question.titles:
        listings = listings.filter(_says(TEXT_FIELDS[:3], title))
    return listings


class AnyStartsWith(Func):
    """Whether one element of a text array begins with a text."""

    template = "EXISTS (SELECT 1 FROM unnest(%(expressions)s))"
    arg_joiner = ") AS element WHERE starts_with(element, "
    output_field = BooleanField()


def with_ipc(listings: QuerySet[Listing], symbol: str) -> QuerySet[Listing]:
    """Those classified under an IPC symbol or the beginning of one (`H`, `H01M`, `H01M 10/0562`)."""
    if len(symbol) <= 4:
        return listings.filter(ipc_prefixes__contains=[symbol])
    beginning = symbol if "/" in symbol else f"{symbol}/"
    return listings.filter(AnyStartsWith(F("ipc_codes"), Value(beginning)), ipc_prefixes__contains=[symbol[:4]])


TEXT_FIELDS = (
    "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko", "summary_en", "summary_zh",
    "problem", "effect", "field_of_use",
)  # fmt: skip


ONLY_HANGUL = re.compile(r"[가-힣\s]+")


class Normalised(Func):
    """A text in NFKC. Nearly every one is already: to look is four times quicker than to normalise it again."""

    output_field = TextField()
    # OFFSET keeps the text in one place; pulled up it would be put together three times.
    template = (
        "(SELECT CASE WHEN t IS NFKC NORMALIZED THEN t ELSE normalize(t, NFKC) END "
        "FROM (SELECT %(expressions)s AS t OFFSET 0) whole)"
    )


def _says(names: Sequence[str], phrase: str) -> "Lookup[Any]":
    """Whether one of these fields, or the keywords beside all of them, says `phrase`.

    Syllables of Hangul stand in every text as they are typed: NFKC and upper case, half of the work, are for the rest.
    """
    parts: list[Any] = [part for name in names for part in (F(name), Value(" "))]
    if names == TEXT_FIELDS:
        parts.append(Func(F("keywords"), Value(" "), function="array_to_string", output_field=TextField()))
    text = Concat(*parts, output_field=TextField())
    return Regex(text, spelled(phrase)) if ONLY_HANGUL.fullmatch(phrase) else IRegex(Normalised(text), spelled(phrase))


def spelled(phrase: str) -> str:
    """A regular expression for a phrase: spaces as written or not at all between Hangul and Han, whole Latin words."""
    words = re.findall(r"[\w]+", phrase)
    pattern = ""
    for before, word in zip(["", *words], words, strict=False):
        if before:
            latin = before[-1].isascii() or word[0].isascii()
            pattern += r"[\s\-·‧・ㆍ/]+" if latin else r"[\s\-·‧・ㆍ/]*"
        pattern += (r"\m" if word[0].isascii() and not before else "") + re.escape(word)
    return pattern


def ids_literal(ids: Iterable[int]) -> str:
    """`{1,2,3}`: as one text a thousand ids cost a tenth of what they cost as an expression of a thousand parts."""
    return f"{{{','.join(map(str, ids))}}}"


class IsOneOf(Func):
    """`key = ANY(ids)`: one parameter, however many ids, and no field asked about each of them."""

    template = "%(expressions)s = ANY(%%s::bigint[])"
    output_field = BooleanField()

    def __init__(self, key: Any, ids: Iterable[int]) -> None:
        super().__init__(key)
        self.ids = ids_literal(ids)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, **context)
        return sql, [*params, self.ids]


def among(listings: QuerySet[Listing], ids: Sequence[int]) -> QuerySet[Listing]:
    """Those of `listings` that have one of these ids."""
    return listings.filter(IsOneOf(F("pk"), ids))
