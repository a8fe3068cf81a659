"""Search, quotations and orders, for firm, provider and officer; what each may do is what services let them."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused
from marketplace.core.pagination import BoundedPaginator
from vouchers.filters.orders import OrderFilter, QuotationFilter
from vouchers.forms.orders import AskForm, GiveForm, KeepForm, OrderForm, ReasonForm
from vouchers.models import Order, ProviderChoice, Quotation, Voucher
from vouchers.queries.orders import (
    asked_of,
    left_of,
    menu_of,
    parts_of,
    query_in_words,
    scheme_of,
    search,
    service_words,
)
from vouchers.services.orders.answer import accept_order, cancel_order, decline_order, withdraw_order
from vouchers.services.orders.asking import is_of_a_party
from vouchers.services.orders.choose import ask_quotations, drop_choice, keep_search
from vouchers.services.orders.free import rest_of
from vouchers.services.orders.place import place_order
from vouchers.services.orders.quote import decline_quotation, give_quotation, withdraw_quotation

PER_PAGE = 20


def act(
    request: SignedInRequest, service: Callable[..., Any], success: Any, to: str, thing: Any, name: str,
    again: Callable[[ReasonForm], HttpResponse] | None = None, **also: Any,
) -> HttpResponse:  # fmt: skip
    """Do it. With `again`, a reason is asked for, and the page with what was typed is shown where it is refused.

    What somebody else did meanwhile is said on the page as it is now: no other words would help.
    """
    form = ReasonForm(request.POST) if again else None
    if form is not None and not form.is_valid():
        return _again(form, again)
    given = {**also, **(form.cleaned_data if form else {})}
    try:
        service(**{name: thing}, by=request.user, at=timezone.now(), **given)
    except NotAllowed:
        raise
    except DomainError as error:
        if form is not None and not isinstance(error, Conflict):
            form.add_error("reason", str(error))
            return _again(form, again)
        messages.error(request, str(error))
    else:
        messages.success(request, success)
    return redirect(to, thing.public_id)


def _again(form: ReasonForm, again: Callable[[ReasonForm], HttpResponse] | None) -> HttpResponse:
    assert again is not None
    answer = again(form)
    answer.status_code = 422
    return answer


def reason_of(request: SignedInRequest, form: ReasonForm | None) -> dict[str, Any]:
    """For the page: the form of a reason, and which of its acts stands open, by the last word of its address."""
    return {"reason": form or ReasonForm(), "opened_act": request.path.rstrip("/").rsplit("/", 1)[-1] if form else ""}


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Who can do a service of the menu, in the neutral order of the day; POST keeps what is shown."""
    rows = Voucher.objects.visible_to(request.user).select_related(
        "holder", "line__call", "agreement__application__version"
    )
    voucher = get_object_or_404(rows, public_id=public_id)
    if not has_permission(request.user, Permission.USE_VOUCHERS, voucher.holder):
        raise NotAllowed(_("Only members of the firm choose its provider."))
    day, menu = timezone.localdate(), menu_of(voucher)
    query = dict((request.POST if request.method == "POST" else request.GET).lists())
    free = [(line.service.key, str(line.service.words)) for line in menu if line.is_free]
    initial = {"service": request.GET.get("service", ""), "order_of": day.isoformat(), "key": uuid4()}
    form = KeepForm(posted(request), services=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "query": query, "by": request.user, "at": timezone.now()}
        kept = do(form, keep_search, voucher=voucher, **given)
        if kept:
            return redirect("vouchers:choice", kept.public_id)
    filters, found = search(query, day=day)
    context = {
        "voucher": voucher, "filter": filters, "found": found, "left": left_of(voucher), "form": form,
        "query": [(name, value) for name, values in asked_of(query).lists() for value in values],
        "usable": voucher.is_usable_on(day), "free": free,
    }  # fmt: skip
    return render(request, "vouchers/orders/find.html", context, status=422 if form.errors else 200)


