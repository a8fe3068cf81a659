from django.urls import path

from policy.views import plans

urlpatterns = [
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.plan_new, name="plan_new"),
    path("plans/<uuid:public_id>/", plans.plan, name="plan"),
    path("plans/<uuid:public_id>/export/", plans.plan_export, name="plan_export"),
    path("plans/<uuid:public_id>/revise/", plans.plan_revise, name="plan_revise"),
    path("plans/<uuid:public_id>/progress/", plans.plan_progress, name="plan_progress"),
    path("plans/versions/<uuid:public_id>/", plans.plan_version, name="plan_version"),
    path("plans/versions/<uuid:public_id>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/versions/<uuid:public_id>/measures/new/", plans.plan_measure, name="plan_measure_new"),
    path("plans/versions/<uuid:public_id>/measures/<int:code>/", plans.plan_measure, name="plan_measure"),
    path(
        "plans/versions/<uuid:public_id>/measures/<int:code>/drop/", plans.plan_measure_drop, name="plan_measure_drop"
    ),
    path(
        "plans/versions/<uuid:public_id>/measures/<int:code>/back/", plans.plan_measure_back, name="plan_measure_back"
    ),
    path("plans/versions/<uuid:public_id>/target/", plans.plan_target, name="plan_target"),
    path("plans/versions/<uuid:public_id>/target/drop/", plans.plan_target_drop, name="plan_target_drop"),
    path("plans/versions/<uuid:public_id>/publish/", plans.plan_publish, name="plan_publish"),
    path("plans/versions/<uuid:public_id>/discard/", plans.plan_discard, name="plan_discard"),
]
