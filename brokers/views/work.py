"""The page a broker begins the day with."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, has_permission
from brokers.queries import work as queries
from brokers.queries.mandates import shows_need_to
from brokers.wording.mandates import about, status_on
from marketplace.core.errors import NotAllowed


@require_safe
def work(request: SignedInRequest) -> HttpResponse:
    """What waits on the broker, what fits its speciality, and its mandates."""
    user, today = request.user, timezone.localdate()
    broker = queries.broker_of(user, request.organization)
    if broker is None:
        raise NotAllowed(_("Only members of a broker have this page."))
    speciality = queries.speciality_of(broker)
    mandates = [
        (
            each,
            status_on(each, today),
            about(each, shows_need=shows_need_to(each, user)),
            _ends_soon(each.last_day, today),
        )
        for each in queries.running_mandates(broker, today)
    ]
    offered = [
        (each, status_on(each, today), about(each, shows_need=shows_need_to(each, user)))
        for each in queries.offered_mandates(broker, today)
    ]
    context = {
        "broker": broker,
        "waiting": queries.waiting_on(user, broker, today),
        "speciality": speciality,
        "needs": queries.fitting_needs(broker, user, speciality, today),
        "listings": queries.fitting_listings(speciality),
        "mandates": mandates,
        "offered": offered,
        "may_take": has_permission(user, Permission.TAKE_MANDATES, broker),
        "may_quote": has_permission(user, Permission.QUOTE_FEES, broker),
        "today": today,
    }
    return render(request, "brokers/work/work.html", context)


def _ends_soon(last: date, today: date) -> bool:
    return last - today <= queries.ENDS_SOON
