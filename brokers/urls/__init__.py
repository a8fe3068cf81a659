from django.urls import include, path

from brokers.urls import fees, register, registration

app_name = "brokers"
urlpatterns = [
    path("fees/", include(fees)),
    path("brokers/", include(registration)),
    path("", include(register)),
]
