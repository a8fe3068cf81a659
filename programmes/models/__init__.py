from programmes.models.applications import Application, ApplicationDocument, ApplicationFlag
from programmes.models.calls import Call, CallVersion, CallWriting
from programmes.models.keys import KeyedAnswer
from programmes.models.review import (
    Agreement,
    Declaration,
    Objection,
    Panelist,
    ReviewStep,
    Score,
    Selection,
    SelectionApproval,
    SelectionLine,
)
from programmes.models.transfers import Transfer

__all__ = [
    "Agreement", "Application", "ApplicationDocument", "ApplicationFlag", "Call", "CallVersion", "CallWriting",
    "Declaration", "KeyedAnswer", "Objection", "Panelist", "ReviewStep", "Score", "Selection", "SelectionApproval",
    "SelectionLine", "Transfer",
]  # fmt: skip
