from django.urls import path

from policy.api import index_office_views as office
from policy.api import index_views, plan_views, survey_views

urlpatterns = [
    path("survey/years/", survey_views.RoundList.as_view(), name="survey-years"),
    path("survey/years/<int:year>/", survey_views.RoundDetail.as_view(), name="survey-year"),
    path("survey/years/<int:year>/institutes/", survey_views.PlaceList.as_view(), name="survey-institutes"),
    path("survey/answers/", survey_views.AnswerList.as_view(), name="survey-answers"),
    path("survey/sheets/", survey_views.SheetList.as_view(), name="survey-sheets"),
    path("survey/sheets/correct/", survey_views.SheetCorrect.as_view(), name="survey-correct"),
    path("survey/sheets/<uuid:public_id>/", survey_views.SheetDetail.as_view(), name="survey-sheet"),
    path("survey/sheets/<uuid:public_id>/submit/", survey_views.SheetSubmit.as_view(), name="survey-submit"),
    path("survey/sheets/<uuid:public_id>/return/", survey_views.SheetReturn.as_view(), name="survey-return"),
    path("survey/sheets/<uuid:public_id>/accept/", survey_views.SheetAccept.as_view(), name="survey-accept"),
    path("survey/sheets/<uuid:public_id>/withdraw/", survey_views.SheetWithdraw.as_view(), name="survey-withdraw"),
    path("capability/weights/", index_views.WeightsList.as_view(), name="capability-weights"),
    path("capability/weights/<uuid:public_id>/", office.WeightsDetail.as_view(), name="capability-version"),
    path(
        "capability/weights/<uuid:public_id>/publish/",
        office.WeightsPublish.as_view(),
        name="capability-version-publish",
    ),
    path(
        "capability/weights/<uuid:public_id>/discard/",
        office.WeightsDiscard.as_view(),
        name="capability-version-discard",
    ),
    path("capability/groups/", office.PeerGroups.as_view(), name="capability-groups"),
    path("capability/rankings/<int:year>/preview/", office.RankingPreview.as_view(), name="capability-preview"),
    path("capability/rankings/<int:year>/own/", index_views.OwnResult.as_view(), name="capability-own"),
    path("capability/rankings/", index_views.RankingList.as_view(), name="capability-rankings"),
    path("capability/rankings/<int:year>/", index_views.RankingDetail.as_view(), name="capability-ranking"),
    path("capability/what-if/", index_views.WhatIf.as_view(), name="capability-what-if"),
    path("plans/", plan_views.PlanList.as_view(), name="plans"),
    path("plans/<uuid:public_id>/", plan_views.PlanDetail.as_view(), name="plan"),
    path("plans/<uuid:public_id>/progress/", plan_views.PlanProgress.as_view(), name="plan-progress"),
]
