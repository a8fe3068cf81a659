from django.urls import path

from accounts.api import views

app_name = "accounts-api"
urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("organizations/", views.OrganizationsView.as_view(), name="organizations"),
    path("organizations/<uuid:id>/", views.OrganizationView.as_view(), name="organization"),
    path("organizations/<uuid:id>/business/", views.BusinessView.as_view(), name="business"),
    path("merges/", views.MergesView.as_view(), name="merges"),
]
