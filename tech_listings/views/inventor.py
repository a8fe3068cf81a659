"""The link by which an inventor completes a draft: the office's side, and the page behind the link."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.roles import Permission, has_permission
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.throttling import AddressThrottle
from notifications.services.read import mark_target_read
from tech_listings.enums import InventorState
from tech_listings.models import InventorInvitation, Listing
from tech_listings.quality import quality_of
from tech_listings.queries import FieldChange, compare_with_form
from tech_listings.services.inventor import (
    OPEN_TO_INVENTORS,
    LinkOver,
    SavedElsewhere,
    Standing,
    TooManyLinks,
    accept_part,
    end_link,
    find_link,
    invite_inventor,
    resend_link,
    save_part,
    send_part,
    set_part_aside,
    standing,
)
from tech_listings.views.inventor_forms import InventorForm, InviteInventorForm, TakeOverForm
from tech_listings.views.mine import own_listing

UNKNOWN_LINKS = AddressThrottle("inventor-unknown", "20/min")
LINKS = AddressThrottle("inventor", "120/min")


# --- the office -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def inventors(request: SignedInRequest, reference: str) -> HttpResponse:
    """Who was invited to complete a technology, and the form to invite somebody."""
    listing = own_listing(request, reference, Permission.EDIT_LISTINGS)
    form = InviteInventorForm(request.POST if request.method == "POST" else None, initial={"language": "ko"})
    if request.method == "POST" and form.is_valid():
        given = {"listing": listing, **form.cleaned_data, "by": request.user, "at": timezone.now()}
        try:
            sent = do(form, invite_inventor, **given)
        except TooManyLinks as error:  # nobody else was first: what was typed can be sent a little later
            form.add_error(None, str(error))
            return _show_inventors(request, listing, form, error.status)
        if sent:
            messages.success(request, _("A mail was sent to %(email)s.") % {"email": sent.email})
            return redirect("tech_listings:inventors", listing.reference)
    return _show_inventors(request, listing, form, 422 if form.errors else 200)


def _show_inventors(
    request: SignedInRequest, listing: Listing, form: InviteInventorForm, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    found = list(listing.inventor_invitations.newest_first())
    for invitation in found:
        invitation.listing = listing
    open_to = {i.email for i in found if i.state == InventorState.OPEN}
    prefill = getattr(listing, "prefill", None)
    context = {
        "listing": listing,
        "form": form,
        "rows": [(invitation, standing(invitation, now)) for invitation in found],
        "people": [person for person in (prefill.people if prefill else []) if person.get("email") not in open_to],
        "can_invite": listing.state in OPEN_TO_INVENTORS,
        "quality": quality_of(listing),
    }
    return render(request, "tech_listings/inventors.html", context, status=status)


def _own_invitation(request: SignedInRequest, public_id: UUID) -> InventorInvitation:
    rows = InventorInvitation.objects.visible_to(request.user).select_related("listing__holder")
    invitation = get_object_or_404(rows, public_id=public_id)
    if not has_permission(request.user, Permission.EDIT_LISTINGS, invitation.listing.holder):
        raise PermissionDenied(_("Only the holder's staff can do this."))
    return invitation


@require_POST
def resend(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    invitation = _own_invitation(request, public_id)
    try:
        sent = resend_link(invitation=invitation, by=request.user, at=timezone.now())
    except TooManyLinks as error:
        messages.error(request, str(error))
    else:
        text = _("A new link was sent to %(email)s. The old one stopped working.")
        messages.success(request, text % {"email": sent.email})
    return redirect("tech_listings:inventors", invitation.listing.reference)


@require_POST
def end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    invitation = _own_invitation(request, public_id)
    end_link(invitation=invitation, by=request.user, at=timezone.now())
    messages.success(request, _("The link of %(email)s stopped working.") % {"email": invitation.email})
    return redirect("tech_listings:inventors", invitation.listing.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What the inventor sent beside what stands there: take it over, wholly, in part or in other words, or not."""
    invitation, now = _own_invitation(request, public_id), timezone.now()
    if invitation.sent_at is None:
        raise Http404
    mark_target_read(target_id=invitation.public_id, by=request.user, at=now)
    if request.method != "POST":
        return _show_answer(request, invitation, TakeOverForm(invitation=invitation))
    if "set_aside" in request.POST:
        set_part_aside(invitation=invitation, by=request.user, at=now)
        messages.success(request, _("Set aside. The technology stays as it is."))
        return redirect("tech_listings:detail", invitation.listing.reference)
    form = TakeOverForm(request.POST, invitation=invitation)
    if not form.is_valid():
        return _show_answer(request, invitation, form, 422)
    given = {"invitation": invitation, "content": form.content(), "seen_revision": form.cleaned_data["revision"]}
    try:
        taken = do(form, accept_part, **given, by=request.user, at=now)
    except ChangedMeanwhile as error:
        invitation.listing.refresh_from_db()
        newer = TakeOverForm(_with(request, revision=invitation.listing.revision), invitation=invitation)
        return _show_answer(request, invitation, newer, 409, str(error))
    if taken is None:
        return _show_answer(request, invitation, form, 422)
    messages.success(request, _("Taken over. Look it through, then send it for registration."))
    return redirect("tech_listings:edit", taken.reference)


