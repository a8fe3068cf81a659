"""Needs: the list for those who can answer, the firm's own, one need, and what is done with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile, NotAllowed
from marketplace.core.exports import csv_response
from marketplace.core.ids import uuid7
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import CEILING, BoundedPaginator
from matching.enums import AlertRate
from matching.filters import NeedFilter
from matching.models import Need
from matching.queries import FieldChange, answering_organizations, compare_with_form, suggested_matches
from matching.services.answer import answer
from matching.services.close import close, reopen
from matching.services.edit import edit
from matching.services.match_need import LOOKED_AT, listings_lately
from matching.services.post import checked, post
from matching.views.need_forms import NeedAnswerForm, NeedCloseForm, NeedForm, ReopenForm, prefilled
from notifications.services.read import mark_target_read
from taxonomy.enums import System
from taxonomy.queries import titles

PER_PAGE = 20
NARROWING = ("q", "st", "trl", "region", "answer_by_from", "answer_by_until", "budget_from", "state")


def visible_need(request: SignedInRequest, public_id: UUID) -> Need:
    return get_object_or_404(Need.objects.shown_to(request.user).for_page(), public_id=public_id)


def own_need(request: SignedInRequest, public_id: UUID) -> Need:
    """A need of one of the person's organizations; to others its inner pages do not exist."""
    mine = Organization.objects.of(request.user)
    return get_object_or_404(
        Need.objects.shown_to(request.user).filter(organization__in=mine).for_page(), public_id=public_id
    )


# --- lists ------------------------------------------------------------------------------------------------------------


def _open_needs(request: SignedInRequest) -> NeedFilter:
    rows = Need.objects.shown_to(request.user).open().for_list()
    return NeedFilter(request.GET, rows, request=request)


def _my_needs(request: SignedInRequest) -> NeedFilter:
    if request.organization is None or not has_permission(
        request.user, Permission.VIEW_ORGANIZATION, request.organization
    ):
        raise PermissionDenied
    rows = Need.objects.shown_to(request.user).of(request.organization).for_list()
    return NeedFilter(request.GET, rows, request=request)


@require_safe
def need_list(request: SignedInRequest) -> HttpResponse:
    """Open needs for those who can answer them, newest first."""
    return _list_page(request, _open_needs(request), mine=False)


@require_safe
def my_needs(request: SignedInRequest) -> HttpResponse:
    """What the current organization looks for and looked for."""
    return _list_page(request, _my_needs(request), mine=True)


def _list_page(request: SignedInRequest, found: NeedFilter, *, mine: bool) -> HttpResponse:
    narrowed = sum(bool(value) for name in NARROWING for value in request.GET.getlist(name))
    page = BoundedPaginator(found.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": with_titles(page.object_list),
        "today": timezone.localdate(),
        "mine": mine,
        "narrowed_by": narrowed,
        "query": without_empty(request.GET).urlencode(),
        "may_post": bool(organizations_with(request.user, Permission.POST_NEEDS)),
        "address": request.path,
    }
    template = "matching/needs_mine.html" if mine else "matching/needs.html"
    return render_part(request, page=template, part="matching/partials/_needs.html", context=context)


def with_titles(needs: Iterable[Need]) -> list[tuple[Need, str, str]]:
    """Each need with the titles of its class and region, two questions for all."""
    rows = list(needs)
    classes = titles(System.ST, {need.st_class for need in rows})
    regions = titles(System.REGION, {need.region_code for need in rows})
    return [
        (need, classes.get(need.st_class, need.st_class), regions.get(need.region_code, need.region_code))
        for need in rows
    ]


@require_safe
def need_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list of open needs as shown, as CSV: the same filter and order, at most 10,000."""
    return csv_response(
        f"needs-{timezone.localdate():%Y%m%d}.csv", _export_rows(_open_needs(request).qs[: CEILING + 1]), most=CEILING
    )


@require_safe
def my_need_export(request: SignedInRequest) -> StreamingHttpResponse:
    return csv_response(
        f"my-needs-{timezone.localdate():%Y%m%d}.csv", _export_rows(_my_needs(request).qs[: CEILING + 1]), most=CEILING
    )


def _export_rows(rows: Any) -> Iterator[list[Any]]:
    yield [
        _("Need number"), _("What is looked for"), _("Science and technology class"), _("TRL from"), _("TRL to"),
        _("Region"), _("Budget (won)"), _("Answer by"), _("Organization"), _("State"), _("Outcome"), _("Posted"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for need, class_title, region_title in with_titles(rows):
        yield [
            need.number, need.title, class_title, need.trl_from, need.trl_to, region_title, need.budget_won,
            need.answer_by,
            need.organization.name_in(language) if need.shows_asker else "", need.get_state_display(),
            need.get_outcome_display(), f"{timezone.localtime(need.opened_at):%Y-%m-%d %H:%M}",
        ]  # fmt: skip


# --- posting and editing ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def need_create(request: SignedInRequest) -> HttpResponse:
    """The form, then the answers to check, then the need. `?q=` begins the form with what was searched for."""
    organizations = organizations_with(request.user, Permission.POST_NEEDS)
    if not organizations:
        raise NotAllowed(_("Only members of a company or agency who may post needs can do this."))
    initial = prefilled(request.GET.get("q", "")[:2000])
    sent = request.POST if request.method == "POST" else None
    form = NeedForm(sent, organizations=organizations, current=request.organization, initial=initial, instance=Need())
    key, step = _key(request), request.POST.get("step", "check")
    if sent is not None and step != "change" and form.is_valid():
        if step == "check":
            if _checked_without_writing(form):
                return _check_page(request, form, key)
        elif done := do(
            form,
            post,
            organization=form.cleaned_data["organization"],
            content=form.content(),
            by=request.user,
            at=timezone.now(),
            key=key,
        ):
            return redirect("matching:need_posted", done.need.public_id)
    wrong = sent is not None and step != "change" and bool(form.errors)
    context = {"form": form, "key": key, "need": None}
    return render(request, "matching/need_form.html", context, status=422 if wrong else 200)


def _check_page(request: SignedInRequest, form: NeedForm, key: UUID) -> HttpResponse:
    need = form.instance
    context = {"form": form, "key": key, "need": need, "outlook": _outlook(need, form.cleaned_data["organization"])}
    return render(request, "matching/need_check.html", context)


@dataclass(frozen=True)
class Outlook:
    """How many new matches a need may have in a month: the same for all who look, as it counts what is public."""

    a_month: int

    @property
    def a_month_text(self) -> str:
        return f"{self.a_month:,}{'+' if self.a_month >= LOOKED_AT else ''}"


def _outlook(need: Need, organization: Organization) -> Outlook | None:
    """None where no mail is wanted."""
    if need.rate == AlertRate.OFF:
        return None
    return Outlook(
        listings_lately(title=need.title, problem=need.problem, organization=organization, at=timezone.now())
    )


def _checked_without_writing(form: NeedForm) -> bool:
    do(form, checked, content=form.content(), at=timezone.now())
    return not form.errors


def _key(request: SignedInRequest) -> UUID:
    """The form carries the key of the need it will make: sent twice, it makes one (lessons F57)."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid7()


