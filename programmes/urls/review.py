from django.urls import path

from programmes.views import review_firm as firm
from programmes.views import review_objections as objections
from programmes.views import review_office as office
from programmes.views import review_panel as panel
from programmes.views import review_selection as selection

CALL = "officer/calls/<str:number>/"
ONE = "officer/applications/<uuid:public_id>/"

urlpatterns = [
    path("officer/review/", office.review_calls, name="review_calls"),
    path("officer/objections/", objections.office_objections, name="office_objections"),
    path("officer/objections/<uuid:public_id>/", objections.office_objection, name="office_objection"),
    path(
        "officer/objections/<uuid:public_id>/answer/",
        objections.office_objection_answer,
        name="office_objection_answer",
    ),
    path(f"{CALL}review/", office.review_queue, name="review_queue"),
    path(f"{CALL}review.csv", office.review_export, name="review_export"),
    path(f"{CALL}review/batch/", office.review_batch, name="review_batch"),
    path(f"{CALL}review/panel/", panel.office_panel, name="office_panel"),
    path(f"{CALL}review/panel/invite/", panel.office_panel_invite, name="office_panel_invite"),
    path(f"{CALL}review/panel/<uuid:public_id>/remove/", panel.office_panel_remove, name="office_panel_remove"),
    path(f"{CALL}review/selection/", selection.selections, name="selections"),
    path(f"{CALL}review/selection/propose/", selection.selection_propose, name="selection_propose"),
    path("officer/selections/<uuid:public_id>/", selection.selection, name="selection"),
    path("officer/selections/<uuid:public_id>/lines.csv", selection.selection_export, name="selection_export"),
    path("officer/selections/<uuid:public_id>/<slug:act>/", selection.selection_act, name="selection_act"),
    path(ONE, office.review_application, name="review_application"),
    path(f"{ONE}papers/<uuid:paper>/", office.review_paper, name="review_paper"),
    path(f"{ONE}flags/<uuid:flag>/", office.review_flag, name="review_flag"),
    path(f"{ONE}<slug:act>/", office.review_act, name="review_act"),
    path("panels/", panel.panels, name="panels"),
    path("panels/<uuid:public_id>/", panel.panel, name="panel"),
    path("panels/<uuid:public_id>/answer/", panel.panel_answer, name="panel_answer"),
    path("panels/<uuid:public_id>/<uuid:application>/", panel.panel_application, name="panel_application"),
    path("panels/<uuid:public_id>/<uuid:application>/declare/", panel.panel_declare, name="panel_declare"),
    path("panels/<uuid:public_id>/<uuid:application>/score/", panel.panel_score, name="panel_score"),
    path("panels/<uuid:public_id>/<uuid:application>/papers/<uuid:paper>/", panel.panel_paper, name="panel_paper"),
    path("panels/<uuid:public_id>/<uuid:application>/contract/", panel.panel_contract, name="panel_contract"),
    path("applications/<uuid:public_id>/decision/", firm.decision, name="decision"),
    path("applications/<uuid:public_id>/decision/object/", firm.decision_object, name="decision_object"),
    path("objections/<uuid:public_id>/withdraw/", firm.objection_withdraw, name="objection_withdraw"),
    path("agreements/<uuid:public_id>/", firm.agreement, name="agreement"),
    path("agreements/<uuid:public_id>/sign/", firm.agreement_sign, name="agreement_sign"),
]  # fmt: skip
