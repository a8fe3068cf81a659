from policy.urls import index, survey

app_name = "policy"
urlpatterns = [*survey.urlpatterns, *index.urlpatterns]
