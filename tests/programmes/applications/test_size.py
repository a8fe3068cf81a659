"""What a firm says of its size where no profile holds it: then the size is told, by figures and rules (facts §6.3)."""

import datetime
from dataclasses import replace

import pytest

from marketplace.core.errors import DomainError
from programmes.models import Application
from programmes.queries.sections import sheet_of
from programmes.scheme import Condition, ConditionKind
from programmes.services.applications.begin import begin
from programmes.services.applications.save import save
from programmes.services.applications.submit import NotComplete, submit
from tests.factories.programmes.applications import (
    MILLION,
    NOW,
    SCHEME,
    TEXTS,
    draft,
    firm,
    firm_of,
    open_call,
)
from tests.programmes.applications.test_pages import api, at, signed_in

pytestmark = pytest.mark.django_db
ASKS_SIZE = replace(SCHEME, conditions=(*SCHEME.conditions, Condition("sme", ConditionKind.SME)))
LARGE = (400_000 * MILLION,) * 3  # far above every ceiling


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def asked(**profile):
    return draft(open_call(scheme=ASKS_SIZE), firm(**profile))


def said(found, **standing):
    given = {"application": found, "revision": found.revision, "by": found.begun_by, "at": NOW}
    return save(**given, standing=standing)


def outcome(found):
    return {each.key: each.outcome for each in sheet_of(found, NOW.date()).findings}["sme"]


def test_it_is_asked_only_where_the_call_asks_for_the_size_and_then_before_it_is_submitted():
    assert not sheet_of(draft(), NOW.date()).missing
    found = asked()
    assert sheet_of(found, NOW.date()).missing == ("Say whether your firm belongs to a large group.",)
    with pytest.raises(NotComplete):
        submit(application=found, revision=found.revision, declared=True, by=found.begun_by, at=NOW)
    found = said(found, independence="independent")
    done = submit(application=found, revision=found.revision, declared=True, by=found.begun_by, at=NOW).application
    assert {each["key"]: each["outcome"] for each in done.checked}["sme"] == "met"
    assert done.facts["size"] == "small"


@pytest.mark.parametrize(
    ("independence", "expected"),
    [("independent", "met"), ("in_group", "missing"), ("unknown", "unclear"), ("", "unclear")],
)
def test_who_belongs_to_a_large_group_is_no_sme_and_who_does_not_know_brings_the_confirmation(independence, expected):
    assert outcome(said(asked(), independence=independence)) == expected


@pytest.mark.parametrize(
    ("outgrew_on", "had_grace", "expected"),
    [
        (None, False, "missing"),
        (datetime.date(2024, 12, 31), False, "met"),
        (datetime.date(2021, 11, 20), False, "met"),  # five years to the day
        (datetime.date(2021, 11, 19), False, "missing"),
        (datetime.date(2024, 12, 31), True, "missing"),
    ],
)
def test_who_outgrew_the_ceilings_stays_an_sme_for_five_years_once(outgrew_on, had_grace, expected):
    found = asked(sales_won=LARGE)
    found = said(found, independence="independent", outgrew_on=outgrew_on, had_grace=had_grace)
    assert outcome(found) == expected


@pytest.mark.parametrize(
    ("standing", "field"),
    [
        ({"independence": "perhaps"}, "independence"),
        ({"independence": "independent", "outgrew_on": NOW.date() + datetime.timedelta(days=1)}, "outgrew_on"),
    ],
)
def test_what_cannot_be_is_refused(standing, field):
    found = asked()
    with pytest.raises(DomainError) as error:
        said(found, **standing)
    assert error.value.field == field
    assert "standing" not in Application.objects.get().plan


def test_it_is_said_on_the_page_of_the_firm_and_taken_over_by_the_next_application():
    found = asked()
    client = signed_in(found.begun_by)
    assert "Does your firm belong to a large group?" in client.get(at(found, "write/facts/")).content.decode()
    client.post(at(found, "write/facts/"), {"revision": found.revision, "independence": "independent"})
    found.refresh_from_db()
    assert found.plan["standing"] == {"independence": "independent", "outgrew_on": "", "had_grace": False}
    assert found.plan["texts"] == TEXTS
    assert "No, to none" in client.get(at(found, "preview/")).content.decode()
    organization = firm_of(found.begun_by)
    later = begin(
        call=open_call(scheme=ASKS_SIZE), organization=organization, filled_from=found, by=found.begun_by, at=NOW
    )
    assert later.plan["standing"] == found.plan["standing"]


def test_a_program_says_it_too():
    found = asked()
    client, one = api(found.begun_by), f"/api/v1/applications/{found.public_id}/"
    body = {"revision": found.revision, "standing": {"independence": "in_group"}}
    answer = client.patch(one, body, format="json")
    assert answer.data["standing"]["independence"] == "in_group"
    assert {each["key"]: each["outcome"] for each in answer.data["conditions"]}["sme"] == "missing"
    assert client.patch(one, {"revision": 3, "standing": {"independence": "x"}}, format="json").status_code == 400
