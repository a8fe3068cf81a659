"""What is done in a negotiation: each address one service. A refused form is shown again with what was typed."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest, posted
from accounts.roles import Permission
from brokers.views.acting import act, allowed
from deals.enums.negotiation import EntryKind, NegotiationState
from deals.forms.negotiation import (
    BringInForm,
    CloseForm,
    MeetForm,
    OpenForm,
    ReopenForm,
    ReplyForm,
    SayForm,
    seen,
)
from deals.models import Negotiation, NegotiationBroker, TransferRequest
from deals.queries.negotiation import negotiation_of, negotiations_about
from deals.queries.seats import client_mandates, invitable, seats_of
from deals.services.negotiation.brokers import bring_in, let_go
from deals.services.negotiation.close import close, reopen
from deals.services.negotiation.open import open_from_answer, open_from_request
from deals.services.negotiation.say import meet, reply, say
from deals.views.negotiations import show, visible_negotiation
from marketplace.core.asking import do
from marketplace.core.errors import Conflict
from marketplace.core.idempotency import KeyReused
from matching.models import NeedAnswer

REFUSED = 422


# --- begin ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Begin to negotiate about a request that was answered with a yes. Sent twice, it begins once."""
    rows = TransferRequest.objects.visible_to(request.user).for_page()
    transfer = get_object_or_404(rows, public_id=public_id)
    allowed(request, "deals.begin_negotiation", transfer)
    if found := negotiation_of(transfer, request.user):
        return redirect("deals:negotiation", found.public_id)
    as_broker = transfer.requester.kind == OrganizationKind.BROKER
    mandates = client_mandates(transfer.requester, transfer.listing, timezone.localdate()) if as_broker else None
    form = OpenForm(posted(request), mandates=mandates, listing=None)
    context = {"transfer": transfer, "listing": transfer.listing, "other": transfer}
    return _begin(request, form, open_from_request, context, {"request": transfer})


