"""The panel of a call for its officers; the pages of a panel member."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.asking import do
from marketplace.core.downloads import download
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read
from programmes.enums.applications import ApplicationState
from programmes.enums.review import PanelistState
from programmes.forms import review as forms
from programmes.models import Application, Call, Panelist
from programmes.queries.review import my_panels, seats_of, to_score
from programmes.queries.ties import tie_in, tie_with, ties_in
from programmes.scheme import Scheme
from programmes.services.review.panel import answer_invitation, declare, invite, remove, save_score
from programmes.views.review_office import call_of
from programmes.wording.review import paper_name, said_of

PER_PAGE = 50


@require_safe
def office_panel(request: SignedInRequest, number: str) -> HttpResponse:
    return _office(request, call_of(request, number), forms.InviteForm())


def _office(request: SignedInRequest, call: Call, form: forms.InviteForm, status: int = 200) -> HttpResponse:
    context = {
        "call": call,
        "tie": tie_in(call, request.user),
        "seats": seats_of(call),
        "form": form,
        "eligible": call.applications.filter(state=ApplicationState.ELIGIBLE).count(),
    }
    return render(request, "programmes/review/panel_office.html", context, status=status)


@require_POST
def office_panel_invite(request: SignedInRequest, number: str) -> HttpResponse:
    call = call_of(request, number)
    form = forms.InviteForm(request.POST)
    seat = form.is_valid() and do(form, invite, call=call, by=request.user, at=timezone.now(), **form.given)
    if seat:
        messages.success(request, _("Invited. The person is told."))
        if ties := ties_in(call, seat.user):
            messages.warning(
                request,
                ngettext(
                    "This person has to do with %(many)d applicant and will not score it.",
                    "This person has to do with %(many)d applicants and will not score them.",
                    ties,
                )
                % {"many": ties},
            )
        return redirect("programmes:office_panel", call.number)
    return _office(request, call, form, 422)


@require_POST
def office_panel_remove(request: SignedInRequest, number: str, public_id: UUID) -> HttpResponse:
    call = call_of(request, number)
    seat = get_object_or_404(call.panelists.select_related("call__office"), public_id=public_id)
    remove(panelist=seat, by=request.user, at=timezone.now())
    messages.success(request, _("Removed. What was handed in no longer counts."))
    return redirect("programmes:office_panel", call.number)


# --- the member -------------------------------------------------------------------------------------------------------


def seat_of(request: SignedInRequest, public_id: UUID) -> Panelist:
    """The own seat; another one's, and one that is taken out, is 404."""
    return get_object_or_404(my_panels(request.user), public_id=public_id)


@require_safe
def panels(request: SignedInRequest) -> HttpResponse:
    return render(request, "programmes/review/panels.html", {"seats": my_panels(request.user)[:PER_PAGE]})


@require_safe
def panel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    seat = seat_of(request, public_id)
    mark_target_read(target_id=seat.public_id, by=request.user, at=timezone.now())
    context: dict[str, Any] = {"seat": seat, "call": seat.call}
    if seat.state == PanelistState.ACCEPTED:
        context["page"] = BoundedPaginator(to_score(seat), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "programmes/review/panel.html", context)


@require_POST
def panel_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    seat = seat_of(request, public_id)
    accept = request.POST.get("answer") == "yes"
    answer_invitation(panelist=seat, accept=accept, by=request.user, at=timezone.now())
    if accept:
        messages.success(request, _("Thank you. Say of each applicant whether you have a tie, before you read."))
        return redirect("programmes:panel", public_id)
    messages.success(request, _("You declined. The office sees it."))
    return redirect("programmes:panels")


def _asked(request: SignedInRequest, public_id: UUID, application: UUID) -> tuple[Panelist, Application]:
    """The own seat, and an application of its call with what was `said` of it. Others are 404."""
    seat = seat_of(request, public_id)
    if seat.state != PanelistState.ACCEPTED:
        return seat, get_object_or_404(Application.objects.none())
    rows = to_score(seat).select_related("organization", "version", "call", "transfer")
    return seat, get_object_or_404(rows, public_id=application)


