"""Negotiations: the list, and the page of one with its thread, offers and parties."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission
from deals.enums.contracts import ContractState
from deals.enums.negotiation import EntryKind, NegotiationState, OfferState, Side
from deals.exports.negotiation import negotiation_cells
from deals.filters.negotiation import NegotiationFilter, NegotiationTab, organizations_of
from deals.forms.negotiation import BringInForm, MeetForm, ReplyForm, SayForm
from deals.models import Entry, Negotiation
from deals.queries.negotiation import LINES, meetings_ahead, offers_of, page_of_line, rests_on, thread
from deals.queries.seats import brokers_on, invitable, seats_of, sides_of
from deals.services.negotiation.thread import answer_days, open_questions
from deals.wording.negotiation import offer_status, one_line, status, waits_for
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, with_parameter, without, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20
NARROWING = ("q", "role", "late")


def _found(request: SignedInRequest) -> NegotiationFilter:
    rows = Negotiation.objects.visible_to(request.user).for_list()
    return NegotiationFilter(request.GET, rows, request=request)


@require_safe
def negotiation_list(request: SignedInRequest) -> HttpResponse:
    """Negotiations of one's organizations, as a side or as a broker, newest first."""
    found, today = _found(request), timezone.localdate()
    page = BoundedPaginator(found.qs.with_brokers(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": [_row(negotiation, request, today) for negotiation in page],
        "tabs": _tabs(request),
        "query": without_empty(request.GET).urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in (*NARROWING, "tab")),
        "today": today,
    }
    return render_part(
        request, page="deals/negotiation/list.html", part="deals/negotiation/partials/_rows.html", context=context
    )


def _row(negotiation: Any, request: SignedInRequest, today: Any) -> tuple[Any, ...]:
    """(negotiation, status, what waits, whether it is late)."""
    own = sides_of(negotiation, request.user, negotiation.brokers_now)
    return negotiation, status(negotiation), waits_for(negotiation, today, own), negotiation.is_late_on(today)


def _tabs(request: SignedInRequest) -> list[tuple[str, str, int | str, bool]]:
    """(address, label, how many, whether it is shown). Only of what waits for one's own answer the number helps."""
    current = request.GET.get("tab", "")
    mine = Negotiation.objects.waiting_for(organizations_of(request.user), timezone.localdate()).count()
    tabs: list[tuple[str, str, int | str, bool]] = [(without(request.GET, "tab"), _("All"), "", not current)]
    for value, label in NegotiationTab.choices:
        count = mine if value == NegotiationTab.WAITING and mine else ""
        tabs.append((with_parameter(request.GET, "tab", value), str(label), count, current == value))
    return tabs


