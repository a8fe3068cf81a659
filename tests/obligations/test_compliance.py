"""One definition of every figure: rate = drill-down = export, whatever was deleted, merged, exempt or re-opened."""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core.errors import DomainError
from obligations.compliance import FIGURES, GROUPS, PUBLIC, Choice, Figures, rows, table, total
from obligations.enums import DAYS_FROM_HEAD_TO_PUBLIC, DutyState
from obligations.models import Obligation, RnDProject
from obligations.services.discharge import discharge, undischarge, verify
from obligations.services.escalate import escalate
from obligations.services.exempt import decide_exemption, take_back_exemption
from obligations.services.results import delete_result, merge_results, restore_result
from obligations.services.run_duties import run_duties
from obligations.services.settle import settle
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import (
    NOW,
    TODAY,
    ProjectFactory,
    ResultFactory,
    at_day,
    duty,
    exemption,
    named,
    officer,
    rules,
)
from tests.factories.tech_listings import ListingFactory, publish


def figure(user, name, day=TODAY, **choice):
    return rows(user=user, choice=Choice(**choice), day=day, figure=name)


def test_a_worked_example():
    """Ten duties: 2 listed, 1 verified, 1 exempt, 1 due, 3 overdue, 2 dropped. Rate: 3 of 8 − 1 = 42.85 %."""
    who, institute = officer(), OrganizationFactory(institute=True)
    project = ProjectFactory(lead=institute)
    made = [duty(ResultFactory(project=project, number="")) for _ in range(9)]
    made.append(duty(ResultFactory(project=project, number="", completed_on=TODAY)))
    for found in made[:3]:
        named(found, ListingFactory(holder=institute))
    exemption(made[3], "granted")
    for found in made[7:9]:
        type(found.result).objects.filter(pk=found.result_id).update(deleted_at=NOW)
    settle(projects=[project.pk], at=NOW)
    verify(obligation=made[0], by=who, at=NOW)

    (found,) = table(user=who, choice=Choice(), day=TODAY, by="institute")
    assert found == Figures(institute.pk, owed=8, discharged=3, verified=1, exempt=1, due=1, overdue=3)
    assert found.rate_bp == 4285
    assert Figures(None).rate_bp is None


def test_overdue_needs_nobody_to_write_it_down():
    who, found = officer(), duty(completed_on=date(2026, 6, 15))
    assert [figure(who, "overdue", day=TODAY + timedelta(days=n)).count() for n in (0, 1)] == [0, 1]
    Obligation.objects.filter(pk=found.pk).update(
        extended_to=date(2026, 7, 1), extended_at=NOW, extended_by=who, extension_reason="x"
    )
    assert [figure(who, "overdue", day=day).count() for day in (date(2026, 7, 1), date(2026, 7, 2))] == [0, 1]
    assert [Obligation.objects.overdue_on(day).count() for day in (date(2026, 7, 1), date(2026, 7, 2))] == [0, 1]
    found.refresh_from_db()
    assert [found.is_overdue_on(day) for day in (date(2026, 7, 1), date(2026, 7, 2))] == [False, True]


def test_by_ministry_and_year_and_for_an_institute_only_its_own():
    first = ResultFactory(project__ministry="가부처", completed_on=date(2025, 12, 31))
    second = ResultFactory(project__ministry="나부처", completed_on=date(2026, 1, 1))
    for result in (first, second):
        duty(result)
    who = officer()
    assert [(f.key, f.owed) for f in table(user=who, choice=Choice(), day=TODAY, by="ministry")] == [
        ("가부처", 1), ("나부처", 1),
    ]  # fmt: skip
    assert [f.key for f in table(user=who, choice=Choice(), day=TODAY, by="year")] == [2025, 2026]
    member = MembershipFactory(organization=first.owner).user
    assert [f.key for f in table(user=member, choice=Choice(), day=TODAY, by="institute")] == [first.owner_id]
    with pytest.raises(KeyError):
        table(user=who, choice=Choice(), day=TODAY, by="moon")


