"""The confidential part as seen from one request: the holder opens and closes it, the firm accepts and reads."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.http import SignedInRequest
from deals.models import TransferRequest
from disclosures.enums import DisclosureState
from disclosures.forms import AcceptForm, EndForm, OfferForm, RevokeForm
from disclosures.models import ConfidentialFile, Opening, Terms
from disclosures.queries import managers_of, standing_of
from disclosures.services import accept as accepting
from disclosures.services import offer as offering
from disclosures.services.links import MINUTES
from disclosures.services.open import NotOpen, open_text
from disclosures.views.downloads import to_download
from marketplace.core.asking import do
from notifications.services.read import mark_target_read

SHOWN_OPENINGS = 10


def visible(request: SignedInRequest, public_id: UUID, permission: str = "") -> TransferRequest:
    """A request the person may see (else 404) and may do this with (else 403)."""
    found = get_object_or_404(TransferRequest.objects.visible_to(request.user).for_page(), public_id=public_id)
    if permission and not request.user.has_perm(permission, found):
        raise PermissionDenied
    return found


@never_cache
@require_safe
def detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id)
    mark_target_read(target_id=transfer.public_id, by=request.user, at=timezone.now())
    return _show(request, transfer)


def _show(request: SignedInRequest, transfer: TransferRequest, **forms: Any) -> HttpResponse:
    """The page; `forms` are those that came back with mistakes."""
    standing = standing_of(transfer, request.user, timezone.localdate())
    terms = list(Terms.objects.usable_for(transfer.listing)) if standing.may_offer else []
    openings = Opening.objects.visible_to(request.user).filter(request=transfer).for_list()
    disclosure = standing.disclosure
    context = {
        "transfer": transfer,
        "listing": transfer.listing,
        "standing": standing,
        "disclosure": disclosure,
        "text": disclosure.terms.text_in(get_language() or "ko") if disclosure else "",
        "managers": managers_of(transfer) if standing.for_firm and standing.waits_for_terms else [],
        "has_secrets": offering.has_secrets(transfer.listing) if standing.may_offer else True,
        "openings": list(openings[:SHOWN_OPENINGS]) if standing.may_offer else [],
        "minutes": MINUTES,
        "offer_form": OfferForm(terms=terms),
        "end_form": EndForm(initial={"ends_on": disclosure.ends_on if disclosure else None}),
        "revoke_form": RevokeForm(),
        "accept_form": AcceptForm(initial={"text_hash": disclosure.terms.text_hash if disclosure else ""}),
        **forms,
    }
    wrong = any(form.errors for form in forms.values())
    return render(request, "disclosures/detail.html", context, status=422 if wrong else 200)


def _back(transfer: TransferRequest) -> HttpResponse:
    return redirect("disclosures:detail", transfer.public_id)


@require_POST
def offer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id, "disclosures.offer")
    form = OfferForm(request.POST, terms=list(Terms.objects.usable_for(transfer.listing)))
    if form.is_valid() and do(
        form, offering.offer, request=transfer, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("Offered. It opens once a manager of the firm accepts the terms."))
        return _back(transfer)
    return _show(request, transfer, offer_form=form)


@require_POST
def change_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id, "disclosures.offer")
    form = EndForm(request.POST)
    if form.is_valid() and do(
        form, offering.change_end, request=transfer, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("The last day was moved."))
        return _back(transfer)
    return _show(request, transfer, end_form=form)


@require_POST
def revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id, "disclosures.offer")
    form = RevokeForm(request.POST)
    if form.is_valid() and do(
        form, offering.revoke, request=transfer, by=request.user, at=timezone.now(), **form.cleaned_data
    ):
        messages.success(request, _("Closed. Nobody of the firm can open it any more."))
        return _back(transfer)
    return _show(request, transfer, revoke_form=form)


@require_POST
def accept(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id, "disclosures.accept")
    form = AcceptForm(request.POST)
    if form.is_valid() and do(
        form,
        accepting.accept,
        request=transfer,
        text_hash=form.cleaned_data["text_hash"],
        by=request.user,
        at=timezone.now(),
    ):
        messages.success(request, _("Accepted. The people of your organization can open the confidential part now."))
        return _back(transfer)
    return _show(request, transfer, accept_form=form)


@require_POST
def ask_manager(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    transfer = visible(request, public_id, "disclosures.ask_manager")
    asked = accepting.ask_manager(request=transfer, by=request.user, at=timezone.now())
    said = ngettext("%(count)s manager was asked.", "%(count)s managers were asked.", asked) % {"count": asked}
    messages.success(request, said)
    return _back(transfer)


@never_cache
@require_GET
def text(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The confidential text, for the firm. Where it is not open the page of the request says who can do what."""
    transfer = visible(request, public_id, "disclosures.ask_manager")
    now = timezone.now()
    try:
        disclosure, words = open_text(request=transfer, by=request.user, at=now)
    except NotOpen as refusal:
        messages.warning(request, str(refusal))
        return _back(transfer)
    context = {
        "transfer": transfer,
        "listing": transfer.listing,
        "disclosure": disclosure,
        "words": words,
        "now": now,
        "organization": transfer.requester,
    }
    return render(request, "disclosures/text.html", context)


@require_POST
def file_link(request: SignedInRequest, public_id: UUID, file_id: UUID) -> HttpResponse:
    """A link for this person and session. Files are named to the firm only while the part is open to it."""
    transfer = visible(request, public_id, "disclosures.ask_manager")
    standing = standing_of(transfer, request.user, timezone.localdate())
    if standing.disclosure is None or standing.disclosure.state != DisclosureState.ACCEPTED or not standing.may_open:
        messages.warning(request, _("The confidential part is not open to this request."))
        return _back(transfer)
    file = get_object_or_404(ConfidentialFile.objects.kept(), public_id=file_id, listing=transfer.listing_id)
    return to_download(request, file, transfer)
