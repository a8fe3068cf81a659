from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.pagination import BoundedPaginator
from open_data.forms import KeyForm
from open_data.models import OrganizationKey
from open_data.services.keys import create_key, revoke_key, rotate_key

PER_PAGE = 20


def managed(request: SignedInRequest) -> Organization | None:
    """The organization the person acts for, where its keys are his to make."""
    organization = request.organization
    return organization if has_permission(request.user, Permission.MANAGE_KEYS, organization) else None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def keys(request: SignedInRequest) -> HttpResponse:
    """Those of the organization; of all for officers. A new one is shown in the answer to the POST and nowhere else."""
    form = KeyForm(posted(request), initial={"key": uuid4()})
    organization = managed(request)
    if request.method == "POST":
        if organization is None:
            raise PermissionDenied
        if form.is_valid():
            given = dict(form.cleaned_data)
            public_id = given.pop("key") or uuid4()
            made = do(
                form, create_key, organization=organization, by=request.user, at=timezone.now(), public_id=public_id,
                **given,
            )  # fmt: skip
            if made:
                return _show(request, KeyForm(initial={"key": uuid4()}), created=made[0], text=made[1])
    return _show(request, form)


def _show(request: SignedInRequest, form: KeyForm, **more: Any) -> HttpResponse:
    organization = managed(request)
    oversees = bool(organizations_with(request.user, Permission.OVERSEE_KEYS))
    if organization is None and not oversees:
        raise PermissionDenied
    rows = OrganizationKey.objects.visible_to(request.user)
    if not oversees:
        rows = rows.filter(organization=organization)
    page = BoundedPaginator(rows.for_list(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "oversees": oversees, "organization": organization, "now": timezone.now()}
    return render(request, "open_data/keys.html", context | more, status=422 if form.errors else 200)


def _key(request: SignedInRequest, public_id: UUID) -> OrganizationKey:
    return get_object_or_404(OrganizationKey.objects.visible_to(request.user), public_id=public_id)


@require_POST
@never_cache
def rotate(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    created, text = rotate_key(key=_key(request, public_id), by=request.user, at=timezone.now())
    return _show(request, KeyForm(initial={"key": uuid4()}), created=created, text=text)


@require_POST
def revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    key = _key(request, public_id)
    revoke_key(key=key, by=request.user, at=timezone.now())
    messages.success(request, pgettext("key", "“%(name)s” no longer works.") % {"name": key.name})
    return redirect("open_data:keys")
