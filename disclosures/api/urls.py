from django.urls import path

from disclosures.api import views

app_name = "disclosures-api"
urlpatterns = [
    path("requests/<uuid:public_id>/confidential/", views.ConfidentialPart.as_view(), name="part"),
    path("requests/<uuid:public_id>/confidential/offer/", views.ConfidentialOffer.as_view(), name="offer"),
    path("requests/<uuid:public_id>/confidential/end/", views.ConfidentialEnd.as_view(), name="end"),
    path("requests/<uuid:public_id>/confidential/revoke/", views.ConfidentialRevoke.as_view(), name="revoke"),
    path("requests/<uuid:public_id>/confidential/accept/", views.ConfidentialAccept.as_view(), name="accept"),
    path("requests/<uuid:public_id>/confidential/text/", views.ConfidentialText.as_view(), name="text"),
    path(
        "requests/<uuid:public_id>/confidential/files/<uuid:file_id>/link/",
        views.ConfidentialFileLink.as_view(),
        name="link",
    ),
    path("my/listings/<str:reference>/confidential/files/", views.OwnFiles.as_view(), name="files"),
    path("my/listings/<str:reference>/confidential/openings/", views.Openings.as_view(), name="openings"),
    path("my/confidential-files/<uuid:file_id>/", views.OwnFile.as_view(), name="file"),
    path("my/confidential-files/<uuid:file_id>/link/", views.OwnFileLink.as_view(), name="own-link"),
    path("confidential/<str:token>/", views.Download.as_view(), name="download"),
]
