from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from open_data.enums import Scope
from open_data.models import OrganizationKey
from open_data.services import keys
from open_data.services.keys import MOST_KEYS, OVERLAP, TooManyKeys, create_key, find_key, revoke_key, rotate_key
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory, sign_in, token_text
from tests.factories.open_data import key_of, partner, program

NOW = timezone.now()
ENDPOINTS = {
    "/api/v1/changes/": Scope.READ,
    "/api/v1/totals/": Scope.READ,
    "/api/v1/bulk/": Scope.BULK,
    "/api/v1/webhooks/": Scope.WEBHOOKS,
    "/api/v1/partner-deals/": Scope.DEALS,
}


def test_only_the_digest_of_a_key_is_stored():
    key, text = key_of(partner())
    stored = OrganizationKey.objects.filter(pk=key.pk).values().get()
    assert text not in map(str, stored.values())
    assert find_key(text=text, at=timezone.now()) == key
    assert find_key(text=text[:-1], at=timezone.now()) is None


@pytest.mark.parametrize("scope", Scope.values)
@pytest.mark.parametrize("address", ENDPOINTS)
def test_a_key_opens_what_its_scope_says(scope, address):
    client = program(key_of(partner(), scope)[1])
    answer = client.get(address)
    if scope == ENDPOINTS[address]:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 403
        assert answer.json()["code"] == "scope_missing"


def test_a_key_opens_nothing_else():
    client = program(key_of(partner())[1])
    for address in ("/api/v1/my/listings/", "/api/v1/notifications/"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "key_not_for_this")


