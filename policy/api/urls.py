app_name = "policy-api"
urlpatterns: list = []
