"""A firm is merged into another while its application is reviewed; reserves, take-backs and signatures at once."""

import threading
import time

import pytest
from django.db import connection, transaction

from accounts.models import BusinessProfile, Organization
from accounts.services import merge as merging
from accounts.services.merge import merge
from marketplace.core.errors import ChangedMeanwhile, is_lock_timeout
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application, SelectionApproval
from programmes.scheme import Caps
from programmes.services.applications import withdraw as withdrawing
from programmes.services.applications.withdraw import withdraw
from programmes.services.review import agreements, approve, check, publishing, reserves
from programmes.services.review.acting import FirmsChanged
from programmes.services.review.agreements import fall_through, sign
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on
from programmes.tasks import take_up_reserves
from tests.factories.accounts import MembershipFactory, MergeProposalFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    approved,
    firm,
    fresh,
    manager,
    officer,
    proposed,
    published,
    ready,
    scheme,
    submitted,
)
from tests.threads import at_once, kinds, meet_where

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]
S = ApplicationState


def merged_into_another(application):
    """An officer carries out that the applicant is another firm; that one."""
    other = firm()
    MergeProposalFactory(gone=application.organization, into=other)
    by = MembershipFactory(government=True, manager=True).user
    gone = application.organization
    return other, lambda: merge(gone=gone, into=other, reason="One.", by=by, at=NOW)


def test_merged_while_it_is_found_eligible(locked, monkeypatch):
    """Nothing is lost without the lock either: the one writes the firm, the other the state. The lock is for two who
    decide (`test_threads`)."""
    made = submitted()
    other, merges = merged_into_another(made)
    by = officer(made.call)
    meet_where(monkeypatch, [(merging, "_summary"), (check, "unchecked_contract")], locked=locked)
    outcomes = at_once(merges, lambda: check.find_eligible(application=made, by=by, at=NOW))
    assert kinds(outcomes) == ["done", "done"]
    found = fresh(made)
    assert (found.organization, found.state, found.steps.count()) == (other, S.ELIGIBLE, 1)


@pytest.mark.parametrize("firms_first", [True, False], ids=["firms first", "applications first"])
def test_merged_while_a_selection_is_published(firms_first, monkeypatch, unmailed):
    """What it was granted goes over; nobody has an application, money or an agreement twice, or none.

    A merge locks firms, then what goes over. In the other order the two wait for each other: one of them is stopped,
    has done nothing, and does it again.
    """
    if not firms_first:
        monkeypatch.setattr(publishing, "lock_firms", lambda applications, **also: None)
    call, [made] = ready(60)
    selection = approved(proposed(call=call))
    publish(selection=selection, by=selection.proposed_by, at=NOW)
    other, merges = merged_into_another(made)
    meet_where(monkeypatch, [(merging, "_summary"), (publishing, "_write")], locked=firms_first)
    outcomes = at_once(merges, lambda: publishing.publish_batch(selection_id=selection.public_id, at=NOW))
    # Told, where it was merged first: the firm is another one than was looked for.
    assert kinds(outcomes) in ([["done", "done"], ["done", "told"]] if firms_first else [["database", "done"]])
    assert firms_first or any(isinstance(each, Exception) and is_lock_timeout(each) for each in outcomes)
    if isinstance(outcomes[0], Exception):
        merges()
    go_on(selection_id=selection.public_id, clock=lambda: NOW)
    assert (fresh(made).organization, fresh(made).state, Agreement.objects.count()) == (other, S.SELECTED, 1)
    assert fresh(selection).state == "published"


