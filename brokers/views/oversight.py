"""What officers see of the duties of brokers, and warnings for both sides."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from brokers.clocks import GRACE_DAYS, grace_ends
from brokers.enums.duties import WarningState
from brokers.exports.duties import duty_cells
from brokers.forms.duties import AnswerForm, LiftForm, WarnForm
from brokers.models import BrokerWarning, ChangeNotice, DealReport, Registration
from brokers.queries.duties import open_duties, with_duties
from brokers.services.duties.minimum import standing
from brokers.services.duties.warn import WARNABLE, answer_warning, give_warning, lift_warning
from brokers.views.acting import act, allowed
from marketplace.core.asking import do
from marketplace.core.exports import csv_response
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE, LATEST = 20, 10
TABS = ("open", "missed", "late", "below", "changes", "warned", "all")


def _officers_only(request: SignedInRequest) -> None:
    if not request.user.has_perm("brokers.watch_duties"):
        raise PermissionDenied


def _chosen(request: SignedInRequest) -> str:
    wanted = request.GET.get("show", "open")
    return wanted if wanted in TABS else "open"


@require_safe
def duties(request: SignedInRequest) -> HttpResponse:
    """Brokers with something open: missed reports, late changes, below the minimum, warned."""
    _officers_only(request)
    today, show = timezone.localdate(), _chosen(request)
    rows = open_duties(with_duties(today), show)
    context = {
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "show": show,
        "grace_days": GRACE_DAYS,
    }
    return render(request, "brokers/duties/duties.html", context)


@require_safe
def duties_export(request: SignedInRequest) -> HttpResponseBase:
    _officers_only(request)
    rows = open_duties(with_duties(timezone.localdate()), _chosen(request))
    return csv_response(f"duties-of-brokers-{timezone.localdate()}.csv", duty_cells(rows.iterator(500)))


def _registration(request: SignedInRequest, public_id: UUID) -> Registration:
    _officers_only(request)
    rows = Registration.objects.visible_to(request.user).select_related("organization", "user")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def broker(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Everything about the duties of one broker; officers warn it here."""
    return _show_broker(request, _registration(request, public_id), WarnForm(auto_id="id_warn_%s"))


def _show_broker(request: SignedInRequest, found: Registration, form: WarnForm) -> HttpResponse:
    today = timezone.localdate()
    own: dict[str, Any] = {"registration": found}
    context = {
        "registration": found,
        "standing": standing(found.organization, today) if found.organization and found.kind == "agency" else None,
        "grace_ends": grace_ends(found.below_since) if found.below_since else None,
        "reports": DealReport.objects.filter(**own).for_list()[:LATEST],
        "changes": ChangeNotice.objects.filter(**own).for_list()[:LATEST],
        "warnings": BrokerWarning.objects.filter(**own).for_list()[:LATEST],
        "may_warn": found.state in WARNABLE and request.user.has_perm("brokers.warn", found),
        "form": form,
        "today": today,
    }
    return render(request, "brokers/duties/broker.html", context, status=422 if form.errors else 200)


@require_POST
def warn(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _registration(request, public_id)
    allowed(request, "brokers.warn", found)
    form = WarnForm(request.POST, auto_id="id_warn_%s")
    made = None
    if form.is_valid():
        made = do(form, give_warning, registration=found, by=request.user, at=timezone.now(), **form.cleaned_data)
    if made:
        messages.success(request, _("The broker was warned and is told."))
        return redirect("brokers:warning", made.public_id)
    return _show_broker(request, found, form)


@require_safe
def warnings(request: SignedInRequest) -> HttpResponse:
    """Warnings of one's brokers, of an officer those of all, the latest first."""
    rows = BrokerWarning.objects.visible_to(request.user).for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "brokers/duties/warnings.html", {"page": page})


def _warning(request: SignedInRequest, public_id: UUID) -> BrokerWarning:
    return get_object_or_404(BrokerWarning.objects.visible_to(request.user).for_list(), public_id=public_id)


@require_safe
def warning(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _warning(request, public_id)
    mark_target_read(target_id=found.public_id, by=request.user, at=timezone.now())
    return _show_warning(request, found)


def _show_warning(request: SignedInRequest, found: BrokerWarning, **forms: Any) -> HttpResponse:
    context = {
        "warning": found,
        "may_answer": found.state == WarningState.GIVEN and request.user.has_perm("brokers.answer_warning", found),
        "may_lift": found.state != WarningState.LIFTED and request.user.has_perm("brokers.lift_warning", found),
        "answer_form": AnswerForm(auto_id="id_answer_%s"),
        "lift_form": LiftForm(auto_id="id_lift_%s"),
        "names_officers": request.user.has_perm("brokers.watch_duties"),
    }
    return render(request, "brokers/duties/warning.html", context | forms, status=422 if forms else 200)


@require_POST
def warning_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _warning(request, public_id)
    allowed(request, "brokers.answer_warning", found)
    form = AnswerForm(request.POST, auto_id="id_answer_%s")
    said = _("Your answer was sent to the office.")
    done = act(request, form, answer_warning, said, then=("brokers:warning", found.public_id), warning=found)
    return done or _show_warning(request, found, answer_form=form)


@require_POST
def warning_lift(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _warning(request, public_id)
    allowed(request, "brokers.lift_warning", found)
    form = LiftForm(request.POST, auto_id="id_lift_%s")
    said = _("The warning was lifted. The broker is told.")
    done = act(request, form, lift_warning, said, then=("brokers:warning", found.public_id), warning=found)
    return done or _show_warning(request, found, lift_form=form)
