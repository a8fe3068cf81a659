"""The ways to pay and what is usual, for everybody."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from deals.queries.studio import running_offers, usual_rates
from deals.terms import sources


@login_not_required
@require_safe
def ways_to_pay(request: HttpRequest) -> HttpResponse:
    language = get_language() or "ko"
    context = {
        "bands": usual_rates(language),
        "sources": [each.text_in(language) for each in sources()],
        "counted": running_offers(),
        "today": timezone.localdate(),
    }
    return render(request, "deals/studio/ways_to_pay.html", context)
