"""Offers of a negotiation: the form of an offer or counter-offer, and the page of one with what can be answered."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import OrganizationKind
from accounts.http import SignedInRequest
from accounts.roles import Permission
from brokers.views.acting import act, allowed
from deals.enums.negotiation import NegotiationState, OfferState, Side
from deals.forms.negotiation import AcceptForm, DeclineOfferForm, WithdrawOfferForm
from deals.forms.offers import OfferForm, first_day_after
from deals.forms.studio import OptionForm, initial_of
from deals.models import Negotiation, Offer
from deals.queries.seats import Seat, brokers_on, seats_of
from deals.queries.studio import chosen, rate_to_begin_with
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline, withdraw
from deals.services.offers.make import MOST_OPTIONS, make_offer
from deals.terms import Template, begin, template_of
from deals.views.negotiations import visible_negotiation
from deals.views.negotiations_act import refused
from deals.wording.negotiation import offer_differences, offer_facts, offer_status, terms_of
from deals.wording.terms import facts
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from notifications.services.read import mark_target_read
from tech_listings.queries import exclusivity_of, offers_exclusive

REFUSED = 422
FIRST = (Template.LUMP_SUM, Template.INITIAL_RUNNING)


# --- the page of one --------------------------------------------------------------------------------------------------


def _visible_offer(request: SignedInRequest, public_id: UUID, offer_id: UUID) -> Offer:
    rows = Offer.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, public_id=offer_id, negotiation__public_id=public_id)


@require_safe
def offer_page(request: SignedInRequest, public_id: UUID, offer_id: UUID) -> HttpResponse:
    offer = _visible_offer(request, public_id, offer_id)
    mark_target_read(target_id=offer.negotiation.public_id, by=request.user, at=timezone.now())
    return _show(request, offer)


def _show(request: SignedInRequest, offer: Offer, *, code: int = 200, **forms: Any) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    waits = offer.can_be_accepted_on(today) and offer.negotiation.state == NegotiationState.OPEN
    may_answer = waits and user.has_perm("deals.decline_offer", offer)
    seats = seats_of(offer.negotiation, user, Permission.NEGOTIATE, brokers_on(offer.negotiation, today))
    is_of_the_firm = offer.side == Side.HOLDER and user.has_perm("deals.see_studio", offer)
    choice = chosen(offer) if is_of_the_firm else None
    start = {"option": choice.option.public_id} if choice else {}
    context = {
        "offer": offer,
        "negotiation": offer.negotiation,
        "status": offer_status(offer, today),
        "facts": [(label, text) for label, text in offer_facts(offer) if text],
        "options": [(option, facts(terms_of(option))) for option in offer.options.all()],
        "differences": offer_differences(offer),
        "may_accept": waits and user.has_perm("deals.accept_offer", offer),
        "may_decline": may_answer,
        "may_counter": waits and any(seat.side != offer.side for seat in seats),
        "may_withdraw": waits and user.has_perm("deals.withdraw_offer", offer),
        "may_compare": is_of_the_firm,
        "choice": choice,
        "accept_form": AcceptForm(offer=offer, auto_id="id_accept_%s", initial=start),
        "decline_form": DeclineOfferForm(auto_id="id_decline_%s"),
        "withdraw_form": WithdrawOfferForm(auto_id="id_withdraw_%s"),
    }
    return render(request, "deals/negotiation/offer.html", context | forms, status=code)


@require_POST
def accept_offer(request: SignedInRequest, public_id: UUID, offer_id: UUID) -> HttpResponse:
    offer = _visible_offer(request, public_id, offer_id)
    allowed(request, "deals.accept_offer", offer)
    form = AcceptForm(request.POST, offer=offer, auto_id="id_accept_%s")
    then = ("deals:negotiation", public_id)
    text = _("The terms are agreed. The next step is the contract.")
    return act(request, form, accept, text, then=then, offer=offer) or _show(
        request, offer, code=REFUSED, accept_form=form
    )


@require_POST
def decline_offer(request: SignedInRequest, public_id: UUID, offer_id: UUID) -> HttpResponse:
    offer = _visible_offer(request, public_id, offer_id)
    allowed(request, "deals.decline_offer", offer)
    form = DeclineOfferForm(request.POST, auto_id="id_decline_%s")
    text = _("You declined the offer. The other side is told.")
    return _answer(request, offer, "decline_form", form, decline, text)


@require_POST
def withdraw_offer(request: SignedInRequest, public_id: UUID, offer_id: UUID) -> HttpResponse:
    offer = _visible_offer(request, public_id, offer_id)
    allowed(request, "deals.withdraw_offer", offer)
    form = WithdrawOfferForm(request.POST, auto_id="id_withdraw_%s")
    return _answer(request, offer, "withdraw_form", form, withdraw, _("The offer was withdrawn."))


def _answer(request: SignedInRequest, offer: Offer, name: str, form: Any, service: Any, text: str) -> HttpResponse:
    then = ("deals:negotiation", offer.negotiation.public_id)
    done = act(request, form, service, text, then=then, offer=offer)
    return done or _show(request, offer, code=REFUSED, **{name: form})


# --- a new one --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def offer_form(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Make an offer, or answer the one that waits with a counter-offer, which begins with what that one says.

    Adding and removing a way to pay keep what is typed; so does whatever has happened meanwhile.
    """
    negotiation = visible_negotiation(request, public_id)
    allowed(request, "deals.speak", negotiation)
    if request.method != "POST":
        return _fresh(request, negotiation)
    answered = _answered(request, negotiation)
    kinds = [Template(each) for each in request.POST.getlist("kind") if each in Template.values][:MOST_OPTIONS]
    form = OfferForm(request.POST, negotiation=negotiation)
    if "add" in request.POST or "remove" in request.POST:
        typed = OfferForm(initial=request.POST.dict(), negotiation=negotiation)
        return _show_form(request, negotiation, answered, typed, _changed(request.POST, negotiation, kinds))
    options = [OptionForm(request.POST, template=kind, prefix=f"o{place}") for place, kind in enumerate(kinds)]
    # All of them are asked, so that every fault is shown at once.
    valid = [each.is_valid() for each in (*options, form)]
    if not all(valid):
        return _show_form(request, negotiation, answered, form, options, code=REFUSED)
    refusal, code = "", REFUSED
    try:
        made = make_offer(
            negotiation=negotiation, content=form.content([each.cleaned_data["option"] for each in options]),
            counter_to=answered, by=request.user, at=timezone.now(), key=form.cleaned_data["key"],
        )  # fmt: skip
    except Conflict as error:
        # Nothing typed is lost: it can be sent as an answer to what waits now, or as an offer of its own.
        negotiation = visible_negotiation(request, public_id)
        code, answered = error.status, _waiting_for(request, negotiation)
        refused(form, error)
    except DomainError as error:
        refusal = _place(error, options, form)
    else:
        messages.success(request, _("The offer was made. The other side is told."))
        return redirect("deals:negotiation_offer", negotiation.public_id, made.offer.public_id)
    return _show_form(request, negotiation, answered, form, options, refusal=refusal, code=code)


