from django.urls import URLPattern, URLResolver, include, path

from programmes.urls import review

app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(review)),
]
