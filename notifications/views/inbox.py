from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import MailRate
from accounts.http import SignedInRequest
from marketplace.core.pages import render_part
from marketplace.core.pagination import BoundedPaginator
from notifications import registry
from notifications.filters import NotificationFilter
from notifications.mails import user_of_token
from notifications.models import Notification
from notifications.queries import unread_count
from notifications.services.mail_rate import change_mail_rate
from notifications.services.read import mark_all_read, mark_read

OFFERED_RATES = (MailRate.DAILY, MailRate.WEEKLY, MailRate.OFF)


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    """The record of everything the person was told. `?show=unread` narrows it."""
    found = NotificationFilter(request.GET, Notification.objects.visible_to(request.user).for_list())
    page = BoundedPaginator(found.qs, 20).get_page(request.GET.get("page"))
    rows = [row for row in page.object_list if registry.still_visible(request.user, row.kind, row.target_id)]
    context = {
        "page": page,
        "rows": rows,
        "unread": unread_count(request.user),
        "show": "unread" if request.GET.get("show") == "unread" else "all",
        "rate": request.user.get_mail_rate_display(),
    }
    return render_part(
        request, page="notifications/inbox.html", part="notifications/partials/_list.html", context=context
    )


@require_POST
def open_notification(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Read it and go to what it is about."""
    row = get_object_or_404(Notification.objects.visible_to(request.user), public_id=public_id)
    if not registry.still_visible(request.user, row.kind, row.target_id):
        raise Http404
    mark_read(notifications=[row], by=request.user, at=timezone.now())
    safe = row.url and url_has_allowed_host_and_scheme(row.url, {request.get_host()}, request.is_secure())
    return redirect(row.url if safe else "notifications:inbox")


@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    if mark_all_read(by=request.user, at=timezone.now()):
        messages.success(request, _("All messages are marked as read."))
    return redirect("notifications:inbox")


@csrf_exempt  # mail programs post here without a page of ours (RFC 8058); the signed token says who
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST acts: a scanner that follows links changes nothing (lessons F28)."""
    user = user_of_token(token)
    if user is None:
        raise Http404
    done = None
    if request.method == "POST":
        rate = request.POST.get("rate", MailRate.OFF)
        change_mail_rate(user=user, rate=rate if rate in OFFERED_RATES else MailRate.OFF)
        user.refresh_from_db(fields=["mail_rate"])
        done = user.get_mail_rate_display()
    rates = [(rate.value, rate.label) for rate in OFFERED_RATES]
    response = render(request, "notifications/unsubscribe.html", {"done": done, "rates": rates, "token": token})
    response["Referrer-Policy"] = "no-referrer"
    return response
