from django.urls import path

from matching.api import need_views, search_views

app_name = "matching-api"
need_patterns = [
    path("needs/", need_views.NeedList.as_view(), name="needs"),
    path("needs/<uuid:public_id>/", need_views.NeedDetail.as_view(), name="need"),
    path("needs/<uuid:public_id>/close/", need_views.NeedClose.as_view(), name="need-close"),
    path("needs/<uuid:public_id>/reopen/", need_views.NeedReopen.as_view(), name="need-reopen"),
    path("needs/<uuid:public_id>/answers/", need_views.NeedAnswers.as_view(), name="need-answers"),
    path("needs/<uuid:public_id>/matches/", need_views.NeedMatches.as_view(), name="need-matches"),
    path("matches/<uuid:public_id>/feedback/", need_views.MatchFeedback.as_view(), name="match-feedback"),
]
search_patterns = [
    path("saved-searches/", search_views.SavedSearchList.as_view(), name="searches"),
    path("saved-searches/<uuid:public_id>/", search_views.SavedSearchDetail.as_view(), name="search"),
    path("saved-searches/<uuid:public_id>/matches/", search_views.SearchMatchList.as_view(), name="search-matches"),
]
urlpatterns = [*need_patterns, *search_patterns]
