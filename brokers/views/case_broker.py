"""Cases as the broker sees them, and what both sides open: notices and documents."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Organization
from brokers.enums.cases import OBJECTION_DAYS, OPEN_CASES, HearingState
from brokers.enums.registration import RegistrationKind
from brokers.forms.cases import StatementForm
from brokers.models import CancellationCase, CaseDocument, Hearing, Registration
from brokers.queries.cases import broker_of, hearing_of, history_of_case, objection_until, office_of
from brokers.queries.open_to_work import reapply_from
from brokers.services.cases.statement import send_statement
from brokers.views.acting import act, allowed
from marketplace.core.downloads import download
from marketplace.core.pagination import BoundedPaginator
from notifications.services.read import mark_target_read

PER_PAGE = 20


@require_safe
def my_cases(request: SignedInRequest) -> HttpResponse:
    """Cases about one's own registration or that of one's agency, and where the registrations stand."""
    mine = Organization.objects.of(request.user).values("pk")
    own = Q(user=request.user) | Q(kind=RegistrationKind.AGENCY, organization__in=mine)
    registrations = Registration.objects.filter(own).select_related("organization", "user").order_by("registered_at")
    rows = CancellationCase.objects.filter(registration__in=registrations.values("pk")).for_list()
    context = {
        "registrations": [(row, broker_of(row), reapply_from(row, day=timezone.localdate())) for row in registrations],
        "page": BoundedPaginator(rows.order_by("-opened_at", "-pk"), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "brokers/cases/my_cases.html", context)


def _case(request: SignedInRequest, public_id: UUID) -> CancellationCase:
    return get_object_or_404(CancellationCase.objects.visible_to(request.user).for_page(), public_id=public_id)


@require_safe
def my_case(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id)
    mark_target_read(target_id=case.public_id, by=request.user, at=timezone.now())
    return _show(request, case, StatementForm())


def _show(request: SignedInRequest, case: CancellationCase, form: StatementForm) -> HttpResponse:
    hearing = hearing_of(case)
    context = {
        "case": case,
        "broker": broker_of(case.registration),
        "hearing": hearing,
        "held": hearing if hearing and hearing.state == HearingState.HELD else None,
        "history": history_of_case(case, request.user),
        "may_say": case.state in OPEN_CASES and request.user.has_perm("brokers.answer_case", case),
        "statement_form": form,
        "reapply_from": reapply_from(case.registration, day=timezone.localdate()),
        "objection_until": objection_until(case),
        "objection_days": OBJECTION_DAYS,
    }
    return render(request, "brokers/cases/my_case.html", context, status=422 if form.errors else 200)


@require_POST
def say(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    case = _case(request, public_id)
    allowed(request, "brokers.answer_case", case)
    form = StatementForm(request.POST, request.FILES)
    said = _("Your statement was sent. The officers read it before they decide.")
    done = act(request, form, send_statement, said, then=("brokers:my_case", case.public_id), case=case)
    return done or _show(request, case, form)


@require_safe
def document(request: SignedInRequest, public_id: UUID) -> HttpResponseBase:
    """A document of either side, as a download."""
    found = get_object_or_404(CaseDocument.objects.visible_to(request.user), public_id=public_id)
    return download(found.file, name=found.name, type=found.type)


@require_safe
def hearing_notice(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The notice of a hearing, made to be printed."""
    rows = Hearing.objects.visible_to(request.user).select_related(
        "chair", "noticed_by", "case__registration__organization", "case__registration__user"
    )
    hearing = get_object_or_404(rows, public_id=public_id)
    context = {
        "hearing": hearing,
        "case": hearing.case,
        "broker": broker_of(hearing.case.registration),
        "office": office_of(hearing.noticed_by),
    }
    return render(request, "brokers/cases/notice.html", context)
