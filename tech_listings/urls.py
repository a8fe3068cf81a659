app_name = "tech_listings"
urlpatterns: list = []
