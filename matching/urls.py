from django.urls import path

from matching.views import need_matches, needs, searches

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
search_patterns = [
    path("my/searches/", searches.search_list, name="search_list"),
    path("my/searches/new/", searches.search_new, name="search_new"),
    path("my/searches/mail-off/<str:token>/", searches.alerts_off, name="alerts_off"),
    path("my/searches/matches/<uuid:public_id>/", searches.search_match, name="search_match"),
    path("my/searches/matches/<uuid:public_id>/judge/", searches.search_judge, name="search_judge"),
    path("my/searches/<uuid:public_id>/", searches.search_detail, name="search_detail"),
    path("my/searches/<uuid:public_id>/export.csv", searches.search_export, name="search_export"),
    path("my/searches/<uuid:public_id>/change/", searches.search_change, name="search_change"),
    path("my/searches/<uuid:public_id>/open/", searches.search_open, name="search_open"),
    path("my/searches/<uuid:public_id>/keep/", searches.search_keep, name="search_keep"),
    path("my/searches/<uuid:public_id>/pause/", searches.search_pause, name="search_pause"),
    path("my/searches/<uuid:public_id>/resume/", searches.search_resume, name="search_resume"),
    path("my/searches/<uuid:public_id>/delete/", searches.search_delete, name="search_delete"),
]
urlpatterns = [*need_patterns, *search_patterns]
