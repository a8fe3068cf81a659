"""Mandates between clients and brokers: the list, a new one, and the page of one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from brokers.enums.mandates import AGREED_UPON, MandateState, OfferedBy
from brokers.exports.mandates import mandate_cells
from brokers.filters.mandates import MandateFilter, MandateTab, answering_organizations
from brokers.forms.mandates import DeclineForm, MandateForm, a_year_from
from brokers.models import FeeSchedule, Mandate, MandateConsent
from brokers.queries.mandates import (
    consents_asked_of,
    history_of_mandate,
    others_have_agreed,
    part_of,
    shows_need_to,
)
from brokers.services.mandates.end import side_of
from brokers.services.mandates.offer import offer
from brokers.wording.mandates import about, everything, status_on
from marketplace.core.asking import do
from marketplace.core.errors import Conflict, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, with_parameter, without, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from matching.models import Need
from notifications.services.read import mark_target_read
from tech_listings.models import Listing

PER_PAGE = 20
NARROWING = ("q", "side", "exclusive")


def _found(request: SignedInRequest) -> MandateFilter:
    rows = Mandate.objects.visible_to(request.user).for_list().with_brokers().with_first_subject()
    return MandateFilter(request.GET, rows, request=request)


@require_safe
def mandate_list(request: SignedInRequest) -> HttpResponse:
    """Mandates that one's organizations gave or took; officers see all. Newest first."""
    found, today, user = _found(request), timezone.localdate(), request.user
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (mandate, status_on(mandate, today), about(mandate, shows_need=shows_need_to(mandate, user)))
        for mandate in page
    ]
    context = {
        "filter": found,
        "page": page,
        "rows": rows,
        "tabs": _tabs(request),
        "query": without_empty(request.GET).urlencode(),
        "is_narrowed": any(request.GET.get(name) for name in (*NARROWING, "tab")),
        "may_offer": user.has_perm("brokers.add_mandate"),
        "takes": bool(organizations_with(user, Permission.TAKE_MANDATES)),
        "consents": MandateConsent.objects.visible_to(user).waiting_on(today).for_list()[:PER_PAGE],
    }
    return render_part(
        request, page="brokers/mandates/list.html", part="brokers/mandates/partials/_rows.html", context=context
    )


def _tabs(request: SignedInRequest) -> list[tuple[str, str, int | str, bool]]:
    """(address, label, how many, whether it is shown). Only of what waits for one's own answer the number helps."""
    current = request.GET.get("tab", "")
    mine = answering_organizations(request.user)
    waiting = Mandate.objects.waiting_for(mine, timezone.localdate()).count() if mine else 0
    tabs: list[tuple[str, str, int | str, bool]] = [(without(request.GET, "tab"), _("All"), "", not current)]
    for value, label in MandateTab.choices:
        count = waiting if value == MandateTab.WAITING and waiting else ""
        tabs.append((with_parameter(request.GET, "tab", value), str(label), count, current == value))
    return tabs


