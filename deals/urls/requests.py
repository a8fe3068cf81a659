from django.urls import path

from deals.views import requests as views

urlpatterns = [
    path("", views.request_list, name="list"),
    path("export.csv", views.request_export, name="export"),
    path("new/<str:reference>/", views.request_create, name="create"),
    path("<uuid:public_id>/", views.request_detail, name="detail"),
    path("<uuid:public_id>/sent/", views.request_sent, name="sent"),
    path("<uuid:public_id>/answer/", views.request_answer, name="answer"),
    path("<uuid:public_id>/withdraw/", views.request_withdraw, name="withdraw"),
]
