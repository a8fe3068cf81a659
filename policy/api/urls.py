from policy.api import figure_urls

app_name = "policy-api"
urlpatterns = [*figure_urls.urlpatterns]