def test_approved_against_withdrawn(locked, monkeypatch):
    """The list that is approved stays the list: who withdraws meanwhile is left out when it is published.

    The same without the locks: an approval writes no application, a withdrawal no selection. What is promised to whom
    withdrew is decided when it is published, under the locks of `test_published_against_withdrawn`.
    """
    call, made = ready(60, 50)
    found = proposed(call=call)
    by, one = officer(call), fresh(made[0])
    meet_where(monkeypatch, [(approve, "verified"), (withdrawing, "check_revision")], locked=locked)
    outcomes = at_once(
        lambda: approve.approve(selection=found, digest=found.digest, by=by, at=NOW),
        lambda: withdraw(application=one, revision=one.revision, confirmed=True, by=made[0].boss, at=NOW),
    )
    assert kinds(outcomes) == ["done", "done"]
    assert (fresh(one).state, SelectionApproval.objects.count()) == (S.WITHDRAWN, 1)
    approve.approve(selection=found, digest=found.digest, by=manager(call), at=NOW)
    publish(selection=found, by=found.proposed_by, at=NOW)
    go_on(selection_id=found.public_id, clock=lambda: NOW)
    assert [fresh(each).state for each in made] == [S.WITHDRAWN, S.SELECTED]
    assert not Agreement.objects.filter(application=one).exists()


def test_taken_back_against_approved(locked, monkeypatch):
    found = proposed()
    people = [officer(found.call), officer(found.call)]
    meet_where(monkeypatch, [(approve, "verified"), (approve, "text_of")], locked=locked)
    outcomes = at_once(
        lambda: approve.take_back(selection=found, text="x", by=people[0], at=NOW),
        lambda: approve.approve(selection=found, digest=found.digest, by=people[1], at=NOW),
    )
    assert fresh(found).state == "taken_back"
    if locked:
        # Approved first: taken back all the same. Taken back first: who approves is told.
        assert kinds(outcomes) == (["done", "done"] if found.approvals.exists() else ["done", "told"])
    else:
        assert "told" not in kinds(outcomes)


def test_taken_back_against_published(locked, meeting):
    found = approved()
    people = [officer(found.call), officer(found.call)]
    outcomes = at_once(
        lambda: approve.take_back(selection=found, text="x", by=people[0], at=NOW),
        lambda: publish(selection=found, by=people[1], at=NOW),
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    go_on(selection_id=found.public_id, clock=lambda: NOW)
    outcome = (fresh(found).state, Agreement.objects.count())
    assert outcome in [("taken_back", 0), ("published", 2)]


def with_money_free():
    """Two are selected and two wait; the first one withdraws, so that there is money for one."""
    call, made = ready(60, 50, 40, 35)
    published(proposed(call=call))
    one = fresh(made[0])
    withdraw(application=one, revision=one.revision, confirmed=True, by=made[0].boss, at=NOW)
    return call, made


def test_taken_up_twice_at_once(locked, meeting):
    call, made = with_money_free()
    outcomes = at_once(*[lambda: reserves.take_up(call=call, at=NOW)] * 2)
    if locked:
        assert sorted(len(each) for each in outcomes) == [0, 1], outcomes
    else:
        assert "database" in kinds(outcomes) or sum(map(len, outcomes)) > 1
    # Without the lock of the call the money is promised twice, or the database stops it.
    taken = [fresh(each).state for each in made[2:]]
    assert taken.count(S.SELECTED) <= 1 or not locked
    assert Agreement.objects.filter(application=made[2]).count() == 1


def test_taken_up_against_withdrawn_from_the_reserve_list(locked, monkeypatch):
    call, made = with_money_free()
    waiting = fresh(made[2])
    meet_where(monkeypatch, [(reserves, "grant"), (withdrawing, "check_revision")], locked=locked)
    taking, withdrawn = at_once(
        lambda: reserves.take_up(call=call, at=NOW),
        lambda: withdraw(application=waiting, revision=waiting.revision, confirmed=True, by=made[2].boss, at=NOW),
    )
    state = fresh(waiting).state
    offered = Agreement.objects.filter(application=waiting, state="offered").exists()
    if locked:
        assert (state, offered) in [(S.WITHDRAWN, False), (S.SELECTED, True)]
        assert kinds([taking, withdrawn]) == (["done", "done"] if state == S.WITHDRAWN else ["done", "told"])
        # Where it withdrew, the next one has the money.
        assert fresh(made[3]).state == (S.SELECTED if state == S.WITHDRAWN else S.RESERVE)
    else:
        assert "database" in kinds([taking, withdrawn]) or (state, offered) == (S.WITHDRAWN, True)


def test_an_own_share_never_paid_falls_through_once(locked, meeting):
    call, [made] = ready(60)
    published(proposed(call=call))
    agreement = Agreement.objects.get()
    sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW)
    late = NOW + 60 * DAY
    outcomes = at_once(*[lambda: fall_through(application=made, at=late)] * 2)
    unpaid = made.steps.filter(kind="unpaid").count()
    if locked:
        assert sorted(outcomes) == [False, True]
        assert unpaid == 1
    else:
        assert "database" in kinds(outcomes) or unpaid == 2
    assert fresh(made).state == S.LAPSED


