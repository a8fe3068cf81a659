"""Frozen months: once, in order, made up for when missed, and never changed."""

import datetime
from contextlib import nullcontext

import pytest
from django.db import DatabaseError, transaction

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from policy.models import LiveValue, Snapshot, Target
from policy.queries.figures.figure import Scope
from policy.queries.figures.kept import KeptRows, kept_data
from policy.queries.figures.registry import FIGURES
from policy.services.figures import freeze as freezing
from policy.services.figures import locking
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import correct, freeze, freeze_due
from policy.services.figures.targets import set_target
from policy.services.survey.decide import accept_sheet
from policy.services.survey.submit import submit_sheet
from policy.services.survey.write import correct_answer, save_sheet
from royalties.enums.calendar import StatementState
from royalties.models import SalesStatement
from tests.factories.accounts import MembershipFactory
from tests.factories.policy.figures import NOW, YEAR, answer, institute, officer
from tests.factories.policy_survey import FIGURES as FIGURES_GIVEN
from tests.factories.policy_survey import accepted
from tests.factories.royalties.income import concluded, due, invoiced, paid
from tests.threads import at_once, kinds, meet_in

RATE, NEW, BURDEN = FIGURES["transfer_rate"], FIGURES["new_technologies"], FIGURES["early_burden"]
OCTOBER = datetime.date(2026, 10, 1)


def snapshots(**which):
    return list(Snapshot.objects.filter(**which).order_by("figure", "month", "year", "version").values())


def frozen(at=NOW):
    """New technologies of this year, frozen for October."""
    answer(technologies=10, at=NOW.replace(month=9))
    freeze(figure=NEW, month=OCTOBER, at=at)
    return Snapshot.objects.get(figure=NEW.code, year=YEAR)


def test_freezing_twice_freezes_once():
    freeze_due(at=NOW)
    before = snapshots()
    assert {row["figure"] for row in before} == set(FIGURES)
    assert {row["month"] for row in before} == {OCTOBER}
    assert freeze_due(at=NOW + datetime.timedelta(hours=5)).written == 0
    assert snapshots() == before


def test_missed_months_are_made_up_for():
    freeze_due(at=NOW)
    freeze_due(at=NOW.replace(year=2027, month=3, day=1))
    months = [row["month"] for row in snapshots(figure="public_listings")]
    assert [(month.year, month.month) for month in months] == [(2026, 10), (2026, 11), (2026, 12), (2027, 1), (2027, 2)]


def test_a_figure_that_fails_holds_up_no_other(monkeypatch):
    """And the next night freezes it."""
    whole = freezing._taken

    def taken(figure, month, year):
        if figure.code == NEW.code:
            raise ValueError("x")
        return whole(figure, month, year)

    monkeypatch.setattr(freezing, "_taken", taken)
    done = freeze_due(at=NOW)
    assert done.failed == 1
    assert not snapshots(figure=NEW.code)
    monkeypatch.setattr(freezing, "_taken", whole)
    assert freeze_due(at=NOW).written == len(snapshots(figure=NEW.code)) == 2


def test_a_month_that_is_not_over_is_not_frozen():
    with pytest.raises(NotPossibleNow):
        freeze(figure=NEW, month=NOW.date().replace(day=1), at=NOW)
    assert not Snapshot.objects.exists()


def test_rows_count_as_they_stood_on_the_last_day():
    """An answer that came in November is not in October, whenever October is frozen."""
    answer(technologies=10, at=NOW.replace(month=9))
    answer(technologies=5, at=NOW.replace(day=3))
    freeze(figure=NEW, month=OCTOBER, at=NOW)
    snapshot = Snapshot.objects.get(figure=NEW.code, year=YEAR)
    assert (snapshot.value, snapshot.answered, snapshot.expected) == (10, 1, 2)
    rows = list(KeptRows(kept_data(snapshot), "rows"))
    assert [row.amount for row in rows] == [10]
    assert snapshot.row_count == 1


