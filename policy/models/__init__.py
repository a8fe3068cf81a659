from policy.models.index import IndexWeights, PeerPlacement, Ranking, RankingLine
from policy.models.plans import Measure, Plan, PlanProgress, PlanTarget, PlanVersion
from policy.models.survey import SurveyAnswer, SurveyFile, SurveyRound, SurveySheet, SurveyStep

__all__ = [
    "IndexWeights",
    "Measure",
    "PeerPlacement",
    "Plan",
    "PlanProgress",
    "PlanTarget",
    "PlanVersion",
    "Ranking",
    "RankingLine",
    "SurveyAnswer",
    "SurveyFile",
    "SurveyRound",
    "SurveySheet",
    "SurveyStep",
]
