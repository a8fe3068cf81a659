"""Who may do what in which state: every act of the review by API, in every state of application and selection, as each
kind of person. What is refused has changed nothing."""

import pytest
import time_machine
from django.urls import reverse

from programmes.enums.applications import ApplicationState
from programmes.enums.review import AgreementState, SelectionState
from programmes.models import Agreement
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on
from tests.database import undone
from tests.factories.programmes.review import (
    NOW,
    approved,
    call_row,
    eligible,
    fresh,
    manager,
    member,
    officer,
    proposed,
    ready,
    scored,
    sql,
    submitted,
)
from tests.programmes.review.test_access import api_of, traces

S, T = ApplicationState, SelectionState


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def forced(table, key, **columns):
    """As if it had come there on its way: guards are passed over for this one statement."""
    sql("SET LOCAL session_replication_role = replica")
    given = ", ".join(f"{name} = %s" for name in columns)
    sql(f"UPDATE {table} SET {given} WHERE id = %s", *columns.values(), key)
    sql("SET LOCAL session_replication_role = DEFAULT")


def in_state(application, state):
    if state in {S.DRAFT, S.DISCARDED}:
        forced("programmes_application", application.pk, state=state, number=None, submitted_at=None)
    else:
        forced("programmes_application", application.pk, state=state)


BODIES = {
    "eligible": {}, "ineligible": {"text": "Too old"}, "ask-completion": {"parts": {"plan": "Who buys it?"}},
}  # fmt: skip
MAY = {
    "eligible": {S.SUBMITTED}, "ineligible": {S.SUBMITTED, S.COMPLETION, S.ELIGIBLE},
    "ask-completion": {S.SUBMITTED, S.COMPLETION},
}  # fmt: skip


@pytest.mark.parametrize("act", sorted(BODIES))
def test_an_application_is_checked_in_its_states_by_who_may(act):
    made = submitted()
    call = made.call
    people = {
        "officer": officer(call, second_factor=True), "manager": manager(call, second_factor=True),
        "firm": made.boss, "other": officer(second_factor=True),
    }  # fmt: skip
    clients = {name: api_of(user) for name, user in people.items()}
    url = reverse(f"programmes-api:review-{act}", args=[made.public_id])
    for state in S:
        for name, client in clients.items():
            with undone():
                in_state(made, state)
                before = traces()
                answer = client.post(url, BODIES[act], format="json")
                if name == "firm":
                    expected = 403
                elif name == "other" or state in {S.DRAFT, S.DISCARDED}:
                    expected = 404
                else:
                    expected = 200 if state in MAY[act] else 409
                assert answer.status_code == expected, (act, state, name, answer.data)
                assert (traces() == before) == (expected != 200), (act, state, name)


def test_a_member_declares_and_scores_only_what_is_eligible():
    made = eligible()
    seat, other = member(made.call), member(made.call)
    scored(made, seat=other)  # nobody's own: another member has been here
    sql("DELETE FROM programmes_declaration WHERE panelist_id = %s", 0)
    acts = {
        "panel-declare": {"has_conflict": False}, "panel-score": {"points": {"market": 1, "team": 1}, "hand_in": True},
    }  # fmt: skip
    client, outsider = api_of(seat.user), api_of(officer(made.call, second_factor=True))
    for name, body in acts.items():
        url = reverse(f"programmes-api:{name}", args=[seat.public_id, made.public_id])
        for state in S:
            with undone():
                in_state(made, state)
                before = traces()
                answer = client.post(url, body, format="json")
                if name == "panel-declare":
                    expected = 200 if state == S.ELIGIBLE else 404
                else:  # nothing was declared yet
                    expected = 403 if state == S.ELIGIBLE else 404
                assert answer.status_code == expected, (name, state, answer.data)
                assert (traces() == before) == (expected != 200)
                assert outsider.post(url, body, format="json").status_code == 404


def test_points_are_kept_only_while_it_is_eligible():
    made = eligible()
    seat = member(made.call)
    client = api_of(seat.user)
    client.post(
        reverse("programmes-api:panel-declare", args=[seat.public_id, made.public_id]),
        {"has_conflict": False}, format="json",
    )  # fmt: skip
    url = reverse("programmes-api:panel-score", args=[seat.public_id, made.public_id])
    for state in S:
        with undone():
            in_state(made, state)
            before = traces()
            answer = client.post(url, {"points": {"market": 1}}, format="json")
            assert answer.status_code == (200 if state == S.ELIGIBLE else 409), (state, answer.data)
            assert (traces() == before) == (state != S.ELIGIBLE)


