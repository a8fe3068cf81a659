from django.core.management import call_command

from matching.models import Match, SavedSearch
from notifications.models import Notification


def test_the_demo_has_two_saved_searches_with_finds_and_twice_is_once():
    call_command("load_demo", verbosity=0)
    searches = {search.owner.email: search for search in SavedSearch.objects.select_related("owner")}
    assert set(searches) == {"manager@pureunsol.example", "staff@bareungyeol.example"}
    for search in searches.values():
        assert search.matches.count() >= 2, search.name
        assert search.asked_at is None
    first = (SavedSearch.objects.count(), Match.objects.filter(saved_search__isnull=False).count())
    assert not Notification.objects.filter(kind="search_alert").exists()
    SavedSearch.objects.update(name="My own name")

    call_command("load_demo", verbosity=0)

    assert (SavedSearch.objects.count(), Match.objects.filter(saved_search__isnull=False).count()) == first
    assert set(SavedSearch.objects.values_list("name", flat=True)) == {"My own name"}
