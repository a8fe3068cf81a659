import shutil
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


@pytest.fixture
def new_home():
    """Makes folders like `.local`. Not below tmp_path: as root, the servers run as a user who may not enter that."""
    made: list[Path] = []

    def make(name: str = "") -> Path:
        top = Path(tempfile.mkdtemp(prefix="ieum-test-", dir="/tmp"))
        made.append(top)
        home = top / name
        home.mkdir(exist_ok=True, parents=True)
        for folder in (top, home):
            folder.chmod(0o711)
        return home

    yield make
    for top in made:
        for home in {path.parent for path in top.rglob("pg")} | {path.parent for path in top.rglob("valkey")}:
            Postgres(home, forgetful=True).stop()
            Valkey(home, forgetful=True).stop()
        shutil.rmtree(top)


@pytest.fixture
def home(new_home):
    return new_home()


@pytest.fixture
def own_services(home, monkeypatch):
    """`services()` with nothing given by the environment and `home` as the place for data."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(services_module, "LOCAL", home)
    return services_module.services
