"""What the database refuses whoever writes: by SQL, past every service."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import Role
from programmes.models import Agreement, Objection, Selection, SelectionApproval
from programmes.services.review.approve import approve
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    answered,
    approved,
    call_row,
    eligible,
    fresh,
    ineligible,
    manager,
    member,
    objected,
    officer,
    proposed,
    published,
    ready,
    scored,
    sql,
    submitted,
)


def refused(text, *values, says):
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        sql(text, *values)


DECIDE = "UPDATE programmes_application SET state = %s, decided_by_id = %s WHERE id = %s"


@pytest.mark.parametrize("who", ["nobody", "stranger", "left", "viewer", "inactive", "other_office", "admin"])
def test_only_an_active_officer_of_the_office_finds_it_eligible(who):
    made = submitted()
    people = {
        "nobody": lambda: None,
        "stranger": lambda: UserFactory().pk,
        "left": lambda: MembershipFactory(organization=made.call.office, state="ended").user.pk,
        "viewer": lambda: officer(made.call, role=Role.VIEWER).pk,
        "inactive": lambda: MembershipFactory(organization=made.call.office, user__is_active=False).user.pk,
        "other_office": lambda: officer().pk,
        "admin": lambda: UserFactory(is_superuser=True).pk,
    }
    for state in ("eligible", "ineligible"):
        refused(DECIDE, state, people[who](), made.pk, says="only an active officer")
    assert fresh(made).state == "submitted"


def test_nobody_of_the_firm_decides_on_it():
    made = submitted()
    by = officer(made.call)
    MembershipFactory(user=by, organization=made.organization)
    refused(DECIDE, "eligible", by.pk, made.pk, says="nobody of the firm")


def test_a_refusal_is_undone_by_an_upheld_objection_only():
    made = ineligible()
    refused(DECIDE, "eligible", officer(made.call).pk, made.pk, says="by an objection that was upheld")
    call, [one, other] = ready(60, 10)
    published(proposed(call=call))
    assert fresh(other).state == "not_selected"
    refused(DECIDE, "selected", officer(call).pk, other.pk, says="by an objection that was upheld")
    assert fresh(one).state == "selected"


def test_who_was_overruled_does_not_refuse_again_and_each_refusal_is_undone_by_an_objection_to_it():
    by = officer()
    made = ineligible(call_row(office=by.memberships.get().organization), by=by)
    answered(objected(made))
    refused(DECIDE, "ineligible", by.pk, made.pk, says="undone by an objection")
    other = officer(made.call)
    sql(
        "UPDATE programmes_application SET state = 'ineligible', decided_by_id = %s, decided_at = %s WHERE id = %s",
        other.pk, NOW + DAY, made.pk,
    )  # fmt: skip
    refused(DECIDE, "eligible", by.pk, made.pk, says="by an objection that was upheld")
    assert fresh(made).state == "ineligible"


def test_nobody_of_an_applicant_says_who_scores_and_who_is_selected():
    call, [made] = ready(60)
    tied, seat = officer(call), call.panelists.get()
    MembershipFactory(user=tied, organization=made.organization)
    refused(
        "INSERT INTO programmes_panelist"
        " (public_id, created_at, updated_at, call_id, user_id, state, invited_by_id, invited_at)"
        " VALUES (gen_random_uuid(), now(), now(), %s, %s, 'invited', %s, now())",
        call.pk, UserFactory().pk, tied.pk, says="who is on the panel",
    )  # fmt: skip
    refused(
        "UPDATE programmes_panelist SET state = 'removed', removed_by_id = %s, removed_at = now() WHERE id = %s",
        tied.pk, seat.pk, says="who is on the panel",
    )  # fmt: skip
    given = {"call": call, "serial": 1, "digest": "x", "proposed_at": NOW, "proposed_by": tied}
    with pytest.raises(DatabaseError, match="proposes a selection"), transaction.atomic():
        Selection.objects.create(**given, basis={"stages": [{"role": "staff"}]})
    assert (fresh(seat).state, call.panelists.count()) == ("accepted", 1)


@pytest.mark.parametrize("state", ["selected", "reserve", "not_selected"])
def test_nothing_is_selected_past_a_published_selection(state):
    made = eligible()
    refused(DECIDE, state, officer(made.call).pk, made.pk, says="what a published selection says")
    found = approved(call=None)
    line = found.lines.first()
    refused(DECIDE, state, found.proposed_by_id, line.application_id, says="what a published selection says")


def test_scores():
    made = eligible()
    seat, tied = member(made.call), member(made.call)
    insert = (
        "INSERT INTO programmes_score"
        " (public_id, created_at, updated_at, panelist_id, application_id, points, total, text)"
        " VALUES (gen_random_uuid(), now(), now(), %s, %s, '{}', 0, '')"
    )
    refused(insert, seat.pk, made.pk, says="has not declared")
    sql(
        "INSERT INTO programmes_declaration (public_id, panelist_id, application_id, has_conflict, text, declared_at)"
        " VALUES (gen_random_uuid(), %s, %s, true, 'x', now())",
        tied.pk, made.pk,
    )  # fmt: skip
    refused(insert, tied.pk, made.pk, says="has not declared")
    score = scored(made, seat=seat)
    refused("UPDATE programmes_score SET total = 99 WHERE id = %s", score.pk, says="handed in is never changed")
    refused("DELETE FROM programmes_score WHERE id = %s", score.pk, says="never deleted")
    other = eligible()
    refused(insert, seat.pk, other.pk, says="member of the panel of its call")


LINE = (
    "INSERT INTO programmes_selectionline"
    " (selection_id, application_id, rank, outcome, government_won, own_won, reason)"
    " VALUES (%s, %s, 99, 'selected', 1, 1, '')"
)


def test_lines_never_change():
    found = proposed()
    extra = eligible(found.call)
    refused("UPDATE programmes_selectionline SET rank = 9 WHERE selection_id = %s", found.pk, says="never changed")
    refused("DELETE FROM programmes_selectionline WHERE selection_id = %s", found.pk, says="never changed")
    approve(selection=found, digest=found.digest, by=officer(found.call), at=NOW)
    refused(LINE, found.pk, extra.pk, says="stay as they were")
    refused("UPDATE programmes_selection SET digest = 'x' WHERE id = %s", found.pk, says="never changed")
    refused("UPDATE programmes_selection SET basis = '{}' WHERE id = %s", found.pk, says="never changed")
    refused("DELETE FROM programmes_selection WHERE id = %s", found.pk, says="never deleted")


APPROVE = (
    "INSERT INTO programmes_selectionapproval (public_id, selection_id, position, decision, digest, text, by_id, at)"
    " VALUES (gen_random_uuid(), %s, %s, 'approved', %s, '', %s, now())"
)


def test_who_does_not_approve():
    found = proposed()
    call, digest = found.call, found.digest
    tied = officer(call)
    MembershipFactory(user=tied, organization=found.lines.first().application.organization)
    seat = member(call, user=officer(call)).user
    cases = [
        (found.proposed_by_id, "who proposed"), (tied.pk, "nobody of an applicant"), (seat.pk, "sat on the panel"),
        (officer().pk, "only an active officer"), (UserFactory(is_superuser=True).pk, "only an active officer"),
        (officer(call, role=Role.VIEWER).pk, "only an active officer"),
    ]  # fmt: skip
    for person, says in cases:
        refused(APPROVE, found.pk, 1, digest, person, says=says)
    refused(APPROVE, found.pk, 2, digest, manager(call).pk, says="order of the stages")
    refused(APPROVE, found.pk, 3, digest, manager(call).pk, says="order of the stages")
    refused(APPROVE, found.pk, 1, "0" * 64, manager(call).pk, says="very list")
    first = officer(call)
    sql(APPROVE, found.pk, 1, digest, first.pk)
    refused(APPROVE, found.pk, 2, digest, officer(call).pk, says="role of the stage")
    refused(APPROVE, found.pk, 2, digest, first.pk, says="role of the stage|person_once")
    assert SelectionApproval.objects.count() == 1


def test_an_approval_is_never_changed():
    found = approved()
    refused(
        "UPDATE programmes_selectionapproval SET text = 'x' WHERE selection_id = %s",
        found.pk,
        says="append_only|Cannot",
    )
    refused("DELETE FROM programmes_selectionapproval WHERE selection_id = %s", found.pk, says="append_only|Cannot")


PUBLISH = (
    "UPDATE programmes_selection SET state = 'publishing', published_by_id = %s, published_at = now() WHERE id = %s"
)


def test_not_published_without_every_approval():
    found = proposed()
    approve(selection=found, digest=found.digest, by=officer(found.call), at=NOW)
    refused(PUBLISH, found.proposed_by_id, found.pk, says="every stage")
    approve(selection=found, digest=found.digest, by=manager(found.call), at=NOW)
    refused(PUBLISH, UserFactory().pk, found.pk, says="only an active officer of the office publishes")
    refused("UPDATE programmes_selection SET state = 'rejected' WHERE id = %s", found.pk, says="sent back")
    assert fresh(found).state == "proposed"


def test_not_over_before_everybody_on_it_has_an_outcome():
    found = publish(selection=approved(), by=officer(Selection.objects.get().call), at=NOW)
    over = "UPDATE programmes_selection SET state = 'published' WHERE id = %s"
    refused(over, found.pk, says="got an outcome")
    refused(
        "UPDATE programmes_selection SET published_by_id = %s WHERE id = %s", UserFactory().pk, found.pk,
        says="who published",
    )  # fmt: skip
    refused("UPDATE programmes_selection SET stopped = 'x', state = 'published' WHERE id = %s", found.pk,
            says="got an outcome|selection_stops")  # fmt: skip
    go_on(selection_id=found.public_id, clock=lambda: NOW)
    assert fresh(found).state == "published"


def test_not_published_past_the_budget():
    made = eligible()
    call, stages = made.call, {"stages": [{"role": "staff"}]}
    found = Selection.objects.create(
        call=call, serial=1, digest="x", basis=stages, proposed_by=officer(call), proposed_at=NOW
    )
    found.lines.create(application=made, rank=1, outcome="selected", government_won=call.budget_won + 1, own_won=0)
    sql(APPROVE, found.pk, 1, "x", officer(call).pk)
    refused(PUBLISH, found.proposed_by_id, found.pk, says="within the budget")
    assert fresh(found).state == "proposed"


def test_a_selection_begins_as_a_proposal():
    call, _made = ready(60)
    given = {"call": call, "serial": 1, "digest": "x", "proposed_at": NOW, "proposed_by": officer(call)}
    stages = {"stages": [{"role": "staff"}]}
    for wrong in ({"state": "published", "basis": stages}, {"basis": {}}, {"basis": stages, "proposed_by": officer()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Selection.objects.create(**given | wrong)
    assert not Selection.objects.exists()


ANSWER = (
    "UPDATE programmes_objection SET state = %s, answer = 'x', decided_by_id = %s, decided_at = now() WHERE id = %s"
)


def test_who_does_not_answer_an_objection():
    by = officer()
    made = ineligible()
    objection = objected(made)
    tied = officer(made.call)
    MembershipFactory(user=tied, organization=made.organization)
    for person, says in ((made.decided_by_id, "who decided"), (tied.pk, "not of the firm"), (officer().pk, "active")):
        refused(ANSWER, "upheld", person, objection.pk, says=says)
    refused("UPDATE programmes_objection SET text = 'y' WHERE id = %s", objection.pk, says="never changed")
    refused(
        "UPDATE programmes_objection SET refused_by_id = %s WHERE id = %s", by.pk, objection.pk, says="never changed"
    )
    assert Objection.objects.get().state == "open"

    call, made = ready(60, 10)
    selection = published(proposed(call=call))
    objection = objected(fresh(made[1]))
    for person in (selection.proposed_by_id, *selection.approvals.values_list("by", flat=True)):
        refused(ANSWER, "dismissed", person, objection.pk, says="took part|who decided")


def test_agreements_say_what_was_granted_and_the_manager_signs():
    call, [made] = ready(60)
    published(proposed(call=call))
    agreement = Agreement.objects.get()
    staff = MembershipFactory(organization=made.organization).user
    update = "UPDATE programmes_agreement SET state = 'signed', signed_by_id = %s, signed_at = %s WHERE id = %s"
    refused(update, staff.pk, NOW, agreement.pk, says="a manager of the firm signs")
    refused(update, officer(call).pk, NOW, agreement.pk, says="a manager of the firm signs")
    refused(update, made.boss.pk, NOW + 15 * DAY, agreement.pk, says="by its day")
    refused("UPDATE programmes_application SET government_won = 1 WHERE id = %s", made.pk, says="never changed")
    refused("DELETE FROM programmes_agreement WHERE id = %s", agreement.pk, says="never deleted")
    late = timezone.localdate(NOW) + timedelta(days=90)
    sql("UPDATE programmes_agreement SET sign_by = %s WHERE id = %s", late, agreement.pk)

    other = eligible()
    with pytest.raises(DatabaseError, match="who is selected"), transaction.atomic():
        Agreement.objects.create(
            application=other, government_won=40_000_000, own_won=1, content={}, digest="x", offered_at=NOW,
            sign_by=timezone.localdate(NOW),
        )  # fmt: skip


def test_an_agreement_over_another_sum_is_refused():
    call, [made] = ready(60)
    found = approved(proposed(call=call))
    sql(PUBLISH, found.proposed_by_id, found.pk)
    sql(DECIDE, "selected", found.proposed_by_id, made.pk)
    with pytest.raises(DatabaseError, match="what was granted"), transaction.atomic():
        Agreement.objects.create(
            application=made, government_won=39_999_999, own_won=made.own_won, content={}, digest="x", offered_at=NOW,
            sign_by=timezone.localdate(NOW),
        )  # fmt: skip
    assert not Agreement.objects.exists()
