"""Quotes between a broker and a client, and fees outside the band."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, organizations_with
from brokers.enums.fees import BandState, QuoteState
from brokers.exports.fees import quote_cells
from brokers.filters.fees import QuoteFilter
from brokers.forms.quotes import AskBandForm, DecideForm, QuoteForm
from brokers.models import FeeSchedule, Quote
from brokers.queries.fees import band_request_of, history_of_quote
from brokers.services.fees.accept_quote import accept_quote, decline_quote, take_back_quote
from brokers.services.fees.outside_band import ask_outside_band, decide_outside_band
from brokers.services.fees.quote_fee import quote_fee
from brokers.views.acting import act, allowed
from brokers.wording.fees import lines_of
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


@require_safe
def quote_list(request: SignedInRequest) -> HttpResponse:
    """Quotes that one's organizations made or received; officers see all. Newest first."""
    found = QuoteFilter(request.GET, Quote.objects.visible_to(request.user), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
        "may_quote": request.user.has_perm("brokers.add_quote"),
        "today": timezone.localdate(),
        "query": without_empty(request.GET).urlencode(),
    }
    return render_part(
        request, page="brokers/fees/quotes.html", part="brokers/fees/partials/_quotes.html", context=context
    )


@require_safe
def quote_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter and order, at most 10,000."""
    found = QuoteFilter(request.GET, Quote.objects.visible_to(request.user), request=request)
    today = timezone.localdate()
    return csv_response(
        f"fee-quotes-{today:%Y%m%d}.csv", quote_cells(found.qs.for_list()[: CEILING + 1], today), most=CEILING
    )


@require_http_methods(["GET", "HEAD", "POST"])
def quote_new(request: SignedInRequest) -> HttpResponse:
    """Quote a fee to a client. Sent twice, it is one quote."""
    organizations = organizations_with(request.user, Permission.QUOTE_FEES)
    if not organizations:
        raise NotAllowed(_("Only members of a broker who may quote fees can do this."))
    in_force = FeeSchedule.objects.in_force_on(timezone.localdate()).first()
    if in_force is None:
        return render(request, "brokers/fees/quote_form.html", {"in_force": None})
    current = request.organization.public_id if request.organization in organizations else None
    start = {"broker": current, "schedule": in_force.public_id} | request.GET.dict()
    form = QuoteForm(posted(request), organizations=organizations, initial=start)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        seen = FeeSchedule.objects.filter(public_id=given["schedule"]).first() if given["schedule"] else None
        names = ("broker", "client", "subject", "value_won", "fee_won", "shares")
        made = do(
            form, quote_fee, seen=seen, by=request.user, at=timezone.now(), **{name: given[name] for name in names}
        )
        if made:
            messages.success(request, _done(made.quote))
            return redirect("brokers:quote", made.quote.public_id)
    context = {"form": form, "in_force": in_force}
    return render(request, "brokers/fees/quote_form.html", context, status=422 if form.errors else 200)


def _done(quote: Quote) -> str:
    if quote.state == QuoteState.OUTSIDE:
        return _("The quote is saved. Its fee lies outside the band: give a reason below, then an officer decides.")
    return _("The quote was sent to the client.")


def _visible(request: SignedInRequest, public_id: UUID) -> Quote:
    return get_object_or_404(Quote.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def quote_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    mark_target_read(target_id=quote.public_id, by=request.user, at=timezone.now())
    return _show(request, quote)


def _show(
    request: SignedInRequest, quote: Quote, *, ask: AskBandForm | None = None, decide: DecideForm | None = None
) -> HttpResponse:
    user, today, asked = request.user, timezone.localdate(), band_request_of(quote)
    has_lapsed = quote.has_lapsed_on(today)
    is_open = quote.state in {QuoteState.OFFERED, QuoteState.OUTSIDE}
    is_withdrawn = quote.schedule.state == "withdrawn"
    context = {
        "quote": quote,
        "lines": lines_of(quote.lines),
        "history": history_of_quote(quote, user),
        "has_lapsed": has_lapsed,
        "today": today,
        "schedule_withdrawn": is_withdrawn and is_open,
        "may_accept": quote.waits_for_client
        and not has_lapsed
        and not is_withdrawn
        and user.has_perm("brokers.accept_quote", quote),
        "may_decline": quote.waits_for_client and user.has_perm("brokers.accept_quote", quote),
        "may_take_back": is_open and user.has_perm("brokers.take_back_quote", quote),
        "may_ask": quote.state == QuoteState.OUTSIDE
        and asked is None
        and not has_lapsed
        and user.has_perm("brokers.ask_outside_band", quote),
        "may_decide": asked is not None
        and asked.state == BandState.ASKED
        and user.has_perm("brokers.decide_outside_band", asked),
        "asked": asked,
        "ask_form": ask or AskBandForm(auto_id="id_ask_%s"),
        "decide_form": decide or DecideForm(auto_id="id_decide_%s"),
    }
    status = 422 if (ask and ask.errors) or (decide and decide.errors) else 200
    return render(request, "brokers/fees/quote.html", context, status=status)


@require_POST
def accept(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    allowed(request, "brokers.accept_quote", quote)
    accept_quote(quote=quote, by=request.user, at=timezone.now())
    messages.success(request, _("You accepted the fee. It stays as it is from now on."))
    return redirect("brokers:quote", quote.public_id)


@require_POST
def decline(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    allowed(request, "brokers.accept_quote", quote)
    decline_quote(quote=quote, by=request.user, at=timezone.now())
    messages.success(request, _("You declined the fee. The broker is told."))
    return redirect("brokers:quote", quote.public_id)


@require_POST
def take_back(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    allowed(request, "brokers.take_back_quote", quote)
    take_back_quote(quote=quote, by=request.user, at=timezone.now())
    messages.success(request, _("The quote was taken back."))
    return redirect("brokers:quote", quote.public_id)


@require_POST
def ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    allowed(request, "brokers.ask_outside_band", quote)
    form = AskBandForm(request.POST, auto_id="id_ask_%s")
    said = _("The reason was sent. An officer decides.")
    done = act(request, form, ask_outside_band, said, then=("brokers:quote", quote.public_id), quote=quote)
    return done or _show(request, quote, ask=form)


@require_POST
def decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    quote = _visible(request, public_id)
    asked = band_request_of(quote)
    if asked is None:
        raise PermissionDenied(_("Nobody asked to decide on this fee yet."))
    allowed(request, "brokers.decide_outside_band", asked)
    form = DecideForm(request.POST, auto_id="id_decide_%s")
    said = _("Decided. Both sides are told.")
    done = act(request, form, decide_outside_band, said, then=("brokers:quote", quote.public_id), request=asked)
    return done or _show(request, quote, decide=form)
