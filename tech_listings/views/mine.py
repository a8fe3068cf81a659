"""The holder's own technologies: draft, edit, send for registration, take back, withdraw."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.ids import uuid7, uuids_in
from marketplace.core.models import field_of
from marketplace.core.pages import render_part
from marketplace.core.pagination import BoundedPaginator
from tech_listings.enums import LISTING_STATES, ListingState, Origin
from tech_listings.events import confidential_text_shown
from tech_listings.facets import facets
from tech_listings.filters import MyListingFilter
from tech_listings.forms import MOST_RIGHTS, ListingForm, RightForm, RightFormSet, WithdrawForm
from tech_listings.models import Listing, Right
from tech_listings.quality import quality_of
from tech_listings.queries import FieldChange, compare_with_form, find_visible, last_return
from tech_listings.services.edit import create_draft, edit_listing
from tech_listings.services.inventor import OPEN_TO_INVENTORS
from tech_listings.services.publish import NotComplete, discard, withdraw
from tech_listings.services.submission import submit, take_back
from tech_listings.views.public import PER_PAGE, chips


def own_organization(request: SignedInRequest, permission: Permission) -> Organization:
    """The current organization where the user may do this; 403 otherwise."""
    if request.organization is None or not has_permission(request.user, permission, request.organization):
        raise PermissionDenied(_("Your role in this organization does not include this. Ask its manager."))
    return request.organization


def own_listing(request: SignedInRequest, reference: str, permission: Permission) -> Listing:
    """A listing the user may see (else 404) and may do this with (else 403), whichever organization is current."""
    listing = find_visible(request.user, reference)
    if not has_permission(request.user, permission, listing.holder):
        raise PermissionDenied(_("Only the holder's staff can do this."))
    return listing


@require_safe
def my_listings(request: SignedInRequest) -> HttpResponse:
    organization = own_organization(request, Permission.VIEW_ORGANIZATION)
    rows = Listing.objects.held_by(organization)
    filterset = MyListingFilter(request.GET, rows, request=request)
    found = filterset.qs.select_related("holder").with_rights().order_by("-updated_at", "-pk")
    context = {
        "filter": filterset,
        "page": BoundedPaginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "facets": facets(filterset, ("state", "st", "trl", "right")),
        "chips": chips(request, filterset),
        "organization": organization,
        "may_edit": has_permission(request.user, Permission.EDIT_LISTINGS, organization),
        "may_publish": has_permission(request.user, Permission.PUBLISH_LISTINGS, organization),
        "to_confirm": rows.to_confirm(timezone.localdate()).count(),
        "query": request.GET.urlencode(),
    }
    return render_part(
        request, page="tech_listings/mine.html", part="tech_listings/partials/_mine.html", context=context
    )


@require_http_methods(["GET", "POST"])
def listing_create(request: SignedInRequest) -> HttpResponse:
    holder = own_organization(request, Permission.EDIT_LISTINGS)
    return _form_page(request, Listing(holder=holder, public_id=_key(request)))


@require_http_methods(["GET", "POST"])
def listing_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return _form_page(request, own_listing(request, reference, Permission.EDIT_LISTINGS))


def _key(request: SignedInRequest) -> UUID:
    """The form carries the id of the draft it will make: sent twice, it makes one (lessons F57)."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid7()


def _form_page(request: SignedInRequest, listing: Listing) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = ListingForm(sent, instance=listing)
    rights = RightFormSet(sent, prefix="rights", initial=_initial_rights(listing) if sent is None else None)
    if sent is not None and "add_right" in sent:
        return _one_more_right(request, form, listing)
    status, differences, said = 200, None, ""
    if sent is not None and form.is_valid() and rights.is_valid():
        try:
            saved = _save(request, listing, form, rights)
            return _after_save(request, saved)
        except ChangedMeanwhile as error:
            status, said = 409, str(error)
            newest = Listing.objects.get(pk=listing.pk)
            differences = compare_with_form(newest, form.content())
            data = request.POST.copy()
            data["revision"] = str(newest.revision)
            form.data = data
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    if form.errors or (sent is not None and not rights.is_valid()):
        status = 422
    return _show_form(request, form, rights, listing, status, differences, said)


def _initial_rights(listing: Listing) -> list[dict[str, Any]]:
    if listing.pk is None:
        return []
    return [{n: getattr(r, n) for n in RightForm.Meta.fields} for r in listing.rights.order_by("pk")]


def _one_more_right(request: SignedInRequest, form: ListingForm, listing: Listing) -> HttpResponse:
    """The form again with an empty right more; nothing typed is lost, nothing is saved."""
    data = request.POST.copy()
    sent = data.get("rights-TOTAL_FORMS", "")
    number = min(int(sent) if sent.isdecimal() and len(sent) < 5 else 0, MOST_RIGHTS - 1)
    data["rights-TOTAL_FORMS"] = str(number + 1)
    for name in ("kind", "country", "status"):
        data.setdefault(f"rights-{number}-{name}", field_of(Right, name).default)
    form.errors.clear()
    rights = RightFormSet(data, prefix="rights")
    return _show_form(request, form, rights, listing, 200, None)


