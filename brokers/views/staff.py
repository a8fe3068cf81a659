"""Licences of a person, the staff of an agency, and the officer's queue of licences."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from brokers.clocks import GRACE_DAYS, grace_ends
from brokers.forms.duties import LicenceDecisionForm, QualificationForm, StaffEndForm, StaffForm
from brokers.models import Qualification, Registration, StaffEntry
from brokers.services.duties.asking import agency_of
from brokers.services.duties.minimum import standing
from brokers.services.duties.qualify import decide_qualification, enter_qualification
from brokers.services.duties.staff import answer_staff, end_staff, name_staff
from brokers.views.acting import allowed
from marketplace.core.asking import do
from marketplace.core.errors import NotAllowed
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def qualifications(request: SignedInRequest) -> HttpResponse:
    """One's licences, and where one counts as staff. Posting enters a licence."""
    form = QualificationForm(posted(request))
    if request.method == "POST" and form.is_valid():
        made = do(form, enter_qualification, **form.cleaned_data, by=request.user, at=timezone.now())
        if made:
            messages.success(request, _("Your licence was entered. An officer verifies it."))
            return redirect("brokers:qualifications")
    user = request.user
    entries = list(StaffEntry.objects.filter(user=user).for_list())
    for entry in entries:
        mark_target_read(target_id=entry.public_id, by=user, at=timezone.now())
    context = {
        "form": form,
        "licences": Qualification.objects.filter(user=user).order_by("-created_at", "-pk"),
        "trader": Registration.objects.listed().filter(kind="trader", user=user).first(),
        "entries": entries,
        "today": timezone.localdate(),
    }
    return render(request, "brokers/duties/qualifications.html", context, status=422 if form.errors else 200)


def _agency(request: SignedInRequest) -> Organization:
    """The organization whose staff the person names: the current one, else the first."""
    found = organizations_with(request.user, Permission.NAME_STAFF)
    if not found:
        raise NotAllowed(_("Only managers of a broker who name its staff can do this."))
    return request.organization if request.organization in found else found[0]


@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: SignedInRequest) -> HttpResponse:
    """Who is on the staff of the agency and who counts against its minimum. Posting names a member."""
    organization = _agency(request)
    form = StaffForm(posted(request), organization=organization, initial={"from_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        entry = do(form, name_staff, organization=organization, **given, by=request.user, at=timezone.now())
        if entry:
            messages.success(request, _("The person is told and has to confirm."))
            return redirect("brokers:staff")
    return _show_staff(request, organization, form)


def _show_staff(
    request: SignedInRequest, organization: Organization, form: StaffForm, ended: StaffEntry | None = None,
    end_form: StaffEndForm | None = None,
) -> HttpResponse:  # fmt: skip
    today, agency = timezone.localdate(), agency_of(organization)
    entries = StaffEntry.objects.filter(organization=organization).visible_to(request.user).for_list()
    if agency:
        mark_target_read(target_id=agency.public_id, by=request.user, at=timezone.now())
    context = {
        "organization": organization,
        "agency": agency,
        "standing": standing(organization, today),
        "page": BoundedPaginator(entries, PER_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "ended": ended,
        "end_form": end_form or StaffEndForm(initial={"until_on": today}, auto_id="id_end_%s"),
        "today": today,
        "grace_days": GRACE_DAYS,
        "grace_ends": grace_ends(agency.below_since) if agency and agency.below_since else None,
    }
    status = 422 if form.errors or (end_form and end_form.errors) else 200
    return render(request, "brokers/duties/staff.html", context, status=status)


def _entry(request: SignedInRequest, public_id: UUID) -> StaffEntry:
    rows = StaffEntry.objects.visible_to(request.user).select_related("organization", "user")
    return get_object_or_404(rows, public_id=public_id)


@require_POST
def staff_answer(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    entry = _entry(request, public_id)
    allowed(request, "brokers.answer_staff", entry)
    accept = request.POST.get("accept") == "yes"
    answer_staff(entry=entry, accept=accept, by=request.user, at=timezone.now())
    messages.success(request, _("You confirmed it.") if accept else _("You declined it."))
    return redirect("brokers:qualifications")


@require_POST
def staff_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """By the person, or by who names the staff."""
    entry = _entry(request, public_id)
    allowed(request, "brokers.end_staff", entry)
    form = StaffEndForm(request.POST, auto_id="id_end_%s")
    by_the_person = entry.user_id == request.user.pk
    if form.is_valid() and do(form, end_staff, entry=entry, by=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("The last day is written down."))
        return redirect("brokers:qualifications" if by_the_person else "brokers:staff")
    if by_the_person and entry.organization not in organizations_with(request.user, Permission.NAME_STAFF):
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect("brokers:qualifications")
    empty = StaffForm(organization=entry.organization, initial={"from_on": timezone.localdate()})
    return _show_staff(request, entry.organization, empty, entry, form)


@require_safe
def qualification_queue(request: SignedInRequest) -> HttpResponse:
    """Licences that wait for an officer, the oldest first, and the latest decided ones."""
    _officers_only(request)
    return _show_queue(request)


def _show_queue(
    request: SignedInRequest, refused: Qualification | None = None, form: LicenceDecisionForm | None = None
) -> HttpResponse:
    show = "decided" if request.GET.get("show") == "decided" else "waiting"
    rows = Qualification.objects.visible_to(request.user).select_related("user", "decided_by")
    waiting = rows.waiting().order_by("created_at", "pk")
    chosen = waiting if show == "waiting" else rows.filter(decided_at__isnull=False).order_by("-decided_at", "-pk")
    context = {
        "show": show,
        "page": BoundedPaginator(chosen, PER_PAGE).get_page(request.GET.get("page")),
        "waiting": waiting.count(),
        "refused": refused,
        "form": form or LicenceDecisionForm(),
    }
    return render(request, "brokers/duties/queue.html", context, status=422 if form else 200)


def _officers_only(request: SignedInRequest) -> None:
    if not request.user.has_perm("brokers.watch_duties"):
        raise PermissionDenied


@require_POST
def qualification_decide(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    licence = get_object_or_404(Qualification.objects.visible_to(request.user), public_id=public_id)
    allowed(request, "brokers.decide_qualification", licence)
    form = LicenceDecisionForm(request.POST)
    if form.is_valid():
        given = {"accept": form.cleaned_data["accept"] == "yes", "text": form.cleaned_data["text"]}
        do(form, decide_qualification, qualification=licence, by=request.user, at=timezone.now(), **given)
    if form.errors:
        return _show_queue(request, licence, form)
    mark_target_read(target_id=licence.public_id, by=request.user, at=timezone.now())
    messages.success(request, _("Decided. The person is told."))
    return redirect("brokers:qualification_queue")
