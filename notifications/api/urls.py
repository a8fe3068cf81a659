from django.urls import path

from notifications.api import views

app_name = "notifications-api"
urlpatterns = [
    path("notifications/", views.NotificationList.as_view(), name="list"),
    path("notifications/read-all/", views.NotificationReadAll.as_view(), name="read_all"),
    path("notifications/<uuid:public_id>/read/", views.NotificationRead.as_view(), name="read"),
]
