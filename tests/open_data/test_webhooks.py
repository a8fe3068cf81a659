"""Messages: signed as the library of Standard Webhooks checks it, tried again, given up, played again."""

import contextlib
import json
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.enums import Role
from marketplace.core import outgoing
from marketplace.core.errors import NotAllowed, NotPossibleNow
from marketplace.core.outgoing import NotOutside
from notifications.delivery import deliver_all, waiting_for_mail
from notifications.models import Notification
from open_data.delivery import sending
from open_data.delivery.sending import Answer
from open_data.delivery.signing import secret_of
from open_data.enums import EndpointState, EventKind, MessageState
from open_data.models import WebhookEndpoint, WebhookMessage
from open_data.services import messages
from open_data.services.messages import FAILS_FOR, LEASE, PAUSES, send_due, write_news
from open_data.services.webhooks import (
    OVERLAP,
    TooManyEndpoints,
    change_endpoint,
    create_endpoint,
    replay,
    rotate_secret,
    send_test,
    switch,
)
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.open_data import endpoint_of, key_of, message_to, partner, program
from tests.factories.tech_listings import ListingFactory

NOW = timezone.now().replace(microsecond=0)
"""For what looks at no other clock. The library of receivers does: see `right_now`."""
KINDS = [EventKind.LISTINGS_CHANGED.value]


@pytest.fixture
def _insecure(settings):
    settings.WEBHOOK_INSECURE = True


