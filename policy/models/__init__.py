from policy.models.figures import LiveValue, NationalValue, Snapshot, SnapshotRows, Target
from policy.models.survey import SurveyAnswer

__all__ = ["LiveValue", "NationalValue", "Snapshot", "SnapshotRows", "SurveyAnswer", "Target"]