def test_a_refusal_is_objected_to_in_its_states():
    made = submitted()
    by = officer(made.call)
    forced("programmes_application", made.pk, decided_by_id=by.pk, decided_at=NOW)
    client, stranger = api_of(made.boss), api_of(officer(made.call, second_factor=True))
    url = reverse("programmes-api:object", args=[made.public_id])
    for place, state in enumerate(S):
        key = {"HTTP_IDEMPOTENCY_KEY": f"01890000-0000-7000-8000-0000000000{place:02d}"}
        with undone():
            in_state(made, state)
            before = traces()
            answer = client.post(url, {"text": "Look again"}, format="json", **key)
            if state in {S.DRAFT, S.DISCARDED}:
                expected = 404
            else:
                expected = 200 if state in {S.INELIGIBLE, S.NOT_SELECTED} else 409
            assert answer.status_code == expected, (state, answer.data)
            assert (traces() == before) == (expected != 200)
            assert stranger.post(url, {"text": "x"}, format="json", **key).status_code == 404


def test_an_agreement_is_signed_in_its_states():
    call, [made] = ready(60)
    selection = approved(proposed(call=call))
    publish(selection=selection, by=selection.proposed_by, at=NOW)
    go_on(selection_id=selection.public_id, clock=lambda: NOW)
    agreement = Agreement.objects.get()
    client = api_of(made.boss)
    url = reverse("programmes-api:agreement-sign", args=[agreement.public_id])
    for of_application in S:
        for state in AgreementState:
            with undone():
                in_state(made, of_application)
                signed = {"signed_by_id": made.boss.pk, "signed_at": NOW} if state == "signed" else {}
                forced("programmes_agreement", agreement.pk, state=state, **signed)
                before = traces()
                answer = client.post(url, {"digest": agreement.digest}, format="json")
                may = state == AgreementState.OFFERED and of_application == S.SELECTED
                is_again = state == AgreementState.SIGNED
                assert answer.status_code == (200 if may or is_again else 409), (of_application, state, answer.data)
                assert (traces() == before) == (not may)


SELECTION = {
    "approve": lambda found: {"digest": found.digest}, "send-back": lambda found: {"digest": found.digest, "text": "x"},
    "take-back": lambda found: {"text": "x"}, "publish": lambda found: {}, "go-on": lambda found: {},
}  # fmt: skip
# By state, and whether every stage has approved and whether it stopped: what may be done.
STANDS = {
    (T.PROPOSED, False, False): {"approve", "send-back", "take-back"},
    (T.PROPOSED, True, False): {"take-back", "publish"},
    (T.REJECTED, False, False): set(),
    (T.TAKEN_BACK, True, False): set(),
    (T.PUBLISHING, True, False): set(),
    (T.PUBLISHING, True, True): {"go-on"},
    (T.PUBLISHED, True, False): set(),
}


@pytest.mark.parametrize("stands", list(STANDS), ids=str)
def test_a_selection_is_decided_in_its_states_by_who_may(stands):
    state, is_approved, is_stopped = stands
    call, _made = ready(60, 50)
    found = proposed(call=call, by=officer(call, second_factor=True))
    if is_approved:
        approved(found)
    columns = {
        T.PROPOSED: {}, T.REJECTED: {"state": state}, T.PUBLISHED: {"state": state, "published_at": NOW},
        T.PUBLISHING: {"state": state, "published_at": NOW, "stopped": "No money" if is_stopped else ""},
        T.TAKEN_BACK: {
            "state": state, "taken_back_by_id": found.proposed_by_id, "taken_back_at": NOW, "taken_back_text": "x",
        },
    }[state]  # fmt: skip
    if columns:
        forced("programmes_selection", found.pk, **columns)
    may, other = api_of(officer(call, second_factor=True)), api_of(officer(second_factor=True))
    proposer = api_of(found.proposed_by)
    for act, body_of in SELECTION.items():
        url = reverse(f"programmes-api:selection-{act}", args=[found.public_id])
        with undone():
            before = traces()
            assert other.post(url, body_of(found), format="json").status_code == 404
            own = proposer.post(url, body_of(found), format="json").status_code
            assert act in {"take-back", "publish", "go-on"} or own == (403 if state == T.PROPOSED else 409), (act, own)
            assert traces() == before or act in STANDS[stands]
        with undone():
            before = traces()
            answer = may.post(url, body_of(found), format="json")
            expected = 200 if act in STANDS[stands] else 409
            assert answer.status_code == expected, (stands, act, answer.data)
            assert (traces() == before) == (expected != 200)
    assert fresh(found).state == state


def test_nothing_is_decided_while_a_call_is_cancelled():
    call = call_row()
    made = submitted(call)
    forced("programmes_call", call.pk, state="cancelled", end_reason="No budget")
    client = api_of(officer(call, second_factor=True))
    before = traces()
    for act, body in BODIES.items():
        url = reverse(f"programmes-api:review-{act}", args=[made.public_id])
        assert client.post(url, body, format="json").status_code == 409
    assert traces() == before
