from django.urls import include, path

from brokers.urls import fees, office, registration

app_name = "brokers"
urlpatterns = [
    path("fees/", include(fees)),
    path("", include(office)),
    path("brokers/", include(registration)),
]
