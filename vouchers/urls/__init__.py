from django.urls import include, path

from vouchers.urls import recovery

app_name = "vouchers"
urlpatterns = [path("vouchers/", include(recovery))]
