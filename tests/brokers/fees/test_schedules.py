"""Writing, publishing and withdrawing versions of the guideline, and loading what comes with the product."""

import datetime

import pytest
from django.core.management import call_command

from brokers.enums.fees import SCHEDULE_SOURCES, ScheduleState
from brokers.fees import quote
from brokers.models import FeeSchedule, ScheduleWriting
from brokers.services.fees.load_schedules import Published, load_schedules, read_product
from brokers.services.fees.publish_schedule import publish_schedule, supersede, withdraw_schedule
from brokers.services.fees.write_schedule import edit_schedule, write_schedule
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import CONTENT, NOW, TIERS, TODAY, broker_user, draft, officer, published, shipped

DAY = datetime.timedelta(days=1)


def traces():
    return (
        list(FeeSchedule.objects.values().order_by("pk")),
        ScheduleWriting.objects.count(),
        Notification.objects.count(),
    )


def test_a_draft_is_written_changed_and_published_by_another():
    writer, other, broker = officer(), officer(), broker_user()
    made = draft(by=writer)
    changed = edit_schedule(
        schedule=made, content={"below_bp": 1_000}, tiers=[(0, 400)], revision=1, by=writer, at=NOW + DAY / 24
    )
    found = publish_schedule(schedule=changed, revision=2, by=other, at=NOW)

    assert (found.state, found.published_by, found.published_at) == (ScheduleState.PUBLISHED, other, NOW)
    assert (found.below_bp, found.above_bp, list(found.tiers.values_list("from_won", "rate_bp"))) == (
        1_000, 2_000, [(0, 400)],
    )  # fmt: skip
    assert FeeSchedule.objects.in_force_on(TODAY).get() == found
    told = Notification.objects.get(kind="fee_guideline_published")
    assert told.recipient == broker


