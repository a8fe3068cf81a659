"""A call as it is reviewed, made by the services: checked, scored, proposed, approved, published, objected to.

For whoever has a closed call with submitted applications: `tests.factories` and the demo.
"""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from programmes.enums.applications import ApplicationState
from programmes.enums.review import PanelistState
from programmes.models import Application, Call, Objection, Panelist, Selection
from programmes.scheme import Scheme
from programmes.services.review.approve import approve
from programmes.services.review.check import clear_flag, find_eligible
from programmes.services.review.objections import raise_objection
from programmes.services.review.panel import answer_invitation, declare, invite, save_score
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on

SHARES = (85, 78, 71, 66, 52, 40)
"""Of the most points, in hundredths: who comes first gets the first share, and so on in turn."""
TIE = "같은 과제를 3년 안에 함께 수행했습니다."
OBJECTION = "시장성 점수가 제출한 확약서를 반영하지 않은 것으로 보입니다. 다시 검토하여 주시기 바랍니다."
CLEARED = "Two firms of one building; they share nothing else."


def check_all(*, call: Call, by: User, at: datetime) -> list[Application]:
    """Everything that was submitted is found eligible, possible ties looked into before."""
    found = []
    for application in call.applications.filter(state=ApplicationState.SUBMITTED).order_by("submitted_at", "pk"):
        for flag in application.flags.filter(cleared_at=None).order_by("pk"):
            clear_flag(flag=flag, text=CLEARED, by=by, at=at)
        found.append(find_eligible(application=application, by=by, at=at))
    return found


def score_all(*, call: Call, members: Sequence[User], by: User, at: datetime) -> list[Panelist]:
    """Each member joins, declares to have no tie and hands in points for every eligible application."""
    seats = []
    for member in members:
        seat = invite(call=call, email=member.email, by=by, at=at)
        if seat.state == PanelistState.INVITED:
            seat = answer_invitation(panelist=seat, accept=True, by=member, at=at)
        seats.append(seat)
    rows = call.applications.filter(state=ApplicationState.ELIGIBLE).order_by("submitted_at", "pk")
    for place, application in enumerate(rows):
        criteria = Scheme.from_json(application.version.content).criteria
        points = {each.key: each.most * SHARES[place % len(SHARES)] // 100 for each in criteria}
        for seat in seats:
            said = declare(panelist=seat, application=application, has_conflict=False, by=seat.user, at=at)
            if not said.has_conflict:
                save_score(panelist=seat, application=application, points=points, hand_in=True, by=seat.user, at=at)
    return seats


def score_half(*, call: Call, members: Sequence[User], by: User, at: datetime) -> list[Panelist]:
    """The first member handed in every score, the second has declared a tie to the first applicant and kept points for
    the others, the rest has not answered yet."""
    first, *others = members
    seats = score_all(call=call, members=[first], by=by, at=at)
    seats += [invite(call=call, email=member.email, by=by, at=at) for member in others]
    if not others:
        return seats
    seat = answer_invitation(panelist=seats[1], accept=True, by=others[0], at=at)
    rows = call.applications.filter(state=ApplicationState.ELIGIBLE).order_by("submitted_at", "pk")
    for place, application in enumerate(rows):
        is_tied = place == 0
        text = TIE if is_tied else ""
        said = declare(panelist=seat, application=application, has_conflict=is_tied, text=text, by=seat.user, at=at)
        criterion = Scheme.from_json(application.version.content).criteria[0]
        if not said.has_conflict:
            points = {criterion.key: criterion.most // 2}
            save_score(panelist=seat, application=application, points=points, by=seat.user, at=at)
    return seats


def object_last(*, selection: Selection, at: datetime) -> Objection | None:
    """The firm that was ranked last of those not selected objects, by a manager. None where everybody got something."""
    line = selection.lines.filter(outcome=ApplicationState.NOT_SELECTED).order_by("-rank").first()
    if line is None:
        return None
    people = users_with_permission(line.application.organization, Permission.SIGN_AGREEMENTS).order_by("pk")
    person = people.first()
    if person is None:
        return None
    return raise_objection(application=line.application, text=OBJECTION, by=person, at=at)


def select(*, call: Call, by: User, deciders: Sequence[User], at: datetime, is_published: bool = True) -> Selection:
    """Proposed by `by`, approved by one of `deciders` at each stage in turn, and published unless told otherwise."""
    found = propose(call=call, why="By the averages of the panel", by=by, at=at)
    for person, _stage in zip(deciders, found.basis["stages"], strict=True):
        approve(selection=found, digest=found.digest, by=person, at=at)
    if not is_published:
        return found
    publish(selection=found, by=by, at=at)
    go_on(selection_id=found.public_id, clock=lambda: at)
    found.refresh_from_db()
    return found