def _choice(request: SignedInRequest, public_id: UUID) -> ProviderChoice:
    rows = ProviderChoice.objects.visible_to(request.user).select_related(
        "voucher__holder", "voucher__line__call", "voucher__agreement__application__version", "chosen", "seen_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def choice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was searched and seen, who was asked, and their quotations side by side."""
    return _show_choice(request, _choice(request, public_id))


def _show_choice(
    request: SignedInRequest, kept: ProviderChoice, ask: AskForm | None = None, *, reason: ReasonForm | None = None,
    ordered: tuple[Quotation, OrderForm] | None = None,
) -> HttpResponse:  # fmt: skip
    """`ordered`: the quotation whose order was refused, and its form."""
    service = scheme_of(kept.voucher).service(kept.service)
    quotations = list(kept.quotations.select_related("provider", "fee_schedule").order_by("supply_won", "pk"))
    left = left_of(kept.voucher)
    compared = [
        (each, parts_of(kept.voucher, service, each.supply_won, left=left) if service and each.supply_won else None)
        for each in quotations
    ]
    today = timezone.localdate()
    context = {
        "choice": kept, "service": service_words(kept.voucher, kept.service), "compared": compared, "seen": _seen(kept),
        "ask": ask or _ask_form(kept), "asked_for": query_in_words(kept.query),
        "uses": has_permission(request.user, Permission.USE_VOUCHERS, kept.voucher.holder),
        "order_form": OrderForm(initial={"key": uuid4()}), "today": today, **reason_of(request, reason),
        "ordered": ordered[0].public_id if ordered else None, "ordered_form": ordered[1] if ordered else None,
        "order": Order.objects.filter(choice=kept).first(), "following": kept.next_choices.order_by("pk"),
    }  # fmt: skip
    return render(
        request, "vouchers/orders/choice.html", context, status=422 if ordered or (ask and ask.errors) else 200
    )


def _seen(kept: ProviderChoice) -> list[dict[str, str]]:
    """Whom the search showed, in its order; names in the language of the page, which is not always the searcher's."""
    offices = {
        str(each.public_id): each.display_name
        for each in Organization.objects.filter(public_id__in=[each["id"] for each in kept.candidates])
    }
    return [{**each, "name": offices.get(each["id"], each["name"])} for each in kept.candidates]


def _ask_form(kept: ProviderChoice, data: Any = None) -> AskForm:
    service = scheme_of(kept.voucher).service(kept.service)
    names = [(each["id"], each["name"]) for each in _seen(kept)]
    return AskForm(data, candidates=names, is_brokerage=bool(service and service.is_brokerage))


@require_POST
def choice_ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    kept = _choice(request, public_id)
    form = _ask_form(kept, request.POST)
    if form.is_valid():
        given = {**form.cleaned_data, "providers": [UUID(each) for each in form.cleaned_data["providers"]]}
        made = do(form, ask_quotations, choice=kept, by=request.user, at=timezone.now(), **given)
        if made is not None:
            messages.success(request, _("They were asked. You are told when their quotations come."))
            return redirect("vouchers:choice", kept.public_id)
    return _show_choice(request, kept, form)


@require_POST
def choice_drop(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    kept = _choice(request, public_id)
    again = partial(_dropped, request, kept)
    return act(request, drop_choice, _("Kept: you take nobody."), "vouchers:choice", kept, "choice", again)


def _dropped(request: SignedInRequest, kept: ProviderChoice, form: ReasonForm) -> HttpResponse:
    return _show_choice(request, kept, reason=form)


@require_safe
def quotations(request: SignedInRequest) -> HttpResponse:
    """Those that firms asked of you, or that you asked for."""
    found = QuotationFilter(request.GET, Quotation.objects.visible_to(request.user), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": bool(request.GET.get("state")),
    }
    return render(request, "vouchers/orders/quotations.html", context)


def _quotation(request: SignedInRequest, public_id: UUID) -> Quotation:
    rows = Quotation.objects.visible_to(request.user).for_list().select_related(
        "choice__voucher__agreement__application__version"
    )  # fmt: skip
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def quotation(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The provider answers here."""
    row = _quotation(request, public_id)
    form = GiveForm(posted(request))
    if request.method == "POST" and form.is_valid():
        given = do(form, give_quotation, quotation=row, by=request.user, at=timezone.now(), **form.cleaned_data)
        if given:
            messages.success(request, _("The firm has your quotation."))
            return redirect("vouchers:quotation", row.public_id)
    return _show_quotation(request, row, form)


def _show_quotation(
    request: SignedInRequest, row: Quotation, form: GiveForm | None = None, reason: ReasonForm | None = None
) -> HttpResponse:
    form = form or GiveForm()
    provides = has_permission(request.user, Permission.PROVIDE_SERVICES, row.provider)
    context = {
        "quotation": row, "form": form, "provides": provides, **reason_of(request, reason),
        "uses": has_permission(request.user, Permission.USE_VOUCHERS, row.choice.voucher.holder),
        "service": service_words(row.choice.voucher, row.choice.service),
        "may_give": provides and row.state == "asked" and row.answer_by >= timezone.localdate(),
    }  # fmt: skip
    return render(request, "vouchers/orders/quotation.html", context, status=422 if form.errors else 200)


@require_POST
def quotation_decline(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _quotation(request, public_id)
    success = _("The firm is told.")
    return act(
        request,
        decline_quotation,
        success,
        "vouchers:quotation",
        row,
        "quotation",
        partial(_quotation_again, request, row),
    )


@require_POST
def quotation_withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _quotation(request, public_id)
    success = _("It was taken back.")
    return act(
        request,
        withdraw_quotation,
        success,
        "vouchers:quotation",
        row,
        "quotation",
        partial(_quotation_again, request, row),
    )


def _quotation_again(request: SignedInRequest, row: Quotation, form: ReasonForm) -> HttpResponse:
    return _show_quotation(request, row, reason=form)


@require_POST
def quotation_order(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Order what was quoted. Sent twice, it is one order."""
    row, form = _quotation(request, public_id), OrderForm(request.POST)
    order = None
    if form.is_valid():
        try:
            order = place_order(quotation=row, by=request.user, at=timezone.now(), **form.cleaned_data)
        except (KeyReused, NotAllowed):
            raise
        except DomainError as error:
            form.add_error("why", str(error))
    if order is None:
        return _show_choice(request, _choice(request, row.choice.public_id), ordered=(row, form))
    messages.success(request, _("The order was placed. The money is bound when the provider accepts."))
    return redirect("vouchers:order", order.public_id)


@require_safe
def orders(request: SignedInRequest) -> HttpResponse:
    found = OrderFilter(request.GET, Order.objects.visible_to(request.user), request=request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state")),
    }
    return render(request, "vouchers/orders/orders.html", context)


def visible_order(request: SignedInRequest, public_id: UUID) -> Order:
    rows = Order.objects.visible_to(request.user).for_list().select_related(
        "voucher__agreement__application__version", "voucher__line__call__office", "choice", "quotation", "ordered_by"
    )  # fmt: skip
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def order(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _show_order(request, visible_order(request, public_id))


def _show_order(request: SignedInRequest, row: Order, reason: ReasonForm | None = None) -> HttpResponse:
    user, voucher = request.user, row.voucher
    provides = has_permission(user, Permission.PROVIDE_SERVICES, row.provider)
    uses = has_permission(user, Permission.USE_VOUCHERS, voucher.holder)
    checks = has_permission(user, Permission.CHECK_CLAIMS, voucher.line.call.office) and not is_of_a_party(user, row)
    runs, under_way = row.state == "running", row.claims.under_way().exists()
    context = {
        "order": row, "service": service_words(voucher, row.service), **reason_of(request, reason),
        "claims": [c for c in row.claims.order_by("serial") if c.submitted_at or provides],
        "may_accept": provides and row.state == "placed", "may_withdraw": uses and row.state == "placed",
        "may_cancel": (provides or uses or checks) and runs and not under_way,
        "may_claim": provides and runs and rest_of(row).supply_won > 0, "sees_choice": not provides or uses,
    }  # fmt: skip
    return render(request, "vouchers/orders/order.html", context)


def _order_act(service: Callable[..., Any], success: Any, *, with_reason: bool = True) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: SignedInRequest, public_id: UUID) -> HttpResponse:
        row = visible_order(request, public_id)
        again = partial(_show_order, request, row) if with_reason else None
        return act(request, service, str(success), "vouchers:order", row, "order", again)

    return view


order_accept = _order_act(accept_order, _("You accepted the order. The money is bound for it."), with_reason=False)
order_decline = _order_act(decline_order, _("You declined the order. The firm is told."))
order_withdraw = _order_act(withdraw_order, _("The order was taken back."))
order_cancel = _order_act(cancel_order, _("The order was cancelled. What was not claimed is free again."))


def sees_provider_page(request: SignedInRequest) -> list[Any]:
    """The organizations whose provider page this person may see. Raises `NotAllowed`."""
    mine = organizations_with(request.user, Permission.PROVIDE_SERVICES)
    if not mine:
        raise NotAllowed(_("Only members of a provider can do this."))
    return mine
