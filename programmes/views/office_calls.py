"""Officers begin calls, write them section by section, look at them as applicants will, publish and end them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import BusinessProfile
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.asking import do
from marketplace.core.errors import ChangedMeanwhile
from marketplace.core.pagination import BoundedPaginator
from programmes.enums.calls import CallState, SchemeKind, VersionState
from programmes.forms.call_sections import BY_KEY, SECTIONS, Section
from programmes.forms.calls import BeginForm, ReasonForm, Rows, SectionForm
from programmes.models import Call, CallVersion
from programmes.models.calls import Terms
from programmes.services.calls import end
from programmes.services.calls.publish import NotReady, publish, what_is_missing
from programmes.services.calls.write import begin, next_version, save
from programmes.views.calls import shown
from programmes.wording.calls import differences

PER_PAGE = 25


def for_officers(request: SignedInRequest) -> None:
    # Not `has_perm`, which lets every administrator past.
    if not organizations_with(request.user, Permission.RUN_CALLS):
        raise PermissionDenied(_("Only officers who run calls may see this."))


def _call(request: SignedInRequest, public_id: UUID) -> Call:
    """A call the officer may work on: of another office it may be seen, and not worked on (403)."""
    for_officers(request)
    rows = Call.objects.visible_to(request.user).select_related("office", "current__call")
    found = get_object_or_404(rows, public_id=public_id)
    if not has_permission(request.user, Permission.RUN_CALLS, found.office):
        raise PermissionDenied(_("Only officers of “%(office)s” work on this call.") % {"office": found.office})
    return found


def rehearsal_of(request: SignedInRequest, public_id: UUID) -> Call:
    """A rehearsal that was published and that the officer may work on; any other call has no such page (404)."""
    found = _call(request, public_id)
    if not found.is_rehearsal or found.published_at is None:
        raise Http404
    return found


def _draft(call: Call) -> CallVersion:
    draft = call.versions.filter(state=VersionState.DRAFT).select_related("call__office", "call__current").first()
    if draft is None or call.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        raise Http404
    return draft


@require_safe
def office_calls(request: SignedInRequest) -> HttpResponse:
    for_officers(request)
    offices = organizations_with(request.user, Permission.RUN_CALLS)
    rows = Call.objects.visible_to(request.user).filter(office__in=offices).select_related("office").order_by("-pk")
    drafts = set(CallVersion.objects.filter(state=VersionState.DRAFT, call__in=rows).values_list("call_id", flat=True))
    return render(
        request,
        "programmes/calls/office.html",
        {"page": BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page")), "drafts": drafts},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def call_new(request: SignedInRequest, public_id: UUID | None = None) -> HttpResponse:
    """A new call; with `public_id` one that begins with all that an older one says."""
    for_officers(request)
    source = None
    initial: dict[str, Any] = {"key": uuid4()}
    if public_id is not None:
        source = get_object_or_404(
            Call.objects.visible_to(request.user).select_related("current__call"), public_id=public_id
        )
        version = source.current or source.versions.select_related("call").order_by("-serial").first()
        if version is None:
            raise Http404
        initial |= {**asdict(version.terms), "kind": source.kind, "opens_at": None, "closes_at": None}
    offices = organizations_with(request.user, Permission.RUN_CALLS)
    form = BeginForm(posted(request), initial=initial, offices=offices)
    if request.method == "POST" and form.is_valid():
        names = ("office", "kind", "is_rehearsal", "key")
        given = {name: form.cleaned_data[name] for name in names} | {"terms": Terms(**form.terms)}
        scheme = version.scheme if source else None
        if made := do(form, begin, **given, scheme=scheme, by=request.user, at=timezone.now()):
            messages.success(
                request, _("The call is begun. Write it section by section; another officer publishes it.")
            )
            return redirect("programmes:office_call", made.public_id)
    context = {"form": form, "source": source}
    return render(request, "programmes/calls/new.html", context, status=422 if form.errors else 200)


@require_safe
def office_call(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    return _overview(request, _call(request, public_id))


def _overview(
    request: SignedInRequest, found: Call, *, reason: ReasonForm | None = None, status: int = 200
) -> HttpResponse:
    versions = list(found.versions.select_related("written_by", "published_by", "call__current").order_by("-serial"))
    draft = next((each for each in versions if each.state == VersionState.DRAFT), None)
    if found.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        draft = None
    problems = what_is_missing(draft, timezone.now()) if draft else []
    writers = {each.written_by for each in draft.writings.select_related("written_by")} if draft else set()
    context = {
        "call": found, "draft": draft, "problems": problems, "writers": sorted(writers, key=str),
        "wrote_it": request.user in writers, "reason_form": reason or ReasonForm(),
        "sections": [(section, [p for p in problems if p.section == section.key]) for section in SECTIONS],
        "versions": _with_changes(versions),
        "may_cancel": found.state in {CallState.DRAFT, CallState.PUBLISHED},
        "may_close": found.state == CallState.DECIDED, "lacks_account": _lacks_account(found),
        "samples": found.applications.count() if found.is_rehearsal else 0,
    }  # fmt: skip
    return render(request, "programmes/calls/office_call.html", context, status=status)


def _lacks_account(call: Call) -> bool:
    """Whether firms of it would not be told where to pay in their own share."""
    asks = call.kind == SchemeKind.VOUCHER and not call.is_rehearsal
    return asks and not BusinessProfile.objects.with_account(call.office).exists()


def _with_changes(versions: list[CallVersion]) -> list[dict[str, Any]]:
    """Each version, the newest first, with what it says otherwise than the one before."""
    befores = [*versions[1:], None]
    return [
        {"version": version, "changes": differences(before, version) if before else []}
        for version, before in zip(versions, befores, strict=True)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def call_edit(request: SignedInRequest, public_id: UUID, section: str) -> HttpResponse:
    """One section of the draft. Buttons of its tables add, remove and raise lines; only “Save” saves."""
    found = _call(request, public_id)
    draft, part = _draft(found), BY_KEY.get(section)
    if part is None:
        raise Http404
    scheme, data = draft.scheme, posted(request)
    tables = [(table, Rows(table.name, table.form, data, table.read(scheme))) for table in part.tables]
    acted = any(rows.acted for _table, rows in tables)
    form = part.form(data, initial={"revision": draft.revision, **part.read(draft, scheme)})
    if acted and data is not None:
        form = part.form(initial={name: data.get(name) for name in form.fields})
    newest, status = None, 200
    if data is not None and not acted:
        # All are asked, so that all errors show at once.
        if not all([form.is_valid(), *(rows.is_valid() for _table, rows in tables)]):
            status = 422
        else:
            try:
                if _saved(part, form, tables, draft, request):
                    messages.success(request, _("Saved as a draft."))
                    return redirect("programmes:office_call", found.public_id)
                status = 422
            except ChangedMeanwhile:
                newest, status = draft, 409
                typed = data.copy()
                typed["revision"] = str(draft.revision)  # what was typed stays, and knows what it would write over
                form.data = typed
    context = {"call": found, "draft": draft, "section": part, "form": form, "tables": tables, "newest": newest,
               "sections": SECTIONS}  # fmt: skip
    return render(request, "programmes/calls/edit.html", context, status=status)


def _saved(part: Section, form: SectionForm, tables: list[Any], draft: CallVersion, request: SignedInRequest) -> Any:
    lines = {table.name: rows.cleaned(table.stem) for table, rows in tables}
    given = part.write(draft.scheme, form.cleaned_data, lines)
    revision = form.cleaned_data["revision"]
    return do(form, save, version=draft, **given, revision=revision, by=request.user, at=timezone.now())


@require_safe
def call_preview(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The page of the call as applicants will see it once the draft is published."""
    found = _call(request, public_id)
    draft = _draft(found)
    for name, value in asdict(draft.terms).items():  # never saved
        setattr(found, name, value)
    found.state = CallState.PUBLISHED
    return render(request, "programmes/calls/detail.html", {"is_preview": True, **shown(found, draft)})


