from django.urls import path

from brokers.views import work

urlpatterns = [path("", work.work, name="work")]
