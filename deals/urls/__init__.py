from django.urls import include, path

from deals.urls import requests, studio

app_name = "deals"
urlpatterns = [path("requests/", include(requests)), path("", include(studio))]
