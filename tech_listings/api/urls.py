app_name = "tech_listings-api"
urlpatterns: list = []
