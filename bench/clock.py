"""Time that a piece of work takes, and how much of it went by waiting for a core that others had."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Taken:
    """Milliseconds: `wall` by the clock, `waited` for a core by us and by the database's process that serves us.

    `free` is what is left: about what it takes on a machine that nobody else uses. Only Linux tells it.
    """

    wall: float
    waited: float

    @property
    def free(self) -> float:
        return self.wall - self.waited


def as_a_web_worker() -> None:
    """What stands now stays, as in `ops/gunicorn.py`: looked through again it would hold one page in many up."""
    gc.collect()
    gc.freeze()


def measured(work: Callable[[T], Any], on: Iterable[T]) -> list[Taken]:
    """How long each took."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        queues = [Path("/proc/self/schedstat"), Path(f"/proc/{cursor.fetchone()[0]}/schedstat")]
    taken = []
    for each in on:
        before, start = sum(map(_waited, queues)), time.perf_counter()
        work(each)
        wall = time.perf_counter() - start
        taken.append(Taken(1_000 * wall, max(0, sum(map(_waited, queues)) - before) / 1_000_000))
    return taken


def _waited(queue: Path) -> int:
    """Nanoseconds a process was ready to run and did not; 0 where the system does not tell, or has it elsewhere."""
    with suppress(OSError, IndexError, ValueError):
        return int(queue.read_text().split()[1])
    return 0


def percentile(values: Iterable[float], percent: int = 95) -> float:
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def summary(taken: list[Taken]) -> dict[str, Any]:
    """What a line of the report says: p50, p95 and max without waiting for a core, and p95 by the clock."""
    free = [each.free for each in taken]
    return {
        "times": len(taken), "p50_ms": round(statistics.median(free), 1), "p95_ms": round(percentile(free), 1),
        "max_ms": round(max(free), 1), "p95_by_the_clock_ms": round(percentile(each.wall for each in taken), 1),
    }  # fmt: skip
