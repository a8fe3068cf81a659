from policy.models.figures import LiveValue, NationalValue, Snapshot, SnapshotRows, Target
from policy.models.index import IndexWeights, PeerPlacement, Ranking, RankingLine
from policy.models.plans import Measure, Plan, PlanProgress, PlanTarget, PlanVersion
from policy.models.survey import SurveyAnswer, SurveyFile, SurveyRound, SurveySheet, SurveyStep

__all__ = [
    "IndexWeights",
    "LiveValue",
    "Measure",
    "NationalValue",
    "PeerPlacement",
    "Plan",
    "PlanProgress",
    "PlanTarget",
    "PlanVersion",
    "Ranking",
    "RankingLine",
    "Snapshot",
    "SnapshotRows",
    "SurveyAnswer",
    "SurveyFile",
    "SurveyRound",
    "SurveySheet",
    "SurveyStep",
    "Target",
]
