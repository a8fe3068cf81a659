"""What the commands say, and the one way they fail."""

import sys


class Failure(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do."""


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def complain(text: str) -> None:
    print(f"✗ {text}", file=sys.stderr, flush=True)
