"""What the home page says of the review: panels, selections to approve, objections to answer, agreements to sign."""

from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Waiting
from programmes.enums.applications import ApplicationState
from programmes.enums.review import AgreementState, ObjectionState, PanelistState, SelectionState
from programmes.models import Agreement, Application, Declaration, Objection, Panelist, Score, Selection


def waiting_on(
    user: User, organization: Organization | None, *, today: date | None = None, limit: int = 10
) -> list[Waiting]:
    """By the day where there is one. One question for panels; others only for whom they can concern."""
    day = today or timezone.localdate()
    found = _panels(user, limit)
    if organization is None:
        return found
    if has_permission(user, Permission.SIGN_AGREEMENTS, organization):
        found += _agreements(organization, day, limit)
    if has_permission(user, Permission.REVIEW_APPLICATIONS, organization):
        found += _objections(user, organization, day, limit)
    if has_permission(user, Permission.DECIDE_SELECTIONS, organization):
        found += _selections(user, organization, limit)
    return found


def _panels(user: User, limit: int) -> list[Waiting]:
    """Invitations to answer, and panels with an application that is not declared on or not scored yet."""
    of_both = {"panelist": OuterRef(OuterRef("pk")), "application": OuterRef("pk")}
    open_ones = Application.objects.filter(
        ~Exists(Declaration.objects.filter(**of_both, has_conflict=True)),
        ~Exists(Score.objects.filter(**of_both, handed_in_at__isnull=False)),
        call=OuterRef("call"), state=ApplicationState.ELIGIBLE,
    )  # fmt: skip
    rows = Panelist.objects.filter(user=user, state__in=[PanelistState.INVITED, PanelistState.ACCEPTED])
    rows = rows.annotate(is_busy=Exists(open_ones))
    rows = rows.filter(Q(state=PanelistState.INVITED) | Q(is_busy=True)).select_related("call").order_by("pk")
    words = {
        PanelistState.INVITED: _("Say whether you join the panel of “%(title)s”"),
        PanelistState.ACCEPTED: _("Score applications for the panel of “%(title)s”"),
    }
    return [
        Waiting(
            words[PanelistState(seat.state)] % {"title": seat.call.title},
            reverse("programmes:panel", args=[seat.public_id]),
        )
        for seat in rows[:limit]
    ]


def _agreements(organization: Organization, day: date, limit: int) -> list[Waiting]:
    rows = Agreement.objects.filter(application__organization=organization, state=AgreementState.OFFERED)
    return [
        Waiting(
            _("Sign the agreement %(number)s") % {"number": each.application.number},
            reverse("programmes:agreement", args=[each.public_id]), each.sign_by, is_overdue=each.sign_by < day,
        )
        for each in rows.select_related("application").order_by("sign_by", "pk")[:limit]
    ]  # fmt: skip


def _objections(user: User, organization: Organization, day: date, limit: int) -> list[Waiting]:
    """Those that the officer did not decide on; who may answer in the end is said on the page."""
    rows = Objection.objects.filter(application__call__office=organization, state=ObjectionState.OPEN)
    rows = rows.exclude(refused_by=user).select_related("application").order_by("answer_due_on", "pk")
    return [
        Waiting(
            _("Answer the objection about %(number)s") % {"number": each.application.number},
            reverse("programmes:office_objection", args=[each.public_id]), each.answer_due_on,
            is_overdue=each.answer_due_on < day,
        )
        for each in rows[:limit]
    ]  # fmt: skip


def _selections(user: User, organization: Organization, limit: int) -> list[Waiting]:
    """Proposals of others that the person has not decided on, and publications that stopped."""
    others = Q(state=SelectionState.PROPOSED) & ~Q(proposed_by=user) & ~Q(approvals__by=user)
    stopped = Q(state=SelectionState.PUBLISHING) & ~Q(stopped="")
    rows = Selection.objects.filter(others | stopped, call__office=organization).select_related("call")
    return [
        Waiting(
            (_("Publishing “%(title)s” has stopped") if each.stopped else _("Decide on the selection for “%(title)s”"))
            % {"title": each.call.title},
            reverse("programmes:selection", args=[each.public_id]),
        )
        for each in rows.order_by("proposed_at", "pk")[:limit]
    ]
