"""What the home page says of the review: panels, selections to approve, objections to answer, agreements to sign."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Waiting
from programmes.enums.applications import ApplicationState
from programmes.enums.review import AgreementState, ObjectionState, PanelistState, SelectionState
from programmes.models import Agreement, Application, Declaration, Objection, Panelist, Score, Selection
from programmes.queries.ties import own_firms

OF_A_CALL = ("call__title_ko", "call__title_en", "call__title_zh")


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Panels first, which concern a person whatever the organization; by the day where there is one."""
    yield _panels(user)
    if organization is None:
        return
    if has_permission(user, Permission.SIGN_AGREEMENTS, organization):
        yield _agreements(organization, day)
    if has_permission(user, Permission.REVIEW_APPLICATIONS, organization):
        yield _objections(user, organization, day)
    if has_permission(user, Permission.DECIDE_SELECTIONS, organization):
        yield _selections(user, organization)


def _panels(user: User) -> Kind:
    """Invitations to answer, and panels with an application that is not declared on or not scored yet."""
    of_both = {"panelist": OuterRef(OuterRef("pk")), "application": OuterRef("pk")}
    open_ones = Application.objects.filter(
        ~Exists(Declaration.objects.filter(**of_both, has_conflict=True)),
        ~Exists(Score.objects.filter(**of_both, handed_in_at__isnull=False)),
        call=OuterRef("call"), state=ApplicationState.ELIGIBLE,
    )  # fmt: skip
    rows = Panelist.objects.filter(user=user, state__in=[PanelistState.INVITED, PanelistState.ACCEPTED])
    rows = rows.annotate(is_busy=Exists(open_ones))
    rows = rows.filter(Q(state=PanelistState.INVITED) | Q(is_busy=True)).order_by("pk")

    def tell(seat: Panelist) -> Waiting:
        words = {
            PanelistState.INVITED: _("Say whether you join the panel of “%(title)s”"),
            PanelistState.ACCEPTED: _("Score applications for the panel of “%(title)s”"),
        }
        title = words[PanelistState(seat.state)] % {"title": seat.call.title}
        return Waiting(title, reverse("programmes:panel", args=[seat.public_id]))

    return Kind(rows, ("public_id", "state", *OF_A_CALL), tell)


def _agreements(organization: Organization, day: date) -> Kind:
    rows = Agreement.objects.filter(
        application__organization=organization, application__call__is_rehearsal=False, state=AgreementState.OFFERED
    )

    def tell(each: Agreement) -> Waiting:
        title = _("Sign the agreement %(number)s") % {"number": each.application.number}
        url = reverse("programmes:agreement", args=[each.public_id])
        return Waiting(title, url, each.sign_by, is_overdue=each.sign_by < day)

    return Kind(rows.order_by("sign_by", "pk"), ("public_id", "sign_by", "application__number"), tell)


def _objections(user: User, organization: Organization, day: date) -> Kind:
    """Those that the officer did not decide on; who may answer in the end is said on the page."""
    rows = Objection.objects.filter(application__call__office=organization, state=ObjectionState.OPEN)
    rows = rows.exclude(refused_by=user).exclude(application__organization__in=own_firms(user))

    def tell(each: Objection) -> Waiting:
        title = _("Answer the objection about %(number)s") % {"number": each.application.number}
        url = reverse("programmes:office_objection", args=[each.public_id])
        return Waiting(title, url, each.answer_due_on, is_overdue=each.answer_due_on < day)

    columns = ("public_id", "answer_due_on", "application__number")
    return Kind(rows.order_by("answer_due_on", "pk"), columns, tell)


def _selections(user: User, organization: Organization) -> Kind:
    """Proposals of others that the person has not decided on, and publications that stopped."""
    others = Q(state=SelectionState.PROPOSED) & ~Q(proposed_by=user) & ~Q(approvals__by=user)
    stopped = Q(state=SelectionState.PUBLISHING) & ~Q(stopped="")
    rows = Selection.objects.filter(others | stopped, call__office=organization)

    def tell(each: Selection) -> Waiting:
        words = (
            _("Publishing “%(title)s” has stopped") if each.stopped else _("Decide on the selection for “%(title)s”")
        )
        return Waiting(words % {"title": each.call.title}, reverse("programmes:selection", args=[each.public_id]))

    return Kind(rows.order_by("proposed_at", "pk"), ("public_id", "stopped", *OF_A_CALL), tell)
