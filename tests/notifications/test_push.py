"""Messages on devices: who is told what, once, and nothing of what it is about. Only the network is not real."""

import json
import socket
import threading
from datetime import timedelta

import http_ece
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from marketplace.core import outgoing
from marketplace.core.errors import DomainError
from marketplace.core.outgoing import NotOutside, place_of
from notifications.models import MailBrake, Notification, PushDevice, Pushed
from notifications.outbox import notify
from notifications.services import devices, push
from notifications.services.devices import MOST_DEVICES, add_device, remove_device
from notifications.services.push import MOST_FAILURES, push_all, push_one
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.notifications import (
    DEVICE_KEY,
    DEVICE_SECRET,
    NEWS,
    PUSHED,
    PushDeviceFactory,
    device_keys,
)
from tests.threads import at_once

NOW = timezone.now()
MINUTE = timedelta(minutes=1)
PUBLIC = "93.184.215.14"


class Network:
    """What left the house: (address, text as the device opens it, headers)."""

    def __init__(self):
        self.sent, self.status = [], 201

    def post(self, url, *, body, headers, timeout=10.0):
        if isinstance(self.status, Exception):
            raise self.status
        text = http_ece.decrypt(body, private_key=DEVICE_KEY, auth_secret=DEVICE_SECRET, version="aes128gcm")
        self.sent.append((url, json.loads(text), headers))
        return self.status


@pytest.fixture
def network(monkeypatch):
    network = Network()
    monkeypatch.setattr(outgoing, "post", network.post)
    return network


@pytest.fixture
def resolves(monkeypatch):
    """Makes names lead to an address."""

    def to(*addresses):
        answers = [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, 443)) for each in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)

    to(PUBLIC)
    return to


def tell(member, kind=PUSHED, key="one", at=NOW, **given):
    organization = member.organization
    target = ("accounts.organization", organization.public_id)
    notify(
        users=[member.user], kind=kind, dedupe_key=key, params={"name": "수소"}, url="/searches/", target=target, at=at
    )
    return Notification.objects.get(recipient=member.user, dedupe_key=key)


@pytest.fixture
def member(db):
    return MembershipFactory()


@pytest.fixture
def device(member):
    return PushDeviceFactory(user=member.user, created_at=NOW - MINUTE)


def test_a_device_is_told_the_title_and_where_to_go_and_nothing_else(member, device, network):
    row = tell(member)
    assert push_all(NOW) == 1
    [(url, text, headers)] = network.sent
    assert url == device.endpoint
    assert text == {"title": "News of 수소", "url": "/searches/", "id": str(row.public_id), "lang": "en"}
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["Authorization"].startswith("vapid t=")
    assert push_all(NOW + MINUTE) == 0
    assert len(network.sent) == 1


def test_every_device_of_a_person_is_told_once(member, device, network):
    PushDeviceFactory(user=member.user, created_at=NOW - MINUTE)
    PushDeviceFactory(created_at=NOW - MINUTE)
    tell(member)
    tell(member, key="two")
    assert push_all(NOW) == 4
    assert push_all(NOW) == 0
    assert Pushed.objects.count() == 4


@pytest.mark.parametrize("why", ["read", "old", "before", "not pushed", "left", "brake", "inactive", "no key"])
def test_what_is_not_told(member, device, network, settings, why):
    row = tell(member, **({"kind": NEWS} if why == "not pushed" else {}))
    rows, at = Notification.objects.filter(pk=row.pk), NOW
    if why == "read":
        rows.update(read_at=NOW)
    elif why == "old":
        at = NOW + timedelta(days=2)
    elif why == "before":
        PushDevice.objects.update(created_at=NOW + MINUTE)
    elif why == "left":
        Membership.objects.filter(pk=member.pk).delete()
    elif why == "brake":
        MailBrake.objects.create(is_on=True, changed_at=NOW)
    elif why == "inactive":
        type(member.user).objects.filter(pk=member.user.pk).update(is_active=False)
    elif why == "no key":
        settings.VAPID_PRIVATE_KEY = ""
    assert push_all(at) == 0
    assert (network.sent, Pushed.objects.count()) == ([], 0)
    assert PushDevice.objects.exists() == (why != "inactive")


def test_no_more_in_a_day_than_mails(member, device, network, settings):
    settings.MAIL_DAILY_CEILING = 2
    for n in range(4):
        tell(member, key=str(n))
    assert push_all(NOW) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_removed(member, device, network, status):
    tell(member)
    network.status = status
    assert push_all(NOW) == 0
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("failure", [500, 429, OSError("down"), NotOutside("inside")])
def test_what_fails_is_tried_again_later_and_delays_nobody_else(member, device, network, failure):
    tell(member)
    network.status = failure
    assert push_all(NOW) == 0
    device.refresh_from_db()
    assert (device.failures, Pushed.objects.count()) == (1, 0)
    network.status = 201
    assert push_all(NOW + MINUTE) == 0
    assert push_all(NOW + 3 * MINUTE) == 1
    device.refresh_from_db()
    assert (device.failures, device.retry_at) == (0, None)


