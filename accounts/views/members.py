"""Asking to join, and what managers do with requests and members."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.filters import OrganizationFilter
from accounts.forms import JoinForm
from accounts.http import SignedInRequest, back, posted
from accounts.models import Membership, Organization
from accounts.services.decide import decline_membership, grant_membership
from accounts.services.join import ask_to_join, withdraw_request
from accounts.services.leave import change_role, end_membership
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.pagination import BoundedPaginator


@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    """Look for the organization to join, by name or number."""
    filters = OrganizationFilter(request.GET or None, queryset=Organization.objects.visible_to(request.user).standing())
    asked = bool(request.GET.get("q", "").strip())
    found = filters.qs.order_by("name", "pk") if asked and filters.is_valid() else Organization.objects.none()
    page = BoundedPaginator(found, 20).get_page(request.GET.get("page"))
    mine = request.user.memberships.open().filter(organization__in=[o.pk for o in page])
    states = {membership.organization_id: membership.state for membership in mine}
    context = {
        "filter": filters,
        "asked": asked,
        "page": page,
        "rows": [(organization, states.get(organization.pk)) for organization in page],
    }
    return render(request, "accounts/join.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    organization = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    form = JoinForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            ask_to_join(organization=organization, **form.cleaned_data, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your request was sent to “%(name)s”.") % {"name": organization.name})
            return redirect("accounts:organizations")
    return render(request, "accounts/ask.html", {"form": form, "organization": organization})


def act(request: SignedInRequest, public_id: UUID, permission: str, do: Callable[[Membership], Any]) -> HttpResponse:
    """Find a membership the person may see, ask permission, do it, and go back with a sentence if a rule said no."""
    visible = Membership.objects.visible_to(request.user).select_related("organization", "user")
    membership = get_object_or_404(visible, public_id=public_id)
    if not request.user.has_perm(permission, membership):
        raise PermissionDenied(_("Your role does not allow this."))
    try:
        messages.success(request, do(membership))
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, str(error))
    return back(request, "accounts:organization", membership.organization.public_id)


@require_POST
def grant(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(membership: Membership) -> str:
        role = request.POST.get("role") or membership.role
        done = grant_membership(membership=membership, role=role, by=request.user, at=timezone.now())
        return _("%(person)s is now a member as %(role)s.") % {
            "person": done.user.name,
            "role": done.get_role_display(),
        }

    return act(request, public_id, "accounts.decide_membership", do)


@require_POST
def decline(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(membership: Membership) -> str:
        decline_membership(membership=membership, by=request.user, at=timezone.now())
        return _("The request of %(person)s was declined.") % {"person": membership.user.name}

    return act(request, public_id, "accounts.decide_membership", do)


@require_POST
def withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(membership: Membership) -> str:
        withdraw_request(membership=membership, by=request.user, at=timezone.now())
        return pgettext("membership", "Your request was withdrawn.")

    return act(request, public_id, "accounts.withdraw_request", do)


@require_POST
def end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(membership: Membership) -> str:
        end_membership(membership=membership, by=request.user, at=timezone.now())
        names = {"person": membership.user.name, "organization": membership.organization.name}
        if membership.user_id == request.user.pk:
            return _("You left “%(organization)s”.") % names
        return _("%(person)s is no longer a member of “%(organization)s”.") % names

    return act(request, public_id, "accounts.end_membership", do)


@require_POST
def role(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(membership: Membership) -> str:
        done = change_role(membership=membership, role=request.POST.get("role", ""), by=request.user)
        return _("%(person)s now has the role %(role)s.") % {
            "person": done.user.name,
            "role": done.get_role_display(),
        }

    return act(request, public_id, "accounts.change_role", do)
