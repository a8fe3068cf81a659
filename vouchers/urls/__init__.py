from django.urls import include, path

from vouchers.urls import desk, life, orders, recovery

app_name = "vouchers"
urlpatterns = [
    path("", include(orders)),
    path("vouchers/", include(desk)),
    path("vouchers/", include(life)),
    path("vouchers/", include(recovery)),
]
