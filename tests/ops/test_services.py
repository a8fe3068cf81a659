"""The embedded PostgreSQL and Valkey: alone, side by side, and after a crash."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from urllib.parse import unquote

import psutil
import psycopg2
import pytest
import redis

from ops.console import Failure
from ops.servers import Postgres, Valkey
from ops.services import services


def run_sql(address, statement):
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def kill(processes):
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a helper of the server that has just ended by itself
            process.send_signal(signal.SIGKILL)
    while any(is_alive(process) for process in processes):
        time.sleep(0.01)


def is_alive(process):
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def command_of(process):
    """How it was started; nothing of a helper of the server that has just ended by itself."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_database_comes_with_vectors_and_utf8(home):
    address = Postgres(home, forgetful=True).start()

    assert run_sql(address, "select '[1,2]'::vector <-> '[1,3]'::vector") == [(1.0,)]
    assert run_sql(address, "select pg_encoding_to_char(encoding) from pg_database where datname = 'ieum'") == [
        ("UTF8",)
    ]


def test_two_copies_do_not_meet(home, new_home):
    homes = [home, new_home()]
    addresses = [Postgres(each, forgetful=True).start() for each in homes]
    queues = [Valkey(each, forgetful=True).start() for each in homes]

    run_sql(addresses[0], "create table only_here ()")

    assert run_sql(addresses[1], "select to_regclass('only_here') is null") == [(True,)]
    assert queues[0] != queues[1]


def test_copy_of_a_folder_in_use_gets_servers_of_its_own(home, new_home):
    address, queue = Postgres(home, forgetful=True).start(), Valkey(home, forgetful=True).start()
    copy = new_home()

    subprocess.run(["cp", "-a", home / "pg", home / "valkey", copy], check=True)

    assert Postgres(copy, forgetful=True).start() != address
    assert Valkey(copy, forgetful=True).start() != queue
    assert run_sql(address, "select 1") == [(1,)]


def test_second_start_joins_the_first(home):
    first, second = Postgres(home, forgetful=True), Postgres(home, forgetful=True)
    address = first.start()
    processes = {process.pid for process in first.processes(home / "pg") if "-D" in command_of(process)}

    assert second.start() == address
    assert {p.pid for p in first.processes(home / "pg") if "-D" in command_of(p)} == processes
    assert Valkey(home, forgetful=True).start() == Valkey(home, forgetful=True).start()


def test_starts_with_its_data_after_everything_was_killed(home):
    postgres, valkey = Postgres(home, forgetful=False), Valkey(home, forgetful=False)
    address, queue = postgres.start(), valkey.start()
    run_sql(address, "create table kept ()")

    kill(postgres.processes(home / "pg") + valkey.processes(home / "valkey"))

    assert run_sql(postgres.start(), "select to_regclass('kept') is null") == [(False,)]
    assert valkey.start() != queue


def test_starts_after_only_the_master_process_was_killed(home):
    postgres = Postgres(home, forgetful=True)
    postgres.start()

    kill([process for process in postgres.processes(home / "pg") if "-D" in command_of(process)])

    assert run_sql(postgres.start(), "select 1") == [(1,)]


def test_lock_files_that_name_a_living_stranger_are_no_obstacle(home):
    postgres = Postgres(home, forgetful=True)
    postgres.start()
    postgres.stop()
    for stale in (home / "pg" / "postmaster.pid", home / "socket" / ".s.PGSQL.5432.lock"):
        stale.write_text(f"{os.getpid()}\n{home}/pg\n{int(time.time())}\n5432\n{home}/socket\n\n")

    assert run_sql(postgres.start(), "select 1") == [(1,)]


def test_interrupted_making_of_the_database_is_begun_again(new_home):
    home = new_home()
    (home / "pg.new").mkdir(mode=0o700)
    (home / "pg.new" / "PG_VERSION").write_text("18\n")
    os.chown(home / "pg.new", Postgres(home, forgetful=True).user.uid, -1)

    assert run_sql(Postgres(home, forgetful=True).start(), "select 1") == [(1,)]


def test_path_too_long_for_a_socket(new_home):
    home = new_home("기술 " * 12 + "x" * 60)
    postgres = Postgres(home, forgetful=True)

    address = postgres.start()

    assert str(home) not in unquote(address)
    assert run_sql(address, "select 1") == [(1,)]


def test_data_of_another_major_version_are_refused_in_words(home):
    postgres = Postgres(home, forgetful=True)
    postgres.start()
    postgres.stop()
    (home / "pg" / "PG_VERSION").write_text("17\n")

    with pytest.raises(Failure, match="written by PostgreSQL 17"):
        postgres.start()


def test_queue_outlives_a_restart_unless_forgetful(home):
    valkey = Valkey(home, forgetful=False)
    with closing(redis.Redis.from_url(valkey.start())) as client:
        client.rpush("waiting", "task")
    valkey.stop()

    with closing(redis.Redis.from_url(valkey.start())) as client:
        assert client.lrange("waiting", 0, -1) == [b"task"]


def test_last_user_stops_them(home, own_services):
    with own_services("run"):
        with own_services("run"):
            pass

        assert Postgres(home, forgetful=True).processes(home / "pg")

    assert not Postgres(home, forgetful=True).processes(home / "pg")
    assert not Valkey(home, forgetful=True).processes(home / "valkey")


def test_given_addresses_start_nothing(home, own_services, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/ieum")
    monkeypatch.setenv("REDIS_URL", "redis://queue.example")

    with services("run") as addresses:
        assert addresses == {"DATABASE_URL": "postgres://db.example/ieum", "REDIS_URL": "redis://queue.example"}

    assert [path.name for path in home.iterdir()] == ["pg"]


def test_servers_outlive_a_signal_to_the_group_that_started_them(home):
    """Ctrl-C reaches every process of the terminal's group; `make run` stops the servers last, by itself."""
    script = (
        f"from pathlib import Path; from ops.servers import *; Postgres(Path({str(home)!r}), forgetful=True).start()"
    )
    code = f"{script}; import os, signal; os.killpg(0, signal.SIGINT)"
    subprocess.run([sys.executable, "-c", code], start_new_session=True, capture_output=True)

    assert Postgres(home, forgetful=True).processes(home / "pg")