def test_a_batch_against_a_withdrawal(locked, monkeypatch):
    """Each row of a batch by itself: who withdrew meanwhile is told row by row, the others are done."""
    one = submitted()
    other, by = submitted(one.call), officer(one.call)
    seen = {each.pk: each.revision for each in (one, other)}
    meet_where(monkeypatch, [(check, "unchecked_contract"), (withdrawing, "check_revision")], locked=locked)
    rows, withdrawn = at_once(
        lambda: check.decide_many(
            call=one.call, applications=[one, other], act="eligible", revisions=seen, by=by, at=NOW
        ),
        lambda: withdraw(application=one, revision=one.revision, confirmed=True, by=one.boss, at=NOW),
    )
    if locked:
        assert fresh(other).state == S.ELIGIBLE
        assert kinds([withdrawn]) == (["told"] if rows[0].is_fine else ["done"])
        assert fresh(one).state == (S.ELIGIBLE if rows[0].is_fine else S.WITHDRAWN)
    else:
        assert "database" in kinds([rows, withdrawn]) or fresh(one).steps.count() == 2
    assert not locked or not Application.objects.filter(state=S.SUBMITTED).exists()
    assert agreements.due(NOW.date()) == []


def somebody_waits():
    """In this database: the server has those of the other workers, too, and a row's lock names no database; whoever
    waits for one holds its table, which does. (`pg_stat_activity` stays as it was first seen in a transaction.)"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks AS waits WHERE NOT granted AND EXISTS (SELECT FROM pg_locks AS held"
            " JOIN pg_database ON pg_database.oid = held.database AND datname = current_database()"
            " WHERE held.pid = waits.pid)"
        )
        return cursor.fetchone()[0] > 0


def holds_only_what_comes_before(act, firms):
    """While `act` waits for the first of `firms` (by key), nobody else's row may be in its hands."""
    first, *others = sorted(each.pk for each in firms)
    rows = Organization.objects.select_for_update(of=["self"], no_key=True)
    with transaction.atomic():
        rows.get(pk=first)
        waiting = threading.Thread(target=act)
        waiting.start()
        while waiting.is_alive() and not somebody_waits():
            time.sleep(0.02)
        free = Organization.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
        held = set(others) - set(free.filter(pk__in=others).values_list("pk", flat=True))
    waiting.join(30)
    return not held


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "the two, then what follows"])
def test_a_merge_locks_what_was_merged_before_in_one_order(in_order, monkeypatch):
    """What follows to the new root was there first: who locks the whole family by key begins with it."""
    earlier, gone = firm(), firm()
    MergeProposalFactory(gone=earlier, into=gone)
    by = MembershipFactory(government=True, manager=True).user
    merge(gone=earlier, into=gone, reason="One.", by=by, at=NOW)
    into = firm()
    MergeProposalFactory(gone=gone, into=into)
    if not in_order:
        both = Organization.objects.filter(pk__in=[gone.pk, into.pk]).order_by("pk")
        monkeypatch.setattr(merging, "_lock_both", lambda *_two: list(both.select_for_update()))
    done = []

    def act():
        done.extend(kinds(at_once(lambda: merge(gone=gone, into=into, reason="One.", by=by, at=NOW))))

    assert holds_only_what_comes_before(act, [earlier, gone, into]) is in_order, done
    assert done == ["done"]
    assert set(Organization.objects.filter(merged_into=into)) == {earlier, gone}


def meanwhile(act, change):
    """`act` begins, and waits for what `change` has in its hands; what came of `act` after that is committed."""
    outcome = []
    with transaction.atomic():
        change()
        waiting = threading.Thread(target=lambda: outcome.extend(at_once(act)))
        waiting.start()
        while waiting.is_alive() and not somebody_waits():
            time.sleep(0.02)
    waiting.join(30)
    return outcome


