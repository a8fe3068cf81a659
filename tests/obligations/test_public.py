"""The public table: who stands there, and what takes an institute off it at once."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from obligations.compliance import FIGURES, PUBLIC, Choice, public_table, rows
from obligations.models import Obligation, RnDProject
from obligations.services.discharge import accept_extension, discharge, undischarge
from obligations.services.escalate import escalate
from obligations.services.exempt import decide_exemption, take_back_exemption
from obligations.services.projects import delete_project
from obligations.services.results import delete_result, merge_results, restore_result
from obligations.services.run_duties import run_duties
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import (
    ProjectFactory,
    ResultFactory,
    at_day,
    duty,
    exemption,
    letter_about,
    officer,
    rules,
)
from tests.factories.tech_listings import ListingFactory

DUE = date(2026, 6, 1)
HEAD = DUE + timedelta(days=30)
NAMED = HEAD + timedelta(days=30)
PAGE, CSV, API = reverse("obligations:public"), reverse("obligations:public_export"), reverse("obligations-api:overdue")


class Late:
    """Two duties of an institute that were due on the first of June, and about which its head was written."""

    def __init__(self, name="가온대학교"):
        self.institute = OrganizationFactory(institute=True, name=name, name_en="")
        self.project = ProjectFactory(lead=self.institute)
        self.duties = [
            duty(ResultFactory(project=self.project, number="", completed_on=DUE), at=at_day(DUE)) for _ in range(2)
        ]
        self.staff = MembershipFactory(organization=self.institute).user
        letter_about(self.duties, day=HEAD)

    def on(self, day=NAMED):
        return [(line.late, line.since) for line in public_table(choice=Choice(), day=day)]


@pytest.mark.parametrize(("after", "late"), [(0, 0), (29, 0), (30, 2), (31, 2), (500, 2)])
def test_a_month_after_the_letter_to_the_head(after, late):
    found = Late().on(HEAD + timedelta(days=after))
    assert found == ([(late, DUE)] if late else [])


def test_through_the_whole_calendar_by_the_nightly_task():
    owner = OrganizationFactory(institute=True)
    duty(ResultFactory(project__lead=owner, number="", completed_on=DUE), at=at_day(DUE))
    on = []
    for n in range(70):
        day = DUE + timedelta(days=n)
        escalate(at=at_day(day))
        if public_table(choice=Choice(), day=day):
            on.append(n)
    assert on == list(range(60, 70))


def test_without_a_letter_nobody_stands_there_however_late():
    duty(ResultFactory(number="", completed_on=DUE), at=at_day(DUE))
    assert public_table(choice=Choice(), day=date(2030, 1, 1)) == []


WAYS_OFF = {
    "done": lambda late, found, at: discharge(
        obligation=found, listing=ListingFactory(holder=late.institute), by=late.staff, at=at
    ),
    "exempt": lambda late, found, at: decide_exemption(
        exemption=exemption(found, runs_from=NAMED, until=NAMED + timedelta(days=90)), grant=True, by=officer(), at=at
    ),
    "extended": lambda late, found, at: accept_extension(
        obligation=found, until=date(2026, 8, 20), reason="Abroad", by=officer(), at=at
    ),
    "deleted": lambda late, found, at: delete_result(result=found.result, by=late.staff, at=at),
    "merged": lambda late, found, at: merge_results(
        result=found.result, into=late.duties[1].result, by=late.staff, at=at
    ),
    "secret": lambda late, found, at: RnDProject.objects.filter(pk=late.project.pk).update(is_security=True),
    "project deleted": lambda late, found, at: delete_project(project=late.project, by=officer(), at=at),
}


@pytest.mark.parametrize("way", WAYS_OFF)
def test_what_is_no_longer_overdue_is_not_counted_from_that_moment(way):
    late = Late()
    assert late.on() == [(2, DUE)]
    WAYS_OFF[way](late, late.duties[0], at_day(NAMED))
    rest = [] if way in {"secret", "project deleted"} else [(1, DUE)]
    assert late.on() == rest


def test_what_comes_back_is_counted_again():
    late = Late()
    first, second = late.duties
    listing = ListingFactory(holder=late.institute)
    discharge(obligation=first, listing=listing, by=late.staff, at=at_day(NAMED))
    undischarge(obligation=first, listing=listing, by=late.staff, at=at_day(NAMED))
    delete_result(result=second.result, by=late.staff, at=at_day(NAMED))
    restore_result(result=second.result, by=late.staff, at=at_day(NAMED))
    assert late.on() == [(2, DUE)]
    granted = exemption(first, "granted", runs_from=NAMED, until=NAMED + timedelta(days=40))
    run_duties(at=at_day(NAMED))
    assert late.on() == [(1, DUE)]
    take_back_exemption(exemption=granted, by=late.staff, at=at_day(NAMED))
    assert late.on() == [(2, DUE)]


def test_a_delay_that_ran_out_needs_a_letter_of_its_own():
    late = Late()
    for found in late.duties:
        accept_extension(obligation=found, until=date(2026, 8, 20), reason="Abroad", by=officer(), at=at_day(NAMED))
    after = date(2026, 12, 1)
    assert Obligation.objects.overdue_on(after).count() == 2
    assert late.on(after) == []
    letter_about([Obligation.objects.get(pk=late.duties[0].pk)], day=date(2026, 10, 1))
    assert late.on(after) == [(1, date(2026, 8, 20))]


# --- page, export, API ---


@pytest.fixture
def named():
    rules()
    with time_machine.travel(at_day(NAMED), tick=False):
        yield Late("가온대학교"), Late("=나래연구원")


def test_page_export_and_api_say_the_same_to_everybody(client, named):
    first, second = named
    ListingFactory(holder=first.institute)
    done = ResultFactory(project=first.project, number="")
    discharge(
        obligation=duty(done, at=at_day(NAMED)),
        listing=ListingFactory(holder=first.institute),
        by=first.staff,
        at=at_day(NAMED),
    )
    page = client.get(PAGE)
    assert [(row.institute, row.line.late) for row in page.context["rows"]] == [
        (second.institute, 2), (first.institute, 2),
    ]  # fmt: skip
    lines = list(csv.reader(io.StringIO(b"".join(client.get(CSV).streaming_content).decode("utf-8-sig"))))
    assert lines[1][0] == "'=나래연구원"
    assert lines[2][2:] == ["2", "2026-06-01", "3", "0", "1", "33.33"]
    answer = client.get(API).json()
    assert (answer["as_of"], len(answer["institutes"])) == (NAMED.isoformat(), 2)
    assert answer["institutes"][1] == {
        "institute": {"id": str(first.institute.public_id), "name": "가온대학교", "name_en": ""},
        "late": 2, "since": "2026-06-01", "owed": 3, "exempt": 0, "discharged": 1, "rate_bp": 3333,
    }  # fmt: skip


def test_the_officers_drill_down_behind_a_public_number_is_as_many_rows(client, named):
    first, _second = named
    desk = sign_in(client, officer(user=UserFactory(second_factor=True)))
    asked = {"figure": PUBLIC, "institute": str(first.institute.public_id)}
    assert desk.get(reverse("obligations:duties"), asked).context["many"] == 2
    assert desk.get(reverse("obligations-api:duty-rows"), asked).json()["count"] == 2
    assert PUBLIC not in FIGURES
    assert rows(user=first.staff, choice=Choice(), day=NAMED, figure=PUBLIC).count() == 2


def test_nothing_names_a_result_or_a_secret(client, named):
    first, second = named
    for found in (first, second):
        type(found.duties[0].result).objects.update(title="kanarienvogel")
    RnDProject.objects.filter(pk=second.project.pk).update(is_security=True, title="zeisig", ministry="zeisig")
    for url in (PAGE, CSV, API):
        response = client.get(url)
        text = (b"".join(response.streaming_content) if response.streaming else response.content).decode()
        assert "kanarienvogel" not in text
        assert "zeisig" not in text
        assert first.institute.name in text
        assert second.institute.name not in text


def test_empty_wrong_and_unknown(client):
    assert "No institute stands here" in client.get(PAGE).text
    assert "This cannot be shown" in client.get(PAGE, {"kind": "moon"}).text
    assert client.get(API, {"kind": "moon"}).status_code == 400
    assert client.get(API, {"moon": "1"}).json()["errors"][0]["field"] == "moon"
    assert client.get(API, {"kind": "publication"}).json()["institutes"] == []


def test_the_same_questions_for_many_institutes(client, named):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    few = asked()
    for _ in range(6):
        Late()
    assert asked() == few
