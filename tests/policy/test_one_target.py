"""A plan and its figures say one target: publishing writes it, and neither way round can anything else be said."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from policy.models import PlanTarget, PlanVersion, Target
from policy.queries.figures.registry import FIGURES
from policy.services.figures import targets as setting
from policy.services.figures.load import OtherThanPlan, Unknown, load_targets, read
from policy.services.figures.targets import OtherInPlan, set_target, take_from_held_plans, withdraw_target
from policy.services.plans.publish import publish_plan
from policy.services.plans.write import drop_target, put_target, revise_plan
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.policy_plans import plan_draft
from tests.factories.policy_survey import officer
from tests.threads import at_once, meet_in

RATE = FIGURES["transfer_rate"]


@pytest.fixture
def now():
    return timezone.now()


def draft(now, year=2031, aim=3_480, of=2031, figure="transfer_rate", **also):
    made = plan_draft(at=now, year=year, **also)
    made.targets.all().delete()
    put_target(version=made, figure=figure, year=of, value=aim, note="", by=made.written_by, at=now)
    made.refresh_from_db()
    return made


def mark(version):
    return version.targets.get(figure="transfer_rate", year=2031).mark


def publish(version, now):
    return publish_plan(version=version, revision=version.revision, by=officer(), at=now)


def by_hand(now, value, year=2031, seen=0, **also):
    said = {"source": "Minutes", "is_assumption": False, "reason": "x"} | also
    return set_target(figure=RATE, year=year, value=value, seen=seen, by=officer(), at=now, **said)


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Target, PlanTarget, PlanVersion)]


def current(figure="transfer_rate", year=2031):
    return Target.objects.current().get(figure=figure, year=year)


def test_publishing_a_plan_sets_the_targets_of_its_figures(now):
    version = publish(draft(now), now)
    made = current()
    assert (made.value, made.version, made.is_assumption) == (3_480, 1, False)
    assert made.source == f"{version.title} v1"
    assert "34.80 %" in Client().get("/figures/transfer_rate/").content.decode()


def test_it_takes_the_place_of_what_was_set_by_hand_and_says_why(now):
    by_hand(now, 3_000)
    publish(draft(now), now)
    made = current()
    assert (made.value, made.version, bool(made.reason)) == (3_480, 2, True)
    assert Target.objects.get(version=1).replaced_at == now


def test_what_says_the_same_stays_as_it_is(now):
    before = by_hand(now, 3_480)
    publish(draft(now), now)
    assert current() == before


def test_another_one_by_hand_is_refused_until_the_plan_says_so(now):
    version = publish(draft(now), now)
    before = rows()
    with pytest.raises(OtherInPlan) as refused:
        by_hand(now, 3_500, seen=1)
    assert version.title in str(refused.value)
    assert rows() == before
    by_hand(now, 3_480, seen=1, source="Another page")  # the same number from elsewhere
    by_hand(now, 9_000, year=2032)  # a year the plan does not name
    again = revise_plan(plan=version.plan, reason="The rate rises", by=version.written_by, at=now)
    put_target(
        version=again,
        figure="transfer_rate",
        year=2031,
        value=3_500,
        note="",
        seen=mark(again),
        by=version.written_by,
        at=now,
    )
    again.refresh_from_db()
    publish(again, now)
    assert (current().value, current().reason) == (3_500, "The rate rises")


def test_the_page_says_which_plan_it_is(now):
    version = publish(draft(now), now)
    client = sign_in(Client(), officer())
    typed = {"year": 2031, "value": "36", "source": "x", "reason": "x", "seen": 1}
    answered = client.post("/figures/transfer_rate/targets/", typed)
    assert answered.status_code in (409, 422)
    assert version.title in answered.content.decode()
    assert current().value == 3_480


def test_two_plans_never_say_two_things(now):
    publish(draft(now), now)
    other = draft(now, year=2030, kind="three_years", aim=3_500)
    before = rows()
    with pytest.raises(OtherInPlan):
        publish(other, now)
    assert rows() == before
    put_target(
        version=other,
        figure="transfer_rate",
        year=2031,
        value=3_480,
        note="",
        seen=mark(other),
        by=other.written_by,
        at=now,
    )
    other.refresh_from_db()
    publish(other, now)


def test_a_figure_without_years_keeps_the_plan_s_own(now):
    publish(draft(now, figure="listing_coverage", aim=9_000), now)
    assert not Target.objects.exists()
    other = draft(now, year=2030, kind="three_years", figure="listing_coverage", aim=8_000)
    with pytest.raises(OtherInPlan):
        publish(other, now)


def without_target(version, now):
    """The next version of the plan, which no longer names the year, published."""
    again = revise_plan(plan=version.plan, reason="The aim is given up", by=version.written_by, at=now)
    drop_target(version=again, figure="transfer_rate", year=2031, by=version.written_by, at=now)
    again.refresh_from_db()
    return publish(again, now)


def test_what_a_plan_says_no_more_is_taken_back(now):
    second = without_target(publish(draft(now), now), now)
    assert not Target.objects.current().exists()
    last = Target.objects.order_by("version").last()
    assert (last.version, last.is_withdrawn, last.reason) == (2, True, "The aim is given up")
    assert "34.80 %" not in Client().get("/figures/transfer_rate/").content.decode()
    assert Client().get("/api/v1/figures/transfer_rate/targets/").json()["results"] == []
    # The next plan that names it sets it again, and a person can, too.
    third = revise_plan(plan=second.plan, reason="Again", by=second.written_by, at=now)
    put_target(version=third, figure="transfer_rate", year=2031, value=3_600, note="", by=second.written_by, at=now)
    third.refresh_from_db()
    publish(third, now)
    assert (current().value, current().version, current().reason) == (3_600, 3, "Again")


def test_what_another_plan_says_too_or_a_person_set_stays(now):
    first = publish(draft(now), now)
    other = draft(now, year=2030, kind="three_years", aim=3_480, title="다른 계획")
    publish(other, now)
    without_target(first, now)
    assert current().value == 3_480  # the other plan says it
    without_target(PlanVersion.objects.get(pk=other.pk), now)
    assert not Target.objects.current().exists()
    by_hand(now, 3_480, year=2030)
    mine = draft(now, year=2030, of=2030)
    publish(mine, now)
    again = revise_plan(plan=mine.plan, reason="x", by=mine.written_by, at=now)
    drop_target(version=again, figure="transfer_rate", year=2030, by=mine.written_by, at=now)
    again.refresh_from_db()
    publish(again, now)
    assert current(year=2030).source == "Minutes"


class TestTakingBack:
    def given(self, now, **also):
        return {"figure": RATE, "year": 2031, "reason": "A slip", "seen": 1, "by": officer(), "at": now} | also

    def test_an_officer_takes_it_back_and_says_why(self, now):
        by_hand(now, 3_000)
        withdraw_target(**self.given(now))
        first, last = Target.objects.order_by("version")
        assert (first.replaced_at, last.replaced_at, last.is_withdrawn, last.reason) == (now, now, True, "A slip")
        assert not Target.objects.current().exists()
        with pytest.raises(DomainError):  # what is set again says why
            by_hand(now, 3_100, reason="")
        assert by_hand(now, 3_100).version == 3
        assert take_from_held_plans(at=now).added == 0

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [({"reason": " "}, DomainError), ({"seen": 2}, ChangedMeanwhile), ({"year": 2030}, ChangedMeanwhile)],
    )
    def test_a_refusal_writes_nothing(self, now, change, refusal):
        by_hand(now, 3_000)
        before = rows()
        with pytest.raises(refusal):
            withdraw_target(**self.given(now, **change))
        with pytest.raises(NotAllowed):
            withdraw_target(**self.given(now, by=MembershipFactory(institute=True, manager=True).user))
        assert rows() == before

    def test_not_while_a_plan_says_it(self, now):
        version = publish(draft(now), now)
        before = rows()
        with pytest.raises(OtherInPlan) as refused:
            withdraw_target(**self.given(now))
        assert version.title in str(refused.value)

        def by_force():
            setting._withdrawn(current(), reason="x", by=officer(), at=now)
            connection.check_constraints()

        with pytest.raises(DatabaseError, match="is taken back"), transaction.atomic():
            by_force()
        assert rows() == before

    def test_on_the_page(self, now):
        client, address = sign_in(Client(), officer()), "/figures/transfer_rate/targets/"
        by_hand(now, 3_000)
        shown = client.get(f"{address}?year=2031")
        assert "/figures/transfer_rate/targets/withdraw/" in shown.content.decode()
        typed = {name: shown.context["withdraw"][name].value() for name in ("year", "seen")}
        assert client.post(f"{address}withdraw/", typed | {"reason": ""}).status_code == 422
        assert Target.objects.current().exists()
        assert client.post(f"{address}withdraw/", typed | {"reason": "A slip"}).status_code == 302
        assert "Taken back" in client.get(address).content.decode()
        assert client.post(f"{address}withdraw/", typed | {"reason": "A slip"}).status_code == 409
        firm = sign_in(Client(), MembershipFactory(company=True, manager=True).user)
        assert firm.post(f"{address}withdraw/", typed | {"reason": "x"}).status_code == 403

    @pytest.mark.parametrize("far", [16, 74, -16])
    def test_a_year_far_off_is_a_slip_of_the_hand(self, now, far):
        year = timezone.localdate(now).year + far
        with pytest.raises(DomainError) as refused:
            by_hand(now, 3_000, year=year)
        assert refused.value.field == "year"
        # What stands there already, as the plan's own years in the past do, can be changed.
        Target.objects.create(figure=RATE.code, year=year, value=1, source="x", set_at=now)
        assert by_hand(now, 3_000, year=year, seen=1).version == 2


@pytest.mark.parametrize("which", ["target", "plan"])
def test_the_database_lets_nothing_else_stand(which, now):
    published = publish(draft(now), now)
    other = draft(now, year=2030, kind="three_years", aim=3_500)
    before = rows()

    def write():
        if which == "target":
            Target.objects.current().update(replaced_at=now)
            Target.objects.create(
                figure="transfer_rate", year=2031, version=2, value=1, source="x", reason="x", set_at=now,
                set_by=officer(),
            )  # fmt: skip
        else:
            PlanVersion.objects.filter(pk=other.pk).update(state="published", published_at=now, published_by=officer())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match="say two things"), transaction.atomic():
        write()
    assert rows() == before
    assert published.targets.get().value == 3_480


@pytest.mark.parametrize("code", [code for code, figure in FIGURES.items() if figure.unit == "basis_points"])
def test_more_than_all_of_them_cannot_be_aimed_at(code, now):
    version = plan_draft(at=now, year=2031)
    given = {"version": version, "figure": code, "year": 2031, "note": "", "by": version.written_by, "at": now}
    with pytest.raises(DomainError) as refused:
        put_target(value=10_001, **given)
    assert refused.value.field == "value"
    there = version.targets.filter(figure=code).first()
    put_target(value=10_000, **given, seen=there.mark if there else "")
    if FIGURES[code].is_yearly:
        said = {"source": "x", "is_assumption": False, "reason": "", "seen": 0, "by": officer(), "at": now}
        with pytest.raises(DomainError):
            set_target(figure=FIGURES[code], year=2031, value=10_001, **said)
    with pytest.raises(DatabaseError), transaction.atomic():
        version.targets.filter(figure=code).update(value=10_001)


def test_reference_data_cannot_either(now):
    row = next(each for each in read("targets.json") if each["figure"] == "transfer_rate")
    with pytest.raises((DomainError, Unknown)):
        load_targets(rows=[row | {"value": 10_001}], at=now)
    assert not Target.objects.exists()


def test_a_plan_of_before_does_not_stop_the_new_bound():
    """Rows that a published plan has already are not asked; new ones are (above)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'plan_target_within_100_percent'")
        assert cursor.fetchall() == [(False,)]