@require_safe
def panel_application(request: SignedInRequest, public_id: UUID, application: UUID) -> HttpResponse:
    return _show(request, *_asked(request, public_id, application))


def _show(
    request: SignedInRequest, seat: Panelist, application: Application, *, form: Any = None, status: int = 200
) -> HttpResponse:
    """To declare, while nothing was said; to read and score, once there is no tie; else that others do it."""
    context: dict[str, Any] = {"seat": seat, "call": seat.call, "application": application}
    said = application.said  # type: ignore[attr-defined]
    if said == "open":
        context["form"] = form or forms.DeclarationForm()
        return render(request, "programmes/review/declare.html", context, status=status)
    if not _is_readable(request, application):
        declared = seat.declarations.filter(application=application).first()
        context["text"] = declared.text if declared else ""
        return render(request, "programmes/review/tied.html", context)
    scheme = Scheme.from_json(application.version.content)
    score = seat.scores.filter(application=application).first()
    initial = {f"points_{key}": value for key, value in score.points.items()} | {"text": score.text} if score else {}
    context |= {
        "said": said_of(application, scheme),
        "papers": [
            (paper_name(scheme, each.key), each)
            for each in application.documents.filter(replaced_at=None).order_by("key", "pk")
        ],
        "score": score,
        "is_handed_in": score is not None and score.handed_in_at is not None,
        "may_score": application.state == ApplicationState.ELIGIBLE,
        "form": form or forms.ScoreForm(initial=initial, scheme=scheme),
    }
    return render(request, "programmes/review/score.html", context, status=status)


def _is_readable(request: SignedInRequest, application: Application) -> bool:
    rows = Application.objects.readable_by_panel(request.user)
    return rows.filter(pk=application.pk).exists() and not tie_with(request.user, application.organization)


@require_POST
def panel_declare(request: SignedInRequest, public_id: UUID, application: UUID) -> HttpResponse:
    seat, asked = _asked(request, public_id, application)
    form = forms.DeclarationForm(request.POST)
    if form.is_valid() and do(
        form, declare, panelist=seat, application=asked, by=request.user, at=timezone.now(), **form.given
    ):
        return redirect("programmes:panel_application", public_id, application)
    return _show(request, seat, asked, form=form, status=422)


@require_POST
def panel_score(request: SignedInRequest, public_id: UUID, application: UUID) -> HttpResponse:
    seat, asked = _asked(request, public_id, application)
    form = forms.ScoreForm(request.POST, scheme=Scheme.from_json(asked.version.content))
    hand_in = "hand_in" in request.POST
    if form.is_valid() and do(
        form, save_score, panelist=seat, application=asked, hand_in=hand_in, by=request.user, at=timezone.now(),
        **form.given,
    ):  # fmt: skip
        messages.success(request, _("Handed in.") if hand_in else _("Kept. Hand it in when you are done."))
        if hand_in:
            return redirect("programmes:panel", public_id)
        return redirect("programmes:panel_application", public_id, application)
    return _show(request, seat, asked, form=form, status=422)


@require_safe
def panel_paper(request: SignedInRequest, public_id: UUID, application: UUID, paper: UUID) -> HttpResponseBase:
    _seat, asked = _asked(request, public_id, application)
    if not _is_readable(request, asked):
        return get_object_or_404(Application.objects.none())
    found = get_object_or_404(asked.documents, public_id=paper)
    return download(found.file, name=found.name, type=found.type)


@require_safe
def panel_contract(request: SignedInRequest, public_id: UUID, application: UUID) -> HttpResponseBase:
    """The contract that the firm entered itself, for whoever may read its papers. One that was concluded here is none
    of the application's papers."""
    _seat, asked = _asked(request, public_id, application)
    transfer = asked.transfer
    if transfer is None or not transfer.is_declared or not _is_readable(request, asked):
        return get_object_or_404(Application.objects.none())
    return download(transfer.document, name=transfer.document_name, type=transfer.document_type)
