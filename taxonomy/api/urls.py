from django.urls import path

from taxonomy.api import views

app_name = "taxonomy-api"
urlpatterns = [path("codes/", views.CodeList.as_view(), name="codes")]
