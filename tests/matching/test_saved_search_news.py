"""What is news to whom: not what was found while no mail was wanted, and not what “all of the words” rules out."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching.alert_notices import compose
from matching.enums import AlertRate
from matching.models import Match, SavedSearch
from matching.services.alerts import gather, gather_all, people_due
from matching.services.catch import searches_catching
from matching.services.edit import edit
from matching.services.keep_search import pause
from notifications.delivery import deliver_all, waiting_for_mail
from notifications.models import Notification
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import TUESDAY, give_meaning, news, saved_search
from tests.factories.tech_listings import ListingFactory

DAY = timedelta(days=1)


def run(at):
    gather_all(user_ids=people_due(at), at=at)
    deliver_all(waiting_for_mail(), at)
    return len(mail.outbox)


@pytest.mark.parametrize("rest", ["paused", "off"])
def test_a_search_that_is_saved_again_hears_of_what_comes_from_then_on(rest):
    user = UserFactory()
    search = saved_search("q=수소", by=user)
    news(title_ko="수소")
    if rest == "paused":
        pause(search=search, by=user, at=TUESDAY)
    else:
        SavedSearch.objects.update(rate=AlertRate.OFF)

    saved_search("q=수소", by=user, at=TUESDAY + DAY)

    assert run(TUESDAY + DAY) == 0
    news(title_ko="수소 둘", at=TUESDAY + DAY)
    assert run(TUESDAY + DAY) == 1


def test_a_search_that_is_at_work_and_saved_again_loses_nothing():
    user = UserFactory()
    saved_search("q=수소", by=user)
    news(title_ko="수소")
    saved_search("q=수소", by=user, name="Another name")
    assert run(TUESDAY) == 1


def test_a_need_whose_mail_is_turned_on_again_hears_of_what_comes_from_then_on():
    need = NeedFactory(rate=AlertRate.OFF)
    NeedMatchFactory(need=need)

    edit(need=need, content={"rate": AlertRate.AT_ONCE}, seen_revision=1, by=need.owner, at=TUESDAY)

    assert run(TUESDAY) == 0
    NeedMatchFactory(need=need, found_at=TUESDAY)
    assert run(TUESDAY) == 1


def test_all_of_the_words_is_not_overruled_by_the_meaning():
    """As on the page: who switched to all of the words gets no technology that has none of them."""
    listing = ListingFactory(title_ko="폐리튬전지 재활용 기술", title_en="", summary_ko="폐배터리에서 리튬을 회수한다.")
    give_meaning(listing)
    saved_search("q=technique for recycling waste lithium batteries&match=all")
    assert searches_catching(listing) == []


def test_a_mail_about_very_many_reads_those_it_names():
    user = UserFactory()
    search = saved_search("q=수소", by=user)
    listings = [ListingFactory(title_ko=f"수소 {n}", confidential_text="kanarienvogel") for n in range(30)]
    given = {"saved_search": search, "score": 100, "reason": {"words": ["수소"]}, "found_at": TUESDAY}
    Match.objects.bulk_create([Match(listing=listing, **given) for listing in listings])
    gather(user_id=user.pk, at=TUESDAY)

    with CaptureQueriesContext(connection) as asked:
        made = compose(user, list(Notification.objects.filter(recipient=user)))

    (part,) = made.context["parts"]
    assert (len(part.items), part.more) == (20, 10)
    # The long texts of a technology are read for those that are named, its confidential part never.
    assert [query["sql"] for query in asked if "confidential_text" in query["sql"]] == []
    assert len(asked) == 4


def test_a_pasted_page_of_korean_can_be_saved(client):
    user = UserFactory()
    sign_in(client, user)
    page = ("수소를 저장하는 합금의 반응 속도가 느리다. " * 90)[:2_000]

    answer = client.post(f"/my/searches/new/?{urlencode({'q': page})}", {"name": "A page", "rate": "daily"})

    assert answer.status_code == 302
    assert len(SavedSearch.objects.get(owner=user).units) > 3
