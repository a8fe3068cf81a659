from django.urls import URLPattern, URLResolver, include, path

from programmes.api import application_urls, call_urls, review_urls

app_name = "programmes-api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(application_urls)),
    path("", include(call_urls)),
    path("", include(review_urls)),
]