def test_a_key_ends_by_itself_by_revoking_and_with_its_organization():
    manager = partner()
    key, text = key_of(manager, days=1)
    assert find_key(text=text, at=key.expires_at) is None
    assert program(text).get("/api/v1/changes/").status_code == 200
    revoke_key(key=key, by=manager.user, at=NOW)
    answer = program(text).get("/api/v1/changes/")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    revoke_key(key=key, by=manager.user, at=NOW + timedelta(hours=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW


def test_a_rotated_key_works_beside_the_new_one_for_a_while():
    manager = partner()
    key, text = key_of(manager, Scope.READ, at=NOW)
    made, new = rotate_key(key=key, by=manager.user, at=NOW)
    assert made.scopes == [Scope.READ]
    for moment, both in ((NOW, True), (NOW + OVERLAP, False)):
        assert (find_key(text=text, at=moment) is not None) == both
        assert find_key(text=new, at=moment) == made
    with pytest.raises(NotPossibleNow):
        rotate_key(key=key, by=manager.user, at=NOW)
    assert OrganizationKey.objects.count() == 2


def test_replacing_makes_no_keys_without_end(monkeypatch):
    monkeypatch.setattr(keys, "MOST_KEYS", 2)
    manager = partner()
    key, _text = key_of(manager, at=NOW)
    for _number in range(3):
        key, _text = rotate_key(key=key, by=manager.user, at=NOW)
    with pytest.raises(TooManyKeys):
        rotate_key(key=key, by=manager.user, at=NOW)
    assert OrganizationKey.objects.count() == 4
    rotate_key(key=key, by=manager.user, at=NOW + OVERLAP)


def test_who_may_make_and_revoke():
    manager = partner()
    key, _text = key_of(manager)
    staff = MembershipFactory(organization=manager.organization).user
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    given = {"organization": manager.organization, "name": "x", "scopes": [Scope.READ], "days": 5, "at": NOW}
    for person in (staff, officer, partner().user):
        with pytest.raises(NotAllowed):
            create_key(by=person, **given)
        with pytest.raises(NotAllowed):
            rotate_key(key=key, by=person, at=NOW)
    for person in (staff, partner().user):
        with pytest.raises(NotAllowed):
            revoke_key(key=key, by=person, at=NOW)
    key.refresh_from_db()
    assert key.revoked_at is None
    assert OrganizationKey.objects.count() == 1
    revoke_key(key=key, by=officer, at=NOW)
    key.refresh_from_db()
    assert key.revoked_by == officer


def test_its_managers_are_told_when_the_office_ends_a_key(client):
    manager = partner()
    staff = MembershipFactory(organization=manager.organization).user
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    own, _text = key_of(manager)
    revoke_key(key=own, by=manager.user, at=NOW)
    assert not Notification.objects.exists()  # who did it knows
    key, _text = key_of(manager)
    for _again in range(2):
        revoke_key(key=key, by=officer, at=NOW)
    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.params) == (manager.user, "key_revoked", {"name": key.name})
    assert key.name in sign_in(client, manager.user).get("/inbox/").text
    assert not Notification.objects.filter(recipient=staff).exists()


def test_revoking_asks_first(client):
    manager = partner()
    key, _text = key_of(manager)
    page = sign_in(client, manager.user).get("/open-data/keys/").text
    asked = page.partition('<details class="confirm')[2].partition("</details>")[0]
    assert f"/open-data/keys/{key.public_id}/revoke/" in asked
    assert page.count("/revoke/") == 1


def test_a_key_needs_scope_and_end_and_there_are_not_too_many():
    manager = partner()
    given = {"organization": manager.organization, "name": "x", "by": manager.user, "at": NOW}
    with pytest.raises(DomainError):
        create_key(scopes=[], days=5, **given)
    with pytest.raises(DomainError):
        create_key(scopes=[Scope.READ], days=367, **given)
    for _number in range(MOST_KEYS):
        create_key(scopes=[Scope.READ], days=5, **given)
    with pytest.raises(TooManyKeys):
        create_key(scopes=[Scope.READ], days=5, **given)


def test_each_key_has_an_allowance_of_its_own_and_pages_go_on(settings):
    settings.KEY_RATE = "3/min"
    manager = partner()
    first, second = program(key_of(manager)[1]), program(key_of(manager)[1])
    with time_machine.travel(NOW, tick=False):
        left = [first.get("/api/v1/changes/") for _ in range(3)]
        assert [answer["RateLimit-Remaining"] for answer in left] == ["2", "1", "0"]
        assert {answer["RateLimit-Limit"] for answer in left} == {"3"}
        over = first.get("/api/v1/totals/")
        assert over.status_code == 429
        assert int(over["Retry-After"]) > 0
        assert over["RateLimit-Remaining"] == "0"
        assert over.json()["code"] == "throttled"
        assert second.get("/api/v1/changes/").status_code == 200
        # Lessons F68: the page on which the key is managed still opens.
        assert sign_in(Client(), manager.user).get("/open-data/keys/").status_code == 200


def test_a_person_with_a_token_gets_in_as_before():
    ApiTokenFactory(serial=7)
    assert Client(headers={"Authorization": f"Token {token_text(7)}"}).get("/api/v1/changes/").status_code == 200


def test_the_page_shows_a_new_key_once(client):
    manager = partner()
    sign_in(client, manager.user)
    answer = client.post("/open-data/keys/", {"name": "Mirror", "scopes": ["read", "bulk"], "days": "30"})
    key = OrganizationKey.objects.get()
    text = answer.context["text"]
    assert text in answer.content.decode()
    assert find_key(text=text, at=timezone.now()) == key
    assert key.scopes == ["read", "bulk"]
    assert text not in client.get("/open-data/keys/").content.decode()
    rotated = client.post(f"/open-data/keys/{key.public_id}/rotate/")
    assert rotated.context["text"] in rotated.content.decode()
    client.post(f"/open-data/keys/{key.public_id}/revoke/")
    key.refresh_from_db()
    assert key.revoked_by == manager.user


def test_a_page_that_is_loaded_again_makes_no_second_key(client):
    sign_in(client, partner().user)
    sent = {"name": "Mirror", "scopes": ["read"], "days": "30"}
    sent["key"] = client.get("/open-data/keys/").context["form"]["key"].value()
    first, again = (client.post("/open-data/keys/", sent) for _time in range(2))
    assert (first.status_code, again.status_code) == (200, 422)
    assert OrganizationKey.objects.get().public_id == UUID(sent["key"])
    assert "text" not in again.context
    assert first.context["form"]["key"].value() != sent["key"]  # the next one is another


def test_the_page_says_what_is_missing(client):
    sign_in(client, partner().user)
    answer = client.post("/open-data/keys/", {"name": "", "days": "30"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "scopes"}
    assert not OrganizationKey.objects.exists()


def test_keys_of_others_are_not_there(client):
    key, _text = key_of(partner())
    sign_in(client, partner().user)
    assert client.post(f"/open-data/keys/{key.public_id}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
    viewer = MembershipFactory(organization=key.organization, role=Role.VIEWER).user
    assert sign_in(Client(), viewer).get("/open-data/keys/").status_code == 403
