"""What tests of the review look at."""

from contextlib import contextmanager

from notifications.models import Notification


def told(user):
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("kind", flat=True))


def outcomes(selection):
    return list(selection.lines.order_by("rank").values_list("application", "outcome"))


@contextmanager
def receiver(signal, receive):
    signal.connect(receive)
    try:
        yield
    finally:
        signal.disconnect(receive)
