from django.urls import include, path

from royalties.urls import income

app_name = "royalties"
urlpatterns = [path("royalties/", include(income))]
