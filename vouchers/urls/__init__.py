from django.urls import include, path

from vouchers.urls import desk, life, recovery

app_name = "vouchers"
urlpatterns = [
    path("vouchers/", include(desk)),
    path("vouchers/", include(life)),
    path("vouchers/", include(recovery)),
    path("", include("vouchers.urls.orders")),
]
