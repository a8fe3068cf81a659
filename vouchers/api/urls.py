from django.urls import URLPattern, URLResolver, include, path

from vouchers.api import recovery_urls

app_name = "vouchers-api"
urlpatterns: list[URLPattern | URLResolver] = [path("", include(recovery_urls))]
