from django.urls import path

from brokers.api import duty_views, fee_views, mandate_views
from brokers.api import registration_views as applications
from brokers.api.office_urls import urlpatterns as office_urls

app_name = "brokers-api"
urlpatterns = [
    path("fees/schedules/", fee_views.ScheduleList.as_view(), name="schedules"),
    path("fees/schedules/<uuid:public_id>/", fee_views.ScheduleDetail.as_view(), name="schedule"),
    path("fees/quote/", fee_views.FeeQuote.as_view(), name="calculate"),
    path("fees/quotes/", fee_views.QuoteList.as_view(), name="quotes"),
    path("fees/quotes/<uuid:public_id>/", fee_views.QuoteDetail.as_view(), name="quote"),
    path("fees/quotes/<uuid:public_id>/accept/", fee_views.QuoteAccept.as_view(), name="accept"),
    path("fees/quotes/<uuid:public_id>/decline/", fee_views.QuoteDecline.as_view(), name="decline"),
    path("fees/quotes/<uuid:public_id>/take-back/", fee_views.QuoteTakeBack.as_view(), name="take-back"),
    path("fees/quotes/<uuid:public_id>/ask/", fee_views.QuoteAsk.as_view(), name="ask"),
    path("fees/quotes/<uuid:public_id>/decide/", fee_views.QuoteDecide.as_view(), name="decide"),
    path("broker-applications/", applications.ApplicationList.as_view(), name="applications"),
    path("broker-applications/<uuid:public_id>/", applications.ApplicationDetail.as_view(), name="application"),
    path(
        "broker-applications/<uuid:public_id>/documents/",
        applications.ApplicationDocuments.as_view(),
        name="application-documents",
    ),
    path(
        "broker-applications/<uuid:public_id>/documents/<uuid:document_id>/",
        applications.ApplicationDocumentFile.as_view(),
        name="application-document",
    ),
    path(
        "broker-applications/<uuid:public_id>/hand-in/",
        applications.ApplicationHandIn.as_view(),
        name="application-hand-in",
    ),
    path(
        "broker-applications/<uuid:public_id>/withdraw/",
        applications.ApplicationWithdraw.as_view(),
        name="application-withdraw",
    ),
    path(
        "broker-applications/<uuid:public_id>/object/",
        applications.ApplicationObject.as_view(),
        name="application-object",
    ),
    path("mandates/", mandate_views.MandateList.as_view(), name="mandates"),
    path("mandates/consents/<uuid:public_id>/", mandate_views.MandateConsentAnswer.as_view(), name="mandate-consent"),
    path("mandates/<uuid:public_id>/", mandate_views.MandateDetail.as_view(), name="mandate"),
    path("mandates/<uuid:public_id>/accept/", mandate_views.MandateAccept.as_view(), name="mandate-accept"),
    path("mandates/<uuid:public_id>/decline/", mandate_views.MandateDecline.as_view(), name="mandate-decline"),
    path("mandates/<uuid:public_id>/take-back/", mandate_views.MandateTakeBack.as_view(), name="mandate-take-back"),
    path("mandates/<uuid:public_id>/share/", mandate_views.MandateShare.as_view(), name="mandate-share"),
    path("mandates/<uuid:public_id>/end/", mandate_views.MandateEnd.as_view(), name="mandate-end"),
    *office_urls,
    path("me/qualifications/", duty_views.MyLicences.as_view(), name="qualifications"),
    path("officer/qualifications/", duty_views.LicenceQueue.as_view(), name="qualification-queue"),
    path("officer/qualifications/<uuid:public_id>/decide/", duty_views.LicenceDecide.as_view(), name="licence-decide"),
    path("broker-staff/", duty_views.StaffList.as_view(), name="staff"),
    path("broker-staff/<uuid:public_id>/answer/", duty_views.StaffAnswer.as_view(), name="staff-answer"),
    path("broker-staff/<uuid:public_id>/end/", duty_views.StaffEnd.as_view(), name="staff-end"),
    path("deal-reports/", duty_views.ReportList.as_view(), name="reports"),
    path("deal-reports/deals/", duty_views.ReportedDeals.as_view(), name="reported-deals"),
    path("deal-reports/<uuid:public_id>/", duty_views.ReportDetail.as_view(), name="report"),
    path("deal-reports/<uuid:public_id>/submit/", duty_views.ReportSubmit.as_view(), name="report-submit"),
    path("deal-reports/<uuid:public_id>/correct/", duty_views.ReportCorrect.as_view(), name="report-correct"),
    path("broker-changes/", duty_views.ChangeList.as_view(), name="changes"),
    path("broker-changes/<uuid:public_id>/", duty_views.ChangeDetail.as_view(), name="change"),
    path("broker-changes/<uuid:public_id>/tell/", duty_views.ChangeTell.as_view(), name="change-tell"),
    path("broker-changes/<uuid:public_id>/dismiss/", duty_views.ChangeDismiss.as_view(), name="change-dismiss"),
    path(
        "broker-changes/<uuid:public_id>/acknowledge/", duty_views.ChangeAcknowledge.as_view(),
        name="change-acknowledge",
    ),
    path("broker-warnings/", duty_views.WarningList.as_view(), name="warnings"),
    path("broker-warnings/<uuid:public_id>/answer/", duty_views.WarningAnswer.as_view(), name="warning-answer"),
    path("broker-warnings/<uuid:public_id>/lift/", duty_views.WarningLift.as_view(), name="warning-lift"),
    path("officer/broker-duties/", duty_views.DutiesList.as_view(), name="duties"),
    path("officer/broker-duties/<uuid:public_id>/warn/", duty_views.Warn.as_view(), name="warn"),
]  # fmt: skip
