"""Programs do the same: begin, save, send, hand in; shapes, refusals and what is passed over in silence: nothing."""

import datetime
import io

import pytest
from django.urls import reverse

from brokers.models import Application
from tests.brokers.conftest import api_of
from tests.factories.accounts import UserFactory
from tests.factories.brokers.registration import (
    agency_draft,
    handed_in,
    in_completion,
    manager,
    refused,
    shipped_requirements,
    trader_draft,
)
from tests.factories.disclosures import pdf

pytestmark = pytest.mark.usefixtures("at_now")


def url(name, *args):
    return reverse(f"brokers-api:{name}", args=args)


def test_a_trader_by_a_program_from_the_beginning_to_the_number():
    shipped_requirements()
    person = UserFactory()
    api = api_of(person)
    made = api.post(url("applications"), {"kind": "trader"}, format="json").json()
    assert (made["state"], made["number"], made["revision"], made["organization"]) == ("draft", "", 1, None)
    assert made["check"]["may_hand_in"] is False
    assert {each["key"]: each["outcome"] for each in made["check"]["findings"]} == {
        "career": "missing", "training": "missing", "since_cancellation": "met",
    }  # fmt: skip
    assert made["open_parts"] == ["basics", "documents", "route", "training"]

    body = {
        "revision": 1, "speciality": "Batteries", "career_route": "researcher",
        "career": [{"employer": "Gaon", "position": "Researcher", "from_on": "2020-01-01"}],
        "training": [{"subject": "law", "provider": "School", "hours": 40, "finished_on": "2026-05-01"}],
    }  # fmt: skip
    saved = api.patch(url("application", made["id"]), body, format="json").json()
    assert (saved["revision"], len(saved["career"]), saved["training"][0]["hours"]) == (2, 1, 40)
    for kind in ("career", "training"):
        file = io.BytesIO(pdf(words=kind))
        file.name = f"{kind}.pdf"
        sent = api.post(url("application-documents", made["id"]), {"kind": kind, "document": file}, format="multipart")
        assert (sent.status_code, sent.json()["name"]) == (201, f"{kind}.pdf")
    done = api.post(url("application-hand-in", made["id"]), {"revision": 2, "declared": True}, format="json").json()
    assert (done["number"], done["state"], done["check"]["met"]) == ("T2026000001", "applied", 3)
    again = api.post(url("application-hand-in", made["id"]), {"revision": 2, "declared": True}, format="json")
    assert (again.status_code, again.json()["number"]) == (200, "T2026000001")
    assert api.get(url("applications"), {"state": "applied"}).json()["count"] == 1
    assert api.get(url("applications"), {"kind": "agency"}).json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"revision": 2, "resident_registration_number": "900101-1234567"}, "resident_registration_number"),
        ({"speciality": "x"}, "revision"),
        ({"revision": 2, "career_route": "magic"}, "career_route"),
        ({"revision": 2, "network_url": "javascript:alert(1)"}, "network_url"),
        ({"revision": 2, "career": [{"employer": "x", "from_on": "2099-01-01"}]}, "career"),
        ({"revision": 2, "career": [{"boss": "x"}]}, "career"),
        ({"revision": 2, "training": [{"hours": 0}]}, "training"),
    ],
)
def test_what_cannot_be_is_named_by_field_and_nothing_changes(body, field):
    made = trader_draft()
    before = Application.objects.values().get()
    got = api_of(made.applicant).patch(url("application", made.public_id), body, format="json")
    assert got.status_code == 400
    assert [error["field"].split(".")[0].split("[")[0] for error in got.json()["errors"]] == [field]
    assert Application.objects.values().get() == before
    assert made.career.count() == 0


def test_conflicts_have_codes():
    made = agency_draft(complete=True)
    api = api_of(made.applicant)
    old = api.patch(url("application", made.public_id), {"revision": 1, "speciality": "x"}, format="json")
    assert (old.status_code, old.json()["code"]) == (409, "changed_meanwhile")
    undeclared = {"revision": made.revision, "declared": False}
    got = api.post(url("application-hand-in", made.public_id), undeclared, format="json")
    assert (got.status_code, got.json()["code"]) == (400, "application_not_complete")
    found = handed_in(made)
    late = api.patch(url("application", made.public_id), {"revision": found.revision, "speciality": "x"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "part_closed")


def test_completion_withdrawal_and_objection():
    found = in_completion()
    api = api_of(found.applicant)
    seen = api.get(url("application", found.public_id)).json()
    assert seen["completion_parts"] == {"network": "Say who keeps it"}
    assert seen["next_step"]["on"] == "applicant"
    assert seen["next_step"]["due_on"] == str(found.completion_due_on)
    saved = api.patch(
        url("application", found.public_id), {"revision": found.revision, "network_text": "Two people"}, format="json"
    ).json()
    body = {"revision": saved["revision"], "declared": True}
    done = api.post(url("application-hand-in", found.public_id), body, format="json").json()
    assert done["state"] == "doc_check"
    gone = api.post(url("application-withdraw", found.public_id), {"revision": done["revision"]}, format="json")
    assert gone.json()["state"] == "withdrawn"

    other = refused()
    objection = api_of(other.applicant).post(url("application-object", other.public_id), {"text": "No"}, format="json")
    assert (objection.json()["state"], objection.json()["objection_text"]) == ("objected", "No")
    late = refused(decided_at=other.decided_at - datetime.timedelta(days=31))
    got = api_of(late.applicant).post(url("application-object", late.public_id), {"text": "No"}, format="json")
    assert (got.status_code, got.json()["code"]) == (409, "objection_too_late")


def test_a_program_acts_for_the_organization_it_names():
    by = manager()
    api = api_of(by)
    organization = by.active_organizations().get()
    made = api.post(
        url("applications"), {"kind": "agency"}, format="json", headers={"X-Organization": str(organization.public_id)}
    )
    assert made.json()["organization"] == str(organization.public_id)
    again = api.post(url("applications"), {"kind": "agency"}, format="json")
    assert again.json()["id"] == made.json()["id"]
    assert api.get(url("applications"), {"colour": "red"}).status_code == 400
