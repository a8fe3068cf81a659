from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.wording.help import BY_KEY, ROLES


@login_not_required
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/help.html", {"roles": ROLES})


@login_not_required
@require_safe
def help_role(request: HttpRequest, role: str) -> HttpResponse:
    if role not in BY_KEY:
        raise Http404
    return render(request, "portal/help_role.html", {"role": BY_KEY[role], "roles": ROLES})
