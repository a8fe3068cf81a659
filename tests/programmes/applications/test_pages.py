"""Pages and API of the applicant: who gets what, what was typed stays, nothing of a draft is seen outside."""

import json
import uuid

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.events import personal_data_requested
from accounts.models import ApiToken
from notifications.models import Notification
from programmes.models import Application, ApplicationDocument, ReviewStep
from programmes.services.applications.save import save
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory, sign_in, token_text
from tests.factories.programmes.applications import (
    NOW,
    TEXTS,
    draft,
    firm,
    open_call,
    paper,
    submitted,
)

pytestmark = pytest.mark.django_db
CANARY = "canary-of-the-plan"


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(user):
    client = Client(headers={"Accept-Language": "en"})
    return client if user is None else sign_in(client, user)


def api(user):
    serial = 1_000 + ApiToken.objects.count()
    ApiTokenFactory(user=user, serial=serial)
    return APIClient(headers={"Authorization": f"Token {token_text(serial)}", "Accept-Language": "en"})


def at(application, end=""):
    return f"/applications/{application.public_id}/{end}"


def people_of(application):
    organization = application.organization
    return {
        "anonymous": None,
        "stranger": UserFactory(),
        "other_firm": firm(),
        "administrator": UserFactory(is_superuser=True),
        "viewer": MembershipFactory(organization=organization, role=Role.VIEWER).user,
        "staff": MembershipFactory(organization=organization, role=Role.STAFF).user,
        "other_office": MembershipFactory(government=True, user__second_factor=True).user,
        "office": application.call.office.memberships.order_by("pk").first().user,
    }


def test_who_sees_a_draft_and_what_was_submitted():
    call = open_call()
    for application, office in ((draft(call), 404), (submitted(call), 200)):
        seen = {name: signed_in(user).get(at(application)).status_code for name, user in people_of(application).items()}
        assert seen == {
            "anonymous": 302, "stranger": 404, "other_firm": 404, "administrator": 404, "viewer": 200, "staff": 200,
            "other_office": 404, "office": office,
        }  # fmt: skip


@pytest.mark.parametrize("act", ["submit/", "withdraw/", "discard/", "write/plan/", "write/papers/", "sums/"])
def test_who_may_act(act):
    there = submitted()
    expected = {
        "anonymous": 302, "stranger": 404, "other_firm": 404, "administrator": 404, "viewer": 403, "other_office": 404,
        "office": 403,
    }  # fmt: skip
    before = list(Application.objects.values())
    for name, user in people_of(there).items():
        if name in expected:
            assert signed_in(user).post(at(there, act), {}).status_code == expected[name], name
    assert list(Application.objects.values()) == before


def test_a_canary_of_a_draft_is_seen_by_its_firm_alone():
    there = draft()
    save(application=there, revision=there.revision, texts={"product": f"{CANARY} {TEXTS['product']}"},
         by=there.begun_by, at=NOW)  # fmt: skip
    for name, user in people_of(there).items():
        for address in ("/applications/", "/applications/export.csv", at(there), at(there, "preview/"), "/"):
            body = b"".join(signed_in(user).get(address))
            assert (CANARY.encode() in body) == (name == "staff" and address == at(there, "preview/")), (name, address)


def test_the_eligibility_is_told_before_anything_is_typed():
    call = open_call()
    person = firm(transfer=False, founded_on=NOW.date().replace(year=1990))
    page = signed_in(person).get(f"/applications/begin/{call.number}/").content.decode()
    assert "Not as things stand" in page
    assert "No transfer of a technology to it is known here." in page
    assert not Application.objects.exists()


