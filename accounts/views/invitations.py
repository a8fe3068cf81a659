from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import InvitationState
from accounts.forms import InviteForm
from accounts.http import SignedInRequest
from accounts.middleware import choose_organization
from accounts.models import Invitation, Organization
from accounts.services.invite import accept_invitation, find_invitation, has_confirmed, invite, revoke_invitation
from accounts.views.organizations import members_context
from marketplace.core.errors import Conflict, DomainError, NotAllowed


@require_POST
def send(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    organization = get_object_or_404(Organization.objects.visible_to(request.user), public_id=public_id)
    if not request.user.has_perm("accounts.manage_members", organization):
        raise PermissionDenied(_("Only a manager of the organization may invite people."))
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            sent = invite(organization=organization, **form.cleaned_data, by=request.user, at=timezone.now())
        except NotAllowed:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("An invitation was sent to %(email)s.") % {"email": sent.email})
            return redirect("accounts:organization", organization.public_id)
    context = {"organization": organization, **members_context(request, organization), "invite_form": form}
    context["mine"] = request.user.memberships.open().filter(organization=organization).first()
    return render(request, "accounts/organization.html", context)


@require_POST
def revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    visible = Invitation.objects.visible_to(request.user).select_related("organization")
    invitation = get_object_or_404(visible, public_id=public_id)
    try:
        revoke_invitation(invitation=invitation, by=request.user)
        messages.success(request, _("The invitation of %(email)s was taken back.") % {"email": invitation.email})
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("accounts:organization", invitation.organization.public_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail. Looking at it changes nothing; only the button does."""
    invitation = find_invitation(token)
    if invitation is None:
        raise Http404
    now = timezone.now()
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        try:
            membership = accept_invitation(invitation=invitation, by=request.user, at=now)
        except Conflict:
            invitation.refresh_from_db()
        except NotAllowed:
            return render(request, "accounts/invitation.html", page_context(request, invitation), status=403)
        else:
            choose_organization(request, membership.organization.public_id)
            messages.success(request, _("Welcome to “%(name)s”.") % {"name": membership.organization.name})
            return redirect("accounts:organization", membership.organization.public_id)
    context = page_context(request, invitation)
    over = invitation.state != InvitationState.PENDING or invitation.expires_at <= now
    return render(request, "accounts/invitation.html", {**context, "over": over}, status=410 if over else 200)


def page_context(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    signed_in = request.user.is_authenticated
    right = signed_in and has_confirmed(request.user, invitation.email)  # type: ignore[arg-type]
    return {"invitation": invitation, "right_account": right, "wrong_account": signed_in and not right}
