import itertools

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.states import IllegalTransition
from matching.enums import NEED_STATES, NeedState
from matching.models import Match, Need
from tests.factories.matching import POSTED, NeedFactory, NeedMatchFactory

ENDED = {"outcome": "found", "closed_at": POSTED}
BEGUN = {"outcome": "", "closing_note": "", "closed_at": None, "closed_by": None}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(NeedState, repeat=2)))
def test_python_and_the_database_agree_on_every_move(before, after):
    need = NeedFactory(closed=before == NeedState.CLOSED)
    changes = ENDED if after == NeedState.CLOSED else BEGUN
    if NEED_STATES.can(need, after):
        NEED_STATES.move(need, after, **changes)
    else:
        with pytest.raises(IllegalTransition):
            NEED_STATES.move(need, after, **changes)
    if before != after:  # both moves are allowed, so the database lets the bare update through too
        Need.objects.filter(pk=need.pk).update(state=after, **changes)
    assert Need.objects.get(pk=need.pk).state == (after if before != after else before)


@pytest.mark.parametrize(
    ("trait", "changes"),
    [
        ({}, {"state": "closed"}),
        ({}, {"outcome": "found"}),
        ({}, {"closing_note": "x"}),
        ({}, {"rate": "hourly"}),
        ({}, {"number": "X2026000001"}),
        ({}, {"title": ""}),
        ({}, {"problem": ""}),
        ({}, {"trl_from": 0}),
        ({}, {"trl_from": 6, "trl_to": 4}),
        ({"closed": True}, {"outcome": ""}),
        ({"closed": True}, {"outcome": "moon"}),
        ({"closed": True}, {"closed_at": None}),
    ],
)
def test_a_state_has_the_fields_it_needs_and_no_others(trait, changes):
    need = NeedFactory(**trait)
    with pytest.raises(IntegrityError), transaction.atomic():
        Need.objects.filter(pk=need.pk).update(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"score": 101},
        {"why_not": "known"},
        {"why_not": "moon", "judged_at": POSTED},
        {"why_not_text": "x"},
        {"need": None},
    ],
)
def test_a_match_says_what_it_is_of_and_why_not(changes):
    match = NeedMatchFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Match.objects.filter(pk=match.pk).update(**changes)


def test_a_need_and_a_listing_match_once():
    match = NeedMatchFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        NeedMatchFactory(need=match.need, listing=match.listing)