def _fresh(request: SignedInRequest, negotiation: Negotiation) -> HttpResponse:
    if negotiation.state != NegotiationState.OPEN:
        raise NotPossibleNow(_("Offers are made while a negotiation is under way."))
    own = negotiation.offers.waiting().filter(side=_own_seat(request, negotiation).side).first()
    if own is not None and own.can_be_accepted_on(timezone.localdate()):
        raise NotPossibleNow(_("An offer of your side waits for an answer. Withdraw it before you make another one."))
    answered = _waiting_for(request, negotiation)
    start: dict[str, Any] = {"key": uuid4(), "valid_until": first_day_after(timezone.localdate())}
    if answered is None:
        start["deal_kind"] = negotiation.deal_kind
        options = [
            OptionForm(template=kind, prefix=f"o{place}", initial=_start(negotiation, kind))
            for place, kind in enumerate(FIRST)
        ]
    else:
        names = ("deal_kind", "term_months", "territory", "field_of_use")
        start |= {name: getattr(answered, name) or None for name in names}
        options = [
            OptionForm(template=template_of(terms), prefix=f"o{place}", initial=initial_of(terms, option.name))
            for place, option in enumerate(answered.options.all())
            for terms in (terms_of(option),)
        ]
    return _show_form(request, negotiation, answered, OfferForm(initial=start, negotiation=negotiation), options)