def _with(request: HttpRequest, **changes: Any) -> Any:
    data = request.POST.copy()
    for name, value in changes.items():
        data[name] = str(value)
    return data


def _show_answer(
    request: SignedInRequest, invitation: InventorInvitation, form: TakeOverForm, status: int = 200, conflict: str = ""
) -> HttpResponse:
    context = {
        "invitation": invitation,
        "listing": invitation.listing,
        "form": form,
        "rows": form.rows(),
        "conflict": conflict,
        "is_open": invitation.state == InventorState.SENT,
    }
    return render(request, "tech_listings/inventor_answer.html", context, status=status)


# --- behind the link --------------------------------------------------------------------------------------------------


def for_nobody_else(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Kept by no cache and no search engine, and told to no other site: the address is the key."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = never_cache(view)(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return wrapped


# No cookie says who this is: whoever could forge a request would have to know the key in the address already. With
# `no-referrer` browsers send no origin, either, which the check of forms would take for another site.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@for_nobody_else
@sensitive_variables("token")
def complete(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing (mail scanners look, too): only the buttons save and send."""
    if not LINKS.allows(request):
        return render(request, "429.html", status=429)
    invitation = find_link(token)
    if invitation is None:
        if not UNKNOWN_LINKS.allows(request):
            return render(request, "429.html", status=429)
        raise Http404
    with translation.override(invitation.language):
        return _complete(request, invitation)


def _complete(request: HttpRequest, invitation: InventorInvitation) -> HttpResponse:
    now = timezone.now()
    form = InventorForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if (stands := standing(invitation, now)) != Standing.OPEN:
        return _over(request, invitation, stands, form)
    if request.method != "POST":
        return _show_part(request, invitation, form)
    if not form.is_valid():
        return _show_part(request, invitation, form, 422)
    service = send_part if "send" in request.POST else save_part
    try:
        service(invitation=invitation, part=form.part(), seen=form.cleaned_data["seen"], at=now)
    except SavedElsewhere as error:
        return _show_both(request, invitation, form, str(error))
    except LinkOver:
        invitation = InventorInvitation.objects.select_related("listing__holder").get(pk=invitation.pk)
        stands = standing(invitation, now)
        return _over(request, invitation, Standing.ENDED if stands == Standing.OPEN else stands, form)
    except DomainError as error:
        form.add_error(None, str(error))
        return _show_part(request, invitation, form, 422)
    if service is send_part:
        return redirect(f"{reverse('tech_listings:inventor_thanks')}?language={invitation.language}")
    messages.success(request, _("Saved. You can close the page and come back by the same link."))
    return redirect(request.path)


def _show_part(
    request: HttpRequest,
    invitation: InventorInvitation,
    form: InventorForm,
    status: int = 200,
    differences: list[FieldChange] | None = None,
    conflict: str = "",
) -> HttpResponse:
    listing = invitation.listing
    context = {
        "invitation": invitation,
        "listing": listing,
        "form": form,
        "rights": listing.rights.order_by("pk"),
        "institute": listing.holder.name_in(invitation.language),
        "differences": differences,
        "conflict": conflict,
    }
    return render(request, "tech_listings/inventor.html", context, status=status)


def _show_both(request: HttpRequest, invitation: InventorInvitation, form: InventorForm, conflict: str) -> HttpResponse:
    """What was saved in the other window beside what was typed in this one; saving again puts this over that."""
    newest = InventorInvitation.objects.select_related("listing__holder").get(pk=invitation.pk)
    stored = Listing(**dict(newest.given.items()))
    differences = compare_with_form(stored, form.part())
    again = InventorForm(_with(request, seen=newest.given_revision), invitation=newest)
    return _show_part(request, newest, again, 409, differences, conflict)


def _over(request: HttpRequest, invitation: InventorInvitation, stands: Standing, form: InventorForm) -> HttpResponse:
    """Why the link does not work, what to do, and what was typed, so that it can be copied."""
    typed = [(form[part].label, form.data.get(part, "")) for part in form.names] if form.is_bound else []
    context = {
        "invitation": invitation,
        "stands": stands,
        "holder": invitation.listing.holder,
        "institute": invitation.listing.holder.name_in(invitation.language),
        "typed": [(label, text) for label, text in typed if text],
    }
    return render(request, "tech_listings/inventor_over.html", context, status=410)


@login_not_required
@require_safe
@for_nobody_else
def thanks(request: HttpRequest) -> HttpResponse:
    language = request.GET.get("language", "")
    with translation.override(language if language in {"ko", "en", "zh-hans"} else translation.get_language()):
        return render(request, "tech_listings/inventor_thanks.html")