def _show_form(
    request: SignedInRequest,
    form: ListingForm,
    rights: Any,
    listing: Listing,
    status: int,
    differences: list[FieldChange] | None,
    said: str = "",
) -> HttpResponse:
    returned = last_return(listing) if listing.pk else None
    for name, note in (returned.marks if returned else {}).items():
        if name in form.fields:
            field = form.fields[name]
            mark = format_html('<span class="field-mark">{}</span>', _("To be completed: %(note)s") % {"note": note})
            field.help_text = format_html("{}{}", field.help_text, mark)
    # What was typed stands in `listing` already; beside it a newer version may show the text that was typed over.
    beside = any(change.field == "confidential_text" and change.before for change in differences or ())
    if listing.pk is not None and (listing.confidential_text or beside):
        confidential_text_shown.send(
            sender=Listing, listing=listing, by=request.user, at=timezone.now(), by_program=False
        )
    context = {
        "form": form,
        "rights": rights,
        "returned": returned,
        "rights_mark": returned.marks.get("rights", "") if returned else "",
        "listing": listing,
        "key": listing.public_id,
        "quality": quality_of(listing) if listing.pk else None,
        "can_invite": listing.pk and listing.state in OPEN_TO_INVENTORS,
        "rights_origin": _say_origins(form, listing),
        "differences": differences,
        "said": said,
        "may_submit": LISTING_STATES.can(listing, ListingState.SUBMITTED)
        and has_permission(request.user, Permission.PUBLISH_LISTINGS, listing.holder),
    }
    return render(request, "tech_listings/form.html", context, status=status)


def _say_origins(form: ListingForm, listing: Listing) -> str:
    """Each field says where its value came from while it is still what was put there; returns what rights say."""
    prefill = getattr(listing, "prefill", None) if listing.pk else None
    if prefill is None:
        return ""
    for name, origin in prefill.origins.items():
        field = form.fields.get(name)
        if field is not None and getattr(listing, name) == origin["value"]:
            words = str(Origin(origin["from"]).label)
            field.help_text = f"{words} {field.help_text}" if field.help_text else words
    return str(Origin(prefill.origins["rights"]["from"]).label) if "rights" in prefill.origins else ""


def _save(request: SignedInRequest, listing: Listing, form: ListingForm, rights: Any) -> Listing:
    given = {"content": form.content(), "rights": rights.filled(), "by": request.user, "at": timezone.now()}
    if listing.pk is None:
        return create_draft(holder=listing.holder, public_id=listing.public_id, **given)
    seen = form.cleaned_data["revision"] or 0
    return edit_listing(listing=listing, seen_revision=seen, **given)


def _after_save(request: SignedInRequest, listing: Listing) -> HttpResponse:
    if "submit" not in request.POST:
        messages.success(request, _("Saved."))
        return redirect("tech_listings:detail", listing.reference)
    return _submit(request, listing, listing.revision)


def seen_revision(request: SignedInRequest) -> int | None:
    """Which revision of the listing the page showed on which a button was pressed."""
    return _revision(request.POST.get("revision", ""))


def seen_revisions(texts: Sequence[str]) -> dict[UUID, int]:
    """Of many, each sent as `<public id>:<revision>`; what cannot be read is left out."""
    pairs = [text.partition(":") for text in texts]
    return {
        public_id: revision
        for ids, _colon, text in pairs
        for public_id in uuids_in([ids])
        if (revision := _revision(text)) is not None
    }


def _revision(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _submit(request: SignedInRequest, listing: Listing, seen: int | None) -> HttpResponse:
    if not has_permission(request.user, Permission.PUBLISH_LISTINGS, listing.holder):
        raise PermissionDenied
    try:
        submit(listing=listing, seen_revision=seen, by=request.user, at=timezone.now())
    except NotComplete as error:
        messages.error(request, str(error))
        return redirect("tech_listings:edit", listing.reference)
    messages.success(request, _("Sent for registration. An officer looks at it, and you will be told."))
    return redirect("tech_listings:detail", listing.reference)


@require_POST
def listing_submit(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    return _submit(request, listing, seen_revision(request))


@require_POST
def listing_take_back(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    take_back(listing=listing, seen_revision=seen_revision(request), by=request.user, at=timezone.now())
    messages.success(request, _("Taken back. Change it, then send it again."))
    return redirect("tech_listings:detail", listing.reference)


@require_http_methods(["GET", "POST"])
def listing_withdraw(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
    if request.method != "POST" and not (
        listing.is_public or listing.state == ListingState.SUSPENDED
    ):  # a second tab, or back: its page says what it is now
        return redirect("tech_listings:detail", listing.reference)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        withdraw(
            listing=listing, reason=reason, seen_revision=seen_revision(request), by=request.user, at=timezone.now()
        )
        messages.success(request, _("Withdrawn. You can send it for registration again: it keeps its number."))
        return redirect("tech_listings:detail", listing.reference)
    context = {"form": form, "listing": listing}
    return render(request, "tech_listings/withdraw.html", context, status=422 if form.errors else 200)


@require_POST
def listing_discard(request: SignedInRequest, reference: str) -> HttpResponse:
    listing = own_listing(request, reference, Permission.EDIT_LISTINGS)
    discard(listing=listing, seen_revision=seen_revision(request), by=request.user, at=timezone.now())
    messages.success(request, _("The draft was discarded."))
    return redirect("tech_listings:mine")
