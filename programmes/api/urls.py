from django.urls import URLPattern, URLResolver, include, path

from programmes.api import call_urls

app_name = "programmes-api"
urlpatterns: list[URLPattern | URLResolver] = [path("", include(call_urls))]
