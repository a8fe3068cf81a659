from django.urls import path

from portal.api import views

app_name = "portal-api"
urlpatterns = [
    path("waiting/", views.WaitingList.as_view(), name="waiting"),
    path("search/", views.Search.as_view(), name="search"),
]
