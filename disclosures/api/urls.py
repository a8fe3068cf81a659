app_name = "disclosures-api"
urlpatterns: list = []
