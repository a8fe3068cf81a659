from policy.urls import figures, index, plans, survey

app_name = "policy"
urlpatterns = [*figures.urlpatterns, *survey.urlpatterns, *index.urlpatterns, *plans.urlpatterns]