def test_what_another_merge_brings_while_a_merge_waits_is_not_taken_along_unlocked():
    earlier, gone, into = firm(), firm(), firm()
    MergeProposalFactory(gone=earlier, into=gone)
    MergeProposalFactory(gone=gone, into=into)
    by = MembershipFactory(government=True, manager=True).user

    def onward():
        return merge(gone=gone, into=into, reason="One.", by=by, at=NOW)

    refused = meanwhile(onward, lambda: merge(gone=earlier, into=gone, reason="One.", by=by, at=NOW))
    assert [type(each) for each in refused] == [ChangedMeanwhile]
    assert list(Organization.objects.filter(merged_into__isnull=False)) == [earlier]
    assert onward().state == "carried_out"
    assert set(Organization.objects.filter(merged_into=into)) == {earlier, gone}


@pytest.mark.parametrize("changes", ["once", "every time"])
def test_reserves_are_taken_up_again_when_a_relative_came_meanwhile(changes, monkeypatch):
    """By the worker itself, at once; what changes every time waits for the night, and no task fails."""
    call, made = with_money_free()
    if changes == "every time":

        def changed(*given, **named):
            raise FirmsChanged("Again.")

        monkeypatch.setattr(reserves, "lock_firms", changed)
        assert take_up_reserves(call_id=call.pk) == 0
        assert fresh(made[2]).state == S.RESERVE
        monkeypatch.undo()
        assert reserves.nightly(at=NOW)["taken_up"] == 1
    else:
        relative = firm()
        profiles = BusinessProfile.objects.filter(organization__in=[relative, made[2].organization])

        def related():
            Organization.objects.select_for_update().get(pk=made[2].organization_id)
            assert profiles.update(bank_code="004", bank_account="99001") == 2

        assert meanwhile(lambda: take_up_reserves(call_id=call.pk), related) == [1]
    assert fresh(made[2]).state == S.SELECTED


def test_a_relative_that_comes_while_firms_are_waited_for_leaves_the_batch_to_the_sweep(unmailed):
    """It is not locked, and would be locked out of order; nothing of the batch is written, and it is done again."""
    relative = firm()
    call, [made] = ready(60, content=scheme(caps=Caps(50_000_000, 100_000_000)))
    selection = approved(proposed(call=call))
    publish(selection=selection, by=selection.proposed_by, at=NOW)
    profiles = BusinessProfile.objects.filter(organization__in=[relative, made.organization])

    def related():
        Organization.objects.select_for_update().get(pk=made.organization_id)
        assert profiles.update(bank_code="004", bank_account="99001") == 2

    told = meanwhile(lambda: go_on(selection_id=selection.public_id, clock=lambda: NOW), related)
    found = fresh(selection)
    assert (told, found.state, found.stopped, fresh(made).state) == ([0], "publishing", "", S.ELIGIBLE)
    assert not Agreement.objects.exists()
    assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 1
    assert fresh(made).state == S.SELECTED


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "relatives later"])
def test_relatives_are_locked_with_the_firms_in_one_order(in_order, monkeypatch, unmailed):
    """A merge locks two firms by key: who held the one with the larger key and waits for the other would wait for it
    for ever. The relative was there first, so that it has the smaller key."""
    if not in_order:
        of_all = publishing.lock_firms
        monkeypatch.setattr(publishing, "lock_firms", lambda rows, relatives: of_all(rows))
    relative = firm()
    call, [made] = ready(60, content=scheme(caps=Caps(50_000_000, 100_000_000)))
    profiles = BusinessProfile.objects.filter(organization__in=[relative, made.organization])
    assert profiles.update(bank_code="004", bank_account="99001") == 2
    selection = approved(proposed(call=call))
    publish(selection=selection, by=selection.proposed_by, at=NOW)
    firms, done = [relative, made.organization], []

    def act():
        done.extend(at_once(lambda: publishing.publish_batch(selection_id=selection.public_id, at=NOW)))

    assert holds_only_what_comes_before(act, firms) is in_order, done
    assert done == [1]
    assert fresh(made).state == S.SELECTED