def test_what_somebody_saved_meanwhile_is_shown_beside_what_was_typed():
    there = draft()
    client = signed_in(there.begun_by)
    save(application=there, revision=there.revision, texts={"product": "The newest words of a colleague."},
         by=there.begun_by, at=NOW)  # fmt: skip
    typed = {"revision": there.revision, "product": "My own words, typed for long.", "market": "", "schedule": ""}
    response = client.post(at(there, "write/plan/"), typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert "My own words, typed for long." in page
    assert "The newest words of a colleague." in page
    assert f'name="revision" value="{there.revision + 1}"' in page
    assert Application.objects.get().plan["texts"]["product"] == "The newest words of a colleague."


def test_sums_are_computed_by_the_server_and_nothing_is_saved():
    there = draft(complete=False)
    given = {"revision": 1, "key_0": "proto", "what_0": "x", "supply_0": "20,000,000"}
    page = signed_in(there.begun_by).post(at(there, "sums/"), given).content.decode()
    assert "18,000,000" in page
    assert "2,000,000" in page
    assert Application.objects.get().plan == {}
    response = signed_in(there.begun_by).post(at(there, "write/services/"), given | {"supply_0": "2.5"})
    assert response.status_code == 422
    assert "whole won" in response.content.decode()
    response = signed_in(there.begun_by).post(at(there, "write/services/"), given | {"supply_0": "999,999,999,999"})
    assert response.status_code == 422
    assert (
        "Price in won, without VAT: Give a whole number of won from 0 to 10,000,000,000." in response.content.decode()
    )
    assert Application.objects.get().plan == {}


def test_a_label_that_is_a_sentence_stands_in_the_summary_without_its_full_stop():
    there = draft()
    response = signed_in(there.begun_by).post(at(there, "submit/"), {"revision": there.revision, "key": uuid.uuid4()})
    assert (response.status_code, "true and complete: Declare" in response.content.decode()) == (422, True)


def test_submitted_twice_by_the_same_form_and_after_the_end():
    there = draft()
    client, form = signed_in(there.begun_by), {"revision": there.revision, "key": uuid.uuid4(), "declared": "on"}
    with time_machine.travel(there.call.closes_at, tick=False):
        client = signed_in(there.begun_by)
        page = client.post(at(there, "submit/"), form, follow=True).content.decode()
        assert "not accepted after it" in page
        assert not ReviewStep.objects.exists()
    client = signed_in(there.begun_by)
    for _click in range(2):
        page = client.post(at(there, "submit/"), form, follow=True).content.decode()
        assert "Your receipt number is PA2026" in page
        assert "SHA-256" in page
    assert ReviewStep.objects.count() == 1
    assert Notification.objects.filter(kind="programme_submitted").count() == 1


def test_the_list_and_its_export_show_the_same():
    there, other = submitted(), submitted()
    client = signed_in(there.begun_by)
    body = b"".join(client.get("/applications/export.csv?state=submitted")).decode("utf-8-sig")
    assert there.number in body
    assert other.number not in body
    assert "Received" in body
    assert there.number not in b"".join(client.get("/applications/export.csv?state=draft")).decode()
    assert there.number in client.get("/applications/").content.decode()


def test_withdrawn_on_the_page():
    there = submitted()
    client = signed_in(there.begun_by)
    form = {"revision": there.revision, "key": uuid.uuid4(), "text": "No need."}
    assert client.post(at(there, "withdraw/"), form).status_code == 422
    client.post(at(there, "withdraw/"), form | {"confirmed": "on"})
    assert Application.objects.get(pk=there.pk).state == "withdrawn"


def test_a_paper_is_sent_read_and_taken_away():
    there = draft(complete=False)
    client = signed_in(there.begun_by)
    sent = paper()
    sent.name = "plan.pdf"
    client.post(at(there, "write/papers/"), {"revision": 1, "key": "plan", "document": sent})
    document = ApplicationDocument.objects.get()
    address = at(there, f"papers/{document.public_id}/")
    response = client.get(address)
    assert response["Content-Disposition"].startswith("attachment")
    assert b"%PDF" in b"".join(response)
    assert signed_in(firm()).get(address).status_code == 404
    client.post(f"{address}remove/")
    assert not ApplicationDocument.objects.exists()


# --- API --------------------------------------------------------------------------------------------------------------


def test_a_program_goes_all_the_way(settings):
    person, call = firm(), open_call()
    client = api(person)
    made = client.post(
        "/api/v1/applications/", {"call": call.number}, format="json", headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    assert made.status_code == 201, made.data
    one = f"/api/v1/applications/{made.data['id']}/"
    body = {
        "revision": 1,
        "texts": TEXTS,
        "services": [{"key": "proto", "what": "Samples", "supply_won": 20_000_000}],
        "declared": ["honest"],
    }
    saved = client.patch(one, body, format="json")
    assert saved.status_code == 200
    assert saved.data["services"][0]["government_won"] == 18_000_000
    assert client.patch(one, body, format="json").status_code == 409
    sent = paper()
    sent.name = "plan.pdf"
    assert client.post(f"{one}papers/", {"key": "plan", "document": sent}, format="multipart").status_code == 201
    ready = client.get(one).data
    assert not [text for section in ready["sections"] for text in section["missing"]]
    key, submit = {"Idempotency-Key": str(uuid.uuid4())}, {"revision": ready["revision"], "declared": True}
    first = client.post(f"{one}submit/", submit, format="json", headers=key)
    again = client.post(f"{one}submit/", submit, format="json", headers=key)
    assert first.status_code == again.status_code == 200
    assert first.data["number"] == again.data["number"]
    other = client.post(f"{one}submit/", submit | {"revision": 9}, format="json", headers=key)
    assert (other.status_code, other.data["code"]) == (409, "idempotency_key_reused")
    assert [row["number"] for row in client.get("/api/v1/applications/").data["results"]] == [first.data["number"]]
    back = {"revision": first.data["revision"], "confirmed": True}
    gone = client.post(f"{one}withdraw/", back, format="json", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert gone.data["state"] == "withdrawn"


def test_the_api_hides_and_refuses():
    there = submitted()
    one = f"/api/v1/applications/{there.public_id}/"
    assert api(firm()).get(one).status_code == 404
    viewer = MembershipFactory(organization=there.organization, role=Role.VIEWER).user
    assert api(viewer).get(one).status_code == 200
    assert api(viewer).post(f"{one}withdraw/", {"revision": 2, "confirmed": True}, format="json").status_code == 403
    assert Application.objects.get().state == "submitted"


def test_ones_own_data_hold_what_one_wrote():
    there, other = submitted(), submitted()
    said = dict(answer for _receiver, answer in personal_data_requested.send(sender=None, user=there.begun_by))
    text = json.dumps(said["programme_applications"], default=str)
    assert there.number in text
    assert other.number not in text
    assert "plan.pdf" in text


def test_no_page_changes_anything_when_it_is_read():
    there = submitted()
    before = list(Application.objects.values())
    client = signed_in(there.begun_by)
    for end in ("", "receipt/", "preview/", "submit/", "withdraw/", "discard/", "write/plan/", "sums/"):
        client.get(at(there, end))
    assert list(Application.objects.values()) == before
