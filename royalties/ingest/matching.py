"""Which open invoice a deposit pays: by the invoice's number in the words of the transfer, by payer and sum, by either.

Two signs that agree are certain and may be booked; one alone is a suggestion for a person. An
invoice's number counts for two.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from royalties.enums.income import CERTAIN, MatchKind
from royalties.ingest.bank import BankLine

LEGAL_FORMS = re.compile(r"주식회사|유한회사|\(주\)|\(유\)|\bco\.?,?\s*ltd\b|\binc\b|\bcorp(?:oration)?\b|\bltd\b")
NOT_LETTERS = re.compile(r"[^0-9a-z가-힣一-鿿]")
NUMBER = re.compile(r"(?=(I(?:19|20)[0-9]{8}))")
SHORTEST = 2
"""A name of one letter fits everywhere."""
CUT_OFF_AT = 5
"""Banks cut a payer's name off; so many letters of the beginning are enough."""


@dataclass(frozen=True)
class OpenInvoice:
    """What is still to be paid of an invoice, and by whom under which names."""

    pk: int
    number: str
    payer_names: tuple[str, ...]
    open_won: int


@dataclass(frozen=True)
class Match:
    """`pk` of the invoice and why; none where nothing fits, or several fit as well."""

    pk: int | None = None
    kind: str = ""

    @property
    def is_certain(self) -> bool:
        return self.kind in CERTAIN


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """A firm's name as far as it tells firms apart: no legal form, no spaces, no case."""
    return NOT_LETTERS.sub("", LEGAL_FORMS.sub("", unicodedata.normalize("NFKC", name).casefold()))


def is_payer(text: str, names: Iterable[str]) -> bool:
    """Whether `text` is one of the names, or its beginning as a bank cuts it off."""
    said = name_key(text)
    if len(said) < SHORTEST:
        return False
    return any(said == key or (len(said) >= CUT_OFF_AT and key.startswith(said)) for key in map(name_key, names) if key)


def match_lines(lines: Sequence[BankLine], invoices: Sequence[OpenInvoice]) -> list[Match]:
    """A match for each line, in their order. What an earlier line pays is open no more for a later one.

    An invoice that is paid already is still found by its number: that was paid too much.
    """
    left = {invoice.pk: invoice.open_won for invoice in invoices}
    found = []
    for line in lines:
        match = _match(line, invoices, left)
        if match.is_certain and match.pk is not None:
            left[match.pk] = max(0, left[match.pk] - line.amount_won)
        found.append(match)
    return found


def numbers_in(line: BankLine) -> set[str]:
    """What may be an invoice's number in the words of a transfer, however they are spaced."""
    return set(NUMBER.findall(_words(line)))


def _words(line: BankLine) -> str:
    said = unicodedata.normalize("NFKC", f"{line.payer} {line.memo} {line.reference}").upper()
    return re.sub(r"[^0-9A-Z]", "", said)


def _match(line: BankLine, invoices: Sequence[OpenInvoice], left: dict[int, int]) -> Match:
    words = _words(line)
    named = [invoice for invoice in invoices if invoice.number in words]
    if len(named) == 1:
        return Match(named[0].pk, MatchKind.REFERENCE)
    if named:
        return Match()
    still_open = [invoice for invoice in invoices if left[invoice.pk]]
    texts = (line.payer, line.memo)
    of_payer = [i for i in still_open if any(is_payer(text, i.payer_names) for text in texts)]
    exact = [i for i in of_payer if left[i.pk] == line.amount_won]
    same_sum = [i for i in still_open if left[i.pk] == line.amount_won]
    for candidates, kind in ((exact, MatchKind.PAYER_AND_SUM), (of_payer, MatchKind.PAYER), (same_sum, MatchKind.SUM)):
        if len(candidates) == 1:
            return Match(candidates[0].pk, kind)
        if candidates:
            break
    return Match()