def _own_seat(request: SignedInRequest, negotiation: Negotiation) -> Seat:
    brokers = brokers_on(negotiation, timezone.localdate())
    return seats_of(negotiation, request.user, Permission.NEGOTIATE, brokers)[0]


def _waiting_for(request: SignedInRequest, negotiation: Negotiation) -> Offer | None:
    """The other side's offer that a new one would answer."""
    waiting = negotiation.offers.waiting().for_page().exclude(side=_own_seat(request, negotiation).side).first()
    return waiting if waiting is not None and waiting.can_be_accepted_on(timezone.localdate()) else None


def _answered(request: SignedInRequest, negotiation: Negotiation) -> Offer | None:
    """The offer that the form was opened to answer, whatever became of it since: the service tells."""
    try:
        public_id = UUID(request.POST.get("counter_to", ""))
    except ValueError:
        return None
    return negotiation.offers.for_page().filter(public_id=public_id).first()


def _start(negotiation: Negotiation, kind: Template) -> dict[str, Any]:
    listing = negotiation.listing
    terms = begin(kind, price_won=listing.price_won, rate_bp=rate_to_begin_with(listing))
    return initial_of(terms, str(kind.label))


def _changed(data: QueryDict, negotiation: Negotiation, kinds: list[Template]) -> list[OptionForm]:
    """The blocks with what was typed in them, less the one to remove, more the one to add."""
    kept: list[tuple[Template, dict[str, Any]]] = []
    for place, kind in enumerate(kinds):
        if data.get("remove", "") != str(place):
            typed = OptionForm(data, template=kind, prefix=f"o{place}")
            kept.append((kind, {name: typed[name].data for name in typed.fields if name != "template"}))
    added = data.get("template", "")
    if "add" in data and added in Template.values and len(kept) < MOST_OPTIONS:
        kept.append((Template(added), _start(negotiation, Template(added))))
    return [OptionForm(template=kind, prefix=f"o{at}", initial=initial) for at, (kind, initial) in enumerate(kept)]


def _place(error: DomainError, options: list[OptionForm], form: OfferForm) -> str:
    """Put a refusal at its field; what has none is said above the form."""
    path = (error.field or "").split(".")
    if error.field in form.fields:
        form.add_error(error.field, str(error))
    elif path[0] == "options" and len(path) > 1 and int(path[1]) < len(options):
        block = options[int(path[1])]
        block.add_error(path[2] if len(path) > 2 and path[2] in block.fields else None, str(error))
    else:
        return str(error)
    return ""


def _show_form(
    request: SignedInRequest, negotiation: Negotiation, answered: Offer | None, form: OfferForm,
    options: list[OptionForm], *, refusal: str = "", code: int = 200,
) -> HttpResponse:  # fmt: skip
    seat = _own_seat(request, negotiation)
    listing = negotiation.listing
    exclusive = listing.registered_at is not None and offers_exclusive(listing)
    context = {
        "negotiation": negotiation,
        "listing": listing,
        "answered": answered if answered and answered.state == OfferState.OFFERED else None,
        "form": form,
        "options": options,
        "templates": Template.choices,
        "may_add": len(options) < MOST_OPTIONS,
        "may_remove": len(options) > 1,
        "refusal": refusal,
        "of_holder": (of_holder := seat.side == Side.HOLDER),
        "of_institute": of_holder and negotiation.holder.kind == OrganizationKind.INSTITUTE,
        "exclusive": exclusive,
        "exclusivity": exclusivity_of(listing) if exclusive else None,
        "grounds": listing.grounds.order_by("-pk") if exclusive else [],
        "today": timezone.localdate(),
    }
    return render(request, "deals/negotiation/offer_form.html", context, status=code)
