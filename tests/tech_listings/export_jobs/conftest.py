import pytest

from tech_listings.services import export as services
from tests.factories.accounts import UserFactory, sign_in


@pytest.fixture(autouse=True)
def _private_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def mine(client, person):
    return sign_in(client, person)


@pytest.fixture
def no_worker(monkeypatch):
    """Orders wait: in the suite tasks run at once, where a transaction commits."""
    monkeypatch.setattr(services, "export_after_commit", lambda export_id: None)
