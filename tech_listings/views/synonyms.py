"""Officers say which words of the search mean the same."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from marketplace.core.errors import ChangedMeanwhile, DomainError
from marketplace.core.exports import csv_response
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from tech_listings.filters import SynonymFilter
from tech_listings.models import SynonymGroup
from tech_listings.search.synonym_history import changes, described
from tech_listings.services.synonyms import ComesWithTheProduct, WordTaken, create_group, delete_group, edit_group
from tech_listings.views.synonym_forms import SynonymForm

PER_PAGE = 50


def for_officers(request: SignedInRequest) -> None:
    if not request.user.has_perm("tech_listings.see_synonyms"):
        raise PermissionDenied(_("Only members of a government office may see this."))


def for_editors(request: SignedInRequest) -> None:
    if not request.user.has_perm("tech_listings.edit_synonyms"):
        raise PermissionDenied(_("Only managers and staff of a government office may change synonyms."))


def _filtered(request: SignedInRequest) -> SynonymFilter:
    for_officers(request)
    return SynonymFilter(request.GET, SynonymGroup.objects.visible_to(request.user), request=request)


@require_safe
def synonym_list(request: SignedInRequest) -> HttpResponse:
    found = _filtered(request)
    context = {
        "filter": found,
        "page": BoundedPaginator(found.qs.for_list(), PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "in_use")),
        "query": without_empty(request.GET).urlencode(),
        "may_edit": request.user.has_perm("tech_listings.edit_synonyms"),
    }
    return render_part(
        request, page="tech_listings/synonyms.html", part="tech_listings/partials/_synonyms.html", context=context
    )


@require_safe
def synonym_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as shown, as CSV."""
    rows = _filtered(request).qs.for_list()
    return csv_response(f"synonyms-{timezone.localdate():%Y%m%d}.csv", _export_rows(rows))


def _export_rows(rows: Any) -> Iterator[list[Any]]:
    yield [
        pgettext("synonyms", "Words"),
        _("In use"),
        pgettext("remark", "Note"),
        _("Last changed by"),
        _("Last changed"),
    ]
    for group in rows:
        yield [
            " | ".join(group.words),
            _("Yes") if group.is_active else _("No"),
            group.note,
            group.changed_by.name if group.changed_by else "",
            f"{timezone.localtime(group.changed_at):%Y-%m-%d %H:%M}",
        ]


@require_safe
def synonym_changes(request: SignedInRequest) -> HttpResponse:
    """Every change of every group, also of deleted ones, newest first."""
    for_officers(request)
    page = BoundedPaginator(changes(), PER_PAGE).get_page(request.GET.get("page"))
    there = SynonymGroup.objects.filter(public_id__in=[event.public_id for event in page])
    context = {
        "page": page,
        "changes": [described(event) for event in page],
        "there": set(there.values_list("public_id", flat=True)),
    }
    return render(request, "tech_listings/synonym_changes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def synonym_create(request: SignedInRequest) -> HttpResponse:
    for_editors(request)
    form = SynonymForm(posted(request))
    taken_by = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            create_group(words=given["words"], note=given["note"], by=request.user, at=timezone.now())
        except WordTaken as refusal:
            form.add_error("words", str(refusal))
            taken_by = refusal.group
        else:
            messages.success(request, _("Added. From now on a search for one of these words finds the others too."))
            return redirect("tech_listings:synonyms")
    context = {"form": form, "taken_by": taken_by, "may_edit": True}
    return render(request, "tech_listings/synonym_form.html", context, status=422 if form.errors else 200)


def _group(request: SignedInRequest, public_id: UUID) -> SynonymGroup:
    return get_object_or_404(SynonymGroup.objects.select_related("changed_by"), public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def synonym_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_officers(request)
    group = _group(request, public_id)
    form = SynonymForm(posted(request), group=group)
    taken_by, newest, status = None, None, 200
    if request.method == "POST":
        for_editors(request)
        if form.is_valid():
            try:
                _save(request, group, form)
                messages.success(request, _("Saved. The next search uses it."))
                return redirect("tech_listings:synonym_edit", group.public_id)
            except ChangedMeanwhile:
                newest, status = SynonymGroup.objects.filter(pk=group.pk).first(), 409
                form = _with_revision(request, form, newest)
            except WordTaken as refusal:
                form.add_error("words", str(refusal))
                taken_by = refusal.group
    context = {
        "group": group,
        "form": form,
        "taken_by": taken_by,
        "newest": newest,
        "changes": [described(event) for event in changes(group)[:PER_PAGE]],
        "may_edit": request.user.has_perm("tech_listings.edit_synonyms"),
    }
    return render(request, "tech_listings/synonym_form.html", context, status=422 if form.errors else status)


def _save(request: SignedInRequest, group: SynonymGroup, form: SynonymForm) -> None:
    given = form.cleaned_data
    edit_group(
        group=group,
        words=given["words"],
        note=given["note"],
        seen_revision=given["revision"] or 0,
        by=request.user,
        at=timezone.now(),
    )


def _with_revision(request: SignedInRequest, form: SynonymForm, newest: SynonymGroup | None) -> SynonymForm:
    """The form as it was typed, which knows now what it would write over."""
    data = request.POST.copy()
    data["revision"] = str(newest.revision if newest else 1)
    form.data = data
    return form


@require_POST
def synonym_switch(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_editors(request)
    group, on = _group(request, public_id), request.POST.get("on") == "true"
    try:
        edit_group(group=group, in_use=on, seen_revision=None, by=request.user, at=timezone.now())
    except WordTaken as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Switched on.") if on else _("Switched off. Searches no longer use it."))
    return redirect("tech_listings:synonym_edit", group.public_id)


@require_POST
def synonym_delete(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    for_editors(request)
    group = _group(request, public_id)
    try:
        delete_group(group=group, by=request.user, at=timezone.now())
    except ComesWithTheProduct as refusal:
        messages.error(request, str(refusal))
        return redirect("tech_listings:synonym_edit", group.public_id)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Deleted. Its history stays under “Changes”."))
    return redirect("tech_listings:synonyms")
