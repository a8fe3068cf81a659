from django.urls import path

from programmes.api import review_views as review

CALL = "office/calls/<str:number>/"
ONE = "office/applications/<uuid:public_id>/"
SELECTION = "office/selections/<uuid:public_id>/"
SEAT = "panels/<uuid:public_id>/"

urlpatterns = [
    path(f"{CALL}applications/", review.ReviewQueue.as_view(), name="review-queue"),
    path(f"{CALL}applications/batch/", review.ReviewBatch.as_view(), name="review-batch"),
    path(f"{CALL}panel/", review.CallPanel.as_view(), name="call-panel"),
    path(f"{CALL}panel/<uuid:public_id>/remove/", review.CallPanelRemove.as_view(), name="call-panel-remove"),
    path(f"{CALL}ranking/", review.CallRanking.as_view(), name="call-ranking"),
    path(f"{CALL}selections/", review.CallSelections.as_view(), name="call-selections"),
    path(ONE, review.ReviewApplication.as_view(), name="review-application"),
    path(f"{ONE}ask-completion/", review.ReviewAskCompletion.as_view(), name="review-ask-completion"),
    path(f"{ONE}eligible/", review.ReviewEligible.as_view(), name="review-eligible"),
    path(f"{ONE}ineligible/", review.ReviewIneligible.as_view(), name="review-ineligible"),
    path(f"{ONE}flags/<uuid:flag>/", review.ReviewFlag.as_view(), name="review-flag"),
    path(SELECTION, review.SelectionDetail.as_view(), name="selection"),
    path(f"{SELECTION}approve/", review.SelectionApprove.as_view(), name="selection-approve"),
    path(f"{SELECTION}send-back/", review.SelectionSendBack.as_view(), name="selection-send-back"),
    path(f"{SELECTION}take-back/", review.SelectionTakeBack.as_view(), name="selection-take-back"),
    path(f"{SELECTION}publish/", review.SelectionPublish.as_view(), name="selection-publish"),
    path("office/objections/", review.OfficeObjections.as_view(), name="office-objections"),
    path(
        "office/objections/<uuid:public_id>/answer/",
        review.OfficeObjectionAnswer.as_view(),
        name="office-objection-answer",
    ),
    path("panels/", review.PanelList.as_view(), name="panels"),
    path(f"{SEAT}answer/", review.PanelAnswer.as_view(), name="panel-answer"),
    path(f"{SEAT}applications/", review.PanelApplications.as_view(), name="panel-applications"),
    path(f"{SEAT}applications/<uuid:application>/", review.PanelApplication.as_view(), name="panel-application"),
    path(f"{SEAT}applications/<uuid:application>/declare/", review.PanelDeclare.as_view(), name="panel-declare"),
    path(f"{SEAT}applications/<uuid:application>/score/", review.PanelScore.as_view(), name="panel-score"),
    path("applications/<uuid:public_id>/decision/", review.ApplicationDecision.as_view(), name="decision"),
    path("applications/<uuid:public_id>/object/", review.ApplicationObject.as_view(), name="object"),
    path("objections/<uuid:public_id>/withdraw/", review.ObjectionWithdraw.as_view(), name="objection-withdraw"),
    path("agreements/<uuid:public_id>/", review.AgreementDetail.as_view(), name="agreement"),
    path("agreements/<uuid:public_id>/sign/", review.AgreementSign.as_view(), name="agreement-sign"),
]  # fmt: skip
