from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.results import asked, search


@login_not_required
@require_safe
def search_all(request: HttpRequest) -> HttpResponse:
    """Everything that the reader may see and that holds the words, in groups."""
    text = request.GET.get("q", "")
    context = {"asked": asked(text), "groups": search(text, request.user)}
    return render(request, "portal/search.html", context)
