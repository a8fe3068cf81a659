"""Officers go through applications for registration: the queue, one application, what is done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from brokers.enums.office import TAB_LABELS, TAB_STATES, Act
from brokers.exports.office import application_cells
from brokers.filters.office import ApplicationFilter, narrowed
from brokers.forms import office as forms
from brokers.models import Application
from brokers.queries.office import counts_by_tab, office_page, queue
from brokers.queries.office_acts import Possible, acts_of
from brokers.queries.office_check import check_of
from brokers.queries.office_history import changes_of
from brokers.services.office import check_documents, hear_others
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.office.register import register
from brokers.wording.office import steps_in_words
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 50
LONGEST_WALK = 1_000
FILTERS = ("q", "kind", "taken")


def for_officers(request: SignedInRequest) -> None:
    if not request.user.has_perm("brokers.govern_brokers"):
        raise PermissionDenied(_("Only officers who register brokers may see this."))


@dataclass(frozen=True)
class Queue:
    """What an officer goes through: a tab, narrowed. `query` is its address less the page."""

    tab: str
    filter: ApplicationFilter
    query: str

    @classmethod
    def of(cls, asked: QueryDict, request: SignedInRequest) -> "Queue":
        tab = asked.get("tab", "") if asked.get("tab", "") in TAB_STATES else "new"
        kept = without_empty(asked)
        for name in [name for name in kept if name not in {"tab", *FILTERS}]:
            del kept[name]
        return cls(tab, ApplicationFilter(asked, queue(request.user), request=request), kept.urlencode())

    @property
    def rows(self) -> QuerySet[Application]:
        rows: QuerySet[Application] = self.filter.qs.filter(state__in=TAB_STATES[self.tab])
        return rows

    @property
    def url(self) -> str:
        return reverse("brokers:office_queue") + (f"?{self.query}" if self.query else "")

    def page_of(self, public_id: object) -> str:
        address = reverse("brokers:office_application", args=[public_id])
        return address + (f"?{self.query}" if self.query else "")

    def around(self, application: Application) -> tuple[str, str]:
        """The addresses of the one before and the one after, empty where there is none."""
        order = list(self.rows.values_list("public_id", flat=True)[:LONGEST_WALK])
        if application.public_id not in order:
            return "", ""
        at = order.index(application.public_id)
        before = self.page_of(order[at - 1]) if at else ""
        return before, self.page_of(order[at + 1]) if at + 1 < len(order) else ""


@require_safe
def office_queue(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    asked = Queue.of(request.GET, request)
    counts = counts_by_tab(asked.filter.qs)
    if "tab" not in request.GET:  # the first tab in which something stands
        first = next((name for name in TAB_LABELS if counts[name]), asked.tab)
        asked = Queue.of(QueryDict(f"{asked.query}&tab={first}"), request)
    kept = QueryDict(asked.query, mutable=True)
    kept.pop("tab", None)
    context = {
        "queue": asked,
        "filter": asked.filter,
        "tab": asked.tab,
        "tabs": [(name, label, counts[name]) for name, label in TAB_LABELS.items()],
        "kept": kept.urlencode(),
        "page": BoundedPaginator(asked.rows, PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": narrowed(request.GET, *FILTERS),
        "now": timezone.now(),
        "today": timezone.localdate(),
    }
    return render_part(
        request, page="brokers/office/queue.html", part="brokers/office/partials/_queue.html", context=context
    )


@require_safe
def office_export(request: SignedInRequest) -> HttpResponseBase:
    """What the queue shows, all pages of it."""
    for_officers(request)
    asked, now = Queue.of(request.GET, request), timezone.now()
    name = f"broker-applications-{asked.tab}-{timezone.localtime(now):%Y%m%d-%H%M}.csv"
    return csv_response(name, application_cells(asked.rows[: CEILING + 1], now), most=CEILING)


@require_safe
def office_application(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    application = _visible(request, public_id)
    mark_target_read(target_id=application.public_id, by=request.user, at=timezone.now())
    return _show(request, application, Queue.of(request.GET, request))


def _visible(request: SignedInRequest, public_id: UUID) -> Application:
    for_officers(request)
    return get_object_or_404(office_page(request.user), public_id=public_id)


@dataclass(frozen=True)
class Doing:
    """How an act is done: its form, the permission asked before, the service, and what is said then."""

    form: type[forms.ActForm]
    service: Callable[..., Any]
    done: Any
    permission: str = "brokers.act_on_application"
    button: Any = ""


DOING: dict[str, Doing] = {
    Act.TAKE_UP: Doing(forms.TakeUpForm, check_documents.take_up, gettext_lazy("You took it up.")),
    Act.ASK_COMPLETION: Doing(
        forms.CompletionForm, check_documents.ask_completion, gettext_lazy("Asked. The applicant is told.")
    ),
    Act.PASS: Doing(forms.PassForm, check_documents.pass_to_advice, gettext_lazy("Passed on.")),
    Act.ADVICE: Doing(forms.AdviceForm, hear_others.record_advice, gettext_lazy("The advice is recorded.")),
    Act.COMMITTEE: Doing(
        forms.CommitteeForm, hear_others.put_before_committee, gettext_lazy("It comes before the committee.")
    ),
    Act.SESSION: Doing(forms.SessionForm, hear_others.record_session, gettext_lazy("The session is recorded.")),
    Act.TRAINING: Doing(
        forms.TrainingForm, hear_others.ask_training, gettext_lazy("Asked. The applicant is told.")
    ),
    Act.REGISTER: Doing(
        forms.RegisterForm, register, gettext_lazy("Registered and published."), "brokers.register_application"
    ),
    Act.REFUSE: Doing(forms.RefuseForm, refuse, gettext_lazy("Refused. The applicant is told.")),
    Act.OBJECTION: Doing(
        forms.ObjectionForm, decide_objection, gettext_lazy("Decided. The applicant is told."),
        "brokers.decide_objection",
    ),
}  # fmt: skip


@require_POST
def office_act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Do it and show the application as it is then; a refusal keeps what was typed."""
    doing = DOING.get(act)
    if doing is None:
        raise Http404
    application = _visible(request, public_id)
    asked = Queue.of(QueryDict(request.POST.get("query", "")), request)
    if not request.user.has_perm(doing.permission, application):
        raise PermissionDenied(_why_not(application, request, act))
    findings = check_of(application, timezone.localdate())
    form = doing.form(request.POST, application=application, findings=findings, prefix=act)
    if not form.is_valid():
        return _show(request, application, asked, status=422, opened=act, form=form)
    try:
        doing.service(application=application, by=request.user, at=timezone.now(), **form.given)
    except NotAllowed:
        raise
    except DomainError as error:
        name = form.name_of(error.field)
        if name:
            form.add_error(name, str(error))
        status = 409 if isinstance(error, Conflict) else 422
        fresh = _visible(request, public_id)
        refused = "" if name else str(error)
        return _show(request, fresh, asked, status=status, opened=act, form=form, refused=refused)
    messages.success(request, doing.done)
    return redirect(asked.page_of(application.public_id))


