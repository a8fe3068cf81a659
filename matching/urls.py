from django.urls import path

from matching.views import need_matches, needs

app_name = "matching"
need_patterns = [
    path("needs/", needs.need_list, name="needs"),
    path("needs/export.csv", needs.need_export, name="needs_export"),
    path("needs/new/", needs.need_create, name="need_create"),
    path("needs/<uuid:public_id>/", needs.need_detail, name="need"),
    path("needs/<uuid:public_id>/posted/", needs.need_posted, name="need_posted"),
    path("needs/<uuid:public_id>/edit/", needs.need_edit, name="need_edit"),
    path("needs/<uuid:public_id>/close/", needs.need_close, name="need_close"),
    path("needs/<uuid:public_id>/reopen/", needs.need_reopen, name="need_reopen"),
    path("needs/<uuid:public_id>/answer/", needs.need_answer, name="need_answer"),
    path("needs/<uuid:public_id>/matches/", need_matches.need_matches, name="need_matches"),
    path("needs/<uuid:public_id>/matches/export.csv", need_matches.match_export, name="match_export"),
    path("needs/matches/<uuid:public_id>/judge/", need_matches.match_judge, name="match_judge"),
    path("needs/matches/<uuid:public_id>/take-back/", need_matches.match_take_back, name="match_take_back"),
    path("my/needs/", needs.my_needs, name="my_needs"),
    path("my/needs/export.csv", needs.my_need_export, name="my_needs_export"),
]
urlpatterns = [*need_patterns]
