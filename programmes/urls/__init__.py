from django.urls import URLPattern, URLResolver

from programmes.urls import applications

app_name = "programmes"
urlpatterns: list[URLPattern | URLResolver] = [*applications.urlpatterns]
