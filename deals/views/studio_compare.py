"""The firm compares the options of an offer under its own forecast, and chooses. Nobody else sees any of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from deals.enums.negotiation import NegotiationState, Side
from deals.exports.studio import comparison_cells
from deals.forms.studio import LEAST_YEARS, MORE_YEARS, MOST_YEARS, ForecastForm, initial_of_forecast
from deals.models import Choice, Offer
from deals.queries.studio import (
    Way,
    beginning,
    chosen,
    compared,
    is_intact,
    recomputed,
    saved_forecast,
    usual_rates,
    ways,
)
from deals.results.studio import cards
from deals.services.studio.choose import choose
from deals.services.studio.save_forecast import save_forecast
from deals.terms import Case, Forecast, Terms
from deals.wording.terms import facts
from marketplace.core.asking import do
from marketplace.core.exports import csv_response


def of_the_firm(request: SignedInRequest, public_id: UUID) -> Offer:
    """An offer that the person's firm was made. To everybody else, parties included, there is no such page."""
    found = get_object_or_404(Offer.objects.visible_to(request.user).for_page(), public_id=public_id)
    if found.side != Side.HOLDER or not request.user.has_perm("deals.see_studio", found):
        raise Http404
    return found


def _case(text: str | None) -> Case:
    return Case(text) if text in list(Case) else Case.BASE


@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Enter the forecast, see what each option costs. A change is computed and saved at once where scripts work, and
    with the button elsewhere.
    """
    found, today = of_the_firm(request, public_id), timezone.localdate()
    saved = saved_forecast(found)
    start = saved or beginning(found, ways(found), today)
    case = _case(request.GET.get("show"))
    if request.method != "POST":
        form = _form(start, today, case)
        return _show(request, found, form, saved, case)
    if not request.user.has_perm("deals.choose_option", found):
        raise PermissionDenied
    years = _years(request.POST.get("years"))
    if "more" in request.POST:
        typed = ForecastForm(request.POST, years=years, signed_on=today)
        initial = {name: typed[name].data for name in typed.fields if name != "years"}
        form = ForecastForm(initial=initial | {"first_sale_on": None}, years=years + MORE_YEARS, signed_on=today)
        form.initial["first_sale_on"] = typed["first_sale_on"].data
        return _show(request, found, form, saved, case)
    form = ForecastForm(request.POST, years=years, signed_on=today, initial={"first_sale_on": start.first_sale_on})
    case = _case(request.POST.get("show"))
    if form.is_valid() and do(
        form,
        save_forecast,
        negotiation=found.negotiation,
        sales=form.cleaned_data["forecast"],
        by=request.user,
        at=timezone.now(),
    ):
        if not request.htmx:
            return redirect(f"{reverse('deals:studio', args=[found.public_id])}?show={case}#comparison")
        saved = form.cleaned_data["forecast"]
    return _show(request, found, form, saved, case)


def _years(text: str | None) -> int:
    return min(int(text), MOST_YEARS) if text and text.isascii() and text.isdigit() and text != "0" else LEAST_YEARS


def _form(start: Forecast, today: Any, case: Case) -> ForecastForm:
    years = max(len(start.base), LEAST_YEARS)
    return ForecastForm(initial=initial_of_forecast(start) | {"show": case.value}, years=years, signed_on=today)


def _show(
    request: SignedInRequest, found: Offer, form: ForecastForm, saved: Forecast | None, case: Case
) -> HttpResponse:
    today, shown = timezone.localdate(), ways(found)
    made = compared(shown, saved or beginning(found, shown, today), today)
    negotiation = found.negotiation
    is_open = negotiation.state == NegotiationState.OPEN and found.can_be_accepted_on(today)
    context = {
        "offer": found,
        "negotiation": negotiation,
        "form": form,
        "case": case,
        "comparison": made,
        "ways": shown,
        "plain_options": [] if made else [(each, facts(each.terms)) for each in shown],
        "cards": cards(made, shown, case) if made else [],
        "is_overtaken": made is None,
        "is_example": saved is None,
        "digest": made.digest if made and saved else "",
        "choice": chosen(found),
        "may_write": request.user.has_perm("deals.choose_option", found),
        "may_choose": is_open and request.user.has_perm("deals.choose_option", found),
        "may_add_years": form.rows < MOST_YEARS,
        "bands": [each for each in usual_rates(get_language() or "ko", negotiation.listing) if each.is_near],
    }
    status = 422 if form.is_bound and form.errors else 200
    if request.htmx and not request.htmx.history_restore_request:
        # What cannot be read yet is no failure while somebody types: the part says what is missing.
        return render(request, "deals/studio/partials/_comparison.html", context | {"is_swap": True})
    return render(request, "deals/studio/studio.html", context, status=status)


@require_safe
def studio_export(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """The comparison as CSV, every case of it, computed from what is saved."""
    found, today = of_the_firm(request, public_id), timezone.localdate()
    shown, saved = ways(found), saved_forecast(found)
    made = compared(shown, saved, today) if saved else None
    if made is None:
        messages.error(request, _("Enter what you expect to sell first; then there is something to export."))
        return redirect("deals:studio", found.public_id)
    name = f"options-{found.negotiation.number}-{today:%Y%m%d}.csv"
    return csv_response(name, comparison_cells(made, shown, offer=found))


@require_POST
def choose_option(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = of_the_firm(request, public_id)
    if not request.user.has_perm("deals.choose_option", found):
        raise PermissionDenied
    option = next((each.option for each in ways(found) if each.key == request.POST.get("option")), None)
    if option is None:
        messages.error(request, _("Choose one of the ways to pay first."))
        return redirect("deals:studio", found.public_id)
    made = choose(option=option, seen=request.POST.get("seen", ""), by=request.user, at=timezone.now())
    messages.success(request, _("Your choice is kept. It binds nobody before the offer is accepted."))
    return redirect("deals:choice", made.public_id)


@require_safe
def choice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was shown, entered and picked, computed again from what was stored."""
    rows = Choice.objects.visible_to(request.user).select_related("option__offer__negotiation__listing", "chosen_by")
    found = get_object_or_404(rows, public_id=public_id)
    made, options = recomputed(found), _stored_ways(found)
    context = {
        "choice": found,
        "offer": found.option.offer,
        "negotiation": found.option.offer.negotiation,
        "comparison": made,
        "cards": cards(made, options, Case.BASE) if made else [],
        "case": Case.BASE,
        "plain_options": [] if made else [(each, facts(each.terms)) for each in options],
        "sold": _sold(made.forecast) if made else [],
        "is_intact": is_intact(found),
    }
    return render(request, "deals/studio/choice.html", context)


def _sold(forecast: Forecast) -> list[tuple[int, int, int, int]]:
    years = range(forecast.first_year, forecast.last_year + 1)
    return list(zip(years, forecast.low, forecast.base, forecast.high, strict=True))


def _stored_ways(found: Choice) -> list[Way]:
    options = {str(each.public_id): each for each in found.option.offer.options.all()}
    return [Way(options[each["key"]], Terms.from_json(each["terms"])) for each in found.shown]
