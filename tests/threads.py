"""Two or more calls at the same moment, each with its own database connection. The fixtures are every test's."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import QuerySet

from marketplace.core.errors import Conflict
from marketplace.core.states import StateMachine
from tests.database import mail_waits

AT_ONCE = "at once"


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run `calls` in threads that start together; give what each returned, or the exception it raised.

    They wait for locks longer than the house lets anybody wait: on a busy machine the other needs its time, and no
    test is about that. Who waits for each other is still stopped by the database after a second.
    """
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout TO '20s'")
            gate.wait(10)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call), name=AT_ONCE) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture(params=[True, False], ids=["with the locks", "without"])
def locked(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    with mail_waits():  # a worker's matter, which takes as long as all the rest
        yield request.param


@pytest.fixture
def meeting(locked, monkeypatch):
    """The two threads of `at_once` meet between check and write, if nothing keeps one of them out."""
    barrier, check, met = threading.Barrier(2), StateMachine.check, set()

    def meet(self, obj, to):
        check(self, obj, to)
        thread = threading.current_thread()
        # What prepares the test moves rows too and would wait for nobody; so would who checks a second time.
        if thread.name != AT_ONCE or thread in met:
            return
        met.add(thread)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=0.3 if locked else 15)

    monkeypatch.setattr(StateMachine, "check", meet)


def kinds(outcomes):
    """What came of each call: done, told what happened, or stopped by the database only."""
    names = []
    for outcome in outcomes:
        if isinstance(outcome, Conflict):
            names.append("told")
        elif isinstance(outcome, DatabaseError):
            names.append("database")
        else:
            assert not isinstance(outcome, Exception), outcome
            names.append("done")
    return sorted(names)


def meet_in(monkeypatch, module, name, *, locked):
    """The two threads of `at_once` meet when each calls `module.name` for the first time, if nothing keeps one out."""
    meet_where(monkeypatch, [(module, name)], locked=locked)


def meet_where(monkeypatch, places, *, locked):
    """As `meet_in`, for two that do different things: each waits where it first comes to one of `places`."""
    barrier, met = threading.Barrier(2), set()

    def meeting_at(called):
        def meet(*given, **named):
            thread = threading.current_thread()
            if thread.name == AT_ONCE and thread not in met:
                met.add(thread)
                with contextlib.suppress(threading.BrokenBarrierError):
                    barrier.wait(timeout=0.3 if locked else 15)
            return called(*given, **named)

        return meet

    for module, name in places:
        monkeypatch.setattr(module, name, meeting_at(getattr(module, name)))
