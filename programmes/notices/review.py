"""What firms, panel members and officers are told of the review. No sums and no names: these stand on the page only.

Of a rehearsal nobody outside of the office hears anything.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application, Objection, Panelist, ReviewStep, Selection, SelectionApproval
from programmes.notices.applications import office

APPLICATION, PANELIST = "programmes.application", "programmes.panelist"
SELECTION, OBJECTION = "programmes.selection", "programmes.objection"


def applications_visible_to(user: User) -> QuerySet[Application]:
    return Application.objects.visible_to(user)


def panels_visible_to(user: User) -> QuerySet[Panelist]:
    return Panelist.objects.visible_to(user)


def selections_visible_to(user: User) -> QuerySet[Selection]:
    return Selection.objects.visible_to(user)


def objections_visible_to(user: User) -> QuerySet[Objection]:
    return Objection.objects.visible_to(user)


def _days(params: Any) -> Any:
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = applications_visible_to) -> None:
    present = _days if "%(day)s" in str(title) + str(body) else registry.as_they_are
    registry.register(kind, title=title, body=body, targets=targets, present=present)


_register(
    "programme_completion",
    _("Your application %(number)s has to be completed by %(day)s"),
    _("Read what is missing, part by part, complete it and submit it again."),
)
_register(
    "programme_decided",
    _("There is a decision on your application %(number)s"),
    _("Read it with its reasons, and what you can do now."),
)
_register(
    "programme_taken_up",
    _("Your application %(number)s was selected from the reserve list"),
    _("Sign the agreement by the day that stands there."),
)
_register(
    "programme_lapsed",
    _("Your application %(number)s lapsed"),
    _("The agreement was not signed by its day."),
)
_register(
    "programme_objection_answered",
    _("Your objection about %(number)s was answered"),
    _("Read the answer with its reasons."),
)
_register(
    "programme_panel",
    _("You are asked to join a panel (%(number)s)"),
    _("Say whether you take part. You then declare ties before you read anything."),
    panels_visible_to,
)
_register(
    "programme_selection_proposed",
    _("A selection waits for approval (%(number)s)"),
    _("Read the ranking and approve it, or send it back with a reason."),
    selections_visible_to,
)
_register(
    "programme_selection_approved",
    _("A selection is approved and can be published (%(number)s)"),
    _("Every stage has approved it."),
    selections_visible_to,
)
_register(
    "programme_selection_stopped",
    _("Publishing stopped (%(number)s)"),
    _("Some firms have not been told yet. Read what is in the way, and go on."),
    selections_visible_to,
)
_register(
    "programme_selection_back",
    _("Your selection was sent back (%(number)s)"),
    _("Read why, and propose another one."),
    selections_visible_to,
)
_register(
    "programme_selection_taken_back",
    _("Your selection was taken back by a colleague (%(number)s)"),
    _("Read why, and propose another one."),
    selections_visible_to,
)
_register(
    "programme_objection",
    _("A firm objects (%(number)s): answer by %(day)s"),
    _("An officer who took no part in the decision answers."),
    objections_visible_to,
)


def completion_asked(application: Application, step: ReviewStep) -> None:
    _to_firm("programme_completion", application, step.public_id, step.at, day=step.data["due_on"])


def found_ineligible(application: Application, step: ReviewStep) -> None:
    _to_firm("programme_decided", application, step.public_id, step.at)


def decided(selection: Selection, applications: Iterable[Application], at: datetime) -> None:
    """Each firm once, when what a selection says of it is published."""
    for each in applications:
        each.call = selection.call
        _to_firm("programme_decided", each, selection.public_id, at)


def reserves_ended(applications: Iterable[Application], at: datetime) -> None:
    """Each firm once, when the call is closed over its reserve list."""
    for each in applications:
        _to_firm("programme_decided", each, each.call.public_id, at)


def taken_up(application: Application, at: datetime) -> None:
    _to_firm("programme_taken_up", application, application.public_id, at)


def lapsed(agreement: Agreement, at: datetime) -> None:
    _to_firm("programme_lapsed", agreement.application, agreement.public_id, at)


def signed(agreement: Agreement) -> None:
    """The office sees it in its list; nobody is mailed about it (lessons F42)."""


def answered(objection: Objection) -> None:
    at = objection.decided_at or objection.raised_at
    _to_firm("programme_objection_answered", objection.application, objection.public_id, at)


def invited(panelist: Panelist) -> None:
    call = panelist.call
    inside = any(each.organization_id == call.office_id for each in panelist.user.active_memberships())
    if call.is_rehearsal and not inside:
        return
    notify(
        users=[panelist.user],
        kind="programme_panel",
        dedupe_key=f"programme_panel:{panelist.public_id}",
        params={"number": call.number},
        url=reverse("programmes:panel", args=[panelist.public_id]),
        target=(PANELIST, panelist.public_id),
        at=panelist.invited_at,
    )


def proposed(selection: Selection) -> None:
    people = users_with_permission(selection.call.office, Permission.DECIDE_SELECTIONS)
    others = people.exclude(pk=selection.proposed_by_id)
    _of_selection("programme_selection_proposed", selection, others, selection.public_id, selection.proposed_at)


def approved(approval: SelectionApproval, *, is_last: bool) -> None:
    if is_last:
        selection = approval.selection
        people = [selection.proposed_by]
        _of_selection("programme_selection_approved", selection, people, approval.public_id, approval.at)


def sent_back(approval: SelectionApproval) -> None:
    selection = approval.selection
    people = [selection.proposed_by]
    _of_selection("programme_selection_back", selection, people, approval.public_id, approval.at)


def stopped(selection: Selection, at: datetime) -> None:
    """Who had it published, once for each time that it stops."""
    if selection.published_by is not None:
        cause = f"{selection.public_id}:{at.isoformat()}"
        _of_selection("programme_selection_stopped", selection, [selection.published_by], cause, at)


def taken_back(selection: Selection) -> None:
    """Who proposed it, where a colleague did this."""
    if selection.taken_back_by_id == selection.proposed_by_id or selection.taken_back_at is None:
        return
    people = [selection.proposed_by]
    _of_selection("programme_selection_taken_back", selection, people, selection.public_id, selection.taken_back_at)


def objected(objection: Objection) -> None:
    application = objection.application
    notify(
        users=office(application).exclude(pk=objection.refused_by_id),
        kind="programme_objection",
        dedupe_key=f"programme_objection:{objection.public_id}",
        params={"number": application.number, "day": objection.answer_due_on.isoformat()},
        url=reverse("programmes:office_objection", args=[objection.public_id]),
        target=(OBJECTION, objection.public_id),
        at=objection.raised_at,
    )


def _of_selection(kind: str, selection: Selection, people: Iterable[User], cause: object, at: datetime) -> None:
    notify(
        users=people,
        kind=kind,
        dedupe_key=f"{kind}:{cause}",
        params={"number": selection.call.number},
        url=reverse("programmes:selection", args=[selection.public_id]),
        target=(SELECTION, selection.public_id),
        at=at,
    )


def _to_firm(kind: str, application: Application, cause: object, at: datetime, *, day: str = "") -> None:
    if application.call.is_rehearsal or application.state == ApplicationState.DRAFT:
        return
    notify(
        users=users_with_permission(application.organization, Permission.APPLY_PROGRAMMES),
        kind=kind,
        dedupe_key=f"{kind}:{application.public_id}:{cause}",
        params={"number": application.number} | ({"day": day} if day else {}),
        url=reverse("programmes:decision", args=[application.public_id]),
        target=(APPLICATION, application.public_id),
        at=at,
    )
