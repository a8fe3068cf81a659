"""The institute's office: what is due, and one click from a duty to its draft."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, back
from accounts.models import Organization
from accounts.roles import Permission, has_permission
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.exports import csv_response, xlsx_response
from marketplace.core.ids import uuid7, uuids_in
from marketplace.core.pages import render_part, with_parameter, without_empty
from marketplace.core.pagination import BoundedPaginator
from obligations.models import Obligation
from obligations.querysets import ObligationQuerySet
from obligations.services.draft import MOST_CHOSEN, SamePatent, draft_for, draft_many, link_technology
from obligations.work import Row, When, counts, due, rows
from obligations.work_forms import WorkForm
from tech_listings.enums import ListingState
from tech_listings.models import Listing

PER_PAGE, MOST_PER_PAGE = 50, MOST_CHOSEN
MOST_IN_A_WORKBOOK = 10_000
CHUNK = 500


def own_institute(request: SignedInRequest, *needed: Permission) -> Organization:
    """The current organization, where the user may do all of this for it; 403 otherwise."""
    institute = request.organization
    if institute is None or not all(has_permission(request.user, each, institute) for each in needed):
        raise PermissionDenied(_("Your role in this organization does not include this. Ask its manager."))
    return institute


def may_write(request: SignedInRequest, institute: Organization) -> bool:
    needed = (Permission.EDIT_RESULTS, Permission.EDIT_LISTINGS)
    return all(has_permission(request.user, each, institute) for each in needed)


@require_safe
def work(request: SignedInRequest) -> HttpResponse:
    institute, day = own_institute(request, Permission.VIEW_RESULTS), timezone.localdate()
    form = WorkForm(request.GET)
    found = _found(request, institute, form, day)
    per_page = MOST_PER_PAGE if request.GET.get("show") == str(MOST_PER_PAGE) else PER_PAGE
    page = BoundedPaginator(found.for_list(), per_page).get_page(request.GET.get("page"))
    shown = rows(page.object_list, day)
    context = {
        "form": form,
        "institute": institute,
        "page": page,
        "rows": shown,
        "tabs": _tabs(request, institute, form, day),
        "day": day,
        "may_write": may_write(request, institute),
        "may_send": has_permission(request.user, Permission.PUBLISH_LISTINGS, institute),
        "are_ticked": (ticked := request.GET.get("tick") == "all"),
        "tick_all": "" if ticked else _ticked(request.GET),
        "is_narrowed": any(request.GET.get(name) for name in WorkForm.base_fields),
        "more_per_page": with_parameter(request.GET, "show", str(MOST_PER_PAGE)) if per_page == PER_PAGE else "",
        "most": MOST_CHOSEN,
        "query": without_empty(request.GET).urlencode(),
        "here": request.get_full_path(),
    }
    return render_part(request, page="obligations/work.html", part="obligations/partials/_work.html", context=context)


def _found(request: SignedInRequest, institute: Organization, form: WorkForm, day: date) -> ObligationQuerySet:
    if not form.is_valid():
        return Obligation.objects.none()
    return due(request.user, institute, form.asked, day)


def _tabs(
    request: SignedInRequest, institute: Organization, form: WorkForm, day: date
) -> list[tuple[str, str, int, bool]]:
    """(address, label, how many, is current) of all and of each `When`."""
    if not form.is_valid():
        return []
    many, now = counts(request.user, institute, form.asked, day), form.asked.when
    tabs = [(_without(request.GET, "when"), _("All"), sum(many.values()), not now)]
    return tabs + [
        (with_parameter(request.GET, "when", when.value), str(when.label), many[when], now == when) for when in When
    ]


def _ticked(query: QueryDict) -> str:
    """The same page with every box ticked: a link, so that it needs no script."""
    kept = without_empty(query)
    kept["tick"] = "all"
    return f"?{kept.urlencode()}"


def _without(query: QueryDict, name: str) -> str:
    kept = without_empty(query)
    kept.pop(name, None)
    kept.pop("page", None)
    return f"?{kept.urlencode()}"


# --- exports ----------------------------------------------------------------------------------------------------------


@require_safe
def export_csv(request: SignedInRequest) -> StreamingHttpResponse:
    institute, day = own_institute(request, Permission.VIEW_RESULTS), timezone.localdate()
    found = _found(request, institute, WorkForm(request.GET), day)
    return csv_response(f"work-{day:%Y%m%d}.csv", _export_rows(found, day))


@require_safe
def export_xlsx(request: SignedInRequest) -> HttpResponse:
    institute, day = own_institute(request, Permission.VIEW_RESULTS), timezone.localdate()
    found = _found(request, institute, WorkForm(request.GET), day)
    if found.order_by()[: MOST_IN_A_WORKBOOK + 1].count() > MOST_IN_A_WORKBOOK:
        messages.error(request, _("These are too many for a workbook. Narrow the choice, or take the CSV."))
        return redirect(f"{reverse('obligations:work')}?{without_empty(request.GET).urlencode()}")
    return xlsx_response(f"work-{day:%Y%m%d}.xlsx", _("What is due"), list(_export_rows(found, day)))


def _export_rows(found: ObligationQuerySet, day: date) -> Iterator[list[Any]]:
    yield [
        _("Due on"), _("Days left"), _("Duty"), _("Result"), _("Kind"), _("Number"), _("Project number"), _("Project"),
        _("Ministry"), _("Technology"), _("State"), _("Quality"), _("Next step"),
    ]  # fmt: skip
    chunk: list[Obligation] = []
    for duty in found.for_list().iterator(CHUNK):
        chunk.append(duty)
        if len(chunk) == CHUNK:
            yield from map(_export_row, rows(chunk, day))
            chunk = []
    yield from map(_export_row, rows(chunk, day))


def _export_row(row: Row) -> list[Any]:
    duty, result, listing = row.duty, row.duty.result, row.listing
    return [
        duty.deadline, row.days, duty.get_kind_display(), result.title if result else "",
        result.get_kind_display() if result else "", result.number if result else "", duty.project.number,
        duty.project.title, duty.project.ministry, listing.reference if listing else "",
        listing.get_state_display() if listing else "", row.quality.score if row.quality else "", str(row.step.label),
    ]  # fmt: skip


# --- one duty ---------------------------------------------------------------------------------------------------------


def _visible(request: SignedInRequest, public_id: UUID) -> Obligation:
    return get_object_or_404(Obligation.objects.visible_to(request.user), public_id=public_id)


@require_POST
def make_draft(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The draft of a duty, open in the form. Pressed twice, or by two, it is one."""
    duty = _visible(request, public_id)
    try:
        made = draft_for(obligation=duty, by=request.user, at=timezone.now(), anyway="anyway" in request.POST)
    except NotAllowed:
        raise
    except SamePatent as same:
        messages.warning(request, str(same))
        return redirect(f"{reverse('obligations:work')}?{urlencode({'project': duty.project.number})}")
    except DomainError as error:
        messages.error(request, str(error))
        return back(request, "obligations:work")
    if made.is_new:
        messages.success(request, _("A draft was made. Each field that was filled in says where it came from."))
    else:
        messages.info(request, _("This result has a draft already: here it is."))
    is_open = made.listing.state in (ListingState.DRAFT, ListingState.RETURNED)
    return redirect("tech_listings:edit" if is_open else "tech_listings:detail", made.listing.reference)


