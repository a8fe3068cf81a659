"""What becomes of running mandates: the client chooses, officers supervise."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from brokers.enums.cases import HandOverState
from brokers.filters.cases import HandOverFilter
from brokers.forms.cases import ChooseForm, SettleForm
from brokers.models import HandOver
from brokers.services.cases.hand_over import choose_hand_over, settle_hand_over
from brokers.views.acting import act
from brokers.views.case_office import require_officer
from marketplace.core.pages import render_part
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """Those of one's organizations, as client or as broker; what is due first."""
    rows = HandOver.objects.visible_to(request.user).for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "brokers/cases/hand_overs.html", {"page": page, "today": timezone.localdate()})


@require_safe
def queue(request: SignedInRequest) -> HttpResponse:
    """All of them, for officers: what is open, and until when."""
    require_officer(request)
    found = HandOverFilter(request.GET, HandOver.objects.visible_to(request.user), request=request)
    rows = found.qs if request.GET.get("state") else found.qs.open()
    context = {
        "filter": found,
        "page": BoundedPaginator(rows.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "today": timezone.localdate(),
        "is_narrowed": bool(request.GET.get("state")),
    }
    return render_part(
        request,
        page="brokers/cases/hand_over_queue.html",
        part="brokers/cases/partials/_hand_overs.html",
        context=context,
    )


def _visible(request: SignedInRequest, public_id: UUID, permission: str = "") -> HandOver:
    rows = HandOver.objects.visible_to(request.user).for_page()
    found = get_object_or_404(rows, public_id=public_id)
    if permission and not request.user.has_perm(permission, found):
        raise PermissionDenied
    return found


@require_safe
def detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    hand_over = _visible(request, public_id)
    mark_target_read(target_id=hand_over.public_id, by=request.user, at=timezone.now())
    return _show(request, hand_over)


def _show(request: SignedInRequest, hand_over: HandOver, **given: forms.Form) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    is_open, is_late = hand_over.state == HandOverState.OPEN, hand_over.until_on < today
    context: dict[str, Any] = {
        "hand_over": hand_over,
        "mandate": hand_over.mandate,
        "is_late": is_late,
        "may_choose": is_open and user.has_perm("brokers.choose_hand_over", hand_over),
        "may_settle": is_open and is_late and user.has_perm("brokers.settle_hand_over", hand_over),
        "choose_form": ChooseForm(auto_id="id_choose_%s", hand_over=hand_over),
        "settle_form": SettleForm(auto_id="id_settle_%s", hand_over=hand_over),
        **given,
    }
    status = 422 if any(form.errors for form in given.values()) else 200
    return render(request, "brokers/cases/hand_over.html", context, status=status)


@require_POST
def choose(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    hand_over = _visible(request, public_id, "brokers.choose_hand_over")
    form = ChooseForm(request.POST, auto_id="id_choose_%s", hand_over=hand_over)
    said = _("Your choice is saved. Everybody concerned is told.")
    done = act(
        request, form, choose_hand_over, said, then=("brokers:hand_over", hand_over.public_id), hand_over=hand_over
    )
    return done or _show(request, hand_over, choose_form=form)


@require_POST
def settle(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    hand_over = _visible(request, public_id, "brokers.settle_hand_over")
    form = SettleForm(request.POST, auto_id="id_settle_%s", hand_over=hand_over)
    said = _("Settled. Client and broker are told.")
    done = act(
        request, form, settle_hand_over, said, then=("brokers:hand_over", hand_over.public_id), hand_over=hand_over
    )
    return done or _show(request, hand_over, settle_form=form)
