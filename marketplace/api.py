"""The API, version 1: each app brings its own part."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from marketplace.core.reference import ApiDescription, api_reference

urlpatterns = [
    path("schema/", login_not_required(ApiDescription.as_view()), name="schema"),
    path("docs/", api_reference, name="api-docs"),
    path("v1/", include("accounts.api.urls")),
    path("v1/", include("taxonomy.api.urls")),
    path("v1/", include("tech_listings.api.urls")),
    path("v1/", include("matching.api.urls")),
    path("v1/", include("obligations.api.urls")),
    path("v1/", include("brokers.api.urls")),
    path("v1/", include("deals.api.urls")),
    path("v1/", include("royalties.api.urls")),
    path("v1/", include("programmes.api.urls")),
    path("v1/", include("vouchers.api.urls")),
    path("v1/", include("policy.api.urls")),
    path("v1/", include("open_data.api.urls")),
    path("v1/", include("portal.api.urls")),
    path("v1/", include("disclosures.api.urls")),
    path("v1/", include("notifications.api.urls")),
]
