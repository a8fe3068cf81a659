from django.urls import path

from vouchers.views import desk

urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/export/", desk.desk_export, name="desk_export"),
    path("provider/", desk.provider, name="provider"),
]