def _why_not(application: Application, request: SignedInRequest, act: str) -> str:
    possible = (each.why_not for each in acts_of(application, request.user, timezone.localdate()) if each.act == act)
    return next(possible, "") or _("You may not do this.")


@dataclass(frozen=True)
class Offered:
    """An act on the page: its form, and why it cannot be done yet."""

    possible: Possible
    form: forms.ActForm
    is_open: bool

    @property
    def act(self) -> Act:
        return self.possible.act

    @property
    def why_not(self) -> str:
        return self.possible.why_not


def _show(
    request: SignedInRequest, application: Application, asked: Queue, *, status: int = 200, opened: str = "",
    form: forms.ActForm | None = None, refused: str = "",
) -> HttpResponse:  # fmt: skip
    today = timezone.localdate()
    findings = check_of(application, today)
    offered = []
    for possible in acts_of(application, request.user, today):
        own = form if form is not None and possible.act == opened else None
        fresh = own or DOING[possible.act].form(application=application, findings=findings, prefix=possible.act)
        offered.append(Offered(possible, fresh, own is not None))
    before, after = asked.around(application)
    context = {
        "application": application,
        "queue": asked,
        "findings": findings,
        "offered": offered,
        "typed": form if form is not None and not any(each.is_open and not each.why_not for each in offered) else None,
        "refused": refused,
        "steps": steps_in_words(application.steps.for_list(), for_officers=True),
        "changes": changes_of(application),
        "staff": _staff_of(application),
        "registration": getattr(application, "registration", None),
        "previous_url": before,
        "next_url": after,
        "is_late": application.completion_is_late_on(today),
        "today": today,
    }
    return render(request, "brokers/office/application.html", context, status=status)


def _staff_of(application: Application) -> Any:
    """Whom the agency names, with their qualifications; nothing for traders."""
    if application.organization is None:
        return []
    rows = application.organization.broker_staff.filter(until_on=None).select_related("user")
    return rows.prefetch_related("user__qualifications").order_by("from_on", "pk")
