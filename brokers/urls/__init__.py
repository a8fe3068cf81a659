from django.urls import include, path

from brokers.urls import cases, duties, fees, mandates, office, register, registration, work

app_name = "brokers"
urlpatterns = [
    path("", include(cases)),
    path("fees/", include(fees)),
    path("", include(office)),
    path("brokers/", include(registration)),
    path("mandates/", include(mandates)),
    path("brokers/work/", include(work)),
    path("", include(duties)),
    path("", include(register)),
]
