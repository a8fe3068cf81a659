"""Two at the same moment: with the locks, and without them to show that they are what holds."""

import threading
import uuid

import pytest
from django.db import DatabaseError

from marketplace.core.errors import NotAllowed
from programmes.enums.applications import ApplicationState
from programmes.enums.review import StepKind
from programmes.models import Agreement, Application, Objection, ReviewStep, Selection, SelectionApproval
from programmes.services.applications import withdraw as withdrawing
from programmes.services.applications.withdraw import withdraw
from programmes.services.calls import publish as publishing_calls
from programmes.services.review import approve, check, propose, publishing
from programmes.services.review.agreements import lapse, sign
from programmes.services.review.objections import answer_objection
from programmes.services.review.once import once
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on
from tests.factories.accounts import UserFactory
from tests.factories.programmes.calls import next_draft
from tests.factories.programmes.review import (
    DAY,
    NOW,
    approved,
    fresh,
    ineligible,
    manager,
    objected,
    officer,
    proposed,
    published,
    ready,
    submitted,
)
from tests.threads import at_once, kinds, meet_in, meet_where

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]
S = ApplicationState


def test_two_officers_at_once(locked, meeting):
    made = submitted()
    people = [officer(made.call), officer(made.call)]
    outcomes = at_once(
        lambda: check.find_eligible(application=made, by=people[0], at=NOW),
        lambda: check.ask_completion(application=made, parts={"plan": "x"}, by=people[1], at=NOW),
    )
    # Without the lock nobody is told: the second runs into the table of moves.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert made.steps.count() == 1


def test_batch_against_single(locked, meeting):
    made = submitted()
    people = [officer(made.call), officer(made.call)]

    def batch():
        [row] = check.decide_many(call=made.call, applications=[made], act="eligible", text="", by=people[0], at=NOW)
        return row

    def single():
        return check.find_ineligible(application=made, text="No", revision=made.revision, by=people[1], at=NOW)

    row, alone = at_once(batch, single)
    steps = list(made.steps.values_list("kind", flat=True))
    if locked:
        # Whoever comes second has read what is no more, and is told so.
        assert kinds([alone]) == (["told"] if row.is_fine else ["done"])
        assert row.is_fine or row.code in {"not_possible_now", "changed_meanwhile"}
        assert steps == [fresh(made).state]
    else:
        assert "database" in kinds([row, alone]) or len(steps) == 2, (row, alone)


def test_the_same_key_twice_at_once_is_done_once(unmailed):
    """No lock is needed: the unique constraint keeps the second out until the first has its answer."""
    by, key, done = UserFactory(), uuid.uuid4(), []

    def act():
        done.append(threading.current_thread())
        threading.Event().wait(0.3)  # so that the second comes meanwhile
        return {"done": len(done)}

    outcomes = at_once(*[lambda: once(key=key, by=by, address="/x/", body={}, at=NOW, act=act)] * 2)
    assert outcomes == [{"done": 1}] * 2
    assert len(done) == 1


