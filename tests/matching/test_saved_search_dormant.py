"""Searches nobody opens: asked about once after 90 days, paused 30 days later."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from matching.enums import SearchState
from matching.models import SavedSearch
from matching.services.dormant import ask, pause_unanswered, to_be_asked, to_be_paused
from matching.tasks import look_after_searches
from notifications.models import Notification
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.matching_searches import TUESDAY, match_of, news, saved_search

DAY = timedelta(days=1)


def look_after(at):
    with time_machine.travel(at, tick=False):
        return look_after_searches()


def kinds():
    return list(Notification.objects.order_by("created_at", "pk").values_list("kind", flat=True))


def test_is_asked_once_then_paused_with_notice():
    search = saved_search(name="Hydrogen")

    assert look_after(TUESDAY + 89 * DAY) == 0
    assert [look_after(TUESDAY + days * DAY) for days in (90, 90, 119)] == [1, 0, 0]
    search.refresh_from_db()
    assert (search.state, search.asked_at) == (SearchState.ACTIVE, TUESDAY + 90 * DAY)
    assert Notification.objects.get().title == "Do you still want to hear about “Hydrogen”?"
    news(title_ko="수소")  # until then it goes on working
    assert search.matches.count() == 1

    assert [look_after(TUESDAY + days * DAY) for days in (120, 121, 200)] == [1, 0, 0]

    search.refresh_from_db()
    assert (search.state, search.paused_at, search.asked_at) == (SearchState.PAUSED, TUESDAY + 120 * DAY, None)
    assert kinds() == ["search_still_wanted", "search_paused"]
    news(title_ko="수소")
    assert search.matches.count() == 1


@pytest.mark.parametrize("how", ["page", "open", "keep", "match", "saved again"])
def test_any_sign_of_life_keeps_it(client, how):
    owner = UserFactory()
    search = saved_search(by=owner)
    match = match_of(search)
    look_after(TUESDAY + 90 * DAY)

    with time_machine.travel(TUESDAY + 100 * DAY, tick=False):
        sign_in(client, owner)
        if how in ("open", "keep"):
            client.post(reverse(f"matching:search_{how}", args=[search.public_id]))
        elif how == "page":
            client.get(reverse("matching:search_detail", args=[search.public_id]))
        elif how == "match":
            client.get(reverse("matching:search_match", args=[match.public_id]))
        else:
            saved_search(by=owner, at=TUESDAY + 100 * DAY)

    search.refresh_from_db()
    assert (search.opened_at, search.asked_at) == (TUESDAY + 100 * DAY, None)
    assert look_after(TUESDAY + 130 * DAY) == 0
    assert look_after(TUESDAY + 190 * DAY) == 1  # and is asked about again in its time
    assert kinds() == ["search_still_wanted"] * 2


def test_the_list_offers_to_keep_or_pause_what_was_asked_about(client):
    owner = UserFactory()
    search = saved_search(by=owner)
    look_after(TUESDAY + 90 * DAY)
    notice = Notification.objects.get()
    with time_machine.travel(TUESDAY + 91 * DAY, tick=False):
        sign_in(client, owner)
        page = client.get(notice.url)
        assert "Still wanted?" in page.text
        assert reverse("matching:search_keep", args=[search.public_id]) in page.text
        client.post(reverse("matching:search_pause", args=[search.public_id]))
    search.refresh_from_db()
    assert (search.state, search.asked_at) == (SearchState.PAUSED, None)
    assert look_after(TUESDAY + 300 * DAY) == 0


def test_what_changed_between_looking_and_locking_is_left_alone():
    search = saved_search()
    at = TUESDAY + 90 * DAY
    assert to_be_asked(at) == [search.pk]
    SavedSearch.objects.update(opened_at=at)
    assert ask(search_id=search.pk, at=at) is False
    SavedSearch.objects.update(opened_at=TUESDAY, asked_at=at)
    assert to_be_paused(at + 30 * DAY) == [search.pk]
    SavedSearch.objects.update(asked_at=None)
    assert pause_unanswered(search_id=search.pk, at=at + 30 * DAY) is False
    assert kinds() == []


def test_a_notice_about_a_search_that_is_gone_is_not_shown(client):
    owner = UserFactory()
    search = saved_search(by=owner)
    look_after(TUESDAY + 90 * DAY)
    search.delete()
    assert Notification.objects.visible_to(owner).count() == 0
