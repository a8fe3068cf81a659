"""What waits, as tests of an app ask for its part alone."""

from django.utils import timezone

from marketplace.core.waiting import ask


def asks(waiting_kinds):
    """A function that tells what of these kinds waits on somebody, in one statement."""

    def waiting_on(user, organization, *, today=None):
        return ask(waiting_kinds(user, organization, today or timezone.localdate()))

    return waiting_on
