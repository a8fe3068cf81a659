from policy.api import figure_urls, survey_urls

app_name = "policy-api"
urlpatterns = [*figure_urls.urlpatterns, *survey_urls.urlpatterns]
