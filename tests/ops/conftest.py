import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from ops import services as services_module
from ops.servers import Postgres, Valkey


@pytest.fixture
def _db():
    """These tests start servers of their own."""


@pytest.fixture
def _empty_cache():
    """Nor do they use the cache."""


def make_home(name: str = "") -> Path:
    """A folder like `.local`. Not below tmp_path: as root, the servers run as a user who may not enter that."""
    top = Path(tempfile.mkdtemp(prefix="ieum-test-", dir="/tmp"))
    home = top / name
    home.mkdir(exist_ok=True, parents=True)
    for folder in (top, home):
        folder.chmod(0o711)
    return home


def remove_home(home: Path) -> None:
    Postgres(home, forgetful=True).stop()
    Valkey(home, forgetful=True).stop()
    shutil.rmtree(home if home.name.startswith("ieum-test-") else home.parent)


@pytest.fixture
def new_home():
    """Makes empty homes and removes them after the test."""
    made: list[Path] = []

    def make(name: str = "") -> Path:
        made.append(make_home(name))
        return made[-1]

    yield make
    for home in made:
        remove_home(home)


@pytest.fixture(scope="session")
def home_with_database():
    """Made once: copying a database is quicker than making one."""
    home = make_home()
    Postgres(home, forgetful=True).start()
    Postgres(home, forgetful=True).stop()
    yield home
    remove_home(home)


@pytest.fixture
def home(new_home, home_with_database):
    home = new_home()
    subprocess.run(["cp", "-a", home_with_database / "pg", home], check=True)
    return home


@pytest.fixture
def own_services(home, monkeypatch):
    """`services()` with nothing given by the environment and `home` as the place for data."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(services_module, "LOCAL", home)
    return services_module.services
