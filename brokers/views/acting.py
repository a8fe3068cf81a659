"""A form of a page, the service behind it, and the way back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.http import SignedInRequest
from marketplace.core.asking import do


def allowed(request: SignedInRequest, permission: str, thing: Any) -> None:
    """Raise `PermissionDenied` unless the person has the permission for the thing, which is visible to them."""
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


def act(
    request: SignedInRequest,
    form: Any,
    service: Callable[..., Any],
    said: str,
    /,
    *,
    then: tuple[Any, ...],
    **given: Any,
) -> HttpResponse | None:
    """Let the service do what the form says, and say so on the page `then` (name of the address, its arguments).

    None where the form is to be shown again with its errors. Raises the service's `Conflict` and `NotAllowed`.
    """
    if not form.is_valid():
        return None
    words = form.given() if hasattr(form, "given") else form.cleaned_data
    if not do(form, service, **given, **words, by=request.user, at=timezone.now()):
        return None
    messages.success(request, said)
    return redirect(*then)
