"""What a holder says about technologies on the market: still available, closed, exclusive or not."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission
from marketplace.core.asking import do
from marketplace.core.errors import Conflict
from marketplace.core.ids import uuids_in
from marketplace.core.pages import render_part, with_parameter, without_empty
from marketplace.core.pagination import BoundedPaginator
from tech_listings.clocks import CONFIRM_MONTHS, SUSPEND_AFTER_DAYS
from tech_listings.enums import EXCLUSIVE_OUTCOMES, ListingState
from tech_listings.filters import ToConfirm, ToConfirmFilter, shown_to_confirm
from tech_listings.models import Listing
from tech_listings.queries import exclusivity_of
from tech_listings.services.confirm import Confirmed, confirm_listings
from tech_listings.services.exclusivity import GroundNeeded, record_ground, record_term
from tech_listings.services.lapse import offer_without_right
from tech_listings.services.market import close, may_be_closed
from tech_listings.views.market_forms import CloseForm, GroundForm, TermForm, WithoutRightForm
from tech_listings.views.mine import own_listing, own_organization, seen_revision

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
def to_confirm(request: SignedInRequest) -> HttpResponse:
    """What the institute is asked to confirm, the longest unconfirmed first; confirmed in one go."""
    organization = own_organization(request, Permission.PUBLISH_LISTINGS)
    rows = Listing.objects.held_by(organization)
    filterset = ToConfirmFilter(request.GET, rows, request=request)
    found = filterset.qs if filterset.is_valid() else ToConfirmFilter({}, rows).qs
    if request.method == "POST":
        return _confirm(request, organization, found)
    numbers = _counts(rows)
    show = request.GET.get("show") if request.GET.get("show") in ToConfirm.values else ToConfirm.NOW.value
    page = BoundedPaginator(found.select_related("holder"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": filterset,
        "page": page,
        "organization": organization,
        "show": show,
        "tabs": [(_tab(request.GET, t), t.label, numbers[t.value], t == show) for t in ToConfirm],
        "query": without_empty(request.GET).urlencode(),
        "months": CONFIRM_MONTHS,
        "days": SUSPEND_AFTER_DAYS,
    }
    return render_part(
        request, page="tech_listings/to_confirm.html", part="tech_listings/partials/_to_confirm.html", context=context
    )


def _tab(query: QueryDict, tab: ToConfirm) -> str:
    return with_parameter(query, "show", tab.value)


def _counts(rows: QuerySet[Listing]) -> dict[str, int]:
    """How many each tab holds."""
    return {tab.value: shown_to_confirm(rows, tab).order_by().count() for tab in ToConfirm}


def _confirm(request: SignedInRequest, organization: Organization, found: QuerySet[Listing]) -> HttpResponse:
    """Those that were ticked, or all that the filter shows."""
    chosen = found
    if "all" not in request.POST:
        chosen = Listing.objects.held_by(organization).filter(public_id__in=uuids_in(request.POST.getlist("listing")))
    ids = list(chosen.order_by("pk").values_list("pk", flat=True))
    if not ids:
        messages.error(request, _("Tick at least one technology."))
    else:
        done = confirm_listings(holder=organization, listing_ids=ids, by=request.user, at=timezone.now())
        _say(request, done)
    return redirect(request.get_full_path())


def _say(request: SignedInRequest, done: Confirmed) -> None:
    if done.confirmed:
        text = ngettext("Confirmed: %(many)s technology.", "Confirmed: %(many)s technologies.", done.confirmed)
        said = text % {"many": f"{done.confirmed:,}"}
        if done.resumed:
            said = f"{said} {_('Back on the market: %(many)s.') % {'many': f'{done.resumed:,}'}}"
        messages.success(request, said)
    if done.lapsed:
        messages.warning(
            request, _("No valid right is left, so these stay off the market: %(many)s.") % {"many": f"{done.lapsed:,}"}
        )
    if done.left:
        messages.warning(request, _("Changed meanwhile and left as they are: %(many)s.") % {"many": f"{done.left:,}"})


@require_POST
def listing_confirm(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    done = confirm_listings(holder=listing.holder, listing_ids=[listing.pk], by=request.user, at=timezone.now())
    if done.resumed:
        messages.success(request, _("Confirmed: this technology is back on the market."))
    elif done.confirmed:
        messages.success(request, _("Confirmed: this technology is available today."))
    else:
        _say(request, done)
    return redirect("tech_listings:detail", listing.reference)


@require_http_methods(["GET", "POST"])
def listing_close(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    if request.method != "POST" and not may_be_closed(listing):  # a second tab, or back: its page says what it is now
        return redirect("tech_listings:detail", listing.reference)
    form = CloseForm(request.POST if request.method == "POST" else None)
    needs_ground = False
    if request.method == "POST" and form.is_valid():
        try:
            closed = do(
                form,
                close,
                listing=listing,
                seen_revision=seen_revision(request),
                by=request.user,
                at=timezone.now(),
                **form.cleaned_data,
            )
        except GroundNeeded as error:
            form.add_error("outcome", str(error))
            needs_ground, closed = True, None
        if closed is not None:
            messages.success(request, _("Closed. Its page says how the offer ended."))
            return redirect("tech_listings:detail", listing.reference)
    context = {
        "form": form,
        "listing": listing,
        "needs_ground": needs_ground,
        "exclusivity": exclusivity_of(listing),
        "today": timezone.localdate(),
        "exclusive_labels": [str(outcome.label) for outcome in EXCLUSIVE_OUTCOMES],
    }
    return render(request, "tech_listings/close.html", context, status=422 if form.errors else 200)


@require_POST
def listing_without_right(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    form = WithoutRightForm(request.POST)
    if form.is_valid():
        offer_without_right(
            listing=listing,
            text=form.cleaned_data["text"],
            seen_revision=seen_revision(request),
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("Back on the market, without the right. An officer looks at it."))
    else:
        messages.error(request, _("Say what is offered without the right."))
    return redirect("tech_listings:detail", listing.reference)


def _registered(request: SignedInRequest, reference: str) -> Listing:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    if listing.registered_at is None:
        raise NotYetRegistered(_("The period begins with the registration: there is nothing to record before it."))
    return listing


class NotYetRegistered(Conflict):
    code = "not_registered"


@require_safe
def listing_exclusivity(request: SignedInRequest, reference: str) -> HttpResponse:
    return _exclusivity_page(request, _registered(request, reference))


@require_POST
def listing_term(request: SignedInRequest, reference: str) -> HttpResponse:
    """The head of the institute has decided on another period."""
    listing, form = _registered(request, reference), TermForm(request.POST)
    given: dict[str, Any] = {"listing": listing, "by": request.user, "at": timezone.now()}
    if form.is_valid() and do(form, record_term, **given, **form.cleaned_data):
        messages.success(request, _("The decision was recorded."))
        return redirect("tech_listings:exclusivity", listing.reference)
    return _exclusivity_page(request, listing, term_form=form)


@require_POST
def listing_ground(request: SignedInRequest, reference: str) -> HttpResponse:
    """A ground that allows an exclusive licence before the period has passed."""
    listing, form = _registered(request, reference), GroundForm(request.POST)
    given: dict[str, Any] = {"listing": listing, "by": request.user, "at": timezone.now()}
    if form.is_valid() and do(form, record_ground, **given, **form.cleaned_data):
        messages.success(request, _("The ground was recorded."))
        return redirect("tech_listings:exclusivity", listing.reference)
    return _exclusivity_page(request, listing, ground_form=form)


def _exclusivity_page(
    request: SignedInRequest,
    listing: Listing,
    *,
    term_form: TermForm | None = None,
    ground_form: GroundForm | None = None,
) -> HttpResponse:
    today, claim = timezone.localdate(), exclusivity_of(listing)
    wrong = bool((term_form and term_form.errors) or (ground_form and ground_form.errors))
    context = {
        "listing": listing,
        "exclusivity": claim,
        "is_open": claim.is_open_on(today),
        "today": today,
        "interests": listing.interests.order_by("-asked_at")[:20],
        "terms": listing.terms.select_related("recorded_by").order_by("-pk"),
        "grounds": listing.grounds.select_related("recorded_by").order_by("-pk"),
        "may_record": listing.state not in (ListingState.CLOSED, ListingState.WITHDRAWN),
        "may_shorten": claim.asked_on is None and not claim.is_open_on(today),
        "term_form": term_form or TermForm(initial={"months": claim.months}),
        "ground_form": ground_form or GroundForm(),
    }
    return render(request, "tech_listings/exclusivity.html", context, status=422 if wrong else 200)
