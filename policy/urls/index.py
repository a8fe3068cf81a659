from django.urls import path

from policy.views import index, index_office

urlpatterns = [
    path("capability/", index.capability, name="capability"),
    path("capability/export/", index.capability_export, name="capability_export"),
    path("capability/method/", index.capability_method, name="capability_method"),
    path("capability/what-if/", index.capability_what_if, name="capability_what_if"),
    path("capability/institutes/<uuid:public_id>/", index.capability_report, name="capability_report"),
    path("capability/institutes/<uuid:public_id>/report.pdf", index.capability_pdf, name="capability_pdf"),
    path("capability/office/", index_office.capability_office, name="capability_office"),
    path("capability/groups/", index_office.capability_groups, name="capability_groups"),
    path("capability/versions/", index_office.capability_versions, name="capability_versions"),
    path("capability/versions/new/", index_office.capability_version_new, name="capability_version_new"),
    path("capability/versions/<uuid:public_id>/", index_office.capability_version, name="capability_version"),
    path(
        "capability/versions/<uuid:public_id>/edit/",
        index_office.capability_version_edit,
        name="capability_version_edit",
    ),
    path(
        "capability/versions/<uuid:public_id>/publish/",
        index_office.capability_version_publish,
        name="capability_version_publish",
    ),
    path(
        "capability/versions/<uuid:public_id>/discard/",
        index_office.capability_version_discard,
        name="capability_version_discard",
    ),
]
