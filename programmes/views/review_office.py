"""Officers check what was submitted under a call: the queue, many together, one application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import DomainError
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from programmes.exports.review import queue_cells
from programmes.filters.review import QueueFilter, narrowed
from programmes.forms import review as forms
from programmes.models import Application, Call
from programmes.queries.review import (
    TABS,
    calls_of,
    counts_by_tab,
    neighbours,
    office_page,
    open_objections,
    queue,
    scores_of,
)
from programmes.queries.ties import tie_with
from programmes.scheme import Scheme
from programmes.services.applications.declared import CHECKABLE
from programmes.services.review import check
from programmes.wording.review import criteria_in_words, paper_name, said_of

PER_PAGE = 50
FILTERS = ("q", "flagged")


def for_officers(request: SignedInRequest) -> None:
    if not request.user.has_perm("programmes.review"):
        raise PermissionDenied(_("Only officers who check applications may see this."))


def call_of(request: SignedInRequest, number: str) -> Call:
    """The call, for officers of its office; of other offices 404."""
    for_officers(request)
    return get_object_or_404(calls_of(request.user), number=number)


@require_safe
def review_calls(request: SignedInRequest) -> HttpResponse:
    """All calls of the office, with what waits in each."""
    for_officers(request)
    page = BoundedPaginator(calls_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "objections": open_objections(request.user, timezone.localdate()), "now": timezone.now()}
    return render(request, "programmes/review/calls.html", context)


@dataclass(frozen=True)
class Queue:
    """What an officer goes through: a tab, narrowed. `query` is its address less the page."""

    call: Call
    tab: str
    filter: QueueFilter
    query: str

    @classmethod
    def of(cls, call: Call, asked: QueryDict, user: User) -> "Queue":
        tab = asked.get("tab", "") if asked.get("tab", "") in TABS else "check"
        kept = without_empty(asked)
        for name in [name for name in kept if name not in {"tab", *FILTERS}]:
            del kept[name]
        return cls(call, tab, QueueFilter(asked, queue(call, user)), kept.urlencode())

    @property
    def rows(self) -> QuerySet[Application]:
        rows: QuerySet[Application] = self.filter.qs.filter(state__in=TABS[self.tab][1])
        return rows

    @property
    def url(self) -> str:
        return reverse("programmes:review_queue", args=[self.call.number]) + (f"?{self.query}" if self.query else "")


@require_safe
def review_queue(request: SignedInRequest, number: str) -> HttpResponse:
    call = call_of(request, number)
    asked = Queue.of(call, request.GET, request.user)
    counts = counts_by_tab(asked.filter.qs)
    kept = QueryDict(asked.query, mutable=True)
    kept.pop("tab", None)
    context = {
        "call": call,
        "queue": asked,
        "filter": asked.filter,
        "tab": asked.tab,
        "tabs": [(name, label, counts[name]) for name, (label, _states) in TABS.items()],
        "kept": kept.urlencode(),
        "page": BoundedPaginator(asked.rows, PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": narrowed(request.GET),
        "batch": forms.BatchForm(),
        "today": timezone.localdate(),
        "now": timezone.now(),
    }
    return render_part(
        request, page="programmes/review/queue.html", part="programmes/review/partials/_queue.html", context=context
    )


@require_safe
def review_export(request: SignedInRequest, number: str) -> HttpResponseBase:
    """What the queue shows, all pages of it."""
    call = call_of(request, number)
    asked = Queue.of(call, request.GET, request.user)
    name = f"{call.number}-{asked.tab}-{timezone.localtime():%Y%m%d-%H%M}.csv"
    return csv_response(name, queue_cells(asked.rows[: CEILING + 1]), most=CEILING)


@require_POST
def review_batch(request: SignedInRequest, number: str) -> HttpResponse:
    """First what would happen to each; then, sent again with `go`, it happens to each by itself."""
    call = call_of(request, number)
    form = forms.BatchForm(request.POST)
    chosen = _chosen(call, request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what is to be done."))
        return redirect("programmes:review_queue", call.number)
    act, text = form.cleaned_data["act"], form.cleaned_data["text"]
    context: dict[str, Any] = {"call": call, "form": form, "act": act, "text": text, "is_done": False}
    try:
        if "go" in request.POST:
            revisions = {each.pk: _revision(request.POST, each) for each in chosen}
            context["rows"] = check.decide_many(
                call=call, applications=chosen, act=act, text=text, revisions=revisions, by=request.user,
                at=timezone.now(),
            )  # fmt: skip
            context["is_done"] = True
        else:
            context["rows"] = check.preview_many(call=call, applications=chosen, act=act, by=request.user)
            if act == "ineligible" and not text.strip():
                raise DomainError(_("Give the reasons: the firms read them."), field="text")
    except DomainError as error:
        if error.status != 400:
            raise
        context["refused"] = str(error)
        context.setdefault("rows", [])
        return render(request, "programmes/review/batch.html", context, status=422)
    context["fine"] = sum(each.is_fine for each in context["rows"])
    return render(request, "programmes/review/batch.html", context)


def _chosen(call: Call, sent: QueryDict) -> list[Application]:
    keys = []
    for text in sent.getlist("application")[: check.MOST_AT_ONCE + 1]:
        try:
            keys.append(UUID(text))
        except ValueError:
            raise Http404 from None
    return list(queue(call).filter(public_id__in=keys))


def _revision(sent: QueryDict, application: Application) -> int:
    return _number(sent.get(f"revision-{application.public_id}", ""))


def _number(text: str) -> int:
    """The revision that a page was sent with; −1, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


