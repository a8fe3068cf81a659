from django.urls import URLPattern, URLResolver

from programmes.urls import calls

app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [*calls.urlpatterns]
