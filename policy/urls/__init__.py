from policy.urls import figures

app_name = "policy"
urlpatterns = [*figures.urlpatterns]
