from policy.api import survey_urls

app_name = "policy-api"
urlpatterns = [*survey_urls.urlpatterns]