@require_POST
def link(request: SignedInRequest, public_id: UUID, listing_id: UUID) -> HttpResponse:
    duty = _visible(request, public_id)
    listing = get_object_or_404(Listing.objects.visible_to(request.user), public_id=listing_id)
    try:
        is_done = link_technology(obligation=duty, listing=listing, by=request.user, at=timezone.now())
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, str(error))
    else:
        done, later = _("Linked: the duty is done."), _("Linked: the duty is done once the technology is registered.")
        messages.success(request, done if is_done else later)
    return back(request, "obligations:work")


# --- many -------------------------------------------------------------------------------------------------------------


@require_POST
def make_drafts(request: SignedInRequest) -> HttpResponse:
    """Drafts of those chosen, then the table in which they are checked; or that table alone of the drafts chosen."""
    institute = own_institute(request, Permission.EDIT_RESULTS, Permission.EDIT_LISTINGS)
    chosen = _chosen(request, institute)
    if not chosen:
        messages.error(request, _("Choose at least one row first."))
        return back(request, "obligations:work")
    if len(chosen) > MOST_CHOSEN:
        messages.error(request, _("Choose at most %(most)d at once.") % {"most": MOST_CHOSEN})
        return back(request, "obligations:work")
    done = draft_many(obligations=chosen, batch=uuid7(), by=request.user, at=timezone.now())
    if done.made:
        text = ngettext("%(n)s draft was made.", "%(n)s drafts were made.", len(done.made))
        messages.success(request, text % {"n": len(done.made)})
    for duty, reason in done.refused[:10]:
        title = duty.result.title if duty.result else duty.project.title
        messages.warning(request, f"{title}: {reason}")
    if len(done.refused) > 10:
        text = _("%(n)s more were left for reasons like these.") % {"n": len(done.refused) - 10}
        messages.warning(request, text)
    listings = [*done.made, *done.found]
    if not listings:
        return back(request, "obligations:work")
    query = QueryDict(mutable=True)
    query.setlist("pick", [str(listing.public_id) for listing in listings])
    return redirect(f"{reverse('obligations:work_table')}?{query.urlencode()}")


def _chosen(request: SignedInRequest, institute: Organization) -> list[Obligation]:
    """The duties whose boxes were ticked, in the order of the page; what cannot be read is left out."""
    ids = uuids_in(request.POST.getlist("pick")[: MOST_CHOSEN + 1])
    found = Obligation.objects.visible_to(request.user).filter(institute=institute, public_id__in=ids)
    return list(found.for_list())
