"""A selection is approved stage by stage, sent back, taken back."""

import pytest

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Application, SelectionApproval
from programmes.services.review.approve import approve, send_back, take_back
from programmes.services.review.publish import publish
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.review import (
    NOW,
    approved,
    call_row,
    fresh,
    manager,
    member,
    officer,
    proposed,
)
from tests.programmes.review.seen import told

S = ApplicationState


def test_stages_in_order_each_another_person():
    found = proposed()
    first, second = manager(found.call), manager(found.call)
    given = {"selection": found, "digest": found.digest, "at": NOW}
    with pytest.raises(NotAllowed):
        approve(by=found.proposed_by, **given)
    with pytest.raises(ChangedMeanwhile):
        approve(selection=found, digest="0" * 64, by=first, at=NOW)
    approve(by=first, **given)
    for nobody in (first, officer(found.call), found.proposed_by):  # decided before; no manager; proposed it
        with pytest.raises(NotAllowed):
            approve(by=nobody, **given)
    approve(by=second, **given)
    with pytest.raises(NotPossibleNow):
        approve(by=manager(found.call), **given)
    assert list(found.approvals.order_by("position").values_list("position", "by")) == [
        (1, first.pk), (2, second.pk),
    ]  # fmt: skip


def test_nobody_tied_or_of_the_panel_approves():
    found = proposed()
    application = Application.objects.first()
    tied, outside = officer(found.call), officer()
    MembershipFactory(user=tied, organization=application.organization)
    seat = officer(found.call)
    member(found.call, user=seat)
    admin = UserFactory(is_superuser=True)
    for nobody in (tied, outside, seat, admin):
        with pytest.raises(NotAllowed):
            approve(selection=found, digest=found.digest, by=nobody, at=NOW)
    assert not SelectionApproval.objects.exists()


def test_sent_back_with_a_reason_and_proposed_anew():
    found = proposed()
    with pytest.raises(DomainError):
        send_back(selection=found, digest=found.digest, text="", by=officer(found.call), at=NOW)
    send_back(selection=found, digest=found.digest, text="Look at number 3", by=officer(found.call), at=NOW)
    assert fresh(found).state == "rejected"
    assert told(found.proposed_by) == ["programme_selection_back"]
    again = proposed(call=found.call)
    assert (again.serial, again.state) == (2, "proposed")


def test_a_proposal_is_taken_back_and_another_one_made():
    """Also one that every stage approved, and that cannot be published: it stands in nobody's way."""
    found = approved()
    for nobody in (officer(), manager(call_row()), UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            take_back(selection=found, text="x", by=nobody, at=NOW)
    by = officer(found.call)
    with pytest.raises(DomainError) as refused:
        take_back(selection=found, text=" ", by=by, at=NOW)
    assert (refused.value.field, fresh(found).state) == ("text", "proposed")

    take_back(selection=found, text="The budget was cut", by=by, at=NOW)

    said = fresh(found)
    assert (said.state, said.taken_back_by, said.taken_back_text) == ("taken_back", by, "The budget was cut")
    assert told(found.proposed_by)[-1] == "programme_selection_taken_back"
    for act in (
        lambda: publish(selection=found, by=by, at=NOW),
        lambda: take_back(selection=found, text="x", by=by, at=NOW),
    ):
        with pytest.raises(NotPossibleNow):
            act()
    assert proposed(call=found.call).serial == 2


def test_not_published_before_every_stage_has_approved():
    found = proposed()
    approve(selection=found, digest=found.digest, by=officer(found.call), at=NOW)
    with pytest.raises(NotPossibleNow):
        publish(selection=found, by=found.proposed_by, at=NOW)
    assert fresh(found).state == "proposed"