@require_safe
def mandate_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV: the same filter and order, at most 10,000."""
    today = timezone.localdate()
    return csv_response(
        f"mandates-{today:%Y%m%d}.csv",
        mandate_cells(_found(request).qs[: CEILING + 1], request.user, today),
        most=CEILING,
    )


# --- a new one --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def mandate_new(request: SignedInRequest) -> HttpResponse:
    """Offer a mandate, as client or as broker; `?broker=`, `listing=`, `need=` and `renew=` fill it in."""
    organizations = _who_may_offer(request)
    old = _renewed(request)
    acting = _acting(request, organizations, old)
    in_force = FeeSchedule.objects.in_force_on(timezone.localdate()).first()
    if in_force is None:
        return render(request, "brokers/mandates/new.html", {"in_force": None})
    start = _prefilled(request, acting, old) | {"schedule": in_force.public_id}
    form = MandateForm(posted(request), acting=acting, initial=start)
    status = None
    if request.method == "POST" and form.is_valid():
        other, by_client = form.cleaned_data["other"], form.offered_by == OfferedBy.CLIENT
        seen = FeeSchedule.objects.filter(public_id=form.cleaned_data["schedule"]).first()
        try:
            made = do(
                form, offer, broker=other if by_client else acting, client=acting if by_client else other,
                offered_by=form.offered_by, offer=form.offer, seen=seen, by=request.user, at=timezone.now(),
            )  # fmt: skip
        except Conflict as refusal:
            # Another mandate, broker or term may be possible: what was typed stays, beside the guideline in force now.
            made, status = None, refusal.status
            form.add_error(None, str(refusal))
            typed = request.POST.copy()
            typed["schedule"] = str(in_force.public_id)
            form.data = typed
        if made:
            messages.success(request, _("The offer was sent."))
            return redirect("brokers:mandate", made.mandate.public_id)
    context = {"form": form, "acting": acting, "organizations": organizations, "in_force": in_force, "old": old}
    return render(request, "brokers/mandates/new.html", context, status=status or (422 if form.errors else 200))


def _who_may_offer(request: SignedInRequest) -> list[Organization]:
    both = (Permission.GIVE_MANDATES, Permission.TAKE_MANDATES)
    found = [each for permission in both for each in organizations_with(request.user, permission)]
    if not found:
        raise NotAllowed(_("Only managers of an institute, a company or a broker can offer a mandate."))
    return found


def _acting(request: SignedInRequest, organizations: list[Organization], old: Mandate | None) -> Organization:
    """For whom the offer is made: named in `as`, a side of what is renewed, the current one, or the first."""
    named = request.GET.get("as", "")
    sides = {old.client_id, old.broker_id} if old else set()
    here = request.organization.pk if request.organization else None
    choices = [each for each in organizations if str(each.public_id) == named]
    choices += [each for each in organizations if each.pk in sides]
    choices += [each for each in organizations if each.pk == here]
    return (choices or organizations)[0]


def _renewed(request: SignedInRequest) -> Mandate | None:
    public_id = _uuid(request.GET.get("renew"))
    return (
        Mandate.objects.visible_to(request.user).for_page().filter(public_id=public_id).first() if public_id else None
    )


def _prefilled(request: SignedInRequest, acting: Organization, old: Mandate | None) -> dict[str, Any]:
    today = timezone.localdate()
    start: dict[str, Any] = {"starts_on": today, "ends_on": a_year_from(today)}
    if old is not None and acting.pk in {old.client_id, old.broker_id}:
        return start | _of_old(old, acting, start)
    given = request.GET
    if broker := _organization(given.get("broker"), OrganizationKind.BROKER):
        start["other"] = broker.name
    listing = (
        Listing.objects.published()
        .select_related("holder")
        .filter(number=given.get("listing", "").replace("\0", ""))
        .first()
    )
    if listing is not None:
        start["subjects"] = listing.number
        if acting.kind == OrganizationKind.BROKER:
            start["other"] = listing.holder.name
    need_id = _uuid(given.get("need"))
    need = Need.objects.shown_to(request.user).open().filter(public_id=need_id).first() if need_id else None
    if need is not None and need.shows_asker:
        start["need"] = need.public_id
        if acting.kind == OrganizationKind.BROKER and not need.is_anonymous:
            start |= {"subjects": need.number, "other": need.organization.name}
    return start


def _of_old(old: Mandate, acting: Organization, start: dict[str, Any]) -> dict[str, Any]:
    """A renewal begins on the day after; an offer that came to nothing begins as it said, or today."""
    first = old.last_day + timedelta(days=1) if old.state in AGREED_UPON else old.starts_on
    first = max(first, start["starts_on"])
    filled: dict[str, Any] = {
        "other": old.broker.name if acting.pk == old.client_id else old.client.name,
        "need": old.need.public_id if old.need else None,
        "subjects": ", ".join([old.need.number] if old.need else [s.listing.number or "" for s in old.subjects.all()]),
        "is_exclusive": old.is_exclusive, "starts_on": first, "ends_on": first + (old.ends_on - old.starts_on),
        "fee_bp": old.fee_bp, "tail_months": old.tail_months, "terms": old.terms, "conflict": old.conflict,
    }  # fmt: skip
    others = [part for part in old.partners.all() if part.organization_id != old.broker_id]
    for place, part in enumerate(others, start=1):
        filled |= {f"other_{place}": part.organization.name, f"other_{place}_bp": part.share_bp}
    return filled


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _organization(public_id: str | None, kind: str) -> Organization | None:
    """By its own id, or by that of its entry in the register."""
    key = _uuid(public_id)
    if key is None:
        return None
    named = Q(public_id=key) | Q(broker_registrations__public_id=key)
    return Organization.objects.filter(named, kind=kind).distinct().first()


# --- the page of one --------------------------------------------------------------------------------------------------


def visible_mandate(request: SignedInRequest, public_id: UUID) -> Mandate:
    return get_object_or_404(Mandate.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def mandate_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    mandate = visible_mandate(request, public_id)
    mark_target_read(target_id=mandate.public_id, by=request.user, at=timezone.now())
    return show(request, mandate)


def show(
    request: SignedInRequest, mandate: Mandate, *, decline: DeclineForm | None = None, refuse: DeclineForm | None = None
) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    is_open = mandate.state == MandateState.OFFERED and not mandate.has_lapsed_on(today)
    may_answer = is_open and user.has_perm("brokers.answer_mandate", mandate)
    shows_need = shows_need_to(mandate, user)
    agreed = mandate.state in AGREED_UPON
    context = {
        "mandate": mandate,
        "status": status_on(mandate, today),
        "about": about(mandate, shows_need=shows_need),
        "everything": everything(mandate.side),
        "shows_need": shows_need,
        "history": history_of_mandate(mandate, user),
        "others_agreed": others_have_agreed(mandate),
        "consents": consents_asked_of(mandate, user, today) if user.has_perm("brokers.add_mandate") else [],
        "names_consents": _is_of_broker(mandate, user),
        "agreed": agreed,
        "quotes": mandate.quotes.visible_to(user).for_list()[:PER_PAGE] if agreed else [],
        "may_answer": may_answer,
        "part": part_of(mandate, user) if is_open else None,
        "may_take_back": mandate.state == MandateState.OFFERED and user.has_perm("brokers.take_back_mandate", mandate),
        "may_end": mandate.may_be_ended_on(today) and side_of(mandate, user),
        "may_renew": not is_open and side_of(mandate, user),
        "may_counter": may_answer and mandate.offered_side == OfferedBy.CLIENT,
        "may_quote": mandate.is_quoted_under_on(today) and bool(brokers_quoting(user, mandate)),
        "decline_form": decline or DeclineForm(auto_id="id_decline_%s"),
        "refuse_form": refuse or DeclineForm(auto_id="id_refuse_%s"),
        "today": today,
    }  # fmt: skip
    status = 422 if (decline and decline.errors) or (refuse and refuse.errors) else 200
    return render(request, "brokers/mandates/detail.html", context, status=status)


def brokers_quoting(user: Any, mandate: Mandate) -> list[Organization]:
    """The brokers of the mandate for which the user quotes fees."""
    parts = mandate.partners.all()
    return [p.organization for p in parts if has_permission(user, Permission.QUOTE_FEES, p.organization)]


def _is_of_broker(mandate: Mandate, user: Any) -> bool:
    """Whether the user reads which of the broker's mandates a conflict is about: of the leading broker only."""
    return any(membership.organization_id == mandate.broker_id for membership in user.active_memberships())
