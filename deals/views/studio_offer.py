"""The holder builds an offer of ways to pay; both sides read it."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest
from deals.enums.negotiation import NegotiationState, OfferState, Side
from deals.forms.studio import AroundForm, OptionForm, initial_of
from deals.models import Negotiation, Offer
from deals.queries.studio import chosen, rate_to_begin_with, usual_rates, ways
from deals.services.offers.make import MOST_OPTIONS, make_offer
from deals.terms import Template, begin
from deals.wording.terms import facts
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from notifications.services.read import mark_target_read

FIRST = (Template.LUMP_SUM, Template.INITIAL_RUNNING)


def visible(request: SignedInRequest, public_id: UUID) -> Offer:
    return get_object_or_404(Offer.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was offered, for all parties; the firm goes on from here to compare."""
    found = visible(request, public_id)
    mark_target_read(target_id=found.negotiation.public_id, by=request.user, at=timezone.now())
    is_of_the_firm = request.user.has_perm("deals.see_studio", found)
    context = {
        "offer": found,
        "negotiation": found.negotiation,
        "options": [(each, facts(each.terms)) for each in ways(found)],
        "is_of_the_firm": is_of_the_firm and found.side == Side.HOLDER,
        "choice": chosen(found) if is_of_the_firm else None,
        "has_lapsed": found.state == OfferState.OFFERED and not found.can_be_accepted_on(timezone.localdate()),
    }
    return render(request, "deals/studio/offer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def offer_new(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Build an offer from templates. Adding and removing an option keep what is typed."""
    found = get_object_or_404(Negotiation.objects.visible_to(request.user).for_page(), public_id=public_id)
    if not request.user.has_perm("deals.make_offer", found):
        raise PermissionDenied
    if found.state != NegotiationState.OPEN:
        raise NotAllowed(_("Offers are made while a negotiation is under way."))
    if request.method != "POST":
        return _show(request, found, _from_templates(found, FIRST), AroundForm(initial={"key": uuid4()}))
    kinds = _kinds(request.POST)
    if "add" in request.POST or "remove" in request.POST:
        return _show(request, found, _changed(request.POST, found, kinds), AroundForm(initial=request.POST.dict()))
    forms = [OptionForm(request.POST, template=kind, prefix=f"o{place}") for place, kind in enumerate(kinds)]
    around = AroundForm(request.POST)
    refusal = ""
    # All of them are asked, so that every fault is shown at once.
    valid = [each.is_valid() for each in (*forms, around)]
    if all(valid):
        try:
            made = make_offer(
                negotiation=found,
                content=around.content(found.deal_kind, [each.cleaned_data["option"] for each in forms]),
                by=request.user,
                at=timezone.now(),
                key=around.cleaned_data["key"],
            )
        except (Conflict, NotAllowed):
            raise
        except DomainError as error:
            refusal = _place(error, forms, around)
        else:
            messages.success(request, _("The offer was made. The firm is told."))
            return redirect("deals:offer", made.offer.public_id)
    return _show(request, found, forms, around, refusal=refusal, status=422)


def _place(error: DomainError, forms: list[OptionForm], around: AroundForm) -> str:
    """Put a refusal at its field; what has none is said above the form."""
    path = (error.field or "").split(".")
    if error.field in around.fields:
        around.add_error(error.field, str(error))
    elif path[0] == "options" and len(path) > 1 and int(path[1]) < len(forms):
        form = forms[int(path[1])]
        form.add_error(path[2] if len(path) > 2 and path[2] in form.fields else None, str(error))
    else:
        return str(error)
    return ""


def _kinds(data: QueryDict) -> list[Template]:
    """The templates of the blocks that were sent, in their order; what is none is left out."""
    return [Template(each) for each in data.getlist("kind") if each in Template.values][:MOST_OPTIONS]


def _from_templates(negotiation: Negotiation, kinds: tuple[Template, ...]) -> list[OptionForm]:
    return [
        OptionForm(template=kind, prefix=f"o{place}", initial=_start(negotiation, kind))
        for place, kind in enumerate(kinds)
    ]


def _start(negotiation: Negotiation, kind: Template) -> dict[str, Any]:
    listing = negotiation.listing
    terms = begin(kind, price_won=listing.price_won, rate_bp=rate_to_begin_with(listing))
    return initial_of(terms, str(kind.label))


def _changed(data: QueryDict, negotiation: Negotiation, kinds: list[Template]) -> list[OptionForm]:
    """The blocks with what was typed in them, less the one to remove, more the one to add."""
    kept = []
    removed = data.get("remove", "")
    for place, kind in enumerate(kinds):
        if removed != str(place):
            typed = OptionForm(data, template=kind, prefix=f"o{place}")
            kept.append((kind, {name: typed[name].data for name in typed.fields if name != "template"}))
    added = data.get("template", "")
    if "add" in data and added in Template.values and len(kept) < MOST_OPTIONS:
        kept.append((Template(added), _start(negotiation, Template(added))))
    return [
        OptionForm(template=kind, prefix=f"o{place}", initial=initial) for place, (kind, initial) in enumerate(kept)
    ]


def _show(
    request: SignedInRequest,
    negotiation: Negotiation,
    forms: list[OptionForm],
    around: AroundForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    language = get_language() or "ko"
    context = {
        "negotiation": negotiation,
        "forms": forms,
        "around": around,
        "refusal": refusal,
        "templates": Template.choices,
        "may_add": len(forms) < MOST_OPTIONS,
        "is_institute": negotiation.holder.kind == OrganizationKind.INSTITUTE,
        "bands": usual_rates(language, negotiation.listing),
    }
    return render(request, "deals/studio/offer_new.html", context, status=status)
