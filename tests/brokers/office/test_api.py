"""The API of officers, and the requirements for everybody."""

import pytest

from brokers.models import Application
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.office import DAY, applied, in_advice, in_check, requirements_published
from tests.factories.brokers.registration import shipped_requirements

pytestmark = pytest.mark.usefixtures("at_now")
LIST = "/api/v1/office/broker-applications/"


def fields(answer):
    return {error["field"] for error in answer.json()["errors"]}


def an_officer():
    return MembershipFactory(government=True, user__second_factor=True).user


def test_requirements_are_public_and_say_which_is_in_force():
    shipped_requirements()
    new = requirements_published(valid_from=TODAY + DAY)
    rows = api_of(None).get("/api/v1/broker-requirements/").json()["results"]
    found = {(row["kind"], row["version"]): row for row in rows}
    assert {key: row["is_in_force"] for key, row in found.items()} == {
        ("agency", 1): True, ("agency", 2): False, ("trader", 1): True,
    }  # fmt: skip
    staff = found["agency", 2]["requirements"][1]
    assert (staff["key"], staff["least"], staff["unit"], staff["is_waived"]) == ("qualified_staff", 2, "people", False)
    one = api_of(None).get(f"/api/v1/broker-requirements/{new.public_id}/").json()
    assert (one["id"], one["valid_from"]) == (str(new.public_id), str(TODAY + DAY))
    assert api_of(None).get("/api/v1/broker-requirements/?moon=1").status_code == 400


def test_the_list_with_its_filters():
    by = an_officer()
    first, second = applied(), in_check(by=by)
    api = api_of(by)
    rows = api.get(LIST).json()["results"]
    assert [row["number"] for row in rows] == [first.number, second.number]
    assert [row["taken_up_by"] for row in rows] == [None, by.name]
    assert [row["number"] for row in api.get(LIST, {"state": "doc_check"}).json()["results"]] == [second.number]
    assert [row["number"] for row in api.get(LIST, {"taken": "nobody"}).json()["results"]] == [first.number]
    assert api.get(LIST, {"state": "moon"}).status_code == 400


def test_one_application_says_what_may_be_done():
    checker = an_officer()
    found = in_advice(by=checker)
    body = api_of(checker).get(f"{LIST}{found.public_id}/").json()
    assert body["state"] == "advice"
    assert {row["outcome"] for row in body["check"]} == {"met"}
    assert [step["kind"] for step in body["steps"]] == ["applied", "taken_up", "passed"]
    acts = {row["act"]: row["why_not"] for row in body["acts"]}
    assert set(acts) == {"record-advice", "register", "refuse"}
    assert acts["register"].startswith("You checked")
    assert acts["refuse"] == ""
    assert body["registration_number"] is None


def test_the_whole_way_by_programs():
    first, second = api_of(an_officer()), api_of(an_officer())
    found = applied()
    one = f"{LIST}{found.public_id}/"
    assert first.post(f"{one}take-up/", {}, format="json").json()["state"] == "doc_check"
    told = second.post(f"{one}take-up/", {}, format="json")
    assert (told.status_code, told.json()["code"]) == (409, "not_possible_now")
    wrong = first.post(f"{one}ask-completion/", {"parts": {"network": "x" * 2_001}}, format="json")
    assert wrong.status_code == 400
    unknown = first.post(f"{one}ask-completion/", {"parts": {"moon": "x"}}, format="json")
    assert (unknown.status_code, fields(unknown)) == (400, {"parts"})
    past = first.post(f"{one}ask-completion/", {"parts": {"other": "x"}, "due_on": str(TODAY)}, format="json")
    assert (past.status_code, fields(past)) == (400, {"due_on"})
    assert first.post(f"{one}pass-to-advice/", {"text": "x", "moon": 1}, format="json").status_code == 400
    assert first.post(f"{one}pass-to-advice/", {"text": "Complete"}, format="json").status_code == 200
    assert first.post(f"{one}register/", {}, format="json").status_code == 403
    done = second.post(f"{one}register/", {"conditions": "Batteries only"}, format="json").json()
    assert (done["state"], done["registration_number"][:2]) == ("designated", "BA")
    assert done["acts"] == []
    assert Application.objects.get(pk=found.pk).registration.conditions == "Batteries only"
