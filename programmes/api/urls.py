from django.urls import URLPattern, URLResolver, include, path

from programmes.api import review_urls

app_name = "programmes-api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(review_urls)),
]
