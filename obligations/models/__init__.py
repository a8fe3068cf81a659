from obligations.models.drafts import DutyDraft
from obligations.models.duties import Discharge, DutyRule, Exemption, Obligation
from obligations.models.letters import EvidenceOpening, Letter, Reminder
from obligations.models.research import ResearchResult, RnDProject

__all__ = [
    "Discharge",
    "DutyDraft",
    "DutyRule",
    "EvidenceOpening",
    "Exemption",
    "Letter",
    "Obligation",
    "Reminder",
    "ResearchResult",
    "RnDProject",
]
