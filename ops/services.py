"""Embedded PostgreSQL and Valkey, for whoever has set neither DATABASE_URL nor REDIS_URL.

The application sees those two addresses and nothing else. `services(...)` starts what is missing, or joins what already
runs, and stops it when the last user of this copy of the project is gone. Users are counted by shared file locks, which
the kernel takes back from a process that dies, so there is no list of users that could be wrong.

Everything lies under `.local/` of this copy. PostgreSQL listens on a unix socket in a folder that only its own user may
enter, Valkey on a free port with a password: two copies on one machine, and other users, cannot meet by accident.
"""

import ctypes
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ops.paths import LOCAL
from ops.servers import Postgres, Valkey


@contextmanager
def services(instance: str = "run") -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of `instance` (run, test or bench), each from the environment where it is set there.

    `test` may lose its data in a crash. Raises Failure with a sentence when a service cannot be started.
    """
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    home = home_of(instance)
    parts: dict[str, Callable[[], str]] = {}
    servers: list[Postgres | Valkey] = []
    if "DATABASE_URL" not in given:
        postgres = Postgres(home, forgetful=instance == "test")
        servers.append(postgres)
        parts["DATABASE_URL"] = postgres.start
    if "REDIS_URL" not in given:
        valkey = Valkey(home, forgetful=instance == "test")
        servers.append(valkey)
        parts["REDIS_URL"] = valkey.start
    if not parts:
        yield given
        return
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)
    with (home / "users.lock").open("w") as users:
        try:
            with _one_at_a_time(home):
                fcntl.flock(users, fcntl.LOCK_SH)
                addresses = {name: start() for name, start in parts.items()}
            yield given | addresses
        finally:
            with _one_at_a_time(home):
                if _is_last(users):
                    for server in servers:
                        server.stop()
            _bury_orphans()


def home_of(instance: str) -> Path:
    return LOCAL if instance == "run" else LOCAL / instance


def stop_all() -> list[str]:
    """Stop the embedded services of every instance of this copy, in use or not; returns the instances that had any."""
    stopped = []
    for instance in ("run", "test", "bench"):
        home = home_of(instance)
        had = [server.stop() for server in (Postgres(home, forgetful=False), Valkey(home, forgetful=False))]
        if any(had):
            stopped.append(instance)
    return stopped


def adopt_orphans() -> None:
    """On Linux: become the parent of what our children leave behind.

    The first process of a container is often none that would take note of their end, and they would be listed for ever.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def _bury_orphans() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    with (home / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
