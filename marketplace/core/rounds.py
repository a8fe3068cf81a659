"""Rounds over what is due: each alone, so that what cannot be done keeps nothing else waiting."""

from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger(__name__)


def each_alone(what: str, keys: Iterable[int], step: Callable[[int], int | bool]) -> int:
    """The sum of what `step` gives for each key. It has a transaction of its own; what it raises is logged as an error
    under `what`, and left to the next round.
    """
    done = 0
    for key in keys:
        try:
            done += step(key)
        except Exception:  # whatever it was: the others are not to wait for it
            log.exception("left_to_next_round", what=what, key=key)
    return done
