"""Every POST of the review sent again with its key: the same answer and nothing done; another body is refused."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import get_resolver, reverse

from accounts.enums import MembershipState
from programmes.api import review_urls
from programmes.models import Agreement, KeyedAnswer
from programmes.services.review.once import KEPT, forget_answers
from programmes.services.review.panel import invite
from programmes.services.review.publish import publish
from tests.factories.accounts import UserFactory
from tests.factories.programmes.review import (
    NOW,
    approved,
    call_row,
    eligible,
    flagged,
    ineligible,
    member,
    objected,
    officer,
    proposed,
    published,
    ready,
    scored,
    sql,
    submitted,
)
from tests.programmes.review.test_access import api_of, traces


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def strict(call):
    return officer(call, second_factor=True)


def on_application(name, body, other):
    def make():
        made = submitted()
        return strict(made.call), reverse(f"programmes-api:{name}", args=[made.public_id]), body, other

    return make


def of_flag():
    made = submitted()
    flag = flagged(made)
    url = reverse("programmes-api:review-flag", args=[made.public_id, flag.public_id])
    return strict(made.call), url, {"text": "Two firms"}, {"text": "One firm"}


def of_batch():
    made = submitted()
    body = {"act": "eligible", "applications": [{"id": str(made.public_id)}], "dry_run": False}
    url = reverse("programmes-api:review-batch", args=[made.call.number])
    return strict(made.call), url, body, body | {"text": "x"}


def of_panel():
    call, people = call_row(), [UserFactory(), UserFactory()]
    url = reverse("programmes-api:call-panel", args=[call.number])
    return strict(call), url, {"email": people[0].email}, {"email": people[1].email}


def of_samples():
    source = call_row()
    submitted(source)
    call = call_row(office=source.office, is_rehearsal=True)
    body = {"from_call": source.number, "most": 5}
    url = reverse("programmes-api:call-samples", args=[call.number])
    return strict(call), url, body, body | {"most": 4}


def of_removal():
    call = call_row()
    seat = member(call)
    return strict(call), reverse("programmes-api:call-panel-remove", args=[call.number, seat.public_id]), {}, None


def of_selections():
    call, _made = ready(60)
    return strict(call), reverse("programmes-api:call-selections", args=[call.number]), {"why": "x"}, {"why": "y"}


def on_selection(name, make, body_of, other_of=None):
    def made():
        found = make()
        url = reverse(f"programmes-api:selection-{name}", args=[found.public_id])
        return strict(found.call), url, body_of(found), other_of(found) if other_of else None

    return made


def stopped():
    found = approved()
    publish(selection=found, by=found.proposed_by, at=NOW)
    sql("UPDATE programmes_selection SET stopped = 'No money' WHERE id = %s", found.pk)
    return found


def of_answer():
    seat = invite(call=(call := call_row()), email=(user := UserFactory()).email, by=officer(call), at=NOW)
    return user, reverse("programmes-api:panel-answer", args=[seat.public_id]), {"accept": True}, {"accept": False}


def of_declaration():
    made = eligible()
    seat = member(made.call)
    url = reverse("programmes-api:panel-declare", args=[seat.public_id, made.public_id])
    return seat.user, url, {"has_conflict": False}, {"has_conflict": True, "text": "My brother"}


def of_score():
    made = eligible()
    seat = member(made.call)
    scored(made, seat=member(made.call))
    api_of(seat.user).post(
        reverse("programmes-api:panel-declare", args=[seat.public_id, made.public_id]),
        {"has_conflict": False}, format="json",
    )  # fmt: skip
    url = reverse("programmes-api:panel-score", args=[seat.public_id, made.public_id])
    body = {"points": {"market": 50, "team": 20}, "hand_in": True}
    return seat.user, url, body, body | {"text": "Better than it looks"}


def of_objection():
    made = ineligible()
    return made.boss, reverse("programmes-api:object", args=[made.public_id]), {"text": "x"}, {"text": "y"}


def of_objection_back():
    made = ineligible()
    url = reverse("programmes-api:objection-withdraw", args=[objected(made).public_id])
    return made.boss, url, {}, None


def of_objection_answer():
    made = ineligible()
    url = reverse("programmes-api:office-objection-answer", args=[objected(made).public_id])
    return strict(made.call), url, {"uphold": True, "answer": "x"}, {"uphold": False, "answer": "x"}


def of_agreement():
    call, [made] = ready(60)
    published(proposed(call=call))
    found = Agreement.objects.get()
    url = reverse("programmes-api:agreement-sign", args=[found.public_id])
    return made.boss, url, {"digest": found.digest}, {"digest": "0" * 64}


def digest(found):
    return {"digest": found.digest}


def with_text(found):
    return {"digest": found.digest, "text": "x"}


def other_text(found):
    return {"digest": found.digest, "text": "y"}


POSTS = {
    "review-ask-completion": on_application(
        "review-ask-completion", {"parts": {"plan": "Who?"}}, {"parts": {"plan": "When?"}}
    ),
    "review-eligible": on_application("review-eligible", {}, {"text": "x"}),
    "review-ineligible": on_application("review-ineligible", {"text": "x"}, {"text": "y"}),
    "review-flag": of_flag,
    "review-batch": of_batch,
    "call-panel": of_panel,
    "call-samples": of_samples,
    "call-panel-remove": of_removal,
    "call-selections": of_selections,
    "selection-approve": on_selection("approve", proposed, digest, with_text),
    "selection-send-back": on_selection(
        "send-back", proposed, with_text, lambda found: with_text(found) | {"text": "y"}
    ),
    "selection-take-back": on_selection(
        "take-back", proposed, lambda found: {"text": "x"}, lambda found: {"text": "y"}
    ),
    "selection-publish": on_selection("publish", approved, lambda found: {}),
    "selection-go-on": on_selection("go-on", stopped, lambda found: {}),
    "panel-answer": of_answer,
    "panel-declare": of_declaration,
    "panel-score": of_score,
    "object": of_objection,
    "objection-withdraw": of_objection_back,
    "office-objection-answer": of_objection_answer,
    "agreement-sign": of_agreement,
}


def test_every_post_is_here():
    taking = {
        each.name for each in get_resolver(review_urls.__name__).url_patterns if hasattr(each.callback.cls, "post")
    }
    assert taking == set(POSTS)


@pytest.mark.parametrize("name", sorted(POSTS))
def test_sent_again_it_is_answered_again_and_not_done(name):
    user, url, body, other = POSTS[name]()
    client, key = api_of(user), {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    start = traces()
    first = client.post(url, body, format="json", **key)
    assert first.status_code == 200, first.data
    before = traces()
    assert before != start
    again = client.post(url, body, format="json", **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert traces() == before
    if other is not None:
        refused = client.post(url, other, format="json", **key)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert traces() == before


def test_a_key_for_one_address_is_no_key_for_another():
    one, two = submitted(call := call_row()), submitted(call)
    client, key = api_of(strict(call)), {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    urls = [reverse("programmes-api:review-eligible", args=[each.public_id]) for each in (one, two)]
    assert client.post(urls[0], {}, format="json", **key).status_code == 200
    before = traces()
    assert client.post(urls[1], {}, format="json", **key).status_code == 409
    assert traces() == before
    # Another person's key is another key.
    assert api_of(strict(call)).post(urls[1], {}, format="json", **key).status_code == 200


def test_what_was_refused_leaves_no_key():
    made = submitted()
    flag = flagged(made)
    client, key = api_of(strict(made.call)), {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    url = reverse("programmes-api:review-eligible", args=[made.public_id])
    assert client.post(url, {}, format="json", **key).status_code == 409
    assert not KeyedAnswer.objects.exists()
    flag.cleared_by, flag.cleared_at, flag.cleared_text = officer(made.call), NOW, "Two firms"
    flag.save()
    assert client.post(url, {}, format="json", **key).status_code == 200


def test_who_lost_the_right_gets_no_old_answer():
    made = submitted()
    by = strict(made.call)
    client, key = api_of(by), {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    url = reverse("programmes-api:review-eligible", args=[made.public_id])
    assert client.post(url, {}, format="json", **key).status_code == 200
    before = traces()
    membership = by.memberships.get()
    membership.state = MembershipState.ENDED
    membership.save()
    answer = client.post(url, {}, format="json", **key)
    assert answer.status_code in (403, 404)
    assert str(made.number) not in answer.content.decode()
    assert traces() == before


def test_no_uuid_is_no_key():
    user, url, body, _other = of_panel()
    answer = api_of(user).post(url, body, format="json", HTTP_IDEMPOTENCY_KEY="once")
    assert answer.status_code == 400
    assert "Idempotency-Key" in str(answer.json())


@pytest.mark.parametrize(
    ("name", "body"),
    [("review-ask-completion", {"parts": {"\ud800": "x"}}), ("panel-score", {"points": {"\ud800": 1}})],
)
def test_half_a_surrogate_pair_as_a_name_is_refused_with_a_key_as_without(name, body):
    user, url, _body, _other = POSTS[name]()
    client, before = api_of(user), traces()
    for key in ({}, {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}):
        answer = client.post(url, json.dumps(body), content_type="application/json", **key)
        assert (answer.status_code, "\\ud800" in answer.content.decode()) == (400, True)
    assert traces() == before


def test_answers_are_forgotten_after_their_days():
    user, url, body, _other = of_panel()
    api_of(user).post(url, body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    assert forget_answers(at=NOW + KEPT) == 0
    assert forget_answers(at=NOW + KEPT + timedelta(seconds=1)) == 1
    assert not KeyedAnswer.objects.exists()
