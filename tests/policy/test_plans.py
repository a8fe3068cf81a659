"""Plans: written, published by another, replaced by a later version; progress only grows."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from policy.enums.figures import Unit
from policy.enums.plans import PLAN_STATES, TARGET_UNITS, PlanState, TargetUnit
from policy.models import Measure, Plan, PlanProgress, PlanTarget, PlanVersion
from policy.queries.plans import known_codes, shown_version, standings
from policy.services.plans.publish import OtherProgress, enter_progress, publish_plan
from policy.services.plans.write import (
    begin_plan,
    discard_plan,
    drop_measure,
    drop_target,
    put_measure,
    put_target,
    revise_plan,
    write_plan,
)
from tests.database import undone
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.policy_plans import plan_draft, plan_published
from tests.factories.policy_survey import officer

MEASURE = {"title": "수요 발굴", "text": "", "body": "기술정책과", "due_on": None, "figure": ""}
HEAD = {"title": "계획", "title_en": "", "title_zh": "", "summary": "요약"}


@pytest.fixture
def now():
    return timezone.now()


def rows():
    models = (Plan, PlanVersion, Measure, PlanTarget, PlanProgress)
    return [list(model.objects.order_by("pk").values()) for model in models]


def target(version):
    return {"figure": known_codes()[0], "year": version.plan.first_year, "value": 7, "note": ""}


def superseded(at):
    version = plan_published(at=at)
    newer = revise_plan(plan=version.plan, reason="More money.", by=officer(), at=at)
    publish_plan(version=newer, revision=newer.revision, by=officer(), at=at)
    return PlanVersion.objects.select_related("plan").get(pk=version.pk)


def withdrawn(at):
    version = plan_draft(at=at)
    discard_plan(version=version, by=officer(), at=at)
    return PlanVersion.objects.select_related("plan").get(pk=version.pk)


MAKE = {
    "draft": lambda at: plan_draft(at=at),
    "published": lambda at: plan_published(at=at),
    "superseded": superseded,
    "withdrawn": withdrawn,
}
ACTS = {
    "write": lambda v, by, at: write_plan(version=v, **HEAD, revision=v.revision, by=by, at=at),
    "measure": lambda v, by, at: put_measure(
        version=v, code=1, **MEASURE, seen=v.measures.get(code=1).mark, by=by, at=at
    ),
    "drop measure": lambda v, by, at: drop_measure(version=v, code=1, seen=v.measures.get(code=1).mark, by=by, at=at),
    "target": lambda v, by, at: put_target(version=v, **target(v), seen=v.targets.get().mark, by=by, at=at),
    "drop target": lambda v, by, at: drop_target(
        version=v, figure=known_codes()[0], year=v.plan.last_year, by=by, at=at
    ),
    "publish": lambda v, by, at: publish_plan(version=v, revision=v.revision, by=by, at=at),
    "discard": lambda v, by, at: discard_plan(version=v, by=by, at=at),
}


@pytest.mark.parametrize("state", MAKE)
def test_officers_write_drafts_and_nobody_else_anything(state, now):
    version = MAKE[state](now)
    people = {
        "officer": officer(),
        "viewer": MembershipFactory(government=True, role=Role.VIEWER).user,
        "institute": MembershipFactory(institute=True, manager=True).user,
        "firm": MembershipFactory(company=True).user,
    }
    wrong = []
    for act, do in ACTS.items():
        for name, person in people.items():
            before = rows()
            wanted = NotAllowed if name != "officer" else None if state == "draft" else Conflict
            with undone():
                try:
                    do(version, person, now)
                    got = None
                except DomainError as error:
                    got = type(error)
                    assert rows() == before, (act, name)
            if not (got is wanted or (got and wanted and issubclass(got, wanted))):
                wrong.append((state, act, name, got))
    assert wrong == []


def test_states_in_python_and_in_the_database_agree(now):
    wrong = []
    for state, make in MAKE.items():
        version = make(now)
        for to in PlanState:
            if to == state:
                continue
            said = {"state": to}
            if to in {"published", "superseded"} and not version.published_at:
                said |= {"published_at": now, "published_by": officer()}
            if to == "superseded":
                said["superseded_at"] = now
            with undone():
                try:
                    with transaction.atomic():
                        PlanVersion.objects.filter(pk=version.pk).update(**said)
                    moved = True
                except DatabaseError:
                    moved = False
            if moved != PLAN_STATES.can(version, to):
                wrong.append((state, to, moved))
    assert wrong == []


def test_who_wrote_last_does_not_publish(now):
    writer, version = officer(), None
    version = plan_draft(by=writer, at=now)
    before = rows()
    with pytest.raises(NotAllowed):
        publish_plan(version=version, revision=version.revision, by=writer, at=now)
    with pytest.raises(ChangedMeanwhile):
        publish_plan(version=version, revision=version.revision - 1, by=officer(), at=now)
    assert rows() == before
    empty = begin_plan(kind="three_years", first_year=2031, title="x", by=writer, at=now)
    with pytest.raises(DomainError):
        publish_plan(version=empty, revision=empty.revision, by=officer(), at=now)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: PlanVersion.objects.filter(pk=v.pk).update(title="x"),
        lambda v: PlanVersion.objects.filter(pk=v.pk).delete(),
        lambda v: v.measures.update(body="x"),
        lambda v: v.measures.all().delete(),
        lambda v: v.targets.update(value=1),
        lambda v: v.targets.all().delete(),
        lambda v: Measure.objects.create(version=v, code=9, title="x", body="x"),
        lambda v: PlanTarget.objects.create(version=v, figure="x", year=2030, unit="bp", value=1),
        lambda v: PlanProgress.objects.update(text="x"),
        lambda v: PlanProgress.objects.all().delete(),
    ],
)
def test_what_was_published_or_entered_is_never_changed(change, now):
    version = plan_published(at=now)
    enter_progress(plan=version.plan, code=1, state="on_track", text="Begun.", by=officer(), at=now)
    before = rows()
    with pytest.raises(DatabaseError), transaction.atomic():
        change(version)
    assert rows() == before


def test_a_later_version_begins_with_the_published_one_and_replaces_it(now):
    version = plan_published(measures=2, at=now)
    clerk = officer()
    with pytest.raises(DomainError):
        revise_plan(plan=version.plan, reason=" ", by=clerk, at=now)
    draft = revise_plan(plan=version.plan, reason="More money.", by=clerk, at=now)
    with pytest.raises(NotPossibleNow):
        revise_plan(plan=version.plan, reason="Twice.", by=clerk, at=now)
    assert shown_version(version.plan) == version
    drop_measure(version=draft, code=2, seen=draft.measures.get(code=2).mark, by=clerk, at=now)
    made = put_measure(version=draft, code=None, **MEASURE, by=clerk, at=now)
    assert made.code == 3  # the number of what was dropped is not used again
    draft.refresh_from_db()
    publish_plan(version=draft, revision=draft.revision, by=officer(), at=now)
    version.refresh_from_db()
    assert (version.state, version.superseded_at, shown_version(version.plan)) == (PlanState.SUPERSEDED, now, draft)
    assert [each.code for each in version.measures.order_by("code")] == [1, 2]


def test_progress_grows_and_the_newest_counts(now):
    version, clerk, key = plan_published(measures=2, at=now), officer(), uuid4()
    given = {"plan": version.plan, "code": 1, "by": clerk, "at": now}
    first = enter_progress(**given, state="on_track", text="Begun.", key=key)
    assert (first.is_new, enter_progress(**given, state="on_track", text="Begun.", key=key).is_new) == (True, False)
    with pytest.raises(OtherProgress):
        enter_progress(**given, state="done", text="Begun.", key=key)
    enter_progress(**given, state="late", text="The budget came late.")
    stand = standings(version)
    assert [each.state for each in stand] == ["late", None]
    assert [entry.text for entry in stand[0].entries] == ["The budget came late.", "Begun."]
    for change in ({"code": 7}, {"state": "nonsense"}, {"text": " "}):
        with pytest.raises(DomainError):
            enter_progress(**{**given, "state": "done", "text": "x", **change})
    with pytest.raises(NotAllowed):
        enter_progress(**{**given, "by": MembershipFactory(institute=True).user}, state="done", text="x")
    assert PlanProgress.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"figure": "nonsense"},
        {"figure": "'; --"},
        {"year": 1900},
        {"value": -1},
        {"value": 10**19},
    ],
)
def test_targets_name_a_known_figure_and_a_year_of_the_plan(change, now):
    version = plan_draft(at=now)
    before = rows()
    with pytest.raises(DomainError) as refused:
        put_target(version=version, **{**target(version), **change}, by=officer(), at=now)
    assert refused.value.field in change
    assert rows() == before


@pytest.mark.parametrize(
    ("figure", "unit"),
    [("transfer_rate", "bp"), ("transfers", "count"), ("royalty_income", "won"), ("request_to_contract", "days")],
)
def test_a_target_is_in_the_unit_of_its_figure(figure, unit, now):
    version = plan_draft(at=now)
    there = version.targets.filter(figure=figure).first()
    seen = there.mark if there else ""
    put_target(version=version, **{**target(version), "figure": figure}, seen=seen, by=officer(), at=now)
    assert version.targets.get(figure=figure, year=version.plan.first_year).unit == unit


def test_every_unit_of_a_figure_is_one_of_targets():
    assert set(TARGET_UNITS) == set(Unit)
    assert set(TARGET_UNITS.values()) == set(TargetUnit)


def test_who_saves_last_sees_what_somebody_else_saved_first(now):
    version = plan_draft(at=now, measures=2)
    client, at = sign_in(Client(), officer()), f"/plans/versions/{version.public_id}/"
    there = version.targets.get()
    pages = {
        f"{at}measures/1/": (
            lambda: put_measure(
                version=version, code=1, **{**MEASURE, "title": "조사"}, seen=version.measures.get(code=1).mark,
                by=officer(), at=now,
            ),
            "조사", {"title": "발굴", "body": "x"},
        ),
        f"{at}target/?target={there.public_id}": (
            lambda: put_target(
                version=version, figure=there.figure, year=there.year, value=1_234, note="", seen=there.mark,
                by=officer(), at=now,
            ),
            "12.34", {"figure": there.figure, "year": there.year, "value": "23.45"},
        ),
    }  # fmt: skip
    for address, (save, said, typed) in pages.items():
        seen = client.get(address).context["form"]["seen"].value()
        save()
        before = rows()
        stale = client.post(address, {**typed, "seen": seen})
        assert (stale.status_code, rows() == before) == (409, True)
        page = stale.content.decode()
        assert said in page
        assert (typed.get("title") or typed["value"]) in page
        again = stale.context["form"]["seen"].value()
        assert client.post(address, {**typed, "seen": again}).status_code == 302
    # Nobody is in the way of who writes another measure, or a new one.
    other = client.get(f"{at}measures/2/").context["form"]["seen"].value()
    put_measure(version=version, code=None, **MEASURE, by=officer(), at=now)
    assert client.post(f"{at}measures/2/", {"title": "x", "body": "x", "seen": other}).status_code == 302
    # A target that is there already is not written over by who thought it was new.
    typed = {"figure": there.figure, "year": there.year, "value": "1"}
    assert client.post(f"{at}target/", typed).status_code == 409
    assert version.targets.get().value == 2_345
    drop_target(version=version, figure=there.figure, year=there.year, by=officer(), at=now)
    gone = client.post(f"{at}target/?target={there.public_id}", {**typed, "seen": seen})
    assert (gone.status_code, PlanTarget.objects.filter(version=version).exists()) == (302, False)


def test_a_plan_is_begun_once_per_kind_and_year(now):
    given = {"kind": "annual", "first_year": 2030, "title": "계획", "by": officer(), "at": now}
    begin_plan(**given)
    with pytest.raises(NotPossibleNow):
        begin_plan(**given)
    for change in ({"kind": "x"}, {"first_year": 12}, {"title": ""}):
        with pytest.raises(DomainError):
            begin_plan(**{**given, "first_year": 2031, **change})
    assert Plan.objects.count() == 1
