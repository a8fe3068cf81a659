"""What is done with a mandate: each address one service."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from brokers.forms.mandates import DeclineForm, EndForm
from brokers.forms.quotes import DealForm
from brokers.models import MandateConsent
from brokers.services.fees.quote_fee import quote_fee
from brokers.services.mandates.answer import (
    accept,
    agree_to_share,
    answer_consent,
    decline,
    refuse_share,
    take_back,
)
from brokers.services.mandates.end import end
from brokers.views.acting import act, allowed
from brokers.views.mandates import brokers_quoting, show, visible_mandate
from marketplace.core.asking import do


@require_POST
def accept_offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    mandate = visible_mandate(request, public_id)
    allowed(request, "brokers.answer_mandate", mandate)
    accept(mandate=mandate, by=request.user, at=timezone.now())
    messages.success(request, _("You accepted the mandate. It holds from its first day."))
    return redirect("brokers:mandate", mandate.public_id)


@require_POST
def decline_offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    mandate = visible_mandate(request, public_id)
    allowed(request, "brokers.answer_mandate", mandate)
    form = DeclineForm(request.POST, auto_id="id_decline_%s")
    said = _("You declined the mandate. The other side is told.")
    done = act(request, form, decline, said, then=("brokers:mandate", mandate.public_id), mandate=mandate)
    return done or show(request, mandate, decline=form)


@require_POST
def take_back_offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    mandate = visible_mandate(request, public_id)
    allowed(request, "brokers.take_back_mandate", mandate)
    take_back(mandate=mandate, by=request.user, at=timezone.now())
    messages.success(request, _("The offer was taken back."))
    return redirect("brokers:mandate", mandate.public_id)


@require_POST
def share(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A fellow broker agrees to its share, or refuses it with a reason (`answer=refuse`)."""
    mandate = visible_mandate(request, public_id)
    allowed(request, "brokers.answer_share", mandate)
    if request.POST.get("answer") == "agree":
        agree_to_share(mandate=mandate, by=request.user, at=timezone.now())
        messages.success(request, _("You agreed to your share."))
        return redirect("brokers:mandate", mandate.public_id)
    form = DeclineForm(request.POST, auto_id="id_refuse_%s")
    said = _("You refused your share. The offer is declined by that.")
    done = act(request, form, refuse_share, said, then=("brokers:mandate", mandate.public_id), mandate=mandate)
    return done or show(request, mandate, refuse=form)


@require_POST
def consent(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The client on the other side agrees that its broker acts for both, or not."""
    rows = MandateConsent.objects.visible_to(request.user).for_list()
    asked = get_object_or_404(rows, public_id=public_id)
    allowed(request, "brokers.answer_consent", asked)
    agree = request.POST.get("answer") == "agree"
    answer_consent(consent=asked, agree=agree, by=request.user, at=timezone.now())
    messages.success(request, _("You agreed.") if agree else _("You refused. The broker is told."))
    return redirect("brokers:mandate", asked.other.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def quote_under(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Quote the client a fee by the terms of the mandate. Sent twice, it is one quote; no form once it is too late."""
    mandate = visible_mandate(request, public_id)
    organizations = brokers_quoting(request.user, mandate)
    if not organizations:
        raise PermissionDenied
    if request.method != "POST" and not mandate.is_quoted_under_on(timezone.localdate()):
        return redirect("brokers:mandate", mandate.public_id)
    form = DealForm(posted(request), organizations=organizations)
    if request.method == "POST" and form.is_valid():
        given = {"client": mandate.client, "mandate": mandate, "by": request.user, "at": timezone.now()}
        if made := do(form, quote_fee, **form.cleaned_data, **given):
            messages.success(request, _("The quote is saved."))
            return redirect("brokers:quote", made.quote.public_id)
    context = {"mandate": mandate, "form": form}
    return render(request, "brokers/mandates/quote.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def end_mandate(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Says what ending means, then ends it; no form where there is nothing to end any more."""
    mandate = visible_mandate(request, public_id)
    allowed(request, "brokers.end_mandate", mandate)
    if request.method != "POST" and not mandate.may_be_ended_on(timezone.localdate()):
        return redirect("brokers:mandate", mandate.public_id)
    form = EndForm(posted(request), initial={"last_day": timezone.localdate()})
    if (
        request.method == "POST"
        and form.is_valid()
        and do(form, end, mandate=mandate, by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("The mandate was ended. The other side is told."))
        return redirect("brokers:mandate", mandate.public_id)
    return render(
        request, "brokers/mandates/end.html", {"mandate": mandate, "form": form}, status=422 if form.errors else 200
    )