class TestCorrectedAnswer:
    """Sent on 20 October, accepted on 5 November: one answer of the institute counts in October, never both."""

    SENT, ACCEPTED, AFTER = NOW.replace(month=10, day=20), NOW.replace(day=5), NOW.replace(day=6)

    def corrected(self):
        sheet = accepted(at=NOW.replace(month=9))
        given = {"institute": sheet.institute, "round": sheet.round, "by": sheet.begun_by, "at": self.SENT}
        correct_answer(reason="Software was left out.", **given)
        saved = save_sheet(figures={**FIGURES_GIVEN, "new_technologies": 105}, reasons={}, seen=1, **given)
        return submit_sheet(sheet=saved, revision=saved.revision, by=sheet.begun_by, at=self.SENT)

    def accept(self, sheet):
        accept_sheet(sheet=sheet, revision=sheet.revision, by=officer(), at=self.ACCEPTED)

    def october(self, sheet):
        snapshot = Snapshot.objects.counting().get(figure=NEW.code, year=sheet.round.year)
        return snapshot.value, [row.amount for row in KeptRows(kept_data(snapshot), "rows")]

    def test_october_frozen_late(self):
        sheet = self.corrected()
        self.accept(sheet)
        freeze(figure=NEW, month=OCTOBER, at=self.AFTER)
        assert self.october(sheet) == (105, [105])

    def test_october_frozen_in_time_and_corrected(self):
        sheet = self.corrected()
        freeze(figure=NEW, month=OCTOBER, at=NOW.replace(day=1))
        assert self.october(sheet) == (100, [100])
        self.accept(sheet)
        first = Snapshot.objects.get(figure=NEW.code, year=sheet.round.year)
        correct(snapshot=first, reason="A correction was accepted", by=officer(), at=self.AFTER)
        assert self.october(sheet) == (105, [105])


def test_sales_count_as_they_were_reported_by_the_last_day():
    """Reported in September and corrected in November: royalty of October came in after sales were reported."""
    month = NOW.replace(month=9)
    paid_one = paid(invoiced(due(concluded()), at=month), at=month)
    contract, by = paid_one.invoice.contract, paid_one.assigned_by
    said = {"contract": contract, "year": YEAR - 1, "reported_by": by}
    first = SalesStatement.objects.create(gross_won=9, net_sales_won=9, reported_at=month, **said)
    first.state = StatementState.CORRECTED
    first.save()
    SalesStatement.objects.create(
        gross_won=9, deductions_won=9, net_sales_won=0, serial=2, reported_at=NOW.replace(day=3), **said
    )
    freeze(figure=BURDEN, month=OCTOBER, at=NOW)
    october = Snapshot.objects.get(figure=BURDEN.code, year=YEAR)
    assert {key: part["total"] for key, part in october.parts.items()} == {
        "numerator": 0, "denominator": paid_one.net_won, "rest": paid_one.net_won,
    }  # fmt: skip
    assert october.value == 0
    assert BURDEN.value(Scope(NOW.date(), YEAR)) == 10_000  # the correction says that nothing was sold


@pytest.mark.parametrize("how", ["update", "delete", "save"])
@pytest.mark.parametrize("what", ["snapshot", "rows"])
def test_the_database_keeps_what_was_frozen(how, what):
    snapshot = frozen()
    kept = snapshots()
    row = snapshot if what == "snapshot" else snapshot.kept
    found = type(row).objects.filter(pk=row.pk)
    change = {"value": 1} if what == "snapshot" else {"data": b""}
    act = {"update": lambda: found.update(**change), "delete": lambda: found._raw_delete("default"), "save": row.save}[
        how
    ]
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        act()
    assert snapshots() == kept
    assert list(KeptRows(kept_data(snapshot), "rows"))


class TestCorrection:
    def late_answer(self):
        """What had been said by the end of the month, and was not entered yet when it was frozen."""
        answer(technologies=7, at=NOW.replace(month=10))

    def test_it_is_a_further_version_and_the_first_one_stays(self):
        snapshot, by = frozen(), officer()
        before = snapshots(pk=snapshot.pk)
        self.late_answer()
        made = correct(snapshot=snapshot, reason="An answer came late", by=by, at=NOW)
        assert (made.version, made.value, made.reason, made.frozen_by) == (2, 17, "An answer came late", by)
        assert snapshots(pk=snapshot.pk) == before
        assert Snapshot.objects.counting().get(figure=NEW.code, year=YEAR) == made

    def test_freezing_after_it_adds_nothing(self):
        snapshot = frozen()
        self.late_answer()
        correct(snapshot=snapshot, reason="x", by=officer(), at=NOW)
        assert freeze(figure=NEW, month=OCTOBER, at=NOW) == 0

    @pytest.mark.parametrize(
        ("case", "refusal"),
        [
            ("no reason", DomainError),
            ("nothing changed", NotPossibleNow),
            ("seen an older one", ChangedMeanwhile),
            ("no officer", NotAllowed),
        ],
    )
    def test_a_refusal_writes_nothing(self, case, refusal):
        snapshot, by, reason = frozen(), officer(), "x"
        if case != "nothing changed":
            self.late_answer()
        if case == "seen an older one":
            correct(snapshot=snapshot, reason="x", by=by, at=NOW)
        if case == "no reason":
            reason = "  "
        if case == "no officer":
            by = MembershipFactory(organization=institute(), manager=True).user
        before = snapshots()
        with pytest.raises(refusal):
            correct(snapshot=snapshot, reason=reason, by=by, at=NOW)
        assert snapshots() == before

    def test_the_database_asks_for_a_reason_and_who(self):
        snapshot = frozen()
        snapshot.pk, snapshot.version = None, 2
        snapshot._state.adding = True
        with pytest.raises(DatabaseError, match="snapshot_correction_says_why"), transaction.atomic():
            snapshot.save()


