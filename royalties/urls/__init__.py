from django.urls import include, path

from royalties.urls import calendar, income

app_name = "royalties"
urlpatterns = [path("royalties/", include(calendar)), path("royalties/", include(income))]