@require_safe
def negotiation_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter and order, at most 10,000."""
    today = timezone.localdate()
    rows = _found(request).qs.with_brokers()[: CEILING + 1]
    return csv_response(f"negotiations-{today:%Y%m%d}.csv", negotiation_cells(rows, request.user, today), most=CEILING)


def visible_negotiation(request: SignedInRequest, public_id: UUID) -> Negotiation:
    return get_object_or_404(Negotiation.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def negotiation_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    negotiation = visible_negotiation(request, public_id)
    mark_target_read(target_id=negotiation.public_id, by=request.user, at=timezone.now())
    return show(request, negotiation)


def show(request: SignedInRequest, negotiation: Negotiation, *, status_code: int = 200, **forms: Any) -> HttpResponse:
    """The page; `forms` are those that were refused, by the name they have in it, with what was typed."""
    user, today, now = request.user, timezone.localdate(), timezone.now()
    brokers = brokers_on(negotiation, today)
    own = sides_of(negotiation, user, brokers)
    seats = seats_of(negotiation, user, Permission.NEGOTIATE, brokers)
    may_speak = bool(seats) and negotiation.is_running
    replied = forms.pop("replied", None)
    speaking = {seat.side for seat in seats} if may_speak else set()
    offers = offers_of(negotiation)
    waiting = next((each for each in offers if each.state == OfferState.OFFERED), None)
    is_open = negotiation.state == NegotiationState.OPEN
    context = {
        "negotiation": negotiation,
        "status": status(negotiation),
        "waits": waits_for(negotiation, today, own),
        "is_late": negotiation.is_late_on(today),
        "is_ours": negotiation.turn in own,
        "rests": rests_on(negotiation, today),
        "parties": _parties(negotiation, brokers, user),
        "offers": [(each, offer_status(each, today), [one_line(o) for o in each.options.all()]) for each in offers],
        "agreed": next((each for each in offers if each.state == OfferState.ACCEPTED), None),
        "meetings": meetings_ahead(negotiation, now),
        "may_speak": may_speak,
        "may_offer": may_speak and is_open and (waiting is None or bool(speaking - {Side(waiting.side)})),
        "is_counter": waiting is not None and waiting.can_be_accepted_on(today),
        "to_compare": waiting if waiting and waiting.side == Side.HOLDER and user.has_perm("deals.see_studio", waiting)
        else None,
        "sees_request": bool(seats_of(negotiation, user, Permission.VIEW_ORGANIZATION)),
        "reply_form": replied[1] if replied else None,
        "say_form": SayForm(auto_id="id_say_%s"),
        "meet_form": MeetForm(auto_id="id_meet_%s"),
        "bring_form": _bring_form(negotiation, user),
        "unsent": "" if may_speak else _typed(forms, replied),
        "today": today,
    }  # fmt: skip
    context |= _thread(request, negotiation, speaking, replied) | _end(negotiation, user)
    return render(request, "deals/negotiation/detail.html", context | forms, status=status_code)


def _thread(
    request: SignedInRequest, negotiation: Negotiation, speaking: set[Any], replied: tuple[int, ReplyForm] | None
) -> dict[str, Any]:
    """The page of the thread that is asked for, the newest where none is, and the questions that wait on other pages.
    An answer that was refused stands at its question.
    """
    pages = Paginator(thread(negotiation), LINES)
    wanted = page_of_line(replied[0]) if replied else request.GET.get("page") or pages.num_pages
    page = pages.get_page(wanted)
    shown = {entry.serial for entry in page}
    waiting = open_questions(negotiation) if page.has_other_pages() else []
    return {
        "thread": page,
        "lines": [(entry, _reply_form(entry, speaking, replied)) for entry in page],
        "open_elsewhere": [each for each in waiting if each.serial not in shown],
    }


def _end(negotiation: Negotiation, user: Any) -> dict[str, Any]:
    """The contract, or what leads to one or away from it."""
    contract = negotiation.contracts.exclude(state=ContractState.CANCELLED).order_by("-pk").first()
    free, is_agreed = contract is None, negotiation.state == NegotiationState.AGREED
    return {
        "contract": contract,
        "may_draft": free and is_agreed and user.has_perm("deals.draft_contract", negotiation),
        "may_close": free and negotiation.is_running and user.has_perm("deals.close_negotiation", negotiation),
        "may_reopen": free and is_agreed and user.has_perm("deals.reopen_negotiation", negotiation),
    }


def _typed(forms: dict[str, Any], replied: tuple[int, ReplyForm] | None) -> str:
    """Words that could not be sent any more, to be kept by who wrote them."""
    refused = [form for form in (*forms.values(), replied[1] if replied else None) if form is not None]
    return next((form.data.get("text", "") for form in refused if "text" in form.fields), "")


def _reply_form(entry: Entry, speaking: set[Any], refused: tuple[int, ReplyForm] | None) -> ReplyForm | None:
    """For a question that somebody of the other side has not answered; `refused` is one with what was typed."""
    if refused is not None and refused[0] == entry.serial:
        return refused[1]
    is_open = entry.kind == EntryKind.QUESTION and not entry.is_answered  # type: ignore[attr-defined]
    return ReplyForm(auto_id=f"id_reply_{entry.serial}_%s") if is_open and speaking - {entry.side} else None


def _parties(negotiation: Negotiation, brokers: list[Any], user: Any) -> list[dict[str, Any]]:
    """Both sides with their brokers, and how long each has to answer."""
    return [
        {
            "side": side,
            "label": side.label,
            "organization": negotiation.organization_of(side),
            "days": answer_days(negotiation, side),
            "brokers": [
                (part, negotiation.is_running and user.has_perm("deals.let_broker_go", part))
                for part in brokers
                if part.side == side
            ],
        }
        for side in (Side.HOLDER, Side.FIRM)
    ]


def _bring_form(negotiation: Negotiation, user: Any) -> BringInForm | None:
    """None where there is nobody to bring in, or the person may not."""
    if not negotiation.is_running:
        return None
    today = timezone.localdate()
    found = [
        each
        for seat in seats_of(negotiation, user, Permission.NEGOTIATE)
        for each in invitable(negotiation, seat.side, today)
    ]
    return BringInForm(invitable=found, auto_id="id_bring_%s") if found else None
