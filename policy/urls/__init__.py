from policy.urls import index, plans, survey

app_name = "policy"
urlpatterns = [*survey.urlpatterns, *index.urlpatterns, *plans.urlpatterns]
