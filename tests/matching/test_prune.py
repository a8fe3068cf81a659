"""What nobody will look at again goes after half a year; what says something about the matching stays."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching.enums import SEARCH_STATES, AlertRate, SearchState, WhyNot
from matching.models import Alerted, Match
from matching.services.alerts import forget_what_is_not_wanted, people_due
from matching.services.judge import judge, take_back
from matching.services.prune import KEPT, TOLD_KEPT, prune
from matching.tasks import look_after_searches
from tech_listings.models import Listing
from tests.factories.accounts import UserFactory
from tests.factories.matching import POSTED, NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import TUESDAY, match_of, saved_search
from tests.factories.tech_listings import ListingFactory

DAY = timedelta(days=1)
CLOSED = POSTED + 5 * DAY


def paused_match(at=TUESDAY, **fields):
    search = saved_search()
    SEARCH_STATES.move(search, SearchState.PAUSED, paused_at=at)
    return match_of(search, **fields)


def withdrawn_match(at=TUESDAY):
    return match_of(saved_search(), listing=ListingFactory(withdrawn=True, withdrawn_at=at))


@pytest.mark.parametrize(
    ("made", "ended"),
    [
        (lambda: NeedMatchFactory(need__closed=True), CLOSED),
        (lambda: NeedMatchFactory(need__closed=True, alerted_at=POSTED), CLOSED),
        (paused_match, TUESDAY),
        (lambda: paused_match(alerted_at=TUESDAY), TUESDAY),
        (withdrawn_match, TUESDAY),
    ],
)
def test_goes_half_a_year_after_its_end_and_not_before(made, ended):
    match = made()
    others = [NeedMatchFactory(), match_of(saved_search())]
    assert prune(at=ended + KEPT - timedelta(seconds=1)) == 0
    assert Match.objects.filter(pk=match.pk).exists()
    assert (prune(at=ended + KEPT), prune(at=ended + KEPT)) == (1, 0)
    assert set(Match.objects.all()) == set(others)
    assert Listing.objects.filter(pk=match.listing_id).exists()


def test_what_was_judged_or_answered_stays():
    judged = paused_match(why_not=WhyNot.OTHER, why_not_text="no", judged_at=TUESDAY)
    answer = NeedAnswerFactory(need__closed=True)
    answered = NeedMatchFactory(need=answer.need, listing=answer.listing)
    assert prune(at=CLOSED + 2 * KEPT) == 0
    assert set(Match.objects.all()) == {judged, answered}


def test_a_year_after_a_technology_was_told_it_may_be_told_again():
    user, listing = UserFactory(), ListingFactory()
    Alerted.objects.create(user=user, listing=listing, at=TUESDAY)
    later = Alerted.objects.create(user=user, listing=ListingFactory(), at=TUESDAY + DAY)
    prune(at=TUESDAY + TOLD_KEPT - DAY)
    assert Alerted.objects.count() == 2
    prune(at=TUESDAY + TOLD_KEPT)
    assert set(Alerted.objects.all()) == {later}


def test_a_round_is_bounded_and_the_next_goes_on():
    need = NeedFactory(closed=True)
    for _n in range(3):
        NeedMatchFactory(need=need)
    late = CLOSED + KEPT
    assert [prune(at=late, most=2) for _n in range(3)] == [2, 1, 0]


def test_the_task_of_every_hour_does_it():
    NeedMatchFactory(need__closed=True)
    with time_machine.travel(CLOSED + KEPT, tick=False):
        look_after_searches()
    assert not Match.objects.exists()


# --- what is looked through every minute ------------------------------------------------------------------------------


def unannounced():
    return Match.objects.filter(alerted_at__isnull=True, is_news=True)


def owner_gone():
    match = NeedMatchFactory()
    match.need.owner.memberships.all().delete()
    return match


@pytest.mark.parametrize(
    "made",
    [
        lambda: match_of(saved_search(rate=AlertRate.OFF)),
        paused_match,
        lambda: NeedMatchFactory(need__closed=True),
        lambda: NeedMatchFactory(why_not=WhyNot.OTHER, why_not_text="no", judged_at=POSTED),
        owner_gone,
    ],
)
def test_what_can_never_be_told_is_not_looked_through(made):
    made()
    told = match_of(saved_search())
    forget_what_is_not_wanted(TUESDAY + DAY)
    assert set(unannounced()) == {told}
    assert people_due(TUESDAY + DAY) == [told.saved_search.owner_id]


def test_what_somebody_judged_is_no_news_also_when_it_is_taken_back():
    match = match_of(saved_search())
    owner = match.saved_search.owner
    judge(match=match, why_not=WhyNot.OTHER, text="no", by=owner, at=TUESDAY)
    assert not unannounced().exists()
    take_back(match=match, by=owner)
    assert people_due(TUESDAY + DAY) == []


OTHER_INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid
    WHERE indrelid = 'matching_match'::regclass AND conindid IS NULL
    AND indexrelid <> 'match_unannounced'::regclass AND NOT indisunique
"""


def test_who_is_due_is_found_by_the_index_of_what_is_unannounced():
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        people_due(TUESDAY)
        # In an empty table each index is as good: without the others this one is taken, if it can serve the question.
        cursor.execute(OTHER_INDEXES)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute(f"EXPLAIN {asked[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "match_unannounced" in plan, plan
