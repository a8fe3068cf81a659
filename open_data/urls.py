from django.urls import path

from open_data.views import oai

app_name = "open_data"
urlpatterns: list = [
    path("oai/", oai.oai, name="oai"),
]
