"""Changes that brokers tell their office."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from brokers.clocks import NOTICE_DAYS
from brokers.enums.duties import ChangeState
from brokers.forms.duties import AcknowledgeForm, ChangeForm, DismissForm
from brokers.models import ChangeNotice, Registration
from brokers.queries.duties import registrations_of
from brokers.services.duties.asking import reports_for
from brokers.services.duties.changes import acknowledge_change, dismiss_change, file_change
from brokers.views.acting import act, allowed
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


def _own(request: SignedInRequest) -> list[Registration]:
    """The registrations for which the person reports."""
    return [row for row in registrations_of(request.user) if reports_for(request.user, row)]


@require_safe
def changes(request: SignedInRequest) -> HttpResponse:
    """Changes of one's brokers, of an officer those of all, the latest first."""
    rows = ChangeNotice.objects.visible_to(request.user).for_list()
    context = {
        "page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_file": bool(_own(request)),
        "notice_days": NOTICE_DAYS,
        "today": timezone.localdate(),
    }
    return render(request, "brokers/duties/changes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_new(request: SignedInRequest) -> HttpResponse:
    registrations = _own(request)
    if not registrations:
        raise NotAllowed(_("Only people of a registered broker who report to the office can do this."))
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ChangeForm(*data, registrations=registrations, initial={"happened_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid() and (notice := _file(request, form, None)):
        return redirect("brokers:change", notice.public_id)
    context = {"form": form, "notice_days": NOTICE_DAYS}
    return render(request, "brokers/duties/change_form.html", context, status=422 if form.errors else 200)


def _file(request: SignedInRequest, form: ChangeForm, suggestion: ChangeNotice | None) -> ChangeNotice | None:
    given, sent = form.cleaned_data, form.cleaned_data["evidence"]
    names = ("kind", "text", "happened_on")
    notice: ChangeNotice | None = do(
        form, file_change, registration=suggestion.registration if suggestion else form.chosen(),
        evidence=sent.file if sent else None, evidence_name=sent.name if sent else "", suggestion=suggestion,
        by=request.user, at=timezone.now(), **{name: given[name] for name in names},
    )  # fmt: skip
    if notice:
        messages.success(request, _("The office was told. You hear when it has acknowledged it."))
    return notice


def _visible(request: SignedInRequest, public_id: UUID) -> ChangeNotice:
    return get_object_or_404(ChangeNotice.objects.visible_to(request.user).for_list(), public_id=public_id)


@require_safe
def change(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    notice = _visible(request, public_id)
    mark_target_read(target_id=notice.public_id, by=request.user, at=timezone.now())
    return _show(request, notice)


def _show(request: SignedInRequest, notice: ChangeNotice, **forms: Any) -> HttpResponse:
    may = notice.state == ChangeState.SUGGESTED and request.user.has_perm("brokers.file_change", notice)
    start = {name: getattr(notice, name) for name in ("kind", "text", "happened_on")}
    acknowledges = request.user.has_perm("brokers.acknowledge_change", notice)
    context = {
        "notice": notice,
        "is_late": notice.is_late_on(timezone.localdate()),
        "may_file": may,
        "may_acknowledge": notice.state == ChangeState.FILED and acknowledges,
        "form": ChangeForm(registrations=[notice.registration], initial=start),
        "dismiss_form": DismissForm(auto_id="id_dismiss_%s"),
        "acknowledge_form": AcknowledgeForm(auto_id="id_acknowledge_%s"),
        "names_people": request.user.has_perm("brokers.watch_duties"),
    }
    return render(request, "brokers/duties/change.html", context | forms, status=422 if forms else 200)


@require_POST
def change_file(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Tell what the house suggested."""
    notice = _visible(request, public_id)
    allowed(request, "brokers.file_change", notice)
    form = ChangeForm(request.POST, request.FILES, registrations=[notice.registration])
    if form.is_valid() and _file(request, form, notice):
        return redirect("brokers:change", notice.public_id)
    return _show(request, notice, form=form)


@require_POST
def change_dismiss(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    notice = _visible(request, public_id)
    allowed(request, "brokers.file_change", notice)
    form = DismissForm(request.POST, auto_id="id_dismiss_%s")
    said = _("Written down: this need not be told.")
    done = act(request, form, dismiss_change, said, then=("brokers:change", notice.public_id), notice=notice)
    return done or _show(request, notice, dismiss_form=form)


@require_POST
def change_acknowledge(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    notice = _visible(request, public_id)
    allowed(request, "brokers.acknowledge_change", notice)
    form = AcknowledgeForm(request.POST, auto_id="id_acknowledge_%s")
    said = _("Acknowledged. The broker is told.")
    done = act(request, form, acknowledge_change, said, then=("brokers:change", notice.public_id), notice=notice)
    return done or _show(request, notice, acknowledge_form=form)


@require_safe
def change_evidence(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    found = _visible(request, public_id)
    return download(found.evidence, name=found.evidence_name, type=found.evidence_type)
