"""Messages on devices: which are told, and turning it on and off for this one."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.errors import DomainError
from notifications.models import PushDevice
from notifications.services.devices import add_device, remove_device
from notifications.services.push import is_offered, public_key


@require_safe
def devices(request: SignedInRequest) -> HttpResponse:
    rows = PushDevice.objects.filter(user=request.user).order_by("-created_at", "-pk")
    context = {"devices": rows, "public_key": public_key() if is_offered() else ""}
    return render(request, "notifications/devices.html", context)


@require_POST
def add(request: SignedInRequest) -> HttpResponse:
    """The browser's own subscription, sent by the page's script after the person pressed the button."""
    if not is_offered():
        raise Http404
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    try:
        add_device(by=request.user, name=device_name(request.headers.get("User-Agent", "")), at=timezone.now(), **given)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("This device is told about new technologies for your searches and needs."))
    return redirect("notifications:devices")


@require_POST
def remove(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    if not remove_device(by=request.user, public_id=public_id):
        raise Http404
    messages.success(request, _("This device is told nothing any more."))
    return redirect("notifications:devices")


BROWSERS = (("Edg", "Edge"), ("SamsungBrowser", "Samsung Internet"), ("Whale", "Whale"), ("Firefox", "Firefox"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


def device_name(agent: str) -> str:
    """`Chrome · Android`, so that a person tells devices apart."""
    found = [next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found))
