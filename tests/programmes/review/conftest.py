"""What apps above hear of the review, and workers that sleep."""

from types import SimpleNamespace

import pytest

from programmes import events, outbox
from tests.database import mail_waits


@pytest.fixture
def unmailed():
    with mail_waits():
        yield


@pytest.fixture
def heard():
    """What was sent to apps above, in order."""
    found = []

    def on(name):
        def receive(sender, **kwargs):
            subject = kwargs.get("application") or kwargs["agreement"]
            found.append((name, subject.pk))

        return receive

    receivers = {name: on(name) for name in ("application_selected", "selection_undone", "agreement_signed")}
    for name, receive in receivers.items():
        getattr(events, name).connect(receive)
    yield found
    for name, receive in receivers.items():
        getattr(events, name).disconnect(receive)


@pytest.fixture
def no_worker(monkeypatch):
    """Nobody is woken after a commit: the test says when a worker comes."""
    asleep = SimpleNamespace(signature=lambda *given, **named: SimpleNamespace(delay=lambda: None))
    monkeypatch.setattr(outbox, "current_app", asleep)
