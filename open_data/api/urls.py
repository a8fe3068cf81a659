from django.urls import path

from open_data.api import feed_views as feed

app_name = "open_data-api"
urlpatterns: list = [
    path("changes/", feed.Changes.as_view(), name="changes"),
    path("bulk/", feed.Bulk.as_view(), name="bulk"),
    path("bulk/<str:name>/", feed.BulkDownload.as_view(), name="bulk-file"),
    path("totals/", feed.Totals.as_view(), name="totals"),
]
