from django.urls import path

from obligations.views import compliance

app_name = "obligations"
urlpatterns = [
    path("", compliance.overview, name="compliance"),
    path("export.csv", compliance.overview_export, name="compliance_export"),
    path("duties/", compliance.duties, name="duties"),
    path("duties/export.csv", compliance.duties_export, name="duties_export"),
    path("duties/export.xlsx", compliance.duties_xlsx, name="duties_xlsx"),
]
