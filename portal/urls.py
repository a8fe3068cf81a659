from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("development/mail/", views.development_mail, name="development_mail"),
]