@pytest.mark.parametrize("maker", [lambda: MembershipFactory(institute=True).user, broker_user])
def test_only_officers_write_publish_and_withdraw(maker):
    stranger, made = maker(), draft()
    before = traces()
    acts = [
        lambda: write_schedule(content=CONTENT, tiers=TIERS, by=stranger, at=NOW),
        lambda: edit_schedule(schedule=made, content={}, tiers=TIERS, revision=1, by=stranger, at=NOW),
        lambda: publish_schedule(schedule=made, revision=1, by=stranger, at=NOW),
        lambda: withdraw_schedule(schedule=made, reason="x", by=stranger, at=NOW),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert traces() == before


def test_nobody_who_wrote_in_a_draft_publishes_it_not_even_the_first_of_two():
    first, second = officer(), officer()
    made = draft(by=first)
    made = edit_schedule(schedule=made, content={}, tiers=TIERS, revision=1, by=second, at=NOW)
    before = traces()
    for writer in (first, second):
        with pytest.raises(NotAllowed, match="another officer"):
            publish_schedule(schedule=made, revision=2, by=writer, at=NOW)
    assert traces() == before


@pytest.mark.parametrize(
    ("changes", "tiers", "field"),
    [
        ({"name_zh": ""}, TIERS, "name_zh"),
        ({"name_ko": "가" * 121}, TIERS, "name_ko"),
        ({"source": "", "is_assumption": False}, TIERS, "source"),
        ({"source": "x" * 501}, TIERS, "source"),
        ({"method": "moon"}, TIERS, "method"),
        ({"paid_by": "both", "holder_share_bp": 10_000}, TIERS, "holder_share_bp"),
        ({"paid_by": "both", "holder_share_bp": 0}, TIERS, "holder_share_bp"),
        ({"vat_bp": 10_001}, TIERS, "vat_bp"),
        ({"tail_months": 61}, TIERS, "tail_months"),
        ({"floor_won": 2, "ceiling_won": 1}, TIERS, "floor_won"),
        ({"minimum_won": 1, "floor_won": 2}, TIERS, "minimum_won"),
        ({"minimum_won": 3, "ceiling_won": 2}, TIERS, "minimum_won"),
        ({"retainer_won": 10**15}, TIERS, "retainer_won"),
        ({"valid_from": TODAY - DAY}, TIERS, "valid_from"),
        ({}, [], "tiers"),
        ({}, [(5, 100)], "tiers"),
        ({}, [(0, 100), (0, 200)], "tiers"),
        ({}, [(0, 10_001)], "tiers"),
        ({}, [(0, 100), (10**15, 100)], "tiers"),
        ({}, [(place, 100) for place in range(13)], "tiers"),
    ],
)
def test_what_a_draft_must_not_say_names_its_field(changes, tiers, field):
    before = traces()
    with pytest.raises(DomainError) as refused:
        write_schedule(content=CONTENT | changes, tiers=tiers, by=officer(), at=NOW)
    assert refused.value.field == field
    assert traces() == before


def test_who_changes_an_old_draft_is_told():
    made = draft()
    edit_schedule(schedule=made, content={"below_bp": 1}, tiers=TIERS, revision=1, by=officer(), at=NOW)
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        edit_schedule(schedule=made, content={"below_bp": 2}, tiers=TIERS, revision=1, by=officer(), at=NOW)
    with pytest.raises(ChangedMeanwhile):
        publish_schedule(schedule=made, revision=1, by=officer(), at=NOW)
    assert traces() == before


def test_a_published_version_is_not_changed_and_not_published_again():
    found = published()
    before = traces()
    with pytest.raises(NotPossibleNow):
        edit_schedule(schedule=found, content={}, tiers=TIERS, revision=1, by=officer(), at=NOW)
    with pytest.raises(NotPossibleNow, match=str(found.published_by)):
        publish_schedule(schedule=found, revision=1, by=officer(), at=NOW)
    assert traces() == before


def test_what_is_missing_is_said_before_publishing():
    without_day = draft(valid_from=None)
    late = draft(valid_from=TODAY)
    for made, at in ((without_day, NOW), (late, NOW + DAY)):
        with pytest.raises(DomainError) as refused:
            publish_schedule(schedule=made, revision=1, by=officer(), at=at)
        assert refused.value.field == "valid_from"
    untouched = shipped()["officers-draft"]
    with pytest.raises(DomainError, match="came with the product"):
        publish_schedule(schedule=untouched, revision=1, by=officer(), at=NOW)


def test_of_two_that_begin_on_one_day_the_second_is_told():
    published()
    with pytest.raises(NotPossibleNow, match="Fee guideline"):
        publish_schedule(schedule=draft(), revision=1, by=officer(), at=NOW)


def test_a_version_ahead_takes_over_on_its_day_whether_or_not_the_night_has_run():
    first = published()
    ahead = published(valid_from=TODAY + 3 * DAY)
    assert [FeeSchedule.objects.in_force_on(TODAY + days * DAY).get() for days in (0, 2, 3, 9)] == [
        first, first, ahead, ahead,
    ]  # fmt: skip
    assert FeeSchedule.objects.in_force_on(TODAY - DAY).exists() is False

    assert supersede(at=NOW) == 0
    first.refresh_from_db()
    assert first.state == ScheduleState.PUBLISHED
    assert supersede(at=NOW + 3 * DAY) == 1
    assert supersede(at=NOW + 3 * DAY) == 0
    first.refresh_from_db()
    assert (first.state, first.superseded_at) == (ScheduleState.SUPERSEDED, NOW + 3 * DAY)


def test_publishing_for_today_supersedes_the_one_before_at_once():
    first = published(at=NOW - DAY, valid_from=TODAY - DAY)
    published()
    first.refresh_from_db()
    assert first.state == ScheduleState.SUPERSEDED


def test_what_was_superseded_does_not_come_back_when_its_follower_is_withdrawn():
    published(at=NOW - DAY, valid_from=TODAY - DAY)
    second, broker = published(), broker_user()
    withdraw_schedule(schedule=second, reason=" Wrong  rates ", by=officer(), at=NOW)
    second.refresh_from_db()
    assert (second.state, second.withdrawal_reason) == (ScheduleState.WITHDRAWN, "Wrong rates")
    assert FeeSchedule.objects.in_force_on(TODAY).exists() is False
    assert Notification.objects.get(kind="fee_guideline_withdrawn").recipient == broker


def test_withdrawing_says_why_and_once():
    found = published()
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(DomainError) as refused:
            withdraw_schedule(schedule=found, reason=reason, by=officer(), at=NOW)
        assert refused.value.field == "reason"
    first = officer()
    withdraw_schedule(schedule=found, reason="x", by=first, at=NOW)
    with pytest.raises(NotPossibleNow, match=str(first)):
        withdraw_schedule(schedule=found, reason="y", by=officer(), at=NOW)


def test_a_draft_is_thrown_away_and_nobody_outside_is_told():
    broker_user()
    made = draft()
    withdraw_schedule(schedule=made, reason="No more needed", by=officer(), at=NOW)
    assert Notification.objects.count() == 0
    assert FeeSchedule.objects.visible_to(broker_user()).count() == 0
    assert FeeSchedule.objects.visible_to(officer()).count() == 1


# --- what comes with the product --------------------------------------------------------------------------------------


def test_loading_twice_is_loading_once():
    call_command("load_fee_schedules", verbosity=0)
    first = list(FeeSchedule.objects.values().order_by("pk"))
    call_command("load_fee_schedules", verbosity=0)
    assert list(FeeSchedule.objects.values().order_by("pk")) == first
    assert {(row["reference"], row["use"], row["state"]) for row in first} == {
        ("plan-2001", "comparison", "published"),
        ("lehman", "comparison", "published"),
        ("officers-draft", "guideline", "draft"),
    }
    assert FeeSchedule.objects.in_force_on(TODAY).exists() is False


def test_each_says_where_it_comes_from_and_that_it_assumes():
    found = shipped()
    assert {schedule.source for schedule in found.values()} == set(SCHEDULE_SOURCES)
    assert all(schedule.is_assumption for schedule in found.values())


def test_the_shipped_lehman_gives_the_example_of_the_facts():
    made = quote(shipped()["lehman"].plan, value_won=12_000_000)
    assert (made.guideline_won, made.total_won) == (220_000, 220_000)


def test_the_plan_of_2001_lies_between_1_and_5_percent():
    plan = shipped()["plan-2001"].plan
    assert {tier.rate_bp for tier in plan.tiers} == {100, 200, 300, 400, 500}
    for value_won in (1_000, 10**8, 10**9, 10**12):
        assert 100 <= quote(plan, value_won=value_won).rate_bp <= 500


def test_a_published_table_is_not_loaded_anew_with_other_figures():
    shipped()
    rows = read_product()
    next(row for row in rows if row["reference"] == "lehman")["tiers"] = [(0, 100)]
    before = traces()
    with pytest.raises(Published):
        load_schedules(schedules=rows, at=NOW)
    assert traces() == before


def test_what_officers_made_of_the_draft_is_left_alone():
    found = shipped()["officers-draft"]
    edit_schedule(schedule=found, content={"below_bp": 1}, tiers=[(0, 100)], revision=1, by=officer(), at=NOW)
    call_command("load_fee_schedules", verbosity=0)
    found.refresh_from_db()
    assert (found.below_bp, list(found.tiers.values_list("from_won", "rate_bp"))) == (1, [(0, 100)])


def test_a_table_for_comparison_is_neither_edited_nor_withdrawn():
    found = shipped()["lehman"]
    before = traces()
    with pytest.raises(NotPossibleNow):
        edit_schedule(schedule=found, content={}, tiers=TIERS, revision=1, by=officer(), at=NOW)
    with pytest.raises(NotPossibleNow, match="for comparison"):
        withdraw_schedule(schedule=found, reason="x", by=officer(), at=NOW)
    assert traces() == before