def test_live_values_are_written_over_and_keep_their_time():
    answer(technologies=3)
    compute_all(at=NOW)
    answer(technologies=4, at=NOW + datetime.timedelta(hours=1))
    compute_all(at=NOW + datetime.timedelta(hours=1))
    row = LiveValue.objects.get(figure=NEW.code, year=YEAR)
    assert (row.value, row.computed_at) == (7, NOW + datetime.timedelta(hours=1))


class TestAtTheSameMoment:
    """Without the lock the database's unique constraint is what stops the second one: nobody is told why."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture(params=[True, False], ids=["with the lock", "without"])
    def lock(self, request, monkeypatch):
        if not request.param:
            monkeypatch.setattr(locking, "_held", lambda name: nullcontext())
        meet_in(monkeypatch, freezing, "_taken", locked=request.param)
        return request.param

    def test_two_freeze_the_same_month(self, lock):
        answer(technologies=10, at=NOW.replace(month=9))
        outcomes = at_once(*[lambda: freeze(figure=NEW, month=OCTOBER, at=NOW)] * 2)
        assert kinds(outcomes) == (["done", "done"] if lock else ["database", "done"])
        assert len(snapshots(figure=NEW.code)) == 2  # of two years
        if lock:
            assert sorted(outcomes) == [0, 2]

    def test_two_correct_the_same_month(self, lock):
        snapshot, officers = frozen(), [officer(), officer()]
        answer(technologies=7, at=NOW.replace(month=10))
        outcomes = at_once(*[lambda by=by: correct(snapshot=snapshot, reason="x", by=by, at=NOW) for by in officers])
        assert kinds(outcomes) == (["done", "told"] if lock else ["database", "done"])
        assert Snapshot.objects.filter(figure=NEW.code, year=YEAR).count() == 2

    def test_correcting_against_freezing(self):
        snapshot, by = frozen(), officer()
        answer(technologies=7, at=NOW.replace(month=10))
        at_once(
            lambda: correct(snapshot=snapshot, reason="x", by=by, at=NOW),
            lambda: freeze(figure=NEW, month=OCTOBER, at=NOW),
        )
        versions = Snapshot.objects.filter(figure=NEW.code, year=YEAR).order_by("version")
        assert [row.version for row in versions] == [1, 2]
        assert versions[0].rows_hash == snapshot.rows_hash


class TestTargets:
    def given(self, **also):
        return {
            "figure": RATE, "year": 2027, "value": 4_000, "source": "Seventh plan", "is_assumption": False,
            "reason": "", "seen": 0, "at": NOW,
        } | also  # fmt: skip

    def test_a_change_is_a_further_version(self):
        by = officer()
        first = set_target(by=by, **self.given())
        second = set_target(by=by, **self.given(value=4_200, reason="The plan was changed", seen=1))
        first.refresh_from_db()
        assert (first.value, first.replaced_at) == (4_000, NOW)
        assert (second.version, second.value, second.replaced_at) == (2, 4_200, None)

    @pytest.mark.parametrize(
        ("change", "refusal", "field"),
        [
            ({"source": " "}, DomainError, "source"),
            ({"year": 1999}, DomainError, "year"),
            ({"value": 10_001}, DomainError, "value"),
            ({"seen": 1}, ChangedMeanwhile, None),
            ({"figure": FIGURES["listing_coverage"]}, NotPossibleNow, None),
        ],
    )
    def test_a_refusal_names_the_field_and_writes_nothing(self, change, refusal, field):
        with pytest.raises(refusal) as refused:
            set_target(by=officer(), **self.given(**change))
        assert refused.value.field == field
        assert not Target.objects.exists()

    def test_only_officers_set_them(self):
        with pytest.raises(NotAllowed):
            set_target(by=MembershipFactory(institute=True, manager=True).user, **self.given())
        assert not Target.objects.exists()

    @pytest.mark.parametrize("change", [{"value": 1}, {"source": "x"}, {"year": 2030}])
    def test_the_database_keeps_what_was_set(self, change):
        made = set_target(by=officer(), **self.given())
        with pytest.raises(DatabaseError, match="set_once"), transaction.atomic():
            Target.objects.filter(pk=made.pk).update(**change)
        with pytest.raises(DatabaseError, match="never_deleted"), transaction.atomic():
            Target.objects.filter(pk=made.pk).delete()
        Target.objects.filter(pk=made.pk).update(replaced_at=NOW)
        with pytest.raises(DatabaseError, match="replaced_once"), transaction.atomic():
            Target.objects.filter(pk=made.pk).update(replaced_at=None)
