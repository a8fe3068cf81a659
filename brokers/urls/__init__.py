from django.urls import include, path

from brokers.urls import fees

app_name = "brokers"
urlpatterns = [
    path("fees/", include(fees)),
]
