import itertools

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction

from deals.enums.requests import REQUEST_STATES, RequestState
from deals.models import RequestEvent, TransferRequest
from marketplace.core.states import IllegalTransition
from tests.factories.deals.requests import SENT, TransferRequestFactory

TRAIT = {RequestState.RECEIVED: {}, RequestState.ANSWERED: {"talk": True}, RequestState.WITHDRAWN: {"withdrawn": True}}
CLEARED = {
    "answer_kind": "",
    "answer_text": "",
    "answered_at": None,
    "answered_by": None,
    "withdrawn_at": None,
    "withdrawn_by": None,
}


def fields_of(state, user):
    if state == RequestState.ANSWERED:
        return CLEARED | {"answer_kind": "talk", "answered_at": SENT, "answered_by": user}
    if state == RequestState.WITHDRAWN:
        return CLEARED | {"withdrawn_at": SENT, "withdrawn_by": user}
    return CLEARED


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(RequestState, 2)))
def test_python_and_the_database_agree_on_every_move(before, after):
    request = TransferRequestFactory(**TRAIT[before])
    changes = fields_of(after, request.requested_by)
    if REQUEST_STATES.can(request, after):
        REQUEST_STATES.move(request, after, **changes)
        request.refresh_from_db()
        assert request.state == after
    else:
        with pytest.raises(IllegalTransition):
            REQUEST_STATES.move(request, after, **changes)
        with pytest.raises(InternalError), transaction.atomic():
            TransferRequest.objects.filter(pk=request.pk).update(state=after, **changes)


@pytest.mark.parametrize(
    ("trait", "changes"),
    [
        ({}, {"answer_kind": "talk"}),
        ({}, {"withdrawal_reason": "x"}),
        ({}, {"state": "answered"}),
        ({}, {"state": "withdrawn"}),
        ({"talk": True}, {"answered_by": None}),
        ({"talk": True}, {"decline_category": "rights"}),
        ({"declined": True}, {"answer_text": ""}),
        ({"declined": True}, {"decline_category": ""}),
        ({"declined": True}, {"decline_category": "moon"}),
        ({"withdrawn": True}, {"withdrawn_at": None}),
    ],
)
def test_a_state_has_the_fields_it_needs_and_no_others(trait, changes):
    request = TransferRequestFactory(**trait)
    with pytest.raises(IntegrityError), transaction.atomic():
        TransferRequest.objects.filter(pk=request.pk).update(**changes)


@pytest.mark.parametrize(
    "changes", [{"intended_use": "Other"}, {"number": "R2026999999"}, {"answer_due_on": "2030-01-01"}]
)
def test_what_was_asked_cannot_be_changed(changes):
    request = TransferRequestFactory()
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        TransferRequest.objects.filter(pk=request.pk).update(**changes)


@pytest.mark.parametrize("change", [lambda rows: rows.update(kind="opened"), lambda rows: rows.delete()])
def test_the_timeline_is_written_once(change):
    request = TransferRequestFactory()
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        change(RequestEvent.objects.filter(request=request))


def test_nobody_asks_oneself_even_past_the_service():
    request = TransferRequestFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        TransferRequestFactory(listing=request.listing, requester=request.holder, requested_by=request.requested_by)
