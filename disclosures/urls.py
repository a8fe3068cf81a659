from django.urls import path

from disclosures.views import downloads, holder, requests

app_name = "disclosures"
urlpatterns = [
    path("my/listings/<str:reference>/confidential/", holder.files, name="files"),
    path("my/listings/<str:reference>/confidential/text/", holder.own_text, name="own_text"),
    path("my/listings/<str:reference>/confidential/terms/", holder.terms, name="terms"),
    path("my/listings/<str:reference>/confidential/openings/", holder.openings, name="openings"),
    path("my/listings/<str:reference>/confidential/openings.csv", holder.openings_export, name="openings_export"),
    path("my/confidential-files/<uuid:file_id>/remove/", holder.file_remove, name="file_remove"),
    path("my/confidential-files/<uuid:file_id>/scan/", holder.file_scan, name="file_scan"),
    path("my/confidential-files/<uuid:file_id>/link/", holder.file_link, name="own_link"),
    path("requests/<uuid:public_id>/confidential/", requests.detail, name="detail"),
    path("requests/<uuid:public_id>/confidential/offer/", requests.offer, name="offer"),
    path("requests/<uuid:public_id>/confidential/end/", requests.change_end, name="change_end"),
    path("requests/<uuid:public_id>/confidential/revoke/", requests.revoke, name="revoke"),
    path("requests/<uuid:public_id>/confidential/accept/", requests.accept, name="accept"),
    path("requests/<uuid:public_id>/confidential/ask/", requests.ask_manager, name="ask_manager"),
    path("requests/<uuid:public_id>/confidential/text/", requests.text, name="text"),
    path("requests/<uuid:public_id>/confidential/files/<uuid:file_id>/", requests.file_link, name="link"),
    path("confidential/<str:token>/", downloads.download, name="download"),
]