@require_http_methods(["GET", "HEAD", "POST"])
def begin_from_need(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The firm begins to negotiate about a technology that answers its need."""
    rows = NeedAnswer.objects.visible_to(request.user).select_related("need__organization", "listing__holder")
    answer = get_object_or_404(rows, public_id=public_id, listing__isnull=False)
    allowed(request, "deals.begin_negotiation_from_need", answer)
    assert answer.listing is not None
    if found := negotiations_about(answer.need, request.user).get(answer.listing.pk):
        return redirect("deals:negotiation", found.public_id)
    as_broker = answer.need.organization.kind == OrganizationKind.BROKER
    mandates = client_mandates(answer.need.organization, answer.listing, timezone.localdate()) if as_broker else None
    form = OpenForm(posted(request), mandates=mandates, listing=answer.listing)
    context = {"answer": answer, "listing": answer.listing, "names_firm": answer.need.is_anonymous}
    return _begin(request, form, open_from_answer, context, {"answer": answer})


def _begin(
    request: SignedInRequest, form: OpenForm, service: Any, context: dict[str, Any], given: dict[str, Any]
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        opened = do(form, service, **given, **form.cleaned_data, by=request.user, at=timezone.now())
        if opened is not None:
            messages.success(request, _("The negotiation has begun. The other side is told."))
            return redirect("deals:negotiation", opened.negotiation.public_id)
    context |= {"form": form, "no_mandate": form.mandates == {} and "mandate" in form.fields}
    return render(request, "deals/negotiation/begin.html", context, status=REFUSED if form.errors else 200)


# --- words ------------------------------------------------------------------------------------------------------------


@require_POST
def say_something(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.speak", negotiation)
    form = SayForm(request.POST, auto_id="id_say_%s")
    return _said(request, negotiation, "say_form", form, say, {"negotiation": negotiation}, _("Your words were sent."))


@require_POST
def reply_to_question(request: SignedInRequest, public_id: UUID, serial: int) -> HttpResponse:
    negotiation = visible_negotiation(request, public_id)
    rows = negotiation.entries.select_related("negotiation__holder", "negotiation__firm")
    question = get_object_or_404(rows, serial=serial, kind=EntryKind.QUESTION)
    allowed(request, "deals.reply", question)
    form = ReplyForm(request.POST, auto_id=f"id_reply_{serial}_%s")
    given = {"question": question}
    return _said(request, negotiation, "replied", form, reply, given, _("Your answer was sent."), serial)


@require_POST
def write_meeting(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.speak", negotiation)
    form = MeetForm(request.POST, auto_id="id_meet_%s")
    text = _("The meeting stands in the thread. All who take part are told.")
    return _said(request, negotiation, "meet_form", form, meet, {"negotiation": negotiation}, text)


def _said(
    request: SignedInRequest, negotiation: Negotiation, name: str, form: Any, service: Any, given: dict[str, Any],
    text: str, serial: int | None = None,
) -> HttpResponse:  # fmt: skip
    """Nobody's words are lost: where the negotiation was closed meanwhile they stand in the form again.

    `serial` is that of the question whose answer it is.
    """
    then = ("deals:negotiation", negotiation.public_id)
    code = REFUSED
    try:
        if done := act(request, form, service, text, then=then, **given):
            return done
    except Conflict as refusal:
        refused(form, refusal)
        negotiation, code = visible_negotiation(request, negotiation.public_id), refusal.status
    return show(request, negotiation, status_code=code, **{name: (serial, form) if serial else form})


def refused(form: Any, refusal: Conflict, **also: str) -> None:
    """The form again with what was typed, to be sent anew: under another key, and as of what is there now."""
    reused = isinstance(refusal, KeyReused)
    form.add_error(None, _("You sent this form before, with other words. Send it again if you mean it.") if reused
                   else str(refusal))  # fmt: skip
    typed = form.data.copy()
    for name, value in {"key": str(uuid4()), **also}.items():
        if name in form.fields:
            typed[name] = value
    form.data = typed


# --- brokers ----------------------------------------------------------------------------------------------------------


@require_POST
def bring_broker_in(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.bring_in_broker", negotiation)
    today = timezone.localdate()
    seats = seats_of(negotiation, request.user, Permission.NEGOTIATE)
    # Clicked twice, the second click names who takes part by then.
    found = [each for seat in seats for each in invitable(negotiation, seat.side, today, also_inside=True)]
    form = BringInForm(request.POST, invitable=found, auto_id="id_bring_%s")
    then = ("deals:negotiation", negotiation.public_id)
    done = act(request, form, bring_in, _("The broker takes part now."), then=then, negotiation=negotiation)
    return done or show(request, negotiation, status_code=REFUSED, bring_form=form)


@require_POST
def let_broker_go(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The broker named in `broker` does not take part any more; its own people then go to the list."""
    negotiation = visible_negotiation(request, public_id)
    rows = negotiation.brokers.select_related("organization", "negotiation__holder", "negotiation__firm")
    try:
        part = get_object_or_404(rows, public_id=UUID(request.POST.get("broker", "")))
    except ValueError:
        part = get_object_or_404(NegotiationBroker, pk=0)
    allowed(request, "deals.let_broker_go", part)
    let_go(part=part, by=request.user, at=timezone.now())
    messages.success(request, _("The broker does not take part any more."))
    if Negotiation.objects.visible_to(request.user).filter(pk=negotiation.pk).exists():
        return redirect("deals:negotiation", negotiation.public_id)
    return redirect("deals:negotiations")


# --- the end ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def close_negotiation(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Says what closing means, then closes it."""
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.close_negotiation", negotiation)
    if request.method != "POST" and not negotiation.is_running:
        return redirect("deals:negotiation", negotiation.public_id)
    form = CloseForm(posted(request), initial=seen(negotiation))
    return _decide(request, negotiation, form, close, _("The negotiation is closed."), "deals/negotiation/close.html")


@require_http_methods(["GET", "HEAD", "POST"])
def reopen_negotiation(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Says what it means to take agreed terms up again, then does it."""
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.reopen_negotiation", negotiation)
    if request.method != "POST" and negotiation.state != NegotiationState.AGREED:
        return redirect("deals:negotiation", negotiation.public_id)
    form = ReopenForm(posted(request), initial=seen(negotiation))
    text = _("The negotiation goes on. The other side is told.")
    return _decide(request, negotiation, form, reopen, text, "deals/negotiation/reopen.html")


def _decide(
    request: SignedInRequest, negotiation: Negotiation, form: Any, service: Any, text: str, template: str
) -> HttpResponse:
    """What was typed stays when something was decided meanwhile, beside what the negotiation is now."""
    code = 200
    if request.method == "POST":
        code, then = REFUSED, ("deals:negotiation", negotiation.public_id)
        try:
            if done := act(request, form, service, text, then=then, negotiation=negotiation):
                return done
        except Conflict as refusal:
            negotiation, code = visible_negotiation(request, negotiation.public_id), refusal.status
            refused(form, refusal, seen_revision=str(negotiation.revision))
    context = {"negotiation": negotiation, "form": form, "is_over": not negotiation.is_running}
    return render(request, template, context, status=code)