@require_safe
def need_posted(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The receipt, once more whenever its address is opened."""
    need = own_need(request, public_id)
    outlook = _outlook(need, need.organization) if need.is_open else None
    return render(request, "matching/need_posted.html", {"need": need, "outlook": outlook})


@require_http_methods(["GET", "HEAD", "POST"])
def need_edit(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    need = visible_need(request, public_id)
    if not request.user.has_perm("matching.change_need", need):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else None
    form = NeedForm(
        sent,
        organizations=[need.organization],
        current=need.organization,
        instance=Need.objects.get(pk=need.pk),
    )
    status, differences = 200, None
    if sent is not None and form.is_valid():
        try:
            if do(
                form,
                edit,
                need=need,
                content=form.content(),
                seen_revision=form.cleaned_data["revision"] or 0,
                by=request.user,
                at=timezone.now(),
            ):
                messages.success(request, _("Saved."))
                return redirect("matching:need", need.public_id)
        except ChangedMeanwhile:
            status, differences = 409, _differences(need, form)
    if form.errors:
        status = 422
    context = {"form": form, "need": need, "differences": differences}
    return render(request, "matching/need_form.html", context, status=status)


def _differences(need: Need, form: NeedForm) -> list[FieldChange]:
    """What the newest version says otherwise; saving the form again goes over that version."""
    newest = Need.objects.get(pk=need.pk)
    form.data = {**form.data.dict(), "revision": str(newest.revision)}  # type: ignore[attr-defined]
    return compare_with_form(newest, form.content())


# --- one need ---------------------------------------------------------------------------------------------------------


@require_safe
def need_detail(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    need = visible_need(request, public_id)
    mark_target_read(target_id=need.public_id, by=request.user, at=timezone.now())
    return _show(request, need)


def _show(request: SignedInRequest, need: Need, status: int = 200, **bound: forms.Form) -> HttpResponse:
    user = request.user
    may_change = user.has_perm("matching.change_need", need)
    may_answer = need.is_open and user.has_perm("matching.answer_need", need)
    context = {
        "need": need,
        "today": timezone.localdate(),
        "answers": need.answers.visible_to(user).for_list(),
        "match_count": need.matches.visible_to(user).wanted().count() if need.is_inside else 0,
        "may_change": may_change,
        "may_answer": may_answer,
        "answer_form": bound.get("answer_form") or (_answer_form(request, need) if may_answer else None),
        "close_form": bound.get("close_form") or NeedCloseForm(),
        "reopen_form": bound.get("reopen_form") or ReopenForm(),
        "bound": next(iter(bound.values()), None),
    }
    return render(request, "matching/need.html", context, status=status)


def _answer_form(request: SignedInRequest, need: Need, sent: Any = None) -> NeedAnswerForm:
    organizations = answering_organizations(request.user, need)
    return NeedAnswerForm(
        sent,
        user=request.user,
        organizations=organizations,
        current=request.organization,
        suggested=suggested_matches(need, organizations),
    )


@require_POST
def need_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    need = visible_need(request, public_id)
    if not request.user.has_perm("matching.answer_need", need):
        raise PermissionDenied
    form = _answer_form(request, need, request.POST)
    if form.is_valid() and do(form, answer, need=need, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("Your answer was sent."))
        return redirect("matching:need", need.public_id)
    return _show(request, need, 422, answer_form=form)


@require_POST
def need_close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    need = visible_need(request, public_id)
    if not request.user.has_perm("matching.change_need", need):
        raise PermissionDenied
    form = NeedCloseForm(request.POST)
    if form.is_valid() and do(form, close, need=need, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("The need is closed."))
        return redirect("matching:need", need.public_id)
    return _show(request, need, 422, close_form=form)


@require_POST
def need_reopen(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    need = visible_need(request, public_id)
    if not request.user.has_perm("matching.change_need", need):
        raise PermissionDenied
    form = ReopenForm(request.POST)
    if form.is_valid() and do(form, reopen, need=need, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("The need is open again."))
        return redirect("matching:need", need.public_id)
    return _show(request, need, 422, reopen_form=form)
