"""The panel: invited, without ties, scores handed in once."""

import pytest
from django.urls import reverse

from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Application, Score, Selection
from programmes.services.review import check, panel
from programmes.services.review.propose import propose
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.programmes.review import (
    NOW,
    call_row,
    eligible,
    fresh,
    known,
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


def tied_officer(made, tie):
    """Of the office whose call it is, and of an applicant, of a firm related to it, or of one nobody knows about."""
    by = officer(made.call, second_factor=True)
    if tie == "member":
        MembershipFactory(user=by, organization=made.organization)
        return by
    other = MembershipFactory(user=by, company=True).organization
    if tie == "relative":
        profile, theirs = known(other), made.organization.business_profile
        profile.address, profile.address_key = theirs.address, theirs.address_key
        profile.save()
    return by


@pytest.mark.parametrize("tie", ["member", "relative", "unknown"])
def test_an_officer_with_a_tie_to_an_applicant_has_no_say_in_who_scores_and_who_is_selected(tie):
    call, [made] = ready(60)
    by, seat, user = tied_officer(made, tie), call.panelists.get(), UserFactory()
    for act in (
        lambda: panel.invite(call=call, email=user.email, by=by, at=NOW),
        lambda: panel.remove(panelist=seat, by=by, at=NOW),
        lambda: propose(call=call, why="x", by=by, at=NOW),
    ):
        with pytest.raises(NotAllowed, match="Another officer has to do this"):
            act()
    assert list(call.panelists.values_list("pk", "state")) == [(seat.pk, "accepted")]
    assert not Selection.objects.exists()
    assert told(user) == []
    apart = officer(call)
    panel.remove(panelist=panel.invite(call=call, email=user.email, by=apart, at=NOW), by=apart, at=NOW)
    assert propose(call=call, why="x", by=apart, at=NOW).state == "proposed"


def test_a_tie_to_one_that_was_refused_counts_as_it_may_come_back():
    made = eligible()
    by = tied_officer(made, "member")
    check.find_ineligible(application=made, text="x", by=officer(made.call), at=NOW)
    with pytest.raises(NotAllowed):
        panel.invite(call=made.call, email=UserFactory().email, by=by, at=NOW)
    other = call_row(office=made.call.office)
    assert panel.invite(call=other, email=UserFactory().email, by=by, at=NOW)


def test_who_has_a_tie_is_told_so_and_offered_no_act(client):
    call, [made] = ready(60)
    acts = {"office_panel": ["/panel/invite/", "/remove/"], "selections": ["/selection/propose/"]}
    for page, offered in acts.items():
        address = reverse(f"programmes:{page}", args=[call.number])
        apart = sign_in(client, officer(call, second_factor=True)).get(address)
        shown = sign_in(client, tied_officer(made, "relative")).get(address)
        assert ("has to do with the applicant" in shown.text, apart.context["tie"]) == (True, "")
        for act in offered:
            assert (act in apart.text, act in shown.text) == (True, False)
    seat = call.panelists.get()
    sign_in(client, tied_officer(made, "member"))
    assert client.post(reverse("programmes:office_panel_remove", args=[call.number, seat.public_id])).status_code == 403
    assert client.post(reverse("programmes:selection_propose", args=[call.number]), {"why": "x"}).status_code == 403
    assert fresh(seat).state == "accepted"
    assert not Selection.objects.exists()