def test_a_device_that_never_answers_is_let_go(member, device, network):
    tell(member)
    PushDevice.objects.update(failures=MOST_FAILURES - 1)
    network.status = 500
    push_all(NOW)
    assert not PushDevice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_a_device_once(network):
    member = MembershipFactory()
    device = PushDeviceFactory(user=member.user, created_at=NOW - MINUTE)
    tell(member)
    calls = [lambda: push_one(device_id=device.pk, at=NOW)] * 2
    assert sorted(map(bool, at_once(*calls))) == [False, True]
    assert len(network.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_a_service_does_not_answer(monkeypatch):
    """The person reads, removes the device, and another worker serves others meanwhile."""
    member, other = MembershipFactory(), MembershipFactory()
    stuck = PushDeviceFactory(user=member.user, created_at=NOW - MINUTE, endpoint="https://stuck.example.com/a")
    PushDeviceFactory(user=other.user, created_at=NOW - MINUTE)
    row = tell(member)
    tell(other)
    asked, go_on, reached = threading.Event(), threading.Event(), []

    def post(url, **given):
        reached.append(url)
        if "stuck" in url:
            asked.set()
            assert go_on.wait(20)
        return 201

    monkeypatch.setattr(outgoing, "post", post)

    def meanwhile():
        assert asked.wait(20)
        try:
            done = push_all(NOW)
            Notification.objects.filter(pk=row.pk).update(read_at=NOW)
            return done, remove_device(by=member.user, public_id=stuck.public_id)
        finally:
            go_on.set()

    assert at_once(lambda: push_one(device_id=stuck.pk, at=NOW), meanwhile) == [True, (1, True)]
    assert len(reached) == 2
    assert Pushed.objects.count() == 1


def test_who_dies_over_a_device_leaves_it_to_others(member, device, network, monkeypatch):
    tell(member)
    monkeypatch.setattr(push, "_note", lambda *given: None)  # killed before it was noted
    assert push_one(device_id=device.pk, at=NOW)
    monkeypatch.undo()
    monkeypatch.setattr(outgoing, "post", network.post)
    assert push_all(NOW + MINUTE) == 0
    assert push_all(NOW + push.LEASE) == 1
    # The first one is replaced where it did not arrive yet.
    assert len({headers["Topic"] for _url, _text, headers in network.sent}) == 1


def test_a_service_without_an_answer_is_asked_once_in_a_round_and_others_go_on(member, monkeypatch):
    for number in range(3):
        PushDeviceFactory(user=member.user, created_at=NOW - MINUTE, endpoint=f"https://stuck.example.com/{number}")
    PushDeviceFactory(user=member.user, created_at=NOW - MINUTE)
    tell(member)
    asked = []

    def post(url, **given):
        asked.append(url)
        if "stuck" in url:
            raise TimeoutError
        return 201

    monkeypatch.setattr(outgoing, "post", post)
    assert push_all(NOW) == 1
    assert len(asked) == 2
    # The next round begins with those that never failed, and ends when the one after it begins.
    moments = iter([NOW + MINUTE, NOW + 3 * MINUTE])
    assert push_all(NOW + MINUTE, clock=lambda: next(moments)) == 0
    assert len(asked) == 3
    assert sorted(PushDevice.objects.values_list("failures", flat=True)) == [0, 0, 1, 1]


def test_each_message_has_the_time_at_which_it_was_taken_up(member, device, network):
    """So that no lease is over before it began; and a device with much to be told ends with the round as well."""
    for key in ("one", "two", "three"):
        tell(member, key=key)
    moments = [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    left = iter(moments)
    assert push_all(NOW, clock=lambda: next(left)) == 2
    assert sorted(Pushed.objects.values_list("at", flat=True)) == moments[:2]


# --- adding and removing ----------------------------------------------------------------------------------------------


def given(**changes):
    return {"endpoint": "https://push.example.com/a", **device_keys(), **changes}


def test_a_device_twice_is_once_and_with_another_person_it_is_theirs(db, resolves):
    first, second = UserFactory(), UserFactory()
    for by in (first, first, second):
        add_device(by=by, name="Chrome", at=NOW, **given())
    assert [device.user for device in PushDevice.objects.all()] == [second]


@pytest.mark.django_db(transaction=True)
def test_two_at_one_browser_at_the_same_moment(resolves):
    """Who comes second takes it over; whoever pressed twice has it once."""
    first, second = UserFactory(), UserFactory()
    for _try in range(10):
        for people in ((first, second), (first, first)):
            made = at_once(*(lambda by=by: add_device(by=by, name="", at=NOW, **given()) for by in people))
            assert [type(each) for each in made] == [PushDevice] * 2
            assert PushDevice.objects.get().user in people
            PushDevice.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_without_its_lock_one_of_two_would_fail(resolves, monkeypatch):
    barrier = threading.Barrier(2)
    monkeypatch.setattr(devices, "_alone", lambda endpoint: barrier.wait(10))
    made = at_once(*(lambda by=by: add_device(by=by, name="", at=NOW, **given()) for by in UserFactory.create_batch(2)))
    assert sorted(type(each).__name__ for each in made) == ["IntegrityError", "PushDevice"]


@pytest.mark.parametrize(
    "address",
    ["10.0.0.8", "127.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.8", "64:ff9b::a00:8"],
)
def test_addresses_inside_are_refused(db, resolves, address):
    resolves(PUBLIC, address)
    with pytest.raises(NotOutside):
        add_device(by=UserFactory(), name="", at=NOW, **given())
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    ["", "http://push.example.com/", "https://push.example.com:8443/", "https://a:b@push.example.com/", "ftp://x/",
     "https://", "https://[", "javascript:alert(1)", "HTTPS://push.example.com/",
     "https://push.example.com/ a", f"https://x.example/{'a' * 1000}"],
)  # fmt: skip
def test_what_is_no_public_https_address_is_refused(db, resolves, endpoint):
    with pytest.raises(NotOutside):
        place_of(endpoint)


@pytest.mark.parametrize(
    "wrong",
    [{"p256dh": "AAAA"}, {"p256dh": ""}, {"auth": "x"}, {"auth": "é"}, {"p256dh": "A" * 87},
     {"p256dh": device_keys()["p256dh"] + "!" * 200}, {"auth": device_keys()["auth"] + "\x00"}],
)  # fmt: skip
def test_keys_that_are_none_are_refused(db, resolves, wrong):
    with pytest.raises(DomainError):
        add_device(by=UserFactory(), name="", at=NOW, **given(**wrong))
    assert not PushDevice.objects.exists()


def test_a_person_has_ten_devices_at_most(db, resolves):
    user = UserFactory()
    PushDeviceFactory.create_batch(MOST_DEVICES, user=user)
    with pytest.raises(DomainError):
        add_device(by=user, name="", at=NOW, **given())
    assert PushDevice.objects.filter(user=user).count() == MOST_DEVICES


def test_only_ones_own_device_is_removed(client, device):
    stranger = UserFactory()
    assert remove_device(by=stranger, public_id=device.public_id) is False
    address = reverse("notifications:device_remove", args=[device.public_id])
    sign_in(client, stranger)
    assert client.post(address).status_code == 404
    assert PushDevice.objects.count() == 1
    sign_in(client, device.user)
    assert client.post(address).status_code == 302
    assert not PushDevice.objects.exists()


def test_the_page_offers_it_and_the_script_sends_what_the_browser_says(client, member, resolves):
    sign_in(client, member.user)
    page = client.get(reverse("notifications:devices"))
    assert f'data-push="{page.context["public_key"]}"' in page.text
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
    client.post(reverse("notifications:device_add"), given(), headers={"user-agent": agent})
    assert [str(device) for device in PushDevice.objects.filter(user=member.user)] == ["Chrome · Android"]
    answer = client.post(reverse("notifications:device_add"), given(endpoint="http://inside/"), follow=True)
    assert "must begin with https://" in answer.text
    assert PushDevice.objects.count() == 1


def test_without_a_key_nothing_is_offered(client, member, settings):
    settings.VAPID_PRIVATE_KEY = ""
    sign_in(client, member.user)
    assert "Not offered here" in client.get(reverse("notifications:devices")).text
    assert client.post(reverse("notifications:device_add"), given()).status_code == 404


def test_a_message_goes_to_the_very_address_that_was_checked(resolves, monkeypatch):
    """The name is asked once: that it means something else a moment later leads nobody inside."""
    reached = []

    def connect(address, *args, **kwargs):
        reached.append(address)
        resolves("10.0.0.8")
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OSError, match="no network"):
        outgoing.post("https://push.example.com/a", body=b"", headers={})
    with pytest.raises(NotOutside):
        outgoing.post("https://push.example.com/a", body=b"", headers={})
    assert reached == [(PUBLIC, 443)]
