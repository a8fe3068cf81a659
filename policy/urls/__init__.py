from policy.urls import survey

app_name = "policy"
urlpatterns = [*survey.urlpatterns]
