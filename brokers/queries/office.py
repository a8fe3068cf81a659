"""Reads for officers: the queue, one application, the register, the gazette."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.office import CHECKING, TAB_STATES, StepKind
from brokers.enums.registration import ApplicationState, RegistrationKind, RegistrationState
from brokers.models import Application, ApplicationStep, Registration
from marketplace.core.waiting import Kind, Waiting

A = ApplicationState
MOVING = tuple(kind for kind in StepKind if kind not in {StepKind.REMINDED, StepKind.ADVICE, StepKind.SESSION})
"""Steps with which an application came to whom it waits on now."""


def is_party(user: User, application: Application) -> bool:
    """Whether the person applies, or belongs to the corporation that does."""
    if application.applicant_id == user.pk:
        return True
    mine = (membership.organization_id for membership in user.active_memberships())
    return application.organization_id is not None and application.organization_id in mine


def round_of(application: Application) -> QuerySet[ApplicationStep]:
    """The steps since it began, or since an objection was upheld and it began anew; the newest first."""
    steps = application.steps.select_related("by").order_by("-at", "-pk")
    upheld = steps.filter(kind=StepKind.UPHELD).first()
    return steps if upheld is None else steps.filter(Q(at__gt=upheld.at) | Q(at=upheld.at, pk__gt=upheld.pk))


def taken_up_by(application: Application) -> User | None:
    """Who checks it in this round; None where nobody has taken it up."""
    step = round_of(application).filter(kind=StepKind.TAKEN_UP).first()
    return step.by if step else None


def advice_outstanding(application: Application) -> str:
    """Whose advice was asked for and is not there; empty where none is."""
    last = round_of(application).filter(kind__in=(StepKind.PASSED, StepKind.ADVICE)).first()
    return last.data["whose"] if last is not None and last.kind == StepKind.PASSED else ""


def session_of_round(application: Application) -> ApplicationStep | None:
    """The newest session of the committee in this round."""
    return round_of(application).filter(kind=StepKind.SESSION).first()


def has_checked(user: User, application: Application) -> bool:
    return application.steps.checks().filter(by=user).exists()


# --- the queue --------------------------------------------------------------------------------------------------------


def queue(user: User) -> QuerySet[Application]:
    """Everything handed in that `user` may see, with what a row shows, the oldest first.

    `taken_by_name`: who has taken it up last, None where nobody has; `waits_since`: when it came into its state.
    """
    steps = ApplicationStep.objects.filter(application=OuterRef("pk")).order_by("-at", "-pk")
    taken = steps.filter(kind__in=(StepKind.TAKEN_UP, StepKind.UPHELD))
    is_taken = Q(last_taking=StepKind.TAKEN_UP)  # an objection that was upheld begins anew, with nobody
    rows = Application.objects.visible_to(user).handed_in().select_related("organization", "applicant")
    return rows.annotate(
        last_taking=Subquery(taken.values("kind")[:1]),
        taken_by=Case(When(is_taken, then=Subquery(taken.values("by")[:1]))),
        taken_by_name=Case(When(is_taken, then=Subquery(taken.values("by__name")[:1]))),
        waits_since=Coalesce(Subquery(steps.filter(kind__in=MOVING).values("at")[:1]), F("applied_at")),
    ).order_by("applied_at", "pk")


def counts_by_tab(rows: QuerySet[Application]) -> dict[str, int]:
    """How many there are in each tab of the queue. One question."""
    found = rows.order_by().aggregate(
        **{name: Count("pk", filter=Q(state__in=states)) for name, states in TAB_STATES.items()}
    )
    return {name: found[name] for name in TAB_STATES}


def office_page(user: User) -> QuerySet[Application]:
    """Applications with what an officer's page shows."""
    rows = queue(user)
    people = ("organization", "applicant", "declared_by", "decided_by", "requirements")
    return rows.select_related(*people).prefetch_related("career", "training", "documents")


# --- the home page ----------------------------------------------------------------------------------------------------


