from obligations.models.drafts import DutyDraft
from obligations.models.duties import Discharge, DutyRule, Exemption, Obligation
from obligations.models.research import ResearchResult, RnDProject

__all__ = ["Discharge", "DutyDraft", "DutyRule", "Exemption", "Obligation", "ResearchResult", "RnDProject"]