@pytest.mark.parametrize("by", GROUPS)
def test_as_many_questions_for_many_as_for_few(by):
    who = officer()
    who.remember_memberships()
    asked = []
    for many in (2, 10):
        for _ in range(many):
            duty()
        with CaptureQueriesContext(connection) as captured:
            table(user=who, choice=Choice(), day=TODAY, by=by)
            list(figure(who, "owed").for_list())
        asked.append(len(captured))
    assert asked == [2, 2]


# --- any sequence ---


class Nation:
    """A few results of two institutes, and what may happen to them; what is refused changes nothing."""

    def __init__(self):
        rules()
        self.day = TODAY
        self.officer = officer(user=UserFactory(second_factor=True))
        self.results, self.staff, self.listings = [], {}, {}
        for n in range(2):
            institute = OrganizationFactory(institute=True)
            self.staff[institute.pk] = MembershipFactory(organization=institute).user
            self.listings[institute.pk] = ListingFactory(holder=institute)
            project = ProjectFactory(lead=institute, ministry=f"부처 {n}")
            for k in range(3):
                self.results.append(ResultFactory(project=project, number="", completed_on=date(2025 + k % 2, 6, 1)))
        run_duties(at=self.at)

    @property
    def at(self):
        return at_day(self.day)

    def do(self, what, n):
        result = self.results[n % len(self.results)]
        result.refresh_from_db()
        found = Obligation.objects.get(result=result)
        staff, listing, at = self.staff[result.owner_id], self.listings[result.owner_id], self.at
        listing.refresh_from_db()
        {
            "delete": lambda: delete_result(result=result, by=staff, at=at),
            "restore": lambda: restore_result(result=result, by=staff, at=at),
            "merge": lambda: merge_results(
                result=result, into=self.results[(n + 1) % len(self.results)], by=staff, at=at
            ),
            "discharge": lambda: discharge(obligation=found, listing=listing, by=staff, at=at),
            "undischarge": lambda: undischarge(obligation=found, listing=listing, by=staff, at=at),
            "withdraw": lambda: withdraw(listing=listing, reason="x", by=staff, at=at),
            "publish": lambda: publish(listing=listing, by=staff, at=at),
            "verify": lambda: verify(obligation=found, by=self.officer, at=at),
            "ask": lambda: self.ask(found, staff),
            "grant": lambda: self.grant(found),
            "give up": lambda: self.give_up(found, staff),
            "secret": lambda: self.turn_secret(result, n),
            "wait": self.wait,
        }[what]()

    def ask(self, found, staff):
        if found.state == DutyState.DUE and not found.exemptions.filter(state__in=["asked", "granted"]).exists():
            exemption(found, asked_by=staff, until=self.day + timedelta(days=30), asked_at=self.at)

    def grant(self, found):
        for waiting in found.exemptions.filter(state="asked"):
            decide_exemption(exemption=waiting, grant=True, by=self.officer, at=self.at)

    def give_up(self, found, staff):
        for each in found.exemptions.filter(state__in=["asked", "granted"]):
            take_back_exemption(exemption=each, by=staff, at=self.at)

    def turn_secret(self, result, n):
        projects = RnDProject.objects.filter(pk=result.project_id)
        projects.exclude(obligations__discharges__listing__state="published").update(is_security=n % 2 == 0)
        settle(projects=[result.project_id], at=self.at)

    def wait(self):
        self.day += timedelta(days=20)
        run_duties(at=self.at)
        escalate(at=self.at)


WHAT = (
    "delete", "restore", "merge", "discharge", "undischarge", "withdraw", "publish", "verify", "ask", "grant",
    "give up", "secret", "wait",
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 5)), max_size=14))
def test_any_sequence_keeps_rate_drill_down_and_rows_the_same(steps):
    with transaction.atomic():
        nation = Nation()
        for what, n in steps:
            try:
                with transaction.atomic():
                    nation.do(what, n)
            except DomainError:
                continue
        agree(nation)
        the_api_agrees(nation)
        the_public_table_agrees(nation)
        transaction.set_rollback(True)


