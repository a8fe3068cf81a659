"""All that a call says and asks, as data. Pure: no database, no clock, no models."""

from programmes.scheme.scheme import (
    Band,
    Caps,
    Condition,
    ConditionKind,
    Criterion,
    Days,
    Paper,
    PaperStage,
    Scheme,
    Service,
    Stage,
    StageKind,
    Words,
)

__all__ = [
    "Band", "Caps", "Condition", "ConditionKind", "Criterion", "Days", "Paper", "PaperStage", "Scheme", "Service",
    "Stage", "StageKind", "Words",
]  # fmt: skip
