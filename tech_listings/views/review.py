"""Officers look at what institutes want to register, before it is public or, where a file brought it, afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.pages import render_part, without_empty
from marketplace.core.pagination import BoundedPaginator
from marketplace.core.templatetags.faces import in_kst
from tech_listings.enums import PUBLIC_STATES, Decision, ListingState, SuspendedFor
from tech_listings.filters import ReviewFilter
from tech_listings.models import Finding, Listing, Submission
from tech_listings.queries import find_visible, not_looked_at, suspended, waiting_for_officers, warnings_of
from tech_listings.services.approve_many import Choice, approve_many, sort_out
from tech_listings.services.findings import findings_of
from tech_listings.services.market import resume, suspend
from tech_listings.services.review import AlreadyRegistered, approve, exempt_listing, mark_reviewed, return_listing
from tech_listings.views.mine import seen_revision, seen_revisions
from tech_listings.views.review_fields import ShownField, changed_rights, fields_of
from tech_listings.views.review_forms import ExemptForm, ReturnForm, SuspendForm, marks_in

PER_PAGE = 200
"""A day's queue on one page: who works with the keyboard goes through it without turning pages."""

LONGEST_WALK = 1_000
TABS = {
    "before": (gettext_lazy("Before publication"), waiting_for_officers),
    "after": (gettext_lazy("Public, not yet looked at"), not_looked_at),
    "suspended": (gettext_lazy("Suspended"), suspended),
}


def for_reviewers(request: SignedInRequest) -> None:
    if not request.user.has_perm("tech_listings.review"):
        raise PermissionDenied(_("Only managers and staff of a government office may do this."))


@dataclass(frozen=True)
class Queue:
    """What an officer goes through: a tab, narrowed. `query` is its address less the page."""

    tab: str
    filter: ReviewFilter
    query: str

    @classmethod
    def of(cls, asked: QueryDict, request: SignedInRequest) -> "Queue":
        tab = asked.get("tab", "") if asked.get("tab", "") in TABS else "before"
        kept = without_empty(asked)
        for name in [name for name in kept if name not in {"tab", "holder", "finding"}]:
            del kept[name]
        return cls(tab, ReviewFilter(asked, TABS[tab][1](), request=request), kept.urlencode())

    @property
    def rows(self) -> QuerySet[Listing]:
        rows: QuerySet[Listing] = self.filter.qs
        return rows

    @property
    def url(self) -> str:
        return reverse("tech_listings:review") + (f"?{self.query}" if self.query else "")

    def case_url(self, reference: str) -> str:
        return reverse("tech_listings:review_case", args=[reference]) + (f"?{self.query}" if self.query else "")

    def around(self, listing: Listing) -> tuple[str, str, int, int]:
        """References of the one before and the one after (empty where there is none), position and number of all."""
        order = [
            (pk, number or str(public_id))
            for pk, number, public_id in self.rows.values_list("pk", "number", "public_id")[:LONGEST_WALK]
        ]
        at = next((n for n, (pk, _reference) in enumerate(order) if pk == listing.pk), None)
        if at is None:
            return "", (order[0][1] if order else ""), 0, len(order)
        before = order[at - 1][1] if at else ""
        after = order[at + 1][1] if at + 1 < len(order) else ""
        return before, after, at + 1, len(order)


@require_safe
def queue(request: SignedInRequest) -> HttpResponse:
    for_reviewers(request)
    asked = Queue.of(request.GET, request)
    context = {
        "queue": asked,
        "filter": asked.filter,
        "tab": asked.tab,
        "tabs": [(name, label) for name, (label, _rows) in TABS.items()],
        "page": BoundedPaginator(asked.rows, PER_PAGE).get_page(request.GET.get("page")),
        "is_narrowed": any(request.GET.get(name) for name in ("holder", "finding")),
        "now": timezone.now(),
        "query": asked.query,
    }
    return render_part(
        request, page="tech_listings/review.html", part="tech_listings/partials/_review.html", context=context
    )


@require_safe
def case(request: SignedInRequest, reference: str) -> HttpResponse:
    asked = Queue.of(request.GET, request)
    try:
        return _show(request, _case_of(request, reference), asked)
    except TakenBack as taken_back:
        return _back_to(request, asked, taken_back)