def the_api_agrees(nation):
    """Figures of the API, the rows it gives for each, the page, and the rows of the export: one number."""
    with time_machine.travel(nation.at, tick=False):
        client, totals = sign_in(Client(), nation.officer), []
        for by in GROUPS:
            answer = client.get(reverse("obligations-api:compliance"), {"by": by}).json()
            page = client.get(reverse("obligations:compliance"), {"by": by}).context
            counted = [tuple(getattr(line.figures, name) for name in FIGURES) for line in page["lines"]]
            assert sorted(counted) == sorted(tuple(group[name] for name in FIGURES) for group in answer["groups"])
            for group in answer["groups"]:
                the_rows_agree(client, group, {by: group["key"]} if group["key"] else {})
            totals.append(answer["total"])
        assert all(total == totals[0] for total in totals)
        the_rows_agree(client, totals[0], {})
        exported = client.get(reverse("obligations:duties_export"), {"figure": "overdue"})
        lines = b"".join(exported.streaming_content).decode().splitlines()
        assert len(lines) - 1 == answer["total"]["overdue"]


def the_rows_agree(client, figures, narrowed):
    for name in FIGURES:
        rows_of_it = client.get(reverse("obligations-api:duty-rows"), {"figure": name} | narrowed).json()
        assert rows_of_it["count"] == len(rows_of_it["results"]) == figures[name]


def the_public_table_agrees(nation):
    """By hand: overdue, and a letter to the head of a month ago or more about this very deadline."""
    by_hand = [
        found
        for found in Obligation.objects.select_related("project").filter(project__is_security=False, kind="listing")
        if found.is_overdue_on(nation.day)
        and any(
            row.step == "head"
            and row.deadline == found.deadline
            and row.letter.day <= nation.day - timedelta(days=DAYS_FROM_HEAD_TO_PUBLIC)
            for row in found.reminders.select_related("letter")
        )
    ]
    listed = rows(user=nation.officer, choice=Choice(), day=nation.day, figure=PUBLIC)
    assert sorted(listed.values_list("pk", flat=True)) == sorted(found.pk for found in by_hand)
    with time_machine.travel(nation.at, tick=False):
        anybody = Client()
        answer = anybody.get(reverse("obligations-api:overdue")).json()["institutes"]
        page = anybody.get(reverse("obligations:public")).context["rows"]
        export = anybody.get(reverse("obligations:public_export"))
    lines = b"".join(export.streaming_content).decode().splitlines()
    late = Counter(found.institute_id for found in by_hand)
    assert {row.institute.pk: row.line.late for row in page} == late
    assert sum(row["late"] for row in answer) == len(by_hand)
    assert len(answer) == len(lines) - 1 == len(late)
    figures = {
        group.key: group for group in table(user=nation.officer, choice=Choice(), day=nation.day, by="institute")
    }
    for row in page:
        assert row.line.figures == figures[row.institute.pk]
        assert row.line.since == min(found.deadline for found in by_hand if found.institute_id == row.institute.pk)


def agree(nation):
    who, day = nation.officer, nation.day
    visible = Obligation.objects.exclude(state=DutyState.DROPPED)
    assert not visible.filter(project__is_security=True).exists()
    assert not visible.exclude(result__deleted_at=None, result__merged_into=None).exists()
    for by in GROUPS:
        groups = table(user=who, choice=Choice(), day=day, by=by)
        for name in FIGURES:
            drilled = [rows(user=who, choice=Choice(**{by: group.key}), day=day, figure=name) for group in groups]
            assert [found.count() for found in drilled] == [getattr(group, name) for group in groups]
            exported = [pk for found in drilled for pk in found.for_list().values_list("pk", flat=True)]
            all_of_it = rows(user=who, choice=Choice(), day=day, figure=name)
            assert sorted(exported) == sorted(all_of_it.values_list("pk", flat=True))
            assert getattr(total(groups), name) == len(exported)
        whole = total(groups)
        assert whole.owed == whole.discharged + whole.exempt + whole.due + whole.overdue
        assert whole.verified <= whole.discharged
    # By hand, from the rows: nothing but states and days.
    by_hand = [o for o in Obligation.objects.select_related("project") if o.state != DutyState.DROPPED]
    assert whole.owed == len(by_hand)
    assert whole.overdue == sum(o.is_overdue_on(day) for o in by_hand)
    assert settle(projects=[r.project_id for r in nation.results], at=at_day(day)) == {}
