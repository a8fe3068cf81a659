from django.urls import path

from brokers.views import office_cases as cases
from brokers.views import office_register as register
from brokers.views import office_requirements as requirements

urlpatterns = [
    path("brokers/requirements/", requirements.requirements, name="requirements"),
    path("brokers/gazette/", register.gazette_page, name="gazette"),
    path("brokers/gazette.csv", register.gazette_export, name="gazette_export"),
    path("officer/brokers/", cases.office_queue, name="office_queue"),
    path("officer/brokers/applications.csv", cases.office_export, name="office_export"),
    path("officer/brokers/register/", register.office_register, name="office_register"),
    path("officer/brokers/register.csv", register.office_register_export, name="office_register_export"),
    path("officer/brokers/requirements/", requirements.office_requirements, name="office_requirements"),
    path(
        "officer/brokers/requirements/new/<str:kind>/",
        requirements.office_requirements_new,
        name="office_requirements_new",
    ),
    path("officer/brokers/requirements/<uuid:public_id>/", requirements.office_requirement, name="office_requirement"),
    path(
        "officer/brokers/requirements/<uuid:public_id>/edit/",
        requirements.office_requirements_edit,
        name="office_requirements_edit",
    ),
    path(
        "officer/brokers/requirements/<uuid:public_id>/publish/",
        requirements.office_requirements_publish,
        name="office_requirements_publish",
    ),
    path(
        "officer/brokers/requirements/<uuid:public_id>/discard/",
        requirements.office_requirements_discard,
        name="office_requirements_discard",
    ),
    path("officer/brokers/<uuid:public_id>/", cases.office_application, name="office_application"),
    path("officer/brokers/<uuid:public_id>/<slug:act>/", cases.office_act, name="office_act"),
]
