"""The page on which holder, firm and broker begin the day with contracts."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from royalties.queries import calendar as queries


@require_safe
def work(request: SignedInRequest) -> HttpResponse:
    """What waits, what comes, negotiations and contracts by stage, money due and received. Of one organization."""
    here, user, today = request.organization, request.user, timezone.localdate()
    if here is None or not user.has_perm("royalties.see_work", here):
        raise PermissionDenied
    context = {
        "organization": here,
        "waiting": queries.waiting_on(user, here, today=today),
        "stages": queries.stages(here, user),
        "money": queries.money_by_year(here, today),
        "next": queries.next_dues(here, today),
        "today": today,
    }
    return render(request, "royalties/calendar/work.html", context)