# --- one application --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    label: Any
    form: type[django_forms.Form]
    service: Callable[..., Any]
    states: tuple[str, ...]
    done: Any
    tone: str = "secondary"


S = check.S
ACTS = {
    "eligible": Act(
        gettext_lazy("Find eligible"), forms.EligibleForm, check.find_eligible, (S.SUBMITTED,),
        gettext_lazy("Found eligible."), "primary",
    ),
    "ask-completion": Act(
        gettext_lazy("Ask for completion"), forms.CompletionForm, check.ask_completion, (S.SUBMITTED, S.COMPLETION),
        gettext_lazy("Asked. The firm is told."),
    ),
    "ineligible": Act(
        pgettext_lazy("eligibility", "Refuse"), forms.IneligibleForm, check.find_ineligible,
        (S.SUBMITTED, S.COMPLETION, S.ELIGIBLE), gettext_lazy("Refused. The firm is told."), "danger",
    ),
}  # fmt: skip


def _visible(request: SignedInRequest, public_id: UUID) -> Application:
    for_officers(request)
    return get_object_or_404(office_page(request.user), public_id=public_id)


@require_safe
def review_application(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    application = _visible(request, public_id)
    mark_target_read(target_id=application.public_id, by=request.user, at=timezone.now())
    return _show(request, application)


@require_POST
def review_act(request: SignedInRequest, public_id: UUID, act: str) -> HttpResponse:
    """Do it and show the application as it is then; a refusal keeps what was typed."""
    if act not in ACTS:
        raise Http404
    application = _visible(request, public_id)
    doing = ACTS[act]
    form = doing.form(request.POST, prefix=act)
    if form.is_valid():
        revision = _number(request.POST.get("revision", ""))
        given = form.given  # type: ignore[attr-defined]
        done = do(
            form, doing.service, application=application, revision=revision, by=request.user, at=timezone.now(),
            **given,
        )  # fmt: skip
        if done is not None:
            rehearsed = _("This is a rehearsal: no money moves, and nobody outside is told.")
            messages.success(request, rehearsed if application.call.is_rehearsal else doing.done)
            return redirect("programmes:review_application", public_id)
    return _show(request, application, status=422, opened=act, form=form)


@require_POST
def review_flag(request: SignedInRequest, public_id: UUID, flag: UUID) -> HttpResponse:
    application = _visible(request, public_id)
    found = get_object_or_404(application.flags.select_related("application"), public_id=flag)
    form = forms.FlagForm(request.POST, prefix=str(flag))
    if form.is_valid() and do(form, check.clear_flag, flag=found, by=request.user, at=timezone.now(), **form.given):
        messages.success(request, _("Kept. The evidence stays."))
        return redirect("programmes:review_application", public_id)
    return _show(request, application, status=422, opened=str(flag), form=form)


@require_safe
def review_paper(request: SignedInRequest, public_id: UUID, paper: UUID) -> HttpResponseBase:
    application = _visible(request, public_id)
    found = get_object_or_404(application.documents, public_id=paper)
    return download(found.file, name=found.name, type=found.type)


def _show(
    request: SignedInRequest, application: Application, *, status: int = 200, opened: str = "",
    form: django_forms.Form | None = None,
) -> HttpResponse:  # fmt: skip
    """Who has a tie reads what the firm handed in, and nothing of what the office found, scored or said of it."""
    scheme = Scheme.from_json(application.version.content)
    tie = tie_with(request.user, application.organization)
    offered = []
    undone = check.overruled([application], request.user)
    for name, act in ACTS.items():
        if application.state in act.states and not tie and not (name == "ineligible" and undone):
            own = form if form is not None and opened == name else act.form(prefix=name)
            offered.append({"name": name, "act": act, "form": own, "is_open": opened == name})
    flags = []
    kept_flags = application.flags.none() if tie else application.flags
    for flag in kept_flags.select_related("other__organization", "cleared_by").order_by("found_at", "pk"):
        key = str(flag.public_id)
        own = form if form is not None and opened == key else forms.FlagForm(prefix=key)
        flags.append({"flag": flag, "form": own, "is_open": opened == key})
    before, after = neighbours(application, (application.state,), request.user)
    scores = [] if tie else list(scores_of(application))
    context = {
        "application": application,
        "said": said_of(application, scheme),
        "papers": [
            (paper_name(scheme, each.key), each)
            for each in application.documents.filter(replaced_at=None).order_by("key", "pk")
        ],
        "flags": flags,
        "steps": () if tie else application.steps.select_related("by").order_by("at", "pk"),
        "scores": [(score, criteria_in_words(scheme, score.points)) for score in scores],
        "objections": application.objections.select_related("decided_by").order_by("raised_at", "pk"),
        "lines": () if tie else application.selection_lines.select_related("selection").order_by("selection__serial"),
        "agreement": getattr(application, "agreement", None),
        "tie": tie,
        "may_check_contract": not tie and not application.call.is_rehearsal and application.state in CHECKABLE,
        "offered": offered,
        "before": before,
        "after": after,
        "today": timezone.localdate(),
    }
    return render(request, "programmes/review/application.html", context, status=status)
