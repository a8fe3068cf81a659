from django.urls import path

from policy.api import figure_views as views

urlpatterns = [
    path("figures/", views.FigureList.as_view(), name="figures"),
    path("figures/<slug:code>/", views.FigureDetail.as_view(), name="figure"),
    path("figures/<slug:code>/values/", views.FigureValues.as_view(), name="figure-values"),
    path("figures/<slug:code>/frozen/", views.FigureFrozen.as_view(), name="figure-frozen"),
    path("figures/<slug:code>/targets/", views.FigureTargets.as_view(), name="figure-targets"),
    path("figures/<slug:code>/rows/", views.FigureRows.as_view(), name="figure-rows"),
]
