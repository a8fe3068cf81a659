"""What is open for everybody, and how to mirror it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import Permission, has_permission, organizations_with
from open_data.enums import Collection
from open_data.models import BulkFile
from open_data.queries.partner_deals import confirmed_by_year
from open_data.queries.records import FIELDS


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    newest = BulkFile.objects.order_by("-taken_at", "name")[:8]
    organization = getattr(request, "organization", None)
    context = {
        "files": newest,
        "collections": [(each, FIELDS[each]) for each in Collection],
        "confirmed": confirmed_by_year(),
        "manages": has_permission(request.user, Permission.MANAGE_KEYS, organization),
        "oversees": bool(organizations_with(request.user, Permission.OVERSEE_KEYS)),
        "has_deals": has_permission(request.user, Permission.ANSWER_REQUESTS, organization),
        "now": timezone.now(),
    }
    return render(request, "open_data/index.html", context)
