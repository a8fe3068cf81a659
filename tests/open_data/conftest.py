import pytest

from open_data.queries import feed
from open_data.services import bulk


@pytest.fixture
def feed_sees_all(monkeypatch):
    """In the transaction of a test nothing is ever over: the feed shows what the test itself has written."""
    monkeypatch.setattr(feed, "WATERMARK", "9223372036854775807")


@pytest.fixture
def bulk_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return bulk.folder()
