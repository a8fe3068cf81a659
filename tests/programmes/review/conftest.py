"""What apps above hear of the review."""

import pytest

from programmes import events


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
