"""Drafts as rows of a table: typed in, saved together, and sent for registration after a look at which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission
from marketplace.core.errors import ChangedMeanwhile
from marketplace.core.ids import uuid7, uuids_in
from marketplace.core.models import field_of
from marketplace.core.pagination import BoundedPaginator
from obligations.models import DutyDraft
from obligations.services.batch import MOST_SENT, RowChange, save_rows, send_many
from obligations.views.work import own_institute
from obligations.work_forms import RowForm
from tech_listings.enums import ListingState
from tech_listings.models import Listing
from tech_listings.quality import Quality, quality_of
from tech_listings.queries import FieldChange, compare_with_form, trl_levels
from tech_listings.services.publish import missing_parts
from tech_listings.views.mine import seen_revisions

PER_PAGE = 50
OPEN_STATES = (ListingState.DRAFT, ListingState.RETURNED)


@dataclass
class TableRow:
    """A draft with its form, what is missing, and why it was not saved."""

    form: RowForm
    quality: Quality
    missing: list[str]
    error: str = ""
    differences: Sequence[FieldChange] = ()

    @property
    def listing(self) -> Listing:
        return self.form.listing


def _drafts(request: SignedInRequest, institute: Organization, picked: Sequence[str]) -> QuerySet[Listing]:
    """Open drafts of the institute that were made for duties: those picked, or all of them; by their first duty."""
    links = DutyDraft.objects.visible_to(request.user).filter(obligation__institute=institute)
    found = Listing.objects.filter(holder=institute, state__in=OPEN_STATES, pk__in=links.values("listing"))
    if picked:
        found = found.filter(public_id__in=uuids_in(picked))
    return found.select_related("holder").with_rights().order_by("pk")  # type: ignore[attr-defined]


def _parts(listing: Listing) -> list[str]:
    return [str(field_of(Listing, name).verbose_name) for name in missing_parts(listing)]


@require_http_methods(["GET", "HEAD", "POST"])
def table(request: SignedInRequest) -> HttpResponse:
    """Everything is saved that can be; a row that cannot says why beside its fields and keeps what was typed."""
    institute = own_institute(request, Permission.EDIT_RESULTS, Permission.EDIT_LISTINGS)
    picked = request.GET.getlist("pick")[:MOST_SENT]
    page = BoundedPaginator(_drafts(request, institute, picked), PER_PAGE).get_page(request.GET.get("page"))
    steps = [("", "–"), *trl_levels()]
    if request.method != "POST":
        made = [_row(RowForm(None, listing=listing, levels=steps)) for listing in page]
        return _show(request, institute, page, made, picked)
    sent = uuids_in(request.POST.getlist("row")[:MOST_SENT])
    listings = list(_drafts(request, institute, []).filter(public_id__in=sent))
    forms = {listing.pk: RowForm(request.POST, listing=listing, levels=steps) for listing in listings}
    changes = [
        RowChange(form.listing, form.content(), form.cleaned_data["revision"])
        for form in forms.values()
        if form.is_valid() and form.has_changed()
    ]
    saved = save_rows(institute=institute, changes=changes, by=request.user, at=timezone.now())
    gone = len(set(sent)) - len(listings)
    if gone:
        text = ngettext(
            "%(n)s row is no draft any more and was not saved.",
            "%(n)s rows are no drafts any more and were not saved.",
            gone,
        )  # fmt: skip
        messages.warning(request, text % {"n": gone})
    if not saved.errors and all(form.is_valid() for form in forms.values()):
        return _after_save(request, len(saved.rows), picked)
    fresh = {listing.pk: listing for listing in _drafts(request, institute, []).filter(pk__in=list(forms))}
    made = [_again(fresh[pk], form, saved.errors.get(pk), steps) for pk, form in forms.items() if pk in fresh]
    if saved.rows:
        text = ngettext("%(n)s row was saved.", "%(n)s rows were saved.", len(saved.rows)) % {"n": len(saved.rows)}
        messages.success(request, text)
    return _show(request, institute, page, made, picked, status=409 if saved.errors else 422)


def _row(form: RowForm, error: str = "", differences: Sequence[FieldChange] = ()) -> TableRow:
    return TableRow(form, quality_of(form.listing), _parts(form.listing), error, differences)


def _again(fresh: Listing, form: RowForm, error: Exception | None, steps: list[tuple[str, str]]) -> TableRow:
    """The row after saving: saved ones as they are now, others as they were typed."""
    if error is None:
        return _row(form if not form.is_valid() else RowForm(None, listing=fresh, levels=steps))
    again = RowForm(form.over(fresh), listing=fresh, levels=steps)
    is_newer = isinstance(error, ChangedMeanwhile) and again.is_valid()
    return _row(again, str(error), compare_with_form(fresh, again.content()) if is_newer else [])


def _after_save(request: SignedInRequest, many: int, picked: Sequence[str]) -> HttpResponse:
    if many:
        text = ngettext("%(n)s row was saved.", "%(n)s rows were saved.", many) % {"n": many}
        messages.success(request, text)
    elif "send" not in request.POST:
        messages.info(request, _("Nothing was changed."))
    where = "obligations:work_send" if "send" in request.POST else "obligations:work_table"
    query = QueryDict(mutable=True)
    query.setlist("pick", list(picked))
    if "send" not in request.POST and (page := request.GET.get("page")):
        query["page"] = page
    return redirect(f"{reverse(where)}?{query.urlencode()}")


def _show(
    request: SignedInRequest,
    institute: Organization,
    page: Any,
    made: list[TableRow],
    picked: Sequence[str],
    status: int = 200,
) -> HttpResponse:
    wrong = [row for row in made if row.error or row.form.errors]
    context = {
        "institute": institute,
        "page": page,
        "rows": made,
        "wrong": wrong,
        "labels": RowForm.LABELS,
        "may_send": has_permission(request.user, Permission.PUBLISH_LISTINGS, institute),
        "is_picked": bool(picked),
        "here": request.get_full_path(),
    }
    return render(request, "obligations/work_table.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: SignedInRequest) -> HttpResponse:
    """Exactly which would be sent, and which stay and why; then send those that are still ticked."""
    institute = own_institute(request, Permission.EDIT_RESULTS, Permission.PUBLISH_LISTINGS)
    picked = request.GET.getlist("pick")[:MOST_SENT]
    if request.method == "POST":
        return _send(request, institute, picked)
    found = list(_drafts(request, institute, picked)[: MOST_SENT + 1])
    checked = [(listing, quality_of(listing), _parts(listing)) for listing in found[:MOST_SENT]]
    context = {
        "institute": institute,
        "complete": [(listing, quality) for listing, quality, missing in checked if not missing],
        "incomplete": [(listing, quality, missing) for listing, quality, missing in checked if missing],
        "is_cut": len(found) > MOST_SENT,
        "most": MOST_SENT,
        "key": uuid7(),
        "back": f"{reverse('obligations:work_table')}?{request.GET.urlencode()}",
    }
    return render(request, "obligations/work_send.html", context)


def _send(request: SignedInRequest, institute: Organization, picked: Sequence[str]) -> HttpResponse:
    seen = seen_revisions(request.POST.getlist("send")[:MOST_SENT])
    if not seen:
        messages.error(request, _("Tick at least one technology."))
        return redirect(request.get_full_path())
    links = DutyDraft.objects.visible_to(request.user).filter(obligation__institute=institute)
    listings = Listing.objects.filter(holder=institute, public_id__in=seen, pk__in=links.values("listing"))
    chosen = [(listing, seen[listing.public_id]) for listing in listings.order_by("pk")]
    key = (uuids_in([request.POST.get("key", "")]) or [uuid7()])[0]
    done = send_many(institute=institute, chosen=chosen, key=key, by=request.user, at=timezone.now())
    if done.listings:
        text = ngettext(
            "%(n)s technology was sent for registration.", "%(n)s technologies were sent for registration.",
            len(done.listings),
        )  # fmt: skip
        messages.success(request, text % {"n": len(done.listings)})
    for listing, reason in done.refused[:10]:
        messages.error(request, f"{listing.title_ko or listing.title_en}: {reason}")
    if len(done.refused) > 10:
        messages.error(request, _("%(n)s more were not sent for reasons like these.") % {"n": len(done.refused) - 10})
    return redirect("obligations:work")
