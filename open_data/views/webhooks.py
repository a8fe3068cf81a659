from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from marketplace.core.pagination import BoundedPaginator
from open_data.enums import EndpointState
from open_data.forms import RotateForm, WebhookForm
from open_data.models import WebhookEndpoint, WebhookMessage
from open_data.services.webhooks import change_endpoint, create_endpoint, replay, rotate_secret, send_test, switch
from open_data.views.keys import managed

PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def webhooks(request: SignedInRequest) -> HttpResponse:
    organization = managed(request)
    if organization is None:
        raise PermissionDenied
    form = WebhookForm(posted(request), initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        key = given.pop("key") or uuid4()
        made = do(
            form, create_endpoint, organization=organization, by=request.user, at=timezone.now(), public_id=key, **given
        )
        if made:
            return _show(request, made[0], None, secret=made[1])
    rows = WebhookEndpoint.objects.visible_to(request.user).filter(organization=organization).for_list()
    context = {"form": form, "endpoints": rows}
    return render(request, "open_data/webhooks.html", context, status=422 if form.errors else 200)


def _endpoint(request: SignedInRequest, public_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.visible_to(request.user).for_list(), public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def webhook(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What was sent there, and what can be done; POST changes address and kinds."""
    row = _endpoint(request, public_id)
    form = WebhookForm(posted(request), initial={"url": row.url, "kinds": row.kinds})
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("url", "kinds")}
        do(form, change_endpoint, endpoint=row, by=request.user, at=timezone.now(), **given)
        if not form.errors:
            messages.success(request, _("Saved."))
            return redirect("open_data:webhook", row.public_id)
    return _show(request, row, form)


def _show(request: SignedInRequest, row: WebhookEndpoint, form: WebhookForm | None, **more: Any) -> HttpResponse:
    form = form or WebhookForm(initial={"url": row.url, "kinds": row.kinds})
    page = BoundedPaginator(row.messages.newest_first(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"endpoint": row, "form": form, "page": page, "now": timezone.now()}
    context["rotation"] = RotateForm(initial={"key": uuid4()})
    return render(request, "open_data/webhook.html", context | more, status=422 if form.errors else 200)


@require_POST
@never_cache
def rotate(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    row = _endpoint(request, public_id)
    form = RotateForm(request.POST)
    key = (form.cleaned_data["key"] if form.is_valid() else None) or uuid4()
    secret = rotate_secret(endpoint=row, key=key, by=request.user, at=timezone.now())
    return _show(request, _endpoint(request, public_id), None, secret=secret)


ACTS = {"on": EndpointState.ACTIVE, "off": EndpointState.OFF, "remove": EndpointState.REMOVED}


@require_POST
def act(request: SignedInRequest, public_id: UUID, what: str) -> HttpResponse:
    """Switch it on or off, remove it, or send a test."""
    row, at = _endpoint(request, public_id), timezone.now()
    if what == "test":
        send_test(endpoint=row, by=request.user, at=at)
        messages.success(request, _("The test message is sent within a minute. Its line below says what came of it."))
        return redirect("open_data:webhook", row.public_id)
    switch(endpoint=row, to=ACTS[what], by=request.user, at=at)
    if what == "remove":
        messages.success(request, _("Removed."))
        return redirect("open_data:webhooks")
    messages.success(request, _("It is on.") if what == "on" else _("It is off."))
    return redirect("open_data:webhook", row.public_id)


@require_POST
def message_replay(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    rows = WebhookMessage.objects.visible_to(request.user).select_related("endpoint")
    row = get_object_or_404(rows, public_id=public_id)
    replay(message=row, by=request.user, at=timezone.now())
    messages.success(request, _("It is sent once more within a minute."))
    return redirect("open_data:webhook", row.endpoint.public_id)
