from django.urls import URLPattern, URLResolver, include, path

from programmes.urls import applications, calls, review

app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(applications)),
    path("", include(calls)),
    path("", include(review)),
]
