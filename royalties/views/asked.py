"""What the views of the calendar begin with."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.http import SignedInRequest
from deals.models import Contract
from royalties.models import Due, ReachedReport, SalesStatement


def visible_contract(request: SignedInRequest, public_id: UUID) -> Contract:
    """One that has a calendar; 404 for whoever is not a party."""
    rows = Contract.objects.visible_to(request.user).concluded().for_page()
    return get_object_or_404(rows, public_id=public_id)


def visible_due(request: SignedInRequest, public_id: UUID) -> Due:
    return get_object_or_404(Due.objects.visible_to(request.user).for_page(), public_id=public_id)


def visible_statement(request: SignedInRequest, public_id: UUID) -> SalesStatement:
    rows = SalesStatement.objects.visible_to(request.user).for_page().select_related("contract__negotiation")
    return get_object_or_404(rows, public_id=public_id)


def visible_reached(request: SignedInRequest, public_id: UUID) -> ReachedReport:
    rows = ReachedReport.objects.visible_to(request.user).select_related("due__contract")
    return get_object_or_404(rows, public_id=public_id)


def require(request: SignedInRequest, permission: str, contract: Contract | None = None) -> None:
    """403 for who sees it, but may not do it."""
    if not request.user.has_perm(permission, contract):
        raise PermissionDenied
