from django.urls import path

from brokers.views import case_broker as broker
from brokers.views import case_office as office
from brokers.views import hand_overs

urlpatterns = [
    path("officer/cases/", office.case_list, name="cases"),
    path("officer/cases/new/", office.case_new, name="case_new"),
    path("officer/cases/export.csv", office.case_export, name="case_export"),
    path("officer/cases/<uuid:public_id>/", office.case_detail, name="case"),
    path("officer/cases/<uuid:public_id>/notice/", office.notice, name="case_notice"),
    path("officer/cases/<uuid:public_id>/postpone/", office.postpone, name="case_postpone"),
    path("officer/cases/<uuid:public_id>/record/", office.record, name="case_record"),
    path("officer/cases/<uuid:public_id>/decide/", office.decide, name="case_decide"),
    path("officer/cases/<uuid:public_id>/close/", office.close, name="case_close"),
    path("officer/cases/<uuid:public_id>/add/", office.add, name="case_add"),
    path("officer/hand-overs/", hand_overs.queue, name="hand_over_queue"),
    path("brokers/cases/", broker.my_cases, name="my_cases"),
    path("brokers/cases/<uuid:public_id>/", broker.my_case, name="my_case"),
    path("brokers/cases/<uuid:public_id>/say/", broker.say, name="case_say"),
    path("brokers/cases/documents/<uuid:public_id>/", broker.document, name="case_document"),
    path("brokers/cases/hearings/<uuid:public_id>/", broker.hearing_notice, name="hearing_notice"),
    path("brokers/hand-overs/", hand_overs.mine, name="hand_overs"),
    path("brokers/hand-overs/<uuid:public_id>/", hand_overs.detail, name="hand_over"),
    path("brokers/hand-overs/<uuid:public_id>/choose/", hand_overs.choose, name="hand_over_choose"),
    path("brokers/hand-overs/<uuid:public_id>/settle/", hand_overs.settle, name="hand_over_settle"),
]
