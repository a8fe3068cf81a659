"""Business details: who stands behind an organization."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import OwnerRows, ProfileDetailsForm, YearRows
from accounts.http import SignedInRequest, posted
from accounts.models import BusinessProfile, Organization
from accounts.services.profile import edit_profile
from marketplace.core.errors import DomainError, NotAllowed


@require_safe
def business(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Members and officers read it; the whole account number only managers and officers."""
    shown = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    profile = BusinessProfile.objects.visible_to(request.user).filter(organization=shown).first()
    may_edit = request.user.has_perm("accounts.edit_organization", shown)
    if profile is None and not (request.user.is_officer or request.user.has_perm("accounts.view_members", shown)):
        raise Http404
    context = {
        "organization": shown,
        "profile": profile,
        "may_edit": may_edit,
        "whole_account": may_edit or request.user.is_officer,
        "owners": profile.owners.order_by("-share_bp", "pk") if profile else [],
        "years": profile.years.order_by("-ends_on") if profile else [],
    }
    return render(request, "accounts/business.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
def edit_business(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Asks for the password again before it writes: payments go to the account that stands here."""
    shown = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    if not request.user.has_perm("accounts.edit_organization", shown):
        raise PermissionDenied(_("Only a manager of the organization may change its details."))
    profile = BusinessProfile.objects.filter(organization=shown).first()
    details, owners, years = _forms(request, profile)
    if request.method == "POST" and all([details.is_valid(), owners.is_valid(), years.is_valid()]):
        try:
            edit_profile(
                organization=shown,
                changes=details.cleaned_data,
                owners=_rows(owners),
                years=_rows(years),
                by=request.user,
                at=timezone.now(),
            )
        except NotAllowed:
            raise
        except DomainError as error:
            details.add_error(error.field if error.field in details.fields else None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:business", shown.public_id)
    context = {"organization": shown, "form": details, "owners": owners, "years": years}
    return render(request, "accounts/business_edit.html", context)


def _rows(formset: Any) -> list[dict[str, Any]]:
    """What stands in the rows that were not ticked for removal, the empty ones left out."""
    gone = formset.deleted_forms
    return [form.row() for form in formset if form not in gone and (form.has_changed() or form.initial)]


def _forms(request: SignedInRequest, profile: BusinessProfile | None) -> tuple[ProfileDetailsForm, Any, Any]:
    data = posted(request)
    initial: dict[str, Any] = {}
    owners: list[dict[str, Any]] = []
    years: list[dict[str, Any]] = []
    if profile is not None:
        names = ("address", "founded_on", "industry_code", "fiscal_month", "bank_code", "bank_account")
        initial = {name: getattr(profile, name) for name in names}
        initial["representatives"] = "\n".join(profile.representatives)
        owners = [
            {"name": owner.name, "business_number": owner.business_number, "share": f"{owner.share_bp / 100:g}"}
            for owner in profile.owners.order_by("-share_bp", "pk")
        ]
        years = [
            dict(year)
            for year in profile.years.order_by("-ends_on").values("ends_on", "sales_won", "assets_won", "employees")
        ]
    return (
        ProfileDetailsForm(data, initial=initial),
        OwnerRows(data, initial=owners, prefix="owners"),
        YearRows(data, initial=years, prefix="years"),
    )
