"""Steps that need the application: its management commands, in the order a start needs them."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import environ
import psycopg2

from ops.bootstrap import digest, is_current, mark
from ops.console import Failure, say
from ops.paths import LOCAL, ROOT

# Any number; whoever migrates this database takes the same one.
MIGRATION_LOCK = 20_261_123
DEMO_PENDING = LOCAL / "demo-pending"


def load_dotenv() -> None:
    """Take from `.env` what the environment does not say."""
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env")


def environment(kind: str, addresses: Mapping[str, str]) -> dict[str, str]:
    """What the application is started with as `kind`: run, test or bench. What the environment says comes first."""
    values = dict(os.environ)
    values.pop("IEUM_PREPARED", None)
    if kind == "test":
        values |= {"IEUM_ENV": "test", "DJANGO_SETTINGS_MODULE": "marketplace.settings_test"}
    values.setdefault("IEUM_ENV", "development")
    values.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    values.setdefault("PORT", "8000")
    values.setdefault("SITE_URL", f"http://localhost:{values['PORT']}")
    if kind != "run":
        # Not among the files of `make run`; and DEBUG would keep every query in memory.
        values.setdefault("DEBUG", "false")
        values.setdefault("MEDIA_ROOT", str(LOCAL / kind / "media"))
        values.setdefault("PRIVATE_ROOT", str(LOCAL / kind / "private"))
        values.setdefault("MAIL_FOLDER", str(LOCAL / kind / "mail"))
    return {**values, "PYTHONUNBUFFERED": "1", **addresses}


def has_command(name: str) -> bool:
    return any(ROOT.glob(f"*/management/commands/{name}.py")) or any(ROOT.glob(f"*/*/management/commands/{name}.py"))


def manage(*arguments: str, env: Mapping[str, str], quiet: bool = False) -> None:
    """Run a management command; Failure with its name where it fails (its own words are on the terminal)."""
    command = [sys.executable, "manage.py", *arguments]
    output = subprocess.PIPE if quiet else None
    env = {**env, "LOG_LEVEL": "WARNING"} if quiet else env
    done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, text=True)
    if done.returncode:
        raise Failure(f"manage.py {' '.join(arguments)} failed.{' ' + done.stdout if quiet and done.stdout else ''}")


def ready(env: Mapping[str, str]) -> None:
    """Database migrated, messages compiled, static files collected, demo loaded into a database that was empty."""
    migrate(env, with_demo=env["IEUM_ENV"] == "development")
    compile_messages(env)
    collect_static(env)
    load_demo(env)


def migrate(env: Mapping[str, str], *, with_demo: bool = False) -> None:
    """Migrate, and load what every installation has, under an advisory lock: two starts must not do it at once.

    With `with_demo`, remember that an empty database is to get the demo. No table is waited for longer than the
    lock_timeout of the settings.
    """
    with contextlib.closing(psycopg2.connect(_plain(env["DATABASE_URL"]))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        cursor.execute("select to_regclass('django_migrations') is null")
        if cursor.fetchone()[0] and with_demo:
            DEMO_PENDING.touch()
        say("Migrating the database …")
        manage("migrate", "--no-input", "-v", "0", env=env, quiet=True)
        manage("load_codes", env=env, quiet=True)  # the classifications every installation has; the second time a no-op
        manage("load_duty_rules", env=env, quiet=True)  # what the law says who owes, by versions
        manage("load_fee_schedules", env=env, quiet=True)  # tables of brokers' fees to compute with
        manage("load_index_weights", env=env, quiet=True)  # what the capability index weighs
        manage("load_royalty_rules", env=env, quiet=True)  # how royalty is shared, and what the government gets of it
        manage("load_requirements", env=env, quiet=True)  # what registering as a broker needs, by versions
        manage("load_confidentiality_terms", env=env, quiet=True)  # the text that opens a confidential part
        manage("load_national_series", env=env, quiet=True)  # targets of the plan, and what was published before us
        manage("load_synonyms", env=env, quiet=True)  # words of the search that mean the same; officers edit them


def compile_messages(env: Mapping[str, str]) -> None:
    if not has_command("messages"):
        return
    catalogues = sorted((ROOT / "locale").rglob("*.po"))
    want = digest(*(path.read_text() for path in catalogues))
    stamp = LOCAL / "messages-compiled"
    if not (is_current(stamp, want) and all(path.with_suffix(".mo").exists() for path in catalogues)):
        say("Compiling messages …")
        manage("messages", "compile", env=env, quiet=True)
        mark(stamp, want)


def collect_static(env: Mapping[str, str]) -> None:
    files = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    seen = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    choices = [env.get(name, "") for name in ("IEUM_ENV", "DEBUG", "STATIC_ROOT")]
    want = digest(
        *seen, *choices, (ROOT / "requirements.txt").read_text(), (ROOT / "marketplace" / "settings.py").read_text()
    )
    stamp = LOCAL / "static-collected"
    if not (is_current(stamp, want) and Path(env.get("STATIC_ROOT", LOCAL / "static")).is_dir()):
        say("Collecting static files …")
        manage("collectstatic", "--no-input", "-v", "0", env=env, quiet=True)
        mark(stamp, want)


def load_demo(env: Mapping[str, str]) -> None:
    if DEMO_PENDING.exists() and has_command("load_demo"):
        say("Loading the demo …")
        manage("load_demo", env=env, quiet=True)
        DEMO_PENDING.unlink()


def _plain(url: str) -> str:
    """The address as libpq reads it; Django's readers also take other names for the same scheme."""
    return f"postgresql://{url.partition('://')[2]}"