def test_reference_data_says_nothing_else_than_a_plan(now):
    publish(draft(now, figure="transfers", aim=900), now)
    row = next(each for each in read("targets.json") if each["figure"] == "transfer_rate")
    other = draft(now, year=2030, kind="three_years", aim=3_480, of=2032)
    published_before(other, now)
    before = rows()
    with pytest.raises(OtherThanPlan, match=r"transfer_rate 2032: value 3500 .*3480") as refused:
        load_targets(rows=[row | {"year": 2033}, row | {"year": 2032, "value": 3_500}], at=now)
    assert refused.value.field == "value"
    assert other.title in str(refused.value)
    assert rows() == before
    assert load_targets(rows=[row | {"year": 2032, "value": 3_480}], at=now).added == 1


def published_before(version, now):
    """As a plan was published when that wrote no targets yet, and nothing asked for them."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as if what was before had been committed
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")
        PlanVersion.objects.filter(pk=version.pk).update(state="published", published_at=now, published_by=officer())
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    version.refresh_from_db()
    return version


def test_plans_of_before_set_the_targets_that_there_are_not(now):
    version = published_before(draft(now), now)
    assert take_from_held_plans(at=now) == (1, [])
    made = current()
    assert (made.value, made.set_by, made.version) == (3_480, version.published_by, 1)
    before = rows()
    assert take_from_held_plans(at=now) == (0, [])
    assert rows() == before


def test_what_was_set_otherwise_is_listed_and_stays(now, capsys):
    by_hand(now, 3_000)
    version = published_before(draft(now), now)
    published_before(draft(now, year=2040, of=2040, figure="listing_coverage"), now)  # has no targets of years
    before = rows()
    added, [conflict] = take_from_held_plans(at=now)
    assert added == 0
    assert all(text in conflict for text in ("transfer_rate 2031", version.title, "3000", "3480"))
    assert rows() == before
    call_command("load_national_series", verbosity=0)
    assert conflict in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without"])
def test_of_plan_and_hand_at_once_one_comes_second(locked, monkeypatch):
    """Whichever comes first, they end saying the same; without the lock the database stops one of them."""
    now = timezone.now()
    version, first, second = draft(now), officer(), officer()
    if not locked:
        monkeypatch.setattr(setting, "lock_figure", lambda code: None)
    meet_in(monkeypatch, setting, "_require_same_as_plans", locked=locked)
    said = {"source": "Minutes", "is_assumption": False, "reason": "", "seen": 0, "by": first, "at": now}
    outcomes = at_once(
        lambda: publish_plan(version=version, revision=version.revision, by=second, at=now),
        lambda: set_target(figure=RATE, year=2031, value=3_600, **said),
    )
    stopped = [each for each in outcomes if isinstance(each, DatabaseError)]
    refused = [each for each in outcomes if isinstance(each, DomainError)]
    assert len(stopped) == (0 if locked else 1)
    assert all(isinstance(each, (OtherInPlan, ChangedMeanwhile)) for each in refused)
    version.refresh_from_db()
    if version.state == "published":
        assert current().value == version.targets.get().value
