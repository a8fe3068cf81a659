from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted
from accounts.roles import Permission, has_permission
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from open_data.enums import PartnerDealState
from open_data.forms import DecisionForm
from open_data.models import PartnerDeal
from open_data.services.partner_deals import decide_deal

PER_PAGE = 20


@require_safe
def deals(request: SignedInRequest) -> HttpResponse:
    """Those that concern the person's organizations; all for officers who look at technologies."""
    rows = PartnerDeal.objects.visible_to(request.user).for_list()
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "open_data/deals.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def deal(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What a partner reports; POST is what the holder says to it."""
    row = get_object_or_404(PartnerDeal.objects.visible_to(request.user).for_list(), public_id=public_id)
    may = has_permission(request.user, Permission.ANSWER_REQUESTS, row.listing.holder)
    decides = may and row.state == PartnerDealState.REPORTED
    form = DecisionForm(posted(request))
    if request.method == "POST" and not may:
        raise NotAllowed(_("Only members of the holder who answer requests can do this."))
    if request.method == "POST" and form.is_valid():
        done = do(form, decide_deal, deal=row, by=request.user, at=timezone.now(), **form.cleaned_data)
        if done:
            messages.success(request, _("The partner is told."))
            return redirect("open_data:deal", row.public_id)
    context = {"deal": row, "form": form, "decides": decides}
    return render(request, "open_data/deal.html", context, status=422 if form.errors else 200)