class TakenBack(Exception):
    """The holder took it back: it is a draft now, which is nobody else's business."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission


def _case_of(request: SignedInRequest, reference: str) -> Listing:
    """Raises `TakenBack` where an officer could see it a moment ago, `Http404` where not."""
    for_reviewers(request)
    try:
        return find_visible(request.user, reference)
    except Http404:
        last = Submission.objects.visible_to(request.user).of(reference).order_by("-serial").first()
        if last is not None and last.decision == Decision.TAKEN_BACK:
            raise TakenBack(last) from None
        raise


def _back_to(request: SignedInRequest, asked: Queue, taken_back: TakenBack) -> HttpResponse:
    submission = taken_back.submission
    messages.error(
        request,
        _("The holder took it back on %(at)s. Nothing was decided.") % {"at": in_kst(submission.decided_at)},
    )
    return redirect(asked.url)


def _show(
    request: SignedInRequest,
    listing: Listing,
    asked: Queue,
    *,
    status: int = 200,
    refused: DomainError | None = None,
    **forms: Any,
) -> HttpResponse:
    submissions = list(listing.submissions.select_related("submitted_by", "decided_by").order_by("-serial"))
    waits = next((s for s in submissions if not s.decision), None)
    earlier = next((s for s in submissions if s.decision == Decision.RETURNED), None) if waits else None
    before, after, position, many = asked.around(listing)
    typed = marks_in(request.POST) if request.method == "POST" else {}
    refused_field = refused.field if refused else None
    fields = fields_of(listing, earlier, typed, refused_field)
    rights_field = _rights_field(listing, earlier, typed, refused_field)
    context = {
        "listing": listing,
        "queue": asked,
        "waits": waits,
        "earlier": earlier,
        "past": [submission for submission in submissions if submission.decision],
        "fields": [field for field in fields if not field.is_empty],
        "empty_fields": [field for field in fields if field.is_empty],
        "rights": listing.rights.order_by("pk"),
        "rights_field": rights_field,
        "findings": _findings(listing, waits),
        "previous_url": asked.case_url(before) if before else "",
        "next_url": asked.case_url(after) if after else "",
        "position": position,
        "many": many,
        "can_decide": listing.state == ListingState.IN_REVIEW,
        "can_exempt": listing.state == ListingState.IN_REVIEW and not listing.registered_at,
        "can_look": listing.is_public and listing.reviewed_at is None,
        "can_suspend": listing.state in (ListingState.PUBLISHED, ListingState.UNDER_NEGOTIATION),
        "can_resume": listing.state == ListingState.SUSPENDED,
        "is_public": listing.state in PUBLIC_STATES,
        "refused": str(refused or ""),
        "is_done": isinstance(refused, AlreadyRegistered),
        "wrong": [field for field in [*fields, rights_field] if field.is_wrong],
        "return_form": forms.get("return_form") or ReturnForm(),
        "exempt_form": forms.get("exempt_form") or ExemptForm(),
        "suspend_form": forms.get("suspend_form") or SuspendForm(),
        "opened": next(iter(forms), "return_form" if typed else ""),
    }
    return render(request, "tech_listings/review_case.html", context, status=status)


def _findings(listing: Listing, waits: Submission | None) -> Sequence[Finding]:
    """What the check found; of what no check has seen, what it would find now."""
    if waits is not None:
        rows = waits.findings.select_related("other", "other__holder").order_by("-severity", "pk")
        return list(rows)
    if not listing.is_public:
        return []
    return findings_of(listing, on=timezone.localdate())


def _rights_field(
    listing: Listing, earlier: Submission | None, typed: dict[str, str], refused_field: str | None
) -> ShownField:
    return ShownField(
        name="rights",
        label=_("Intellectual property"),
        value="",
        before=changed_rights(listing, earlier),
        asked=earlier.marks.get("rights", "") if earlier else "",
        note=typed.get("rights", ""),
        is_marked="rights" in typed,
        is_refused=refused_field == "rights",
    )


def _decided(
    request: SignedInRequest, reference: str, act: Callable[[Listing], str], *, name: str = "", form: Any = None
) -> HttpResponse:
    """Do it, then open the next one of the queue; a refusal shows the case as it is now, with what was typed."""
    for_reviewers(request)
    asked = Queue.of(QueryDict(request.POST.get("query", "")), request)
    try:
        listing = _case_of(request, reference)
    except TakenBack as taken_back:
        return _back_to(request, asked, taken_back)
    forms = {name: form} if form is not None else {}
    if form is not None and not form.is_valid():
        return _show(request, listing, asked, status=422, **forms)
    following = asked.around(listing)[1]
    try:
        said = act(listing)
    except DomainError as error:
        fresh = find_visible(request.user, reference)
        status = 409 if isinstance(error, Conflict) else 422
        if form is not None and error.field in form.fields:
            form.add_error(error.field, str(error))
        return _show(request, fresh, asked, status=status, refused=error, **forms)
    if following:
        messages.success(request, said + " " + _("This is the next one."))
        return redirect(asked.case_url(following))
    messages.success(request, said)
    return redirect(asked.url)


def _seen(request: SignedInRequest) -> int:
    return seen_revision(request) or 0


@require_POST
def approve_one(request: SignedInRequest, reference: str) -> HttpResponse:
    def act(listing: Listing) -> str:
        done = approve(listing=listing, seen_revision=_seen(request), by=request.user, at=timezone.now())
        return _("Registered as %(number)s.") % {"number": done.number}

    return _decided(request, reference, act)


@require_POST
def return_one(request: SignedInRequest, reference: str) -> HttpResponse:
    form = ReturnForm(request.POST)

    def act(listing: Listing) -> str:
        return_listing(
            listing=listing, marks=marks_in(request.POST), note=form.cleaned_data["note"],
            seen_revision=_seen(request), by=request.user, at=timezone.now(),
        )  # fmt: skip
        return _("Returned; the holder is told.")

    return _decided(request, reference, act, name="return_form", form=form)


@require_POST
def exempt_one(request: SignedInRequest, reference: str) -> HttpResponse:
    form = ExemptForm(request.POST)

    def act(listing: Listing) -> str:
        exempt_listing(
            listing=listing, until=form.cleaned_data["until"], reason=form.cleaned_data["reason"],
            seen_revision=_seen(request), by=request.user, at=timezone.now(),
        )  # fmt: skip
        return _("Not disclosed; the holder is told.")

    return _decided(request, reference, act, name="exempt_form", form=form)


@require_POST
def look_at_one(request: SignedInRequest, reference: str) -> HttpResponse:
    def act(listing: Listing) -> str:
        read = Listing(pk=listing.pk, revision=_seen(request))
        if not mark_reviewed(listings=[read], by=request.user, at=timezone.now()):
            raise Conflict(_("It was changed meanwhile, or belongs to your own organization. Look at it again."))
        return _("Marked as looked at.")

    return _decided(request, reference, act)


@require_POST
def suspend_one(request: SignedInRequest, reference: str) -> HttpResponse:
    form = SuspendForm(request.POST)

    def act(listing: Listing) -> str:
        suspend(
            listing=listing, why=SuspendedFor(form.cleaned_data["why"]), text=form.cleaned_data["text"],
            seen_revision=_seen(request), by=request.user, at=timezone.now(),
        )  # fmt: skip
        return _("Suspended; the holder is told.")

    return _decided(request, reference, act, name="suspend_form", form=form)


@require_POST
def resume_one(request: SignedInRequest, reference: str) -> HttpResponse:
    def act(listing: Listing) -> str:
        resume(listing=listing, seen_revision=_seen(request), by=request.user, at=timezone.now())
        return _("On the market again; the holder is told.")

    return _decided(request, reference, act)


# --- many at once -----------------------------------------------------------------------------------------------------


@require_POST
def batch(request: SignedInRequest) -> HttpResponse:
    """First what exactly would be done; done is it when that page is sent."""
    for_reviewers(request)
    asked = Queue.of(QueryDict(request.POST.get("query", "")), request)
    choices = _choices(request)
    if not choices:
        messages.error(request, _("Select at least one technology."))
        return redirect(asked.url)
    if asked.tab == "after":
        return _batch_looked_at(request, asked, choices)
    if "confirmed" not in request.POST:
        good, left_out = sort_out(choices, by=request.user)
        warned = warnings_of([choice.listing for choice in good])
        rows = [(choice, warned.get(choice.listing.pk, [])) for choice in good]
        context = {"queue": asked, "good": rows, "warned": len(warned), "left_out": left_out}
        return render(request, "tech_listings/review_batch.html", context)
    outcome = approve_many(choices=choices, by=request.user, at=timezone.now())
    context = {"queue": asked, "outcome": outcome, "left_out": outcome.left_out}
    return render(request, "tech_listings/review_batch.html", context)


def _batch_looked_at(request: SignedInRequest, asked: Queue, choices: Sequence[Choice]) -> HttpResponse:
    read = [Listing(pk=choice.listing.pk, revision=choice.revision) for choice in choices]
    many = mark_reviewed(listings=read, by=request.user, at=timezone.now())
    messages.success(
        request,
        _("%(many)s marked as looked at, %(left)s left because they changed or are your own organization's.")
        % {"many": many, "left": len(choices) - many},
    )
    return redirect(asked.url)


def _choices(request: SignedInRequest) -> list[Choice]:
    """`chosen` is `<public id>:<revision>`; what cannot be read or seen is nothing."""
    seen = seen_revisions(request.POST.getlist("chosen")[:PER_PAGE])
    rows = Listing.objects.visible_to(request.user).filter(public_id__in=seen).select_related("holder")
    return [Choice(listing, seen[listing.public_id]) for listing in rows.order_by("pk")]
