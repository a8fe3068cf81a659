"""Reads for the pages and the API."""

from dataclasses import dataclass
from datetime import date

from accounts.models import User
from accounts.roles import Permission, has_permission, users_with_permission
from deals.models import TransferRequest
from disclosures.enums import DisclosureState, DisclosureStatus
from disclosures.models import ConfidentialFile, Disclosure, is_closed
from obligations.services.secrecy import is_secret


@dataclass(frozen=True)
class Standing:
    """Where the confidential part stands for a request, as `user` may see it.

    `disclosure` is the one that stands, else the last one that was closed. `files` are those
    the firm may download, empty before that.
    """

    disclosure: Disclosure | None
    status: DisclosureStatus
    for_firm: bool
    may_accept: bool
    may_offer: bool
    files: list[ConfidentialFile]

    @property
    def may_open(self) -> bool:
        return self.for_firm and self.status == DisclosureStatus.OPEN

    @property
    def waits_for_terms(self) -> bool:
        return self.status == DisclosureStatus.OFFERED


def standing_of(request: TransferRequest, user: User, today: date) -> Standing:
    """Nothing stands where its project became a security project. At most three queries beyond his memberships."""
    latest = Disclosure.objects.for_page().filter(request=request).order_by("-pk").first()
    if is_secret(request.listing):
        latest = None
    status = status_of(latest, request, today)
    for_firm = has_permission(user, Permission.VIEW_ORGANIZATION, request.requester)
    files = ConfidentialFile.objects.kept().filter(listing=request.listing_id).for_list()
    return Standing(
        disclosure=latest,
        status=status,
        for_firm=for_firm,
        may_accept=has_permission(user, Permission.ACCEPT_NDA, request.requester),
        may_offer=has_permission(user, Permission.ANSWER_REQUESTS, request.holder),
        files=list(files) if for_firm and status == DisclosureStatus.OPEN else [],
    )


def status_of(disclosure: Disclosure | None, request: TransferRequest, today: date) -> DisclosureStatus:
    if is_closed(request):
        return DisclosureStatus.CLOSED_REQUEST
    if disclosure is None:
        return DisclosureStatus.NONE
    if disclosure.state == DisclosureState.REVOKED:
        return DisclosureStatus.REVOKED
    if disclosure.ends_on < today:
        return DisclosureStatus.OVER
    return DisclosureStatus.OPEN if disclosure.is_open_on(today) else DisclosureStatus.OFFERED


def managers_of(request: TransferRequest) -> list[User]:
    """Who of the firm can accept, by name."""
    return list(users_with_permission(request.requester, Permission.ACCEPT_NDA).order_by("name", "pk"))
