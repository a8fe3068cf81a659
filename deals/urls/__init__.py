from django.urls import include, path

from deals.urls import negotiations, requests, studio

app_name = "deals"
urlpatterns = [
    path("requests/", include(requests)),
    path("negotiations/", include(negotiations)),
    path("", include(studio)),
]