@require_POST
def call_next(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _call(request, public_id)
    next_version(call=found, by=request.user, at=timezone.now())
    messages.success(request, _("The next version begins with what holds. Say in it what changes and why."))
    return redirect("programmes:office_call", found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def call_publish(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A summary of what is published, and the button, for an officer who did not write it."""
    found = _call(request, public_id)
    draft = _draft(found)
    problems = what_is_missing(draft, timezone.now())
    status = 200
    if request.method == "POST":
        revision = request.POST.get("revision", "")
        number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0
        try:
            publish(version=draft, revision=number, by=request.user, at=timezone.now())
            messages.success(request, _("The call is published."))
            return redirect("programmes:office_call", found.public_id)
        except NotReady as error:
            problems, status = error.problems, 422
    for name, value in asdict(draft.terms).items():  # never saved
        setattr(found, name, value)
    before = found.current
    context = {
        **shown(found, draft), "draft": draft, "problems": problems, "lacks_account": _lacks_account(found),
        "changes": differences(before, draft) if before else [], "is_first": before is None,
        "wrote_it": draft.written_by_id == request.user.pk or draft.writings.filter(written_by=request.user).exists(),
    }  # fmt: skip
    return render(request, "programmes/calls/publish.html", context, status=status)


@require_POST
def call_cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _call(request, public_id)
    form = ReasonForm(request.POST)
    if form.is_valid() and do(form, end.cancel, call=found, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("The call is cancelled. Its page says why."))
        return redirect("programmes:office_call", found.public_id)
    return _overview(request, found, reason=form, status=422)


@require_POST
def call_close(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found = _call(request, public_id)
    end.close(call=found, by=request.user, at=timezone.now())
    messages.success(request, _("The call is closed."))
    return redirect("programmes:office_call", found.public_id)
