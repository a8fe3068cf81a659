from django.urls import include, path

from vouchers.urls import life

app_name = "vouchers"
urlpatterns = [path("vouchers/", include(life))]
