from django.http import HttpResponse
from django.urls import path

app_name = "vouchers"
f = lambda r, **k: HttpResponse()
urlpatterns = [
    path("q/<uuid:public_id>/", f, name="quotation"),
    path("c/<uuid:public_id>/", f, name="choice"),
    path("o/<uuid:public_id>/", f, name="order"),
    path("cl/<uuid:public_id>/", f, name="claim"),
]
