from django.urls import path

from notifications.views import devices, inbox

app_name = "notifications"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read-all/", inbox.read_all, name="read_all"),
    path("devices/", devices.devices, name="devices"),
    path("devices/add/", devices.add, name="device_add"),
    path("devices/<uuid:public_id>/remove/", devices.remove, name="device_remove"),
    path("unsubscribe/<str:token>/", inbox.unsubscribe, name="unsubscribe"),
    path("<uuid:public_id>/open/", inbox.open_notification, name="open"),
]