OF_AN_APPLICATION = (
    "public_id", "number", "state", "is_ready", "completion_due_on", "organization__name", "applicant__name",
    "applicant__email",
)  # fmt: skip


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Applications that an officer has to take up, go on with or decide on, the oldest first."""
    if organization is None or not has_permission(user, Permission.GOVERN_BROKERS, organization):
        return
    mine = Q(state__in=(A.DOC_CHECK, A.ADVICE, A.COMMITTEE), taken_by=user.pk, is_ready=False)
    late = Q(state=A.COMPLETION, completion_due_on__lt=day, taken_by=user.pk)
    others = Q(is_ready=True) | Q(state=A.OBJECTED)
    rows = _with_readiness(queue(user), user).filter(
        Q(state=A.APPLIED) | mine | late | (others & Q(checked_by_me=False)), Q(of_mine=False)
    )
    yield Kind(rows, OF_AN_APPLICATION, _waiting)


def _with_readiness(rows: QuerySet[Application], user: User) -> QuerySet[Application]:
    """With what the home page asks: can it be decided, did `user` check it, is it of the user's own side."""
    steps = ApplicationStep.objects.filter(application=OuterRef("pk"))
    advised = Exists(steps.filter(Q(kind=StepKind.ADVICE) | Q(kind=StepKind.PASSED, data__whose="")))
    heard = Exists(steps.filter(kind=StepKind.SESSION))
    ready = Q(state=A.ADVICE, kind=RegistrationKind.AGENCY) & advised | Q(state=A.COMMITTEE) & heard
    mine = [membership.organization_id for membership in user.active_memberships()]
    return rows.annotate(
        is_ready=Case(When(ready, then=True), default=False),
        checked_by_me=Exists(steps.filter(kind__in=CHECKING, by=user)),
        of_mine=Case(When(Q(applicant=user) | Q(organization__in=mine), then=True), default=False),
    )


SENTENCES = {
    A.APPLIED: gettext_noop("Take up the application of %(name)s (%(number)s)"),
    A.DOC_CHECK: gettext_noop("Check the application of %(name)s (%(number)s)"),
    A.COMPLETION: gettext_noop("%(name)s has not completed its application (%(number)s)"),
    A.ADVICE: gettext_noop("Record advice on the application of %(name)s (%(number)s)"),
    A.COMMITTEE: gettext_noop("Record the committee’s session on %(name)s (%(number)s)"),
    A.OBJECTED: gettext_noop("Decide on the objection of %(name)s (%(number)s)"),
}
TO_DECIDE = gettext_noop("Decide on the application of %(name)s (%(number)s)")


def _waiting(application: Application) -> Waiting:
    state = ApplicationState(application.state)
    is_ready = application.is_ready  # type: ignore[attr-defined]  # of `_with_readiness`
    sentence = TO_DECIDE if is_ready else SENTENCES[state]
    title = _(sentence) % {"name": application.of_whom, "number": application.number}
    url = reverse("brokers:office_application", args=[application.public_id])
    late = state == A.COMPLETION
    return Waiting(title, url, application.completion_due_on if late else None, is_overdue=late)


# --- the register and the gazette -------------------------------------------------------------------------------------


def registrations(user: User) -> QuerySet[Registration]:
    """All registrations, those cancelled included, the newest first."""
    rows = Registration.objects.visible_to(user).select_related("organization", "user", "application")
    return rows.order_by("-registered_at", "-pk")


def counts_by_state(user: User) -> list[tuple[str, int]]:
    """How many registrations there are in each state, by its name in the reader's language. One question."""
    rows = Registration.objects.visible_to(user).order_by().values_list("state").annotate(many=Count("pk"))
    found = dict(rows)
    return [(str(state.label), found.get(state.value, 0)) for state in RegistrationState]


def gazette() -> QuerySet[ApplicationStep]:
    """What was published of each registration, the newest first. Public."""
    return ApplicationStep.objects.published().select_related("application__registration")
