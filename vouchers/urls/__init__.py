from django.urls import include, path

app_name = "vouchers"
urlpatterns = [path("", include("vouchers.urls.orders"))]
