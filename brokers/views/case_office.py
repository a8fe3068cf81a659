"""Cases as officers see them: the queue, a case, and what is done in it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from brokers.enums.cases import BEFORE_THE_HEARING, OPEN_CASES, CaseState, HearingState
from brokers.exports.cases import rows_of
from brokers.filters.cases import STATES_OF, CaseFilter, CaseStage
from brokers.forms.cases import CaseForm, CloseForm, DecisionForm, NoticeForm, PostponeForm, RecordForm, StatementForm
from brokers.models import CancellationCase, HandOver
from brokers.queries.cases import broker_of, hearing_of, history_of_case
from brokers.querysets.cases import CancellationCaseQuerySet
from brokers.querysets.registration import governs_brokers
from brokers.services.cases.decide import close_case, decide_case
from brokers.services.cases.hearing import notice_hearing, postpone_hearing, record_hearing
from brokers.services.cases.open_case import open_case
from brokers.services.cases.statement import send_statement
from brokers.views.acting import act
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


def require_officer(request: SignedInRequest) -> None:
    if not governs_brokers(request.user):
        raise PermissionDenied


def _found(request: SignedInRequest) -> CaseFilter:
    require_officer(request)
    return CaseFilter(request.GET, CancellationCase.objects.visible_to(request.user), request=request)


@require_safe
def case_list(request: SignedInRequest) -> HttpResponse:
    """The queue by tabs, the newest first."""
    found = _found(request)
    context = {
        "filter": found,
        "page": BoundedPaginator(_in_order(found.qs), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "ground", "kind")),
        "stage": request.GET.get("stage", ""),
        "query": without(request.GET, "stage"),
        "tabs": _tabs(),
    }
    return render_part(
        request, page="brokers/cases/queue.html", part="brokers/cases/partials/_queue.html", context=context
    )


def _tabs() -> list[tuple[str, Any, int | None]]:
    """How many stand under each tab, whatever else is asked. One query."""
    names = {stage: Count("pk", filter=Q(state__in=STATES_OF[stage])) for stage in CaseStage if stage != CaseStage.OVER}
    counts = CancellationCase.objects.aggregate(**{stage.value: count for stage, count in names.items()})
    return [(stage.value, stage.label, counts.get(stage.value)) for stage in CaseStage]


def _in_order(rows: CancellationCaseQuerySet) -> CancellationCaseQuerySet:
    return rows.for_list().order_by("-opened_at", "-pk")


@require_safe
def case_export(request: SignedInRequest) -> HttpResponseBase:
    """The queue as it is filtered, as CSV."""
    return csv_response("cases.csv", rows_of(_in_order(_found(request).qs)))


@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request: SignedInRequest) -> HttpResponse:
    require_officer(request)
    form = CaseForm(posted(request), initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        case = do(form, open_case, by=request.user, at=timezone.now(), **form.cleaned_data)
        if case:
            messages.success(request, _("The case is open, and the broker is told. Fix a hearing next."))
            return redirect("brokers:case", case.public_id)
    return render(request, "brokers/cases/new.html", {"form": form}, status=422 if form.errors else 200)


def _case(request: SignedInRequest, public_id: UUID, permission: str = "brokers.govern_cases") -> CancellationCase:
    case = get_object_or_404(CancellationCase.objects.visible_to(request.user).for_page(), public_id=public_id)
    thing = None if permission == "brokers.govern_cases" else case
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied
    return case


@require_safe
def case_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id)
    mark_target_read(target_id=case.public_id, by=request.user, at=timezone.now())
    return _show(request, case)


def _show(request: SignedInRequest, case: CancellationCase, **given: forms.Form) -> HttpResponse:
    user, hearing = request.user, hearing_of(case)
    is_apart = user.has_perm("brokers.handle_case", case)
    is_noticed = case.state == CaseState.NOTICED
    has_begun = hearing is not None and hearing.starts_at <= timezone.now()
    place = {"place": hearing.place, "chair": hearing.chair.public_id} if hearing else {}
    context = {
        "case": case,
        "broker": broker_of(case.registration),
        "hearing": hearing,
        "held": hearing if hearing and hearing.state == HearingState.HELD else None,
        "history": history_of_case(case, user),
        "hand_overs": HandOver.objects.filter(case=case).for_list(),
        "is_apart": is_apart,
        "may_notice": is_apart and case.state == CaseState.OPENED,
        "may_postpone": is_apart and is_noticed,
        "may_record": is_noticed and has_begun and user.has_perm("brokers.record_hearing", case),
        "may_decide": case.state == CaseState.HELD and user.has_perm("brokers.decide_case", case),
        "may_close": is_apart and case.state in BEFORE_THE_HEARING,
        "may_add": is_apart and case.state in OPEN_CASES,
        "notice_form": NoticeForm(auto_id="id_notice_%s"),
        "postpone_form": PostponeForm(auto_id="id_postpone_%s", initial=place),
        "record_form": RecordForm(auto_id="id_record_%s"),
        "decision_form": DecisionForm(auto_id="id_decide_%s", case=case, initial={"revision": case.revision}),
        "close_form": CloseForm(auto_id="id_close_%s"),
        "statement_form": StatementForm(auto_id="id_add_%s"),
        **given,
    }
    status = 422 if any(form.errors for form in given.values()) else 200
    return render(request, "brokers/cases/case.html", context, status=status)


def _act(
    request: SignedInRequest, case: CancellationCase, name: str, form: Any, service: Callable[..., Any], done: str
) -> HttpResponse:
    """One form of the page and the service behind it; `name` is what the template calls the form."""
    page = act(request, form, service, done, then=("brokers:case", case.public_id), case=case)
    return page or _show(request, case, **{name: form})


@require_POST
def notice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id, "brokers.handle_case")
    form = NoticeForm(request.POST, auto_id="id_notice_%s")
    done = _("Notice is given: the broker and the chair are told. Print the notice if it goes by post, too.")
    return _act(request, case, "notice_form", form, notice_hearing, done)


@require_POST
def postpone(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id, "brokers.handle_case")
    form = PostponeForm(request.POST, auto_id="id_postpone_%s")
    done = _("The hearing is postponed. The broker and the chair are told.")
    return _act(request, case, "postpone_form", form, postpone_hearing, done)


@require_POST
def record(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id, "brokers.record_hearing")
    form = RecordForm(request.POST, auto_id="id_record_%s")
    done = _("You signed the record. Another officer decides now.")
    return _act(request, case, "record_form", form, record_hearing, done)


@require_POST
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id, "brokers.decide_case")
    form = DecisionForm(request.POST, auto_id="id_decide_%s", case=case)
    return _act(request, case, "decision_form", form, decide_case, _("Decided. Everybody concerned is told."))


@require_POST
def close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id, "brokers.handle_case")
    form = CloseForm(request.POST, auto_id="id_close_%s")
    return _act(request, case, "close_form", form, close_case, _("The case is closed. The broker is told."))


@require_POST
def add(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Evidence of the office."""
    case = _case(request, public_id, "brokers.handle_case")
    form = StatementForm(request.POST, request.FILES, auto_id="id_add_%s")
    return _act(request, case, "statement_form", form, send_statement, _("Added. The broker is told."))
