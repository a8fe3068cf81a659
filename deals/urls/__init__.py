from django.urls import include, path

from deals.urls import negotiations, requests

app_name = "deals"
urlpatterns = [
    path("requests/", include(requests)),
    path("negotiations/", include(negotiations)),
]
