from django.urls import include, path

from deals.urls import requests

app_name = "deals"
urlpatterns = [path("requests/", include(requests))]