def test_two_proposals_at_once(locked, monkeypatch):
    call, _made = ready(60)
    people = [officer(call), officer(call)]
    meet_in(monkeypatch, propose, "ranking_of", locked=locked)
    outcomes = at_once(*(lambda by=by: propose.propose(call=call, why="x", by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert Selection.objects.count() == 1


def test_two_approve_the_same_stage_at_once(locked, monkeypatch):
    found = proposed()
    people = [officer(found.call), officer(found.call)]
    meet_in(monkeypatch, approve, "verified", locked=locked)
    outcomes = at_once(
        *(lambda by=by: approve.approve(selection=found, digest=found.digest, by=by, at=NOW) for by in people)
    )
    # The second one finds the stage of a manager, and is none. Without the lock only the order of stages stops it.
    [refused] = [each for each in outcomes if isinstance(each, Exception)]
    assert isinstance(refused, NotAllowed if locked else DatabaseError)
    assert SelectionApproval.objects.count() == 1


def test_approved_and_sent_back_at_once(locked, monkeypatch):
    found = proposed()
    people = [manager(found.call), manager(found.call)]
    meet_in(monkeypatch, approve, "verified", locked=locked)
    outcomes = at_once(
        lambda: approve.approve(selection=found, digest=found.digest, by=people[0], at=NOW),
        lambda: approve.send_back(selection=found, digest=found.digest, text="No", by=people[1], at=NOW),
    )
    decided = list(found.approvals.order_by("position").values_list("decision", flat=True))
    state = fresh(found).state
    if locked:
        assert (decided, state) in [(["approved", "rejected"], "rejected"), (["rejected"], "rejected")], outcomes
    else:
        assert "database" in kinds(outcomes)
        assert len(decided) == 1


def test_two_publications_at_once(locked, meeting):
    found = approved()
    people = [found.proposed_by, officer(found.call)]
    outcomes = at_once(*(lambda by=by: publish(selection=found, by=by, at=NOW) for by in people))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    go_on(selection_id=found.public_id, clock=lambda: NOW)
    assert Agreement.objects.count() == Application.objects.filter(state=S.SELECTED).count() == 2
    assert fresh(found).state == "published"


def test_two_workers_publish_at_once(locked, monkeypatch):
    """Whoever is second finds the batch done. Without the lock both tell the same firms."""
    found = approved()
    publish(selection=found, by=found.proposed_by, at=NOW)
    meet_in(monkeypatch, publishing, "_write", locked=locked)
    outcomes = at_once(*[lambda: publishing.publish_batch(selection_id=found.public_id, at=NOW)] * 2)
    if locked:
        assert sorted(each or 0 for each in outcomes) == [0, 2], outcomes
    else:
        assert "database" in kinds(outcomes) or ReviewStep.objects.filter(kind="selected").count() > 2
    assert Agreement.objects.count() == 2


def test_published_against_withdrawn(locked, monkeypatch):
    call, made = ready(60, 50)
    found = approved(proposed(call=call))
    publish(selection=found, by=found.proposed_by, at=NOW)
    one = fresh(made[0])
    meet_where(monkeypatch, [(publishing, "_write"), (withdrawing, "check_revision")], locked=locked)
    outcomes = at_once(
        lambda: publishing.publish_batch(selection_id=found.public_id, at=NOW),
        lambda: withdraw(application=one, revision=one.revision, confirmed=True, by=made[0].boss, at=NOW),
    )
    offered = Agreement.objects.filter(application=one, state="offered").count()
    came = (fresh(one).state, offered)
    if locked:
        # Withdrawn first: it is left out and promised nothing. Published first: who withdraws reads it again.
        assert came in [(S.WITHDRAWN, 0), (S.SELECTED, 1)]
        assert kinds(outcomes) == (["done", "done"] if came[0] == S.WITHDRAWN else ["done", "told"])
        assert fresh(made[1]).state == S.SELECTED
    else:
        assert "database" in kinds(outcomes) or came == (S.WITHDRAWN, 1)


def agreement():
    call, [made] = ready(60)
    published(proposed(call=call))
    return Agreement.objects.get(), made


def test_signed_against_lapsed(locked, meeting):
    found, made = agreement()
    late = NOW + 15 * DAY
    outcomes = at_once(
        lambda: sign(agreement=found, digest=found.digest, by=made.boss, at=NOW),
        lambda: lapse(agreement=found, at=late),
    )
    pair = (fresh(found).state, fresh(made).state)
    assert pair in [("signed", S.AGREED), ("lapsed", S.LAPSED)]
    if locked:
        assert kinds(outcomes) == (["done", "done"] if pair[0] == "signed" else ["done", "told"])
        assert outcomes[1] is (pair[0] == "lapsed")
    else:
        assert kinds(outcomes) == ["database", "done"]


def test_signed_twice_at_once(locked, meeting):
    found, made = agreement()
    outcomes = at_once(*(lambda: sign(agreement=found, digest=found.digest, by=made.boss, at=NOW) for _ in range(2)))
    # Without the lock both sign, and the history says it twice.
    assert kinds(outcomes) == ["done", "done"]
    assert made.steps.filter(kind=StepKind.SIGNED).count() == (1 if locked else 2)


def test_two_answers_to_an_objection_at_once(locked, meeting):
    made = ineligible()
    objection = objected(made)
    people = [officer(made.call), officer(made.call)]
    outcomes = at_once(
        *(
            lambda by=by, uphold=uphold: answer_objection(objection=objection, uphold=uphold, answer="x", by=by, at=NOW)
            for by, uphold in zip(people, (True, False), strict=True)
        )
    )
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    found = Objection.objects.get()
    assert (fresh(made).state == S.ELIGIBLE) == (found.state == "upheld")


def test_a_proposal_against_a_longer_window(locked, monkeypatch):
    call, _made = ready(60, title_zh="券")
    monkeypatch.setattr(publishing_calls, "problems", lambda *given: [])  # what else a version needs is no matter here
    version = next_draft(call, at=NOW, closes_at=NOW + 5 * DAY)
    proposer, publisher = officer(call), officer(call)
    meet_where(monkeypatch, [(publishing_calls, "asdict"), (propose, "digest_of")], locked=locked)

    def open_again():
        try:
            publishing_calls.publish(version=version, revision=version.revision, by=publisher, at=NOW)
        except publishing_calls.NotReady:
            return "refused"

    outcomes = at_once(open_again, lambda: propose.propose(call=call, why="x", by=proposer, at=NOW))
    is_open, is_proposed = fresh(call).closes_at > NOW, Selection.objects.exists()
    if locked:
        assert kinds(outcomes) == (["done", "told"] if is_open else ["done", "done"])
        assert not (is_open and is_proposed)
        assert is_open or outcomes[0] == "refused"
    else:  # both are written, or the trigger stops who writes after the other has committed
        assert (is_open and is_proposed) or "database" in kinds(outcomes), outcomes
