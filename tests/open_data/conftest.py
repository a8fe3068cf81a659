import pytest

from open_data.delivery.sending import Answer
from open_data.queries import feed
from open_data.services import bulk, messages


@pytest.fixture
def feed_sees_all(monkeypatch):
    """In the transaction of a test nothing is ever over: the feed shows what the test itself has written."""
    monkeypatch.setattr(feed, "WATERMARK", "9223372036854775807")


@pytest.fixture
def bulk_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return bulk.folder()


@pytest.fixture
def answers(monkeypatch):
    """What the other side says to each attempt, without a network."""
    said, sent = [], []

    def post(**given):
        sent.append(given)
        return said.pop(0) if said else Answer(200)

    monkeypatch.setattr(messages, "post", post)
    said_of = type("Said", (), {"said": said, "sent": sent})
    return said_of