@pytest.fixture
def receiver(_insecure):
    """A server that takes what comes: `got` is (path, headers, body), `say` the next statuses."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.got.append((self.path, dict(self.headers.items()), body))
            status = server.say.pop(0) if server.say else 200
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.got, server.say = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/in"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def right_now():
    """Receivers refuse what was signed five minutes ago, and a whole run of the tests takes longer than that."""
    return timezone.now().replace(microsecond=0)


def make(manager, url="https://93.184.216.34/in", kinds=KINDS, at=NOW):
    return create_endpoint(
        organization=manager.organization, url=url, kinds=kinds, by=manager.user, at=at, public_id=uuid4()
    )


def test_a_message_is_signed_so_that_the_library_takes_it(receiver):
    now = right_now()
    endpoint, secret = make(partner(), receiver.url, at=now)
    send_test(endpoint=endpoint, by=None, at=now)
    assert send_due(at=now) == 1
    ((path, headers, body),) = receiver.got
    assert path == "/in"
    assert (
        Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})["type"] == "webhook.test"
    )
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + " ", {name.lower(): value for name, value in headers.items()})
    message = WebhookMessage.objects.get()
    assert (message.state, message.attempts, message.last_status) == ("delivered", 1, 200)
    assert secret not in str(WebhookEndpoint.objects.values().get())


def test_after_a_rotation_both_secrets_sign_for_a_day(receiver):
    now = right_now()
    endpoint, old = make(partner(), receiver.url, at=now)
    new = rotate_secret(endpoint=endpoint, key=uuid4(), by=None, at=now)
    message_to(endpoint, at=now)
    send_due(at=now)
    _path, headers, body = receiver.got.pop()
    lower = {name.lower(): value for name, value in headers.items()}
    for secret in (old, new):
        assert Webhook(secret).verify(body, lower)
    WebhookEndpoint.objects.update(old_until=now - timedelta(seconds=1))
    message_to(endpoint, at=now)
    send_due(at=now)
    lower = {name.lower(): value for name, value in receiver.got[0][1].items()}
    assert Webhook(new).verify(receiver.got[0][2], lower)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(receiver.got[0][2], lower)
    assert timedelta(days=1) == OVERLAP


def test_a_redirect_is_not_followed(receiver):
    endpoint, _secret = make(partner(), receiver.url)
    message_to(endpoint, at=NOW)
    receiver.say.append(302)
    assert send_due(at=NOW) == 0
    assert [path for path, _headers, _body in receiver.got] == ["/in"]
    assert WebhookMessage.objects.get().last_status == 302


@pytest.mark.usefixtures("_insecure")
def test_who_answers_letter_by_letter_is_cut_off(monkeypatch):
    monkeypatch.setattr(outgoing, "LONGEST_SECONDS", 0.3)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            taken, _address = server.accept()
            with taken, contextlib.suppress(OSError):
                while not stop.wait(0.05):
                    taken.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        answer = sending.post(url=f"http://127.0.0.1:{server.getsockname()[1]}/", body="{}", headers={})
        stop.set()
        thread.join()
    assert answer.status is None
    assert answer.error


def test_what_changed_is_told_with_ids_and_the_cursor_before_it(answers, feed_sees_all):
    endpoint = endpoint_of(partner(), kinds=KINDS)
    listing = ListingFactory(title_ko="비밀 아님", confidential_text="closed")
    gone = ListingFactory()
    withdraw(
        listing=gone, reason="Sold", at=NOW,
        by=MembershipFactory(organization=gone.holder, role=Role.MANAGER).user,
    )  # fmt: skip
    assert write_news(at=NOW) == 1
    body = json.loads(WebhookMessage.objects.get().body)
    assert body["type"] == "listings.changed"
    assert {tuple(item.values()) for item in body["data"]["items"]} == {
        (str(listing.public_id), listing.number, False),
        (str(gone.public_id), None, True),
    }
    assert write_news(at=NOW) == 0
    assert endpoint.messages.count() == 1


def test_who_is_not_told_of_it_only_moves_on(feed_sees_all):
    endpoint = endpoint_of(partner(), kinds=[EventKind.BULK_READY])
    ListingFactory()
    assert write_news(at=NOW) == 0
    assert endpoint.positions.get(collection="listings").xid > 0


def test_it_is_tried_again_with_longer_pauses_and_given_up(answers, monkeypatch):
    monkeypatch.setattr(messages, "FAILS_FOR", timedelta(days=99))
    message = message_to(endpoint_of(partner()), at=NOW)
    moment = NOW
    for pause in PAUSES:
        answers.said.append(Answer(500))
        send_due(at=moment)
        message.refresh_from_db()
        assert message.next_at == moment + pause
        assert send_due(at=message.next_at - timedelta(seconds=1)) == 0
        moment = message.next_at
    answers.said.append(Answer(None, "TimeoutError"))
    send_due(at=moment)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.next_at) == (MessageState.GIVEN_UP, len(PAUSES) + 1, None)
    assert len({tuple(sorted((given["headers"]["webhook-id"], given["body"]))) for given in answers.sent}) == 1


def test_an_endpoint_that_fails_for_days_is_switched_off_and_its_managers_are_told(answers):
    manager = partner()
    MembershipFactory(organization=manager.organization)
    endpoint = endpoint_of(manager)
    message_to(endpoint, at=NOW)
    answers.said.append(Answer(500))
    send_due(at=NOW)
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failing_since) == ("active", NOW)
    later = message_to(endpoint, at=NOW + FAILS_FOR - timedelta(seconds=1))
    answers.said += [Answer(500), Answer(500)]
    send_due(at=later.next_at)
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
    assert not Notification.objects.exists()
    message_to(endpoint, at=NOW + FAILS_FOR)
    answers.said += [Answer(500)] * 3
    send_due(at=NOW + FAILS_FOR)
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.FAILED
    assert [each.recipient for each in Notification.objects.filter(kind="webhook_failed")] == [manager.user]
    sent = len(answers.sent)
    send_due(at=NOW + timedelta(days=30))
    assert len(answers.sent) == sent
    switch(endpoint=endpoint, to=EndpointState.ACTIVE, by=manager.user, at=NOW)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    answers.said.clear()
    assert send_due(at=NOW + timedelta(days=30)) == 3


def test_the_managers_read_in_a_mail_that_it_was_switched_off(answers, mailoutbox):
    manager = partner()
    now = right_now()
    endpoint = endpoint_of(manager, url="https://hooks.partner.example/in", failing_since=now - FAILS_FOR)
    message_to(endpoint, at=now)
    answers.said.append(Answer(500))
    send_due(at=now)
    deliver_all(waiting_for_mail(), now)
    (mail,) = mailoutbox
    assert mail.to == [manager.user.email]
    assert "hooks.partner.example" in mail.subject + mail.body
    assert f"/open-data/webhooks/{endpoint.public_id}/" in mail.body


def test_one_that_arrives_ends_the_failing(answers):
    endpoint = endpoint_of(partner(), failing_since=NOW - timedelta(days=2))
    message_to(endpoint, at=NOW)
    send_due(at=NOW)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_gone_switches_it_off_at_once(answers):
    endpoint = endpoint_of(partner())
    message_to(endpoint, at=NOW)
    answers.said.append(Answer(410))
    send_due(at=NOW)
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.FAILED
    (told,) = Notification.objects.filter(kind="webhook_failed")
    with translation.override("en"):
        assert "or your server said that it is gone" in told.body


def test_who_dies_over_a_message_leaves_it_to_others(answers):
    message = message_to(endpoint_of(partner()), at=NOW)
    assert messages._claim(message.pk, NOW)
    assert messages._claim(message.pk, NOW) is None
    assert send_due(at=NOW + LEASE) == 1


def test_a_message_is_played_again_under_its_id(answers):
    manager = partner()
    endpoint = endpoint_of(manager)
    message = message_to(endpoint, at=NOW)
    with pytest.raises(NotPossibleNow):
        replay(message=message, by=manager.user, at=NOW)
    send_due(at=NOW)
    replay(message=message, by=manager.user, at=NOW)
    assert send_due(at=NOW) == 1
    assert len({given["headers"]["webhook-id"] for given in answers.sent}) == 1
    switch(endpoint=endpoint, to=EndpointState.OFF, by=manager.user, at=NOW)
    with pytest.raises(NotPossibleNow):
        replay(message=message, by=manager.user, at=NOW)


def test_an_inside_address_is_refused_at_saving_and_nothing_is_stored():
    manager = partner()
    with pytest.raises(NotOutside):
        make(manager, "https://169.254.169.254/latest/")
    assert not WebhookEndpoint.objects.exists()
    endpoint, _secret = make(manager)
    with pytest.raises(NotOutside):
        change_endpoint(endpoint=endpoint, url="https://[::1]/", kinds=KINDS, by=manager.user, at=NOW)
    endpoint.refresh_from_db()
    assert endpoint.url == "https://93.184.216.34/in"


def test_a_second_rotation_within_the_day_does_not_end_the_secret_in_use(receiver):
    now = right_now()
    endpoint, first = make(partner(), receiver.url, at=now)
    key = uuid4()
    second = rotate_secret(endpoint=endpoint, key=key, by=None, at=now)
    assert rotate_secret(endpoint=endpoint, key=key, by=None, at=now + timedelta(minutes=1)) == second
    for late, again in ((timedelta(minutes=1), uuid4()), (timedelta(hours=2), key)):
        with pytest.raises(NotPossibleNow):
            rotate_secret(endpoint=endpoint, key=again, by=None, at=now + late)
    message_to(endpoint, at=now)
    send_due(at=now)
    lower = {name.lower(): value for name, value in receiver.got[0][1].items()}
    for secret in (first, second):
        assert Webhook(secret).verify(receiver.got[0][2], lower)
    assert rotate_secret(endpoint=endpoint, key=key, by=None, at=now + OVERLAP) not in (first, second)


def test_an_inside_address_is_refused_at_sending_too(monkeypatch):
    """However it got there."""
    asked = []
    monkeypatch.setattr(outgoing.socket, "create_connection", lambda *a, **k: asked.append(a))
    message = message_to(endpoint_of(partner(), url="https://127.0.0.1/in"), at=NOW)
    send_due(at=NOW)
    message.refresh_from_db()
    assert not asked
    assert message.last_status is None
    assert message.last_error


def test_who_may_not_does_not_and_there_are_not_too_many():
    manager = partner()
    endpoint, _secret = make(manager)
    staff = MembershipFactory(organization=manager.organization).user
    for service in (
        lambda: make(type("Staff", (), {"organization": manager.organization, "user": staff})),
        lambda: rotate_secret(endpoint=endpoint, key=uuid4(), by=staff, at=NOW),
        lambda: switch(endpoint=endpoint, to=EndpointState.OFF, by=staff, at=NOW),
        lambda: send_test(endpoint=endpoint, by=staff, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            service()
    kept = WebhookEndpoint.objects.get()
    assert (kept.state, kept.salt) == (EndpointState.ACTIVE, endpoint.salt)
    for _number in range(9):
        make(manager)
    with pytest.raises(TooManyEndpoints):
        make(manager)


def test_a_program_keeps_its_endpoints_by_the_api():
    manager = partner()
    client, key = program(key_of(manager)[1]), str(uuid4())
    sent = {"url": "https://93.184.216.34/in", "kinds": ["listings.changed"]}
    first, again = (
        client.post("/api/v1/webhooks/", sent, "application/json", headers={"Idempotency-Key": key}) for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = client.post(
        "/api/v1/webhooks/", sent | {"kinds": ["bulk.ready"]}, "application/json", headers={"Idempotency-Key": key}
    )
    assert other.status_code == 409
    endpoint = WebhookEndpoint.objects.get()
    assert first.json()["secret"] == secret_of(endpoint.salt)
    address = f"/api/v1/webhooks/{endpoint.public_id}/"
    assert "secret" not in client.get(address).json()
    assert client.patch(address, {"state": "off"}, "application/json").json()["state"] == "off"
    assert client.post(address + "test/", {}, "application/json").status_code == 409
    assert client.patch(address, {"state": "active"}, "application/json").json()["state"] == "active"
    assert client.post(address + "test/", {}, "application/json").status_code == 201
    assert client.get(address + "messages/").json()["count"] == 1
    message = WebhookMessage.objects.get()
    assert (
        client.post(f"/api/v1/webhooks/messages/{message.public_id}/replay/", {}, "application/json").status_code == 409
    )
    again = {"Idempotency-Key": str(uuid4())}
    rotated, tried = (client.post(address + "rotate/", {}, "application/json", headers=again) for _ in range(2))
    assert rotated.json()["secret"] == tried.json()["secret"] != first.json()["secret"]
    assert client.post(address + "rotate/", {}, "application/json").status_code == 409
    stranger = program(key_of(partner())[1])
    assert stranger.get(address).status_code == 404
    assert (
        stranger.post(f"/api/v1/webhooks/messages/{message.public_id}/replay/", {}, "application/json").status_code
        == 404
    )
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_the_page_plays_a_message_again(client, answers):
    manager = partner()
    message = message_to(endpoint_of(manager), at=NOW)
    address = f"/open-data/webhooks/messages/{message.public_id}/replay/"
    assert sign_in(Client(), partner().user).post(address).status_code == 404
    send_due(at=NOW)
    sign_in(client, manager.user)
    assert address in client.get(f"/open-data/webhooks/{message.endpoint.public_id}/").text
    assert client.post(address).status_code == 302
    message.refresh_from_db()
    assert message.state == MessageState.WAITING
    assert send_due(at=message.next_at) == 1
    assert len({given["headers"]["webhook-id"] for given in answers.sent}) == 1
    assert len(answers.sent) == 2


def test_pages_make_change_and_remove_it(client):
    manager = partner()
    sign_in(client, manager.user)
    answer = client.post("/open-data/webhooks/", {"url": "https://93.184.216.34/in", "kinds": KINDS})
    endpoint = WebhookEndpoint.objects.get()
    secret = secret_of(endpoint.salt)
    assert secret in answer.content.decode()
    address = f"/open-data/webhooks/{endpoint.public_id}/"
    assert secret not in client.get(address).content.decode()
    refused = client.post(address, {"url": "https://10.0.0.1/", "kinds": KINDS})
    assert refused.status_code == 422
    assert "url" in refused.context["form"].errors
    client.post(address + "test/")
    assert endpoint.messages.count() == 1
    assert "webhook.test" in client.get(address).content.decode()
    for act, state in (("off", "off"), ("on", "active"), ("remove", "removed")):
        client.post(f"{address}{act}/")
        endpoint.refresh_from_db()
        assert endpoint.state == state
    assert client.get(address).status_code == 404
