"""Figures on the pages of plans: by name and with what they are now; and plans on the page of a figure."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policy.models import LiveValue, Snapshot
from policy.queries.figures.registry import FIGURES
from policy.queries.plans import naming
from policy.services.plans.publish import publish_plan
from policy.services.plans.write import put_measure, put_target, revise_plan
from tests.factories.accounts import sign_in
from tests.factories.policy_plans import plan_draft, plan_published
from tests.factories.policy_survey import officer


@pytest.fixture
def now():
    return timezone.now()


def live(code, year, value, **rows):
    parts = {key: {"rows": many, "total": value, "median": None} for key, many in rows.items()}
    LiveValue.objects.create(figure=code, definition=1, year=year, value=value, parts=parts, computed_at=timezone.now())


def month(now, code, year, value, *, is_told):
    parts = {"rows": {"rows": 9, "total": value, "median": None, "organizations": 3}}
    version = Snapshot.objects.filter(figure=code).count() + 1
    said = {"frozen_by": officer(), "reason": "x"} if version > 1 else {}
    Snapshot.objects.create(
        figure=code, definition=1, year=year, value=value, parts=parts, month=timezone.localdate(now).replace(day=1),
        row_count=9,
        rows_hash="0" * 64, frozen_at=now, is_told=is_told, version=version, **said,
    )  # fmt: skip


def planned(now, *targets, figure=""):
    """A published plan of 2031 with these targets and a measure that names `figure`."""
    draft = plan_draft(at=now, year=2031, measures=0)
    draft.targets.all().delete()
    by = officer()
    for code, year, value in targets:
        put_target(version=draft, figure=code, year=year, value=value, note="", by=by, at=now)
    given = {"title": "수요 발굴", "text": "", "body": "기술정책과", "due_on": None}
    put_measure(version=draft, code=None, **given, figure=figure, by=by, at=now)
    draft.refresh_from_db()
    publish_plan(version=draft, revision=draft.revision, by=officer(), at=now)
    return draft


def lines(version, user=None):
    client = sign_in(Client(), user) if user else Client()
    page = client.get(f"/plans/{version.plan.public_id}/")
    return page.content.decode(), [
        (line.target.figure, line.live_text, line.other_year, line.gap_text, line.is_met)
        for line in page.context["targets"]
    ]


def test_a_target_stands_beside_what_the_figure_is_now(now):
    version = planned(now, ("transfer_rate", 2031, 3_480), ("transfer_rate", 2033, 4_000), figure="transfers")
    live("transfer_rate", 2030, 3_000, numerator=3, denominator=1)
    live("transfer_rate", 2031, 3_500, numerator=3, denominator=1)
    live("transfer_rate", 2032, None, numerator=0, denominator=0)
    text, shown = lines(version, officer())
    assert shown == [
        ("transfer_rate", "35.00 %", None, "+0.20 percentage points", True),
        ("transfer_rate", "35.00 %", 2031, "−5.00 percentage points", False),
    ]
    assert '<a href="/figures/transfer_rate/">Transfer rate</a>' in text
    assert '<a href="/figures/transfers/">Transfers</a>' in text
    assert ">transfer_rate<" not in text


def test_of_days_less_is_better(now):
    live("request_to_contract", 2031, 40, rows=5)
    _text, shown = lines(planned(now, ("request_to_contract", 2031, 60)), officer())
    assert shown == [("request_to_contract", "40 days", None, "−20 days", True)]


def test_a_guarded_number_is_told_on_a_plan_to_whom_it_is_told_elsewhere(now):
    version = planned(now, ("royalty_income", 2031, 1_000_000))
    live("royalty_income", 2031, 777_777, rows=9)
    text, shown = lines(version)
    assert shown == [("royalty_income", "–", None, "", False)]
    assert "777,777" not in text
    assert "222,223" not in text
    assert "777,777" in lines(version, officer())[0]
    month(now, "royalty_income", 2031, 555_555, is_told=False)
    assert lines(version)[1] == shown
    month(now, "royalty_income", 2031, 666_666, is_told=True)
    assert "666,666" in lines(version)[0]
    assert "555,555" not in lines(version)[0]


def test_what_nobody_has_computed_and_what_is_given_up_break_nothing(now, monkeypatch):
    version = planned(now, ("transfers", 2031, 5), figure="transfers")
    assert lines(version)[1] == [("transfers", "–", None, "", False)]
    left = {code: figure for code, figure in FIGURES.items() if code != "transfers"}
    monkeypatch.setattr("policy.queries.figures.access.FIGURES", left)
    monkeypatch.setattr("policy.queries.plans.FIGURES", left)
    text, shown = lines(version)
    assert shown == [("transfers", "–", None, "", False)]
    assert "/figures/transfers/" not in text


def test_a_figure_links_to_the_plans_that_name_it(now):
    by_target = planned(now, ("transfer_rate", 2031, 3_480))
    by_measure = plan_draft(at=now, year=2029)
    by_measure.targets.all().delete()
    given = {"title": "x", "text": "", "body": "x", "due_on": None, "figure": "transfer_rate"}
    put_measure(version=by_measure, code=None, **given, by=officer(), at=now)
    assert [each.pk for each in naming("transfer_rate")] == [by_target.pk]  # a draft is not for everybody
    by_measure.refresh_from_db()
    publish_plan(version=by_measure, revision=by_measure.revision, by=officer(), at=now)
    revise_plan(plan=by_target.plan, reason="More.", by=officer(), at=now)
    assert [each.pk for each in naming("transfer_rate")] == [by_target.pk, by_measure.pk]
    page = Client().get("/figures/transfer_rate/").content.decode()
    assert f"/plans/{by_target.plan.public_id}/" in page
    assert "2031: 34.80 %" in page
    assert "/plans/" + str(by_target.plan.public_id) not in Client().get("/figures/transfers/").content.decode()


def test_forms_offer_names_and_the_unit_goes_with_the_figure(now):
    client, draft = sign_in(Client(), officer()), plan_draft(at=now)
    at = f"/plans/versions/{draft.public_id}/"
    page = client.get(f"{at}target/").content.decode()
    assert "Transfer rate (Percent)" in page
    assert "Royalty income (Won)" in page
    assert ">None</option>" in client.get(f"{at}measures/new/").content.decode()
    typed = {"figure": "royalty_income", "year": draft.plan.first_year, "note": ""}
    assert client.post(f"{at}target/", {**typed, "value": "34.8"}).status_code == 422
    assert client.post(f"{at}target/", {**typed, "value": "1,000"}).status_code == 302
    made = draft.targets.get(figure="royalty_income")
    assert (made.value, made.unit) == (1_000, "won")
    assert client.get(f"{at}target/?target={made.public_id}").context["form"]["value"].value() == "1,000"


def test_the_export_has_names_and_codes_and_percent(now):
    version = planned(now, ("transfer_rate", 2031, 3_480))
    sent = b"".join(Client().get(f"/plans/{version.plan.public_id}/export/").streaming_content).decode()
    row = next(line for line in sent.splitlines() if "transfer_rate" in line)
    assert "Transfer rate" in row
    assert "34.80" in row


def test_as_many_questions_for_many_targets_as_for_one(now):
    few = planned(now, ("transfer_rate", 2031, 3_480), figure="transfers")
    many = plan_published(at=now, year=2035)
    draft = revise_plan(plan=many.plan, reason="More.", by=officer(), at=now)
    for code in FIGURES:
        there = draft.targets.filter(figure=code, year=2035).first()
        seen = there.mark if there else ""
        put_target(version=draft, figure=code, year=2035, value=1, note="", seen=seen, by=officer(), at=now)
        live(code, 2035 if FIGURES[code].is_yearly else 0, 1)
    draft.refresh_from_db()
    publish_plan(version=draft, revision=draft.revision, by=officer(), at=now)
    asked = []
    for address in [f"/plans/{each.plan.public_id}/" for each in (few, many)]:
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(address).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
