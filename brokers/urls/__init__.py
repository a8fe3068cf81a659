from django.urls import include, path

from brokers.urls import duties, fees, registration

app_name = "brokers"
urlpatterns = [
    path("fees/", include(fees)),
    path("brokers/", include(registration)),
    path("", include(duties)),
]
