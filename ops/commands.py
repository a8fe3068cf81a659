"""What each make target does, once `.venv` is there."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg2
import redis

from ops import application, pins
from ops.clean import remove_built
from ops.console import Failure, complain, say
from ops.paths import ROOT
from ops.run import running, serve, stop_running
from ops.services import adopt_orphans, home_of, services, stop_all

MODULE = [sys.executable, "-m"]


def run(command: str, arguments: list[str]) -> int:
    """Carry out `command`; returns the exit code."""
    known: dict[str, Callable[[list[str]], int]] = {
        "run": lambda _: serve(),
        "setup": lambda _: 0,
        "test": test,
        "lint": lambda _: lint(),
        "bench": bench,
        "manage": manage,
        "demo-reset": lambda _: demo_reset(),
        "stop": lambda _: stop(),
        "clean": lambda _: clean(),
        "pins": lambda _: pins.check(),
    }
    if command not in known:
        raise Failure(f"There is no command {command!r}; `make help` lists them.")
    adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if command not in {"test", "lint", "bench"}:
        application.load_dotenv()
    return known[command](arguments)


def _end(number: int, _frame: object) -> None:
    """Leave by way of every `finally`, so that the services stop with us; once is enough."""
    for ignored in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    raise SystemExit(128 + number)


def test(arguments: list[str]) -> int:
    """The suite, on services of its own, so that a running `make run` is not disturbed."""
    with services("test") as addresses:
        env = application.environment("test", addresses)
        with _template(env) as lock:
            application.compile_messages(env)
            return _call(
                [*MODULE, "pytest", "-n", "2", "--dist", "worksteal", "--create-db", *arguments],
                env | {"TEMPLATE_LOCK": str(lock)},
            )


@contextlib.contextmanager
def _template(env: Mapping[str, str]) -> Iterator[Path]:
    """Migrate a database, which each worker of the suite copies, while messages are compiled and tests collected.

    One of the last run is taken again where no code has changed since: a migration that was changed in place must not
    meet its tables. Gives the path of a lock, which the process that makes it holds; workers wait until that has ended.
    """
    home = home_of("test")
    home.mkdir(parents=True, exist_ok=True)
    path = home / "template.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        making = subprocess.Popen(
            [*MODULE, "tests.database"], cwd=ROOT, env={**env, "TEMPLATE_LOCK": str(path)}, pass_fds=[lock.fileno()]
        )
    try:
        yield path
    finally:
        making.terminate()
        making.wait()


def lint() -> int:
    """Every check, also after one has failed; the failed ones are named again at the end."""
    manage = [sys.executable, "manage.py"]
    checks = [
        [*MODULE, "ruff", "check", "."],
        [*MODULE, "ruff", "format", "--check", "."],
        ["lint-imports"],
        [*MODULE, "mypy", "."],
        [*MODULE, "djlint", "templates", "--lint"],
        [*manage, "makemigrations", "--check", "--dry-run"],
        [*MODULE, "pip", "check"],
        [*MODULE, "ops", "pins"],
    ]
    if application.has_command("messages"):
        checks.append([*manage, "messages", "check"])
    failed = []
    with services("test") as addresses:
        env = application.environment("test", addresses)
        for check in checks:
            name = " ".join(check).removeprefix(f"{sys.executable} ").removeprefix("-m ")
            say(name)
            if _call(check, env):
                failed.append(name)
    for name in failed:
        complain(f"{name} found something, see above")
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Measurements, against services of their own that keep their promises about durability."""
    with services("bench") as addresses:
        env = application.environment("bench", addresses)
        application.migrate(env)
        application.compile_messages(env)
        return _call([*MODULE, "bench", *arguments], env)


def manage(arguments: list[str]) -> int:
    """A management command on the data of `make run`, whether that is running or not."""
    with services("run") as addresses:
        env = application.environment("run", addresses)
        return _call([sys.executable, "manage.py", *arguments], env)


def demo_reset() -> int:
    if os.environ.get("DATABASE_URL"):
        raise Failure(
            "demo-reset throws a whole database away and does so only with the embedded one: unset DATABASE_URL."
        )
    if other := running():
        raise Failure(f"Ieum is running from this folder ({other}). Stop it first: make stop")
    with services("run") as addresses:
        env = application.environment("run", addresses)
        administration = env["DATABASE_URL"].rpartition("/")[0] + "/postgres"
        with contextlib.closing(psycopg2.connect(administration)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("drop database ieum with (force)")
            cursor.execute("create database ieum")
        with contextlib.closing(redis.Redis.from_url(env["REDIS_URL"])) as client:
            client.flushdb()
        application.ready(env)
    say("The demo is as on the first day.")
    return 0


def stop() -> int:
    if other := running():
        stop_running()
        say(f"Stopped {other}.")
    for instance in stop_all():
        say(f"Stopped the embedded services of `make {instance}`.")
    return 0


def clean() -> int:
    stop()
    remove_built()
    return 0


def _call(command: list[str], env: Mapping[str, str]) -> int:
    """Run `command` and return its exit code; when we are told to end, it ends first."""
    with subprocess.Popen(command, cwd=ROOT, env=env) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the terminal told the child too
            return child.wait()
        except SystemExit:
            child.terminate()
            raise
