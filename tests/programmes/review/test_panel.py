"""The panel: invited, without ties, scores handed in once."""

import pytest

from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Application, Score
from programmes.services.review import panel
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.review import (
    NOW,
    call_row,
    eligible,
    fresh,
    member,
    officer,
    proposed,
    ready,
)
from tests.programmes.review.seen import told

S = ApplicationState


def test_only_a_confirmed_person_is_invited_and_once():
    call, by = call_row(), None
    by = officer(call)
    user, unconfirmed = UserFactory(), UserFactory(confirmed=False)
    for email in (unconfirmed.email, "nobody@example.org"):
        with pytest.raises(DomainError) as refused:
            panel.invite(call=call, email=email, by=by, at=NOW)
        assert refused.value.field == "email"

    one = panel.invite(call=call, email=user.email.upper(), by=by, at=NOW)
    two = panel.invite(call=call, email=user.email, by=by, at=NOW)

    assert one == two
    assert told(user) == ["programme_panel"]
    assert call.panelists.count() == 1


def test_nobody_of_an_applicant_is_invited():
    made = eligible()
    by, seat = officer(made.call), MembershipFactory(organization=made.organization)
    with pytest.raises(DomainError, match="applied in this call") as refused:
        panel.invite(call=made.call, email=seat.user.email, by=by, at=NOW)
    assert refused.value.field == "email"
    assert not made.call.panelists.exists()
    assert told(seat.user) == []
    other = call_row()
    assert panel.invite(call=other, email=seat.user.email, by=officer(other), at=NOW)


def test_nothing_is_scored_without_a_declaration():
    made = eligible()
    seat = member(made.call)
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)
    assert not Application.objects.readable_by_panel(seat.user).exists()
    assert not Score.objects.exists()

    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)

    assert Application.objects.readable_by_panel(seat.user).get() == made
    with pytest.raises(NotPossibleNow):
        panel.declare(panelist=seat, application=made, has_conflict=True, text="x", by=seat.user, at=NOW)


def test_a_declared_tie_excludes():
    made = eligible()
    seat = member(made.call)
    with pytest.raises(DomainError):
        panel.declare(panelist=seat, application=made, has_conflict=True, by=seat.user, at=NOW)
    panel.declare(panelist=seat, application=made, has_conflict=True, text="My sister's", by=seat.user, at=NOW)
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)
    assert not Application.objects.readable_by_panel(seat.user).exists()


def test_a_computed_tie_excludes_whatever_is_declared():
    made = eligible()
    seat = member(made.call)
    MembershipFactory(user=seat.user, organization=made.organization)
    said = panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    assert said.has_conflict
    assert said.text


def test_who_joins_the_firm_later_reads_and_scores_no_more():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    MembershipFactory(user=seat.user, organization=made.organization)
    assert not Application.objects.readable_by_panel(seat.user).exists()
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)


def test_a_declared_tie_stays_when_the_member_is_asked_again():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=True, text="My sister's", by=seat.user, at=NOW)
    panel.remove(panelist=seat, by=officer(made.call), at=NOW)
    again = member(made.call, user=seat.user)
    said = panel.declare(panelist=again, application=made, has_conflict=False, by=seat.user, at=NOW)
    assert (said.has_conflict, said.text) == (True, "My sister's")


def test_nothing_is_scored_while_a_selection_is_proposed():
    call, [made] = ready(60)
    late = member(call)
    panel.declare(panelist=late, application=made, has_conflict=False, by=late.user, at=NOW)
    proposed(call=call)
    with pytest.raises(NotPossibleNow):
        panel.save_score(panelist=late, application=made, points={"market": 1}, by=late.user, at=NOW)
    with pytest.raises(NotPossibleNow):
        panel.remove(panelist=late, by=officer(call), at=NOW)
    assert Score.objects.count() == 1


def test_scores_are_kept_and_handed_in_once():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    given = {"panelist": seat, "application": made, "by": seat.user, "at": NOW}

    panel.save_score(points={"market": 10}, **given)
    with pytest.raises(DomainError) as refused:
        panel.save_score(points={"market": 10}, hand_in=True, **given)
    assert refused.value.field == "points.team"
    for wrong in ({"market": 61}, {"market": -1}, {"beauty": 1}):
        with pytest.raises(DomainError):
            panel.save_score(points=wrong, **given)
    score = panel.save_score(points={"market": 20, "team": 30}, hand_in=True, **given)
    with pytest.raises(NotPossibleNow):
        panel.save_score(points={"market": 60, "team": 40}, **given)

    assert fresh(score).total == 50
    assert Score.objects.count() == 1
