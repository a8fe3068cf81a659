"""Objections for officers: what waits for an answer, by its day, and answering it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read
from programmes.enums.review import ObjectionState
from programmes.forms.review import AnswerForm
from programmes.models import Objection
from programmes.queries.review import objections_of, open_objections
from programmes.services.review.objections import answer_objection, require_may_answer
from programmes.views.review_office import for_officers

PER_PAGE = 50


@require_safe
def office_objections(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    today = timezone.localdate()
    context = {
        "page": BoundedPaginator(objections_of(request.user), PER_PAGE).get_page(request.GET.get("page")),
        "counts": open_objections(request.user, today),
        "today": today,
    }
    return render(request, "programmes/review/objections.html", context)


def _visible(request: SignedInRequest, public_id: UUID) -> Objection:
    for_officers(request)
    rows = objections_of(request.user).select_related("application__call__office", "raised_by", "decided_by")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def office_objection(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return _show(request, found, AnswerForm())


@require_POST
def office_objection_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    form = AnswerForm(request.POST)
    if form.is_valid() and do(
        form, answer_objection, objection=found, by=request.user, at=timezone.now(), **form.given
    ):
        messages.success(request, _("Answered. The firm is told."))
        return redirect("programmes:office_objection", public_id)
    return _show(request, found, form, 422)


def _show(request: SignedInRequest, found: Objection, form: AnswerForm, status: int = 200) -> HttpResponse:
    why_not = ""
    try:
        require_may_answer(found, request.user)
    except NotAllowed as refused:
        why_not = str(refused)
    context: dict[str, Any] = {
        "objection": found,
        "application": found.application,
        "form": form,
        "is_open": found.state == ObjectionState.OPEN,
        "why_not": why_not,
        "today": timezone.localdate(),
    }
    return render(request, "programmes/review/objection.html", context, status=status)
