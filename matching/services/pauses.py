"""How long what failed waits until it is tried again."""

from datetime import timedelta

LONGEST_WAIT = timedelta(hours=6)


def pause(attempts: int) -> timedelta:
    """After `attempts` failures before this one: 1, 2, 4 … minutes, six hours at most."""
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_WAIT)
