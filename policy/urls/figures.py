from django.urls import path

from policy.views import figures, figures_govern

urlpatterns = [
    path("figures/", figures.board, name="figures"),
    path("figures/export/", figures.board_export, name="figures_export"),
    path("figures/<slug:code>/", figures.figure, name="figure"),
    path("figures/<slug:code>/rows/", figures.rows, name="figure_rows"),
    path("figures/<slug:code>/rows/export/", figures.rows_export, name="figure_rows_export"),
    path("figures/<slug:code>/targets/", figures_govern.targets, name="figure_targets"),
    path("figures/<slug:code>/targets/withdraw/", figures_govern.target_withdraw, name="figure_target_withdraw"),
    path("figures/<slug:code>/months/<uuid:public_id>/", figures_govern.snapshot_correct, name="snapshot_correct"),
]
