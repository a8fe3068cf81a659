from django.urls import include, path

from vouchers.urls import life, orders, recovery

app_name = "vouchers"
urlpatterns = [
    path("", include(orders)),
    path("vouchers/", include(recovery)),
    path("vouchers/", include(life)),
]
