"""Whose turn it is, and what cannot be had twice: nobody's messages hold up another's."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Organization
from marketplace.core.errors import NotPossibleNow
from marketplace.core.states import StateMachine
from open_data.delivery.sending import Answer
from open_data.enums import ENDPOINT_STATES, EndpointState, MessageState
from open_data.models import WebhookEndpoint, WebhookMessage
from open_data.services import messages, webhooks
from open_data.services.messages import ROUND, send_due
from open_data.services.webhooks import (
    KeyReused,
    change_endpoint,
    create_endpoint,
    rotate_secret,
    send_test,
    switch,
)
from tests.database import undone
from tests.factories.accounts import sign_in
from tests.factories.open_data import endpoint_of, key_of, message_to, partner, program
from tests.open_data.test_webhooks import KINDS, NOW, make


def test_who_does_not_answer_is_not_asked_again_in_the_same_round(answers):
    silent, other = endpoint_of(partner()), endpoint_of(partner())
    for endpoint in (silent, silent, silent, other):
        message_to(endpoint, at=NOW)
    answers.said.append(Answer(500))
    assert send_due(at=NOW) == 1
    assert len(answers.sent) == 2


def test_one_that_is_far_behind_holds_nobody_else_up(answers, monkeypatch):
    monkeypatch.setattr(messages, "SENT_AT_ONCE", 3)
    behind, other = endpoint_of(partner(), url="https://behind.example/"), endpoint_of(partner())
    for _number in range(5):
        message_to(behind, at=NOW - timedelta(hours=1))
    message_to(other, at=NOW)
    answers.said.append(Answer(500))
    assert send_due(at=NOW) == 1
    assert [given["url"] for given in answers.sent] == [behind.url, other.url]


def test_each_attempt_is_signed_with_its_own_time_and_a_round_does_not_outlast_the_next(answers):
    for _number in range(3):
        message_to(endpoint_of(partner()), at=NOW)
    moments = [NOW, NOW + ROUND, NOW + ROUND + timedelta(seconds=1)]
    assert send_due(at=NOW, clock=iter(moments).__next__) == 2
    signed = [given["headers"]["webhook-timestamp"] for given in answers.sent]
    assert signed == [str(int(moment.timestamp())) for moment in moments[:2]]
    assert WebhookMessage.objects.filter(state=MessageState.WAITING, attempts=0).count() == 1


def test_an_organization_that_is_gone_is_sent_nothing(answers):
    gone, into = partner(), partner()
    message_to(endpoint_of(gone), at=NOW)
    with undone():  # how it came about is asked at the end of the transaction
        Organization.objects.filter(pk=gone.organization_id).update(merged_into=into.organization)
        assert send_due(at=NOW) == 0
    assert answers.sent == []
    assert send_due(at=NOW) == 1


def test_tests_are_sent_one_at_a_time(answers):
    manager = partner()
    endpoint, _secret = make(manager)
    send_test(endpoint=endpoint, by=manager.user, at=NOW)
    with pytest.raises(NotPossibleNow):
        send_test(endpoint=endpoint, by=manager.user, at=NOW)
    assert endpoint.messages.count() == 1
    send_due(at=NOW)
    send_test(endpoint=endpoint, by=manager.user, at=NOW)


def test_a_test_asked_for_again_with_its_key_is_the_one_that_is_there(answers):
    manager, key = partner(), uuid4()
    endpoint, _secret = make(manager)
    sent, again = (send_test(endpoint=endpoint, by=manager.user, at=NOW, public_id=key) for _ in range(2))
    assert (sent.pk, sent.public_id, endpoint.messages.count()) == (again.pk, key, 1)
    send_due(at=NOW)
    assert send_test(endpoint=endpoint, by=manager.user, at=NOW, public_id=key).pk == sent.pk
    other, _secret = make(manager, url="https://93.184.216.34/other")
    with pytest.raises(KeyReused):
        send_test(endpoint=other, by=manager.user, at=NOW, public_id=key)
    client, headers = program(key_of(manager)[1]), {"Idempotency-Key": str(uuid4())}
    address = f"/api/v1/webhooks/{other.public_id}/test/"
    first, second = (client.post(address, {}, "application/json", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()["id"]) == (201, 201, first.json()["id"])
    assert other.messages.count() == 1


@pytest.mark.parametrize("why", ["later", "rotated", "removed"])
def test_the_secret_is_not_read_again_by_asking_for_the_same_once_more(why):
    manager, key = partner(), uuid4()
    given = {"organization": manager.organization, "url": "https://93.184.216.34/in", "kinds": KINDS}
    given |= {"by": manager.user, "public_id": key}
    endpoint, secret = create_endpoint(at=NOW, **given)
    assert create_endpoint(at=NOW, **given) == (endpoint, secret)
    if why == "rotated":
        rotate_secret(endpoint=endpoint, key=uuid4(), by=manager.user, at=NOW)
    elif why == "removed":
        switch(endpoint=endpoint, to=EndpointState.REMOVED, by=manager.user, at=NOW)
    with pytest.raises(KeyReused):
        create_endpoint(at=NOW + timedelta(days=1) if why == "later" else NOW, **given)
    assert WebhookEndpoint.objects.count() == 1


def test_another_address_has_its_own_three_days():
    manager = partner()
    endpoint = endpoint_of(manager, url="https://93.184.216.34/in", failing_since=NOW - timedelta(days=2))
    given = {"endpoint": endpoint, "kinds": endpoint.kinds, "by": manager.user, "at": NOW}
    change_endpoint(url=endpoint.url, **given)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == NOW - timedelta(days=2)
    change_endpoint(url="https://93.184.216.34/other", **given)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.failing_since) == ("https://93.184.216.34/other", None)


def test_reloading_the_page_of_a_new_secret_shows_the_same_one(client):
    manager = partner()
    endpoint, _first = make(manager, at=timezone.now())
    address = f"/open-data/webhooks/{endpoint.public_id}/"
    key = str(sign_in(client, manager.user).get(address).context["rotation"].initial["key"])
    shown, reloaded = (client.post(address + "rotate/", {"key": key}) for _ in range(2))
    assert shown.context["secret"] == reloaded.context["secret"]
    assert shown.context["secret"] in reloaded.text
    assert "rotate/" not in client.get(address).text  # not while the one before signs
    assert client.post(address + "rotate/", {"key": "no key"}).status_code == 409


def test_a_change_by_the_api_is_made_whole_or_not_at_all(monkeypatch):
    manager = partner()
    client, endpoint = program(key_of(manager)[1]), endpoint_of(manager, kinds=KINDS)
    ENDPOINT_STATES.move(endpoint, EndpointState.FAILED, failing_since=NOW)
    address, other = f"/api/v1/webhooks/{endpoint.public_id}/", "https://93.184.216.34/other"
    off = client.patch(address, {"url": other, "state": "off"}, "application/json")
    assert (off.status_code, off.json()["state"], off.json()["url"]) == (200, "off", other)
    assert (off.json()["kinds"], off.json()["failing_since"]) == (KINDS, None)
    monkeypatch.setattr(webhooks, "ENDPOINT_STATES", StateMachine(field="state", moves={}))
    wanted = {"url": "https://93.184.216.34/third", "kinds": ["bulk.ready"], "state": "active"}
    refused = client.patch(address, wanted, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    assert client.get(address).json() == off.json()
