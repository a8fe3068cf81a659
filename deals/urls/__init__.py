from django.urls import include, path

from deals.urls import contracts, negotiations, requests, studio

app_name = "deals"
urlpatterns = [
    path("requests/", include(requests)),
    path("negotiations/", include(negotiations)),
    path("contracts/", include(contracts)),
    path("", include(studio)),
]
