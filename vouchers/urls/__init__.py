from django.urls import include, path

from vouchers.urls import life, recovery

app_name = "vouchers"
urlpatterns = [path("vouchers/", include(life)), path("vouchers/", include(recovery))]
