"""`make run`: the processes of the Procfile together, from the first line of output to the last process."""

import contextlib
import ctypes
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil
from honcho.environ import parse_procfile

from ops import application
from ops.console import Failure, complain
from ops.paths import LOCAL, ROOT
from ops.services import services

RECORD = LOCAL / "run.json"
READY_SECONDS = 120
# A worker in the middle of an import may finish its batch; after that the import resumes at the next start.
GRACE_SECONDS = 8
COLOURS = ("36", "33", "35", "32", "34")


def serve() -> int:
    """Prepare, start, say where it is, stay until a signal or until one process dies; returns the exit code."""
    if other := running():
        raise Failure(f"Ieum is already running from this folder ({other}). `make stop` stops it.")
    stop_running()
    host, port = os.environ.get("HOST", "127.0.0.1"), _port()
    _must_be_free(host, port)
    with services("run") as addresses:
        env = application.environment("run", addresses) | {"HOST": host, "PORT": str(port)}
        if os.geteuid() == 0:
            # Celery's long advice against running as root is right for production and noise in a container.
            env.setdefault("PYTHONWARNINGS", "ignore:::celery.platforms")
        Path(env.get("MAIL_FOLDER") or LOCAL / "mail").mkdir(parents=True, exist_ok=True)
        application.ready(env)
        house = House(env)
        try:
            house.start()
            if house.wait_until_ready(f"http://{_reachable(host)}:{port}/readyz"):
                _welcome(env, _reachable(host), port)
                house.wait()
        except (KeyboardInterrupt, SystemExit):
            house.asked_to_stop = True
        finally:
            house.stop()
    return 0 if house.asked_to_stop else 1


class House:
    """The processes of the Procfile, each in a session of its own so that only we pass signals on."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.commands = parse_procfile((ROOT / "Procfile").read_text()).processes
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.threads: list[threading.Thread] = []
        self.asked_to_stop = False

    def start(self) -> None:
        for name, command in self.commands.items():
            self.processes[name] = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        RECORD.write_text(
            json.dumps({"run": _identity(os.getpid()), "children": [_identity(p.pid) for p in self.processes.values()]})
        )
        width = max(map(len, self.processes))
        for (name, process), colour in zip(self.processes.items(), COLOURS, strict=False):
            thread = threading.Thread(
                target=_copy_lines, args=(process.stdout, f"{name:{width}} | ", colour), daemon=True
            )
            thread.start()
            self.threads.append(thread)

    def wait_until_ready(self, address: str) -> bool:
        """True when `address` answers 200; False when a process died before."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._dead():
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(address, timeout=5) as answer,
            ):
                if answer.status == 200:
                    return True
            if time.monotonic() > deadline:
                raise Failure(f"{address} did not answer within {READY_SECONDS} seconds; the lines above say why.")
            time.sleep(0.2)
        return False

    def wait(self) -> None:
        """Until one of the processes ends, which none should."""
        while not self._dead():
            time.sleep(0.2)

    def stop(self) -> None:
        """End all processes with everything they started, more firmly as time passes or at another Ctrl-C."""
        hurry = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: hurry.set())
        for name, code in self._dead().items():
            if not self.asked_to_stop:
                complain(f"{name} ended with code {code}; stopping the rest.")
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
            for process in self.processes.values():
                # The group outlives its leader where the leader was killed.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    if number == signal.SIGKILL or process.poll() is not None:
                        os.killpg(process.pid, signal.SIGKILL)
                    else:
                        process.send_signal(number)
            deadline = time.monotonic() + GRACE_SECONDS
            while time.monotonic() < deadline and len(self._dead()) < len(self.processes) and not hurry.is_set():
                time.sleep(0.05)
        for thread in self.threads:
            thread.join(timeout=1)
        RECORD.unlink(missing_ok=True)

    def _dead(self) -> dict[str, int]:
        return {name: code for name, process in self.processes.items() if (code := process.poll()) is not None}


def running() -> str | None:
    """Words for the `make run` of this copy that is running now, or None."""
    record = _record()
    if record and (process := _find(record["run"])):
        return f"process {process.pid}"
    return None


def stop_running() -> None:
    """End the `make run` of this copy, or what a killed one left behind."""
    record = _record()
    if not record:
        return
    if process := _find(record["run"]):
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout=3 * GRACE_SECONDS + 10)
    left = [process for process in map(_find, record["children"]) if process]
    for process in left:
        family = [process, *process.children(recursive=True)]
        process.terminate()
        psutil.wait_procs(family, timeout=GRACE_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    RECORD.unlink(missing_ok=True)


def _record() -> dict[str, list]:
    try:
        return dict(json.loads(RECORD.read_text()))
    except (OSError, ValueError):
        return {}


def _identity(pid: int) -> list[float]:
    """Number and start time: the number alone may belong to somebody else by the time it is read."""
    return [pid, psutil.Process(pid).create_time()]


def _find(identity: list[float]) -> psutil.Process | None:
    try:
        process = psutil.Process(int(identity[0]))
        same = abs(process.create_time() - identity[1]) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same else None


def _end_with_parent() -> None:
    """On Linux the kernel ends the process when `make run` is killed without a chance to do so itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _copy_lines(source: IO[bytes], prefix: str, colour: str) -> None:
    if sys.stdout.isatty():
        prefix = f"\033[{colour}m{prefix}\033[0m"
    for line in source:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(f"{prefix}{line.decode(errors='replace').rstrip()}\n")
            sys.stdout.flush()


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if not re.fullmatch(r"\d+", given) or not 0 < int(given) < 65536:
        raise Failure(f"PORT is {given!r}; set it to a number from 1 to 65535.")
    return int(given)


def _must_be_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Failure(f"Port {port} is for root only. Choose one from 1024 up: make run PORT=8000") from None
        except OSError as error:
            why = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise Failure(f"Port {port} {why}. Choose another: make run PORT={port + 1}") from None


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _welcome(env: Mapping[str, str], host: str, port: int) -> None:
    address = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"
    print(f"\n  Ieum is ready:  {address}/")
    if env["IEUM_ENV"] == "development":
        print(f"  Demo accounts:  {address}/accounts/login/ lists them")
        if not env.get("EMAIL_URL"):
            print(f"  Mail it sends:  {address}/development/mail/")
    print("  Ctrl-C stops it.\n", flush=True)
