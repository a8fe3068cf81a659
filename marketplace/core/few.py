"""How small a number may be that everybody is told (docs/adr/0050)."""

FEW = 3
"""Of fewer deals, needs, firms or other organizations than this no number is said: somebody could be told from it."""


def is_few(many: int) -> bool:
    """Whether `many` is not said. That there is none is."""
    return 0 < many < FEW
