from policy.models.survey import SurveyAnswer

__all__ = ["SurveyAnswer"]
