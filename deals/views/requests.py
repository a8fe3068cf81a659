from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, organizations_with
from deals.enums.requests import AnswerKind, RequestState, Side
from deals.filters.requests import TransferRequestFilter
from deals.forms.requests import AnswerForm, RequestForm, WithdrawForm
from deals.models import TransferRequest
from deals.queries.negotiation import may_begin, negotiation_of
from deals.queries.requests import counts, timeline
from deals.services.requests.answer import answer
from deals.services.requests.send import refuse_unless_on_offer, send
from deals.services.requests.timeline import note_opened
from deals.services.requests.withdraw import withdraw
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read
from tech_listings.queries import exclusivity_of, find_visible, offers_exclusive

PER_PAGE = 20


def _filtered(request: SignedInRequest) -> TransferRequestFilter:
    here = [request.organization] if request.organization else []
    seen = TransferRequest.objects.visible_to(request.user).seen_from(here)
    return TransferRequestFilter(request.GET, seen, request=request)


@require_safe
def request_list(request: SignedInRequest) -> HttpResponse:
    """Requests the current organization sent or received, newest first."""
    found = _filtered(request)
    today = timezone.localdate()
    chosen = {name: request.GET.get(name, "") for name in ("q", "side")}
    unnarrowed = TransferRequestFilter(chosen, found.queryset, request=request).qs
    numbers = counts(unnarrowed, today)
    by_side = counts(TransferRequestFilter({"q": chosen["q"]}, found.queryset, request=request).qs, today)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "today": today,
        "tabs": _tabs(request, by_side),
        "states": [(s.value, s.label, numbers[s], s in request.GET.getlist("state")) for s in RequestState],
        "overdue_count": numbers["overdue"],
        "overdue": request.GET.get("overdue") == "true",
        "narrowed_by": sum(bool(v) for name in ("q", "state", "overdue") for v in request.GET.getlist(name)),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state", "overdue", "side")),
        "query": without_empty(request.GET).urlencode(),
        "may_send": bool(organizations_with(request.user, Permission.SEND_REQUESTS)),
    }
    return render_part(
        request, page="deals/requests/list.html", part="deals/requests/partials/_results.html", context=context
    )


def _tabs(request: SignedInRequest, numbers: dict[str, int]) -> list[tuple[str, str, int, bool]]:
    """(href, label, count, is current); none where the organization is only ever on one side."""
    if not numbers["side_received"] or not numbers["side_sent"]:
        return []
    rest, now = without(request.GET, "side"), request.GET.get("side", "")
    both = (rest, _("All"), numbers["all"], now == "")
    join = "&" if len(rest) > 1 else ""
    return [both] + [(f"{rest}{join}side={s}", str(s.label), numbers[f"side_{s}"], now == s) for s in Side]


@require_safe
def request_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter, at most the newest 10,000."""
    name = f"requests-{timezone.localdate():%Y%m%d}.csv"
    rows = _filtered(request).qs.select_related("listing", "requester", "holder").order_by("-requested_at", "-pk")
    return csv_response(name, _export_rows(rows[: CEILING + 1]), most=CEILING)


def _export_rows(rows: Any) -> Iterator[list[Any]]:
    yield [
        _("Receipt number"), _("Listing number"), _("Technology title"), _("Requester"), _("Holder"), _("Deal type"),
        _("State"), _("Sent"), _("Answer by"), _("Answer"), _("Answered"), _("Withdrawn"), _("Intended use"),
    ]  # fmt: skip
    language = get_language() or "ko"

    def day(moment: Any) -> str:
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""

    for row in rows.iterator(chunk_size=1000):
        yield [
            row.number, row.listing.number, row.listing.text_in("title", language), row.requester.name_in(language),
            row.holder.name_in(language), row.get_deal_kind_display(), row.get_state_display(), day(row.requested_at),
            row.answer_due_on, row.outcome, day(row.answered_at), day(row.withdrawn_at), row.intended_use,
        ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def request_create(request: SignedInRequest, reference: str) -> HttpResponse:
    """The request form of a technology. Sent twice, it is one request."""
    listing = find_visible(request.user, reference)
    organizations = organizations_with(request.user, Permission.SEND_REQUESTS)
    if not organizations:
        raise NotAllowed(_("Only members of a company or agency who may send requests can do this."))
    refuse_unless_on_offer(listing)
    current = request.organization.public_id if request.organization in organizations else None
    form = RequestForm(
        request.POST or None, listing=listing, organizations=organizations, initial={"organization": current}
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        sent = do(
            form,
            send,
            listing=listing,
            requester=given.pop("organization"),
            by=request.user,
            at=timezone.now(),
            **given,
        )
        if sent is not None:
            return redirect("deals:sent", sent.request.public_id)
    context = {
        "listing": listing,
        "form": form,
        "exclusive": offers_exclusive(listing),
        "exclusivity": exclusivity_of(listing),
        "today": timezone.localdate(),
        "grounds": listing.grounds.order_by("-pk"),
    }
    return render(request, "deals/requests/create.html", context)


def _visible(request: SignedInRequest, public_id: UUID) -> TransferRequest:
    rows = TransferRequest.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def request_sent(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The receipt, once more whenever its address is opened."""
    return render(request, "deals/requests/sent.html", {"transfer": _visible(request, public_id)})


@require_safe
def request_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = _visible(request, public_id)
    now = timezone.now()
    note_opened(request=transfer, by=request.user, at=now)
    mark_target_read(target_id=transfer.public_id, by=request.user, at=now)
    return _show(request, transfer, AnswerForm(), WithdrawForm())


def _show(
    request: SignedInRequest, transfer: TransferRequest, answer_form: AnswerForm, withdraw_form: WithdrawForm
) -> HttpResponse:
    context = {
        "transfer": transfer,
        "listing": transfer.listing,
        "timeline": timeline(transfer, request.user),
        "today": timezone.localdate(),
        "may_answer": transfer.is_waiting and request.user.has_perm("deals.answer_request", transfer),
        "may_withdraw": transfer.is_waiting and request.user.has_perm("deals.withdraw_request", transfer),
        "answer_form": answer_form,
        "withdraw_form": withdraw_form,
        "talking": transfer.answer_kind == AnswerKind.TALK,
        "negotiation": negotiation_of(transfer, request.user),
        "may_begin": transfer.answer_kind == AnswerKind.TALK and may_begin(transfer, request.user),
    }
    return render(request, "deals/requests/detail.html", context)


@require_POST
def request_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = _visible(request, public_id)
    if not request.user.has_perm("deals.answer_request", transfer):
        raise PermissionDenied
    form = AnswerForm(request.POST)
    if form.is_valid() and do(form, answer, request=transfer, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("Your answer was sent."))
        return redirect("deals:detail", transfer.public_id)
    return _show(request, transfer, form, WithdrawForm())


@require_POST
def request_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = _visible(request, public_id)
    if not request.user.has_perm("deals.withdraw_request", transfer):
        raise PermissionDenied
    form = WithdrawForm(request.POST)
    if form.is_valid() and do(
        form, withdraw, request=transfer, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("Your request was withdrawn."))
        return redirect("deals:detail", transfer.public_id)
    return _show(request, transfer, AnswerForm(), form)
