from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import OrganizationKind, Role
from accounts.forms import InviteForm, OrganizationEditForm, OrganizationForm, corporate_number_warning
from accounts.http import SignedInRequest, back, posted
from accounts.middleware import choose_organization
from accounts.models import Organization
from accounts.roles import Permission, organizations_with, permissions_of
from accounts.services.edit import edit_organization
from accounts.services.register import AlreadyRegistered, register_organization
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.pagination import BoundedPaginator

MEMBERS_ON_PAGE = 50


@require_safe
def organizations(request: SignedInRequest) -> HttpResponse:
    """Where the person is a member, and the requests that wait for an answer."""
    waiting = request.user.memberships.waiting().select_related("organization").order_by("-created_at")
    context = {"memberships": request.user.active_memberships(), "waiting": waiting}
    return render(request, "accounts/organizations.html", context)


@login_not_required
@require_safe
def organization(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What everybody may know; members see each other; managers see requests and invitations."""
    shown = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    context: dict[str, Any] = {"organization": shown}
    if request.user.is_authenticated:
        context["mine"] = request.user.memberships.open().filter(organization=shown).first()
        if request.user.has_perm("accounts.view_members", shown):
            context |= members_context(request, shown)
        context["may_see_business"] = "members" in context or request.user.is_officer
    return render(request, "accounts/organization.html", context)


def members_context(request: HttpRequest, shown: Organization) -> dict[str, Any]:
    members = shown.memberships.active().select_related("user").order_by("user__name", "pk")
    context: dict[str, Any] = {
        "members": BoundedPaginator(members, MEMBERS_ON_PAGE).get_page(request.GET.get("page")),
        "may_manage": request.user.has_perm("accounts.manage_members", shown),
        "may_edit": request.user.has_perm("accounts.edit_organization", shown),
    }
    if context["may_manage"]:
        now = timezone.now()
        context |= {
            "requests": shown.memberships.waiting().select_related("user").order_by("created_at"),
            "invitations": shown.invitations.pending(now).select_related("invited_by").order_by("-created_at"),
            "invite_form": InviteForm(),
            "roles": Role.choices,
        }
    return context


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    kinds = [choice for choice in OrganizationKind.choices if choice[0] != OrganizationKind.GOVERNMENT]
    if organizations_with(request.user, Permission.REGISTER_OFFICES):
        kinds = list(OrganizationKind.choices)
    form = OrganizationForm(posted(request), kinds=kinds)
    existing: Organization | None = None
    if request.method == "POST" and form.is_valid():
        try:
            created = register_organization(**form.cleaned_data, by=request.user, at=timezone.now())
        except AlreadyRegistered as error:
            existing = error.organization
            form.add_error("business_number", str(error))
        except NotAllowed:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            choose_organization(request, created.public_id)
            messages.success(request, _("“%(name)s” is registered. You are its manager.") % {"name": created.name})
            warn_about_corporate_number(request, created)
            return redirect("accounts:organization", created.public_id)
    return render(request, "accounts/register.html", {"form": form, "existing": existing})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    shown = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    if not request.user.has_perm("accounts.edit_organization", shown):
        raise PermissionDenied(_("Only a manager of the organization may change its details."))
    form = OrganizationEditForm(posted(request), instance=shown)
    if request.method == "POST" and form.is_valid():
        saved = edit_organization(organization=shown, changes=form.cleaned_data, by=request.user)
        messages.success(request, _("Saved."))
        if "corporate_number" in form.changed_data:
            warn_about_corporate_number(request, saved)
        return redirect("accounts:organization", saved.public_id)
    return render(request, "accounts/organization_edit.html", {"form": form, "organization": shown})


def warn_about_corporate_number(request: HttpRequest, saved: Organization) -> None:
    if warning := corporate_number_warning(saved.corporate_number):
        messages.warning(request, warning)


@require_POST
def switch(request: SignedInRequest) -> HttpResponse:
    """Act for another of one's organizations and stay on the page."""
    wanted = request.POST.get("organization", "")
    chosen = next((o for o in request.user.active_organizations() if str(o.public_id) == wanted), None)
    if chosen is None:
        raise Http404
    choose_organization(request, chosen.public_id)
    messages.success(request, _("You now act for “%(name)s”.") % {"name": chosen.name})
    return back(request, "portal:home")


@login_not_required
@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """The table of roles and what they may do, made from the code that decides it."""
    tables = [
        {
            "kind": label,
            "rows": [
                {
                    "permission": permission.label,
                    "allowed": [(role_label, permission in permissions_of(kind, role)) for role, role_label in roles_],
                }
                for permission in Permission
                if any(permission in permissions_of(kind, role) for role in Role.values)
            ],
        }
        for roles_ in [Role.choices]
        for kind, label in OrganizationKind.choices
    ]
    return render(request, "accounts/roles.html", {"tables": tables, "roles": Role.labels})
