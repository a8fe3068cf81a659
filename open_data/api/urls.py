app_name = "open_data-api"
urlpatterns: list = []
