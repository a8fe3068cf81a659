"""Bulk work makes many small objects that are freed by counting: walking over them again and again finds nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLD = 200_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python's cycle collector run rarely meanwhile: measured, a fifth of the time of an import."""
    before = gc.get_threshold()
    gc.set_threshold(THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
