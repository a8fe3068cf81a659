"""Officers make one of two organizations: one proposes, another carries it out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import MergeState
from accounts.forms import MergeDecisionForm, MergeForm
from accounts.http import SignedInRequest, posted
from accounts.models import MergeProposal
from accounts.services.merge import decline_merge, merge, propose_merge, summarise, withdraw_merge
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.pagination import BoundedPaginator

ON_PAGE = 20


def _refuse_others(request: SignedInRequest) -> None:
    if not request.user.has_perm("accounts.merge_organizations"):
        raise PermissionDenied(_("Only a manager of a government office merges organizations."))


@require_safe
def merges(request: SignedInRequest) -> HttpResponse:
    """What waits first, then what was decided."""
    _refuse_others(request)
    shown = MergeProposal.objects.visible_to(request.user).select_related("gone", "into", "proposed_by", "decided_by")
    waiting = shown.waiting().order_by("proposed_at", "pk")
    decided = shown.exclude(state=MergeState.PROPOSED).order_by("-decided_at", "-pk")
    page = BoundedPaginator(decided, ON_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/merges.html", {"waiting": waiting, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: SignedInRequest) -> HttpResponse:
    _refuse_others(request)
    form = MergeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = propose_merge(**form.cleaned_data, by=request.user, at=timezone.now())
        except NotAllowed:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Proposed. Another officer decides."))
            return redirect("accounts:merge", made.public_id)
    return render(request, "accounts/merge_new.html", {"form": form})


@require_safe
def one(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """What would happen, while it waits; afterwards, what was decided."""
    _refuse_others(request)
    return _page(request, _find(request, public_id))


@require_POST
def carry_out(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(proposal: MergeProposal, reason: str) -> str:
        merge(gone=proposal.gone, into=proposal.into, reason=reason, by=request.user, at=timezone.now())
        return _("“%(gone)s” is part of “%(into)s” now.") % {"gone": proposal.gone, "into": proposal.into}

    return _act(request, public_id, do)


@require_POST
def decline(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(proposal: MergeProposal, reason: str) -> str:
        decline_merge(proposal=proposal, reason=reason, by=request.user, at=timezone.now())
        return _("Declined. The two stay as they are.")

    return _act(request, public_id, do)


@require_POST
def withdraw(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    def do(proposal: MergeProposal, reason: str) -> str:
        withdraw_merge(proposal=proposal, by=request.user, at=timezone.now())
        return _("Taken back.")

    return _act(request, public_id, do)


def _find(request: SignedInRequest, public_id: UUID) -> MergeProposal:
    shown = MergeProposal.objects.visible_to(request.user).select_related("gone", "into", "proposed_by", "decided_by")
    return get_object_or_404(shown, public_id=public_id)


def _act(request: SignedInRequest, public_id: UUID, do: Callable[[MergeProposal, str], str]) -> HttpResponse:
    _refuse_others(request)
    proposal = _find(request, public_id)
    try:
        messages.success(request, do(proposal, request.POST.get("reason", "")))
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("accounts:merge", proposal.public_id)


def _page(request: SignedInRequest, proposal: MergeProposal) -> HttpResponse:
    context: dict[str, Any] = {"proposal": proposal, "form": MergeDecisionForm()}
    if proposal.state == MergeState.PROPOSED:
        context["summary"] = summarise(gone=proposal.gone, into=proposal.into)
        context["is_own"] = proposal.proposed_by_id == request.user.pk
    return render(request, "accounts/merge.html", context)
