"""What officers see of the search itself."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from tech_listings.search.state import figures


@require_safe
def search_state(request: SignedInRequest) -> HttpResponse:
    """How far the search is behind."""
    if not request.user.has_perm("tech_listings.see_search_state"):
        raise PermissionDenied(_("Only members of a government office may see this."))
    return render(request, "tech_listings/search_state.html", {"figures": figures()})
