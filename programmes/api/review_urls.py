from django.urls import path

from programmes.api import review_firm as firm
from programmes.api import review_panel as panel
from programmes.api import review_queue as queue
from programmes.api import review_selection as selection
from programmes.api import samples

CALL = "office/calls/<str:number>/"
ONE = "office/applications/<uuid:public_id>/"
SELECTION = "office/selections/<uuid:public_id>/"
SEAT = "panels/<uuid:public_id>/"

urlpatterns = [
    path(f"{CALL}applications/", queue.ReviewQueue.as_view(), name="review-queue"),
    path(f"{CALL}applications/batch/", queue.ReviewBatch.as_view(), name="review-batch"),
    path(f"{CALL}samples/", samples.CallSamples.as_view(), name="call-samples"),
    path(f"{CALL}panel/", panel.CallPanel.as_view(), name="call-panel"),
    path(f"{CALL}panel/<uuid:public_id>/remove/", panel.CallPanelRemove.as_view(), name="call-panel-remove"),
    path(f"{CALL}ranking/", selection.CallRanking.as_view(), name="call-ranking"),
    path(f"{CALL}selections/", selection.CallSelections.as_view(), name="call-selections"),
    path(ONE, queue.ReviewApplication.as_view(), name="review-application"),
    path(f"{ONE}ask-completion/", queue.ReviewAskCompletion.as_view(), name="review-ask-completion"),
    path(f"{ONE}eligible/", queue.ReviewEligible.as_view(), name="review-eligible"),
    path(f"{ONE}ineligible/", queue.ReviewIneligible.as_view(), name="review-ineligible"),
    path(f"{ONE}flags/<uuid:flag>/", queue.ReviewFlag.as_view(), name="review-flag"),
    path(SELECTION, selection.SelectionDetail.as_view(), name="selection"),
    path(f"{SELECTION}lines/", selection.SelectionLines.as_view(), name="selection-lines"),
    path(f"{SELECTION}approve/", selection.SelectionApprove.as_view(), name="selection-approve"),
    path(f"{SELECTION}send-back/", selection.SelectionSendBack.as_view(), name="selection-send-back"),
    path(f"{SELECTION}take-back/", selection.SelectionTakeBack.as_view(), name="selection-take-back"),
    path(f"{SELECTION}publish/", selection.SelectionPublish.as_view(), name="selection-publish"),
    path(f"{SELECTION}go-on/", selection.SelectionGoOn.as_view(), name="selection-go-on"),
    path("office/objections/", firm.OfficeObjections.as_view(), name="office-objections"),
    path(
        "office/objections/<uuid:public_id>/answer/",
        firm.OfficeObjectionAnswer.as_view(),
        name="office-objection-answer",
    ),
    path("panels/", panel.PanelList.as_view(), name="panels"),
    path(f"{SEAT}answer/", panel.PanelAnswer.as_view(), name="panel-answer"),
    path(f"{SEAT}applications/", panel.PanelApplications.as_view(), name="panel-applications"),
    path(f"{SEAT}applications/<uuid:application>/", panel.PanelApplication.as_view(), name="panel-application"),
    path(f"{SEAT}applications/<uuid:application>/declare/", panel.PanelDeclare.as_view(), name="panel-declare"),
    path(f"{SEAT}applications/<uuid:application>/score/", panel.PanelScore.as_view(), name="panel-score"),
    path(
        f"{SEAT}applications/<uuid:application>/papers/<uuid:paper>/", panel.PanelPaper.as_view(), name="panel-paper"
    ),
    path(f"{SEAT}applications/<uuid:application>/contract/", panel.PanelContract.as_view(), name="panel-contract"),
    path("applications/<uuid:public_id>/decision/", firm.ApplicationDecision.as_view(), name="decision"),
    path("applications/<uuid:public_id>/object/", firm.ApplicationObject.as_view(), name="object"),
    path("objections/<uuid:public_id>/withdraw/", firm.ObjectionWithdraw.as_view(), name="objection-withdraw"),
    path("agreements/<uuid:public_id>/", firm.AgreementDetail.as_view(), name="agreement"),
    path("agreements/<uuid:public_id>/sign/", firm.AgreementSign.as_view(), name="agreement-sign"),
]  # fmt: skip
