"""Who may do what with a confidential part, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.models import TransferRequest
from tech_listings.models import Listing


@rules.predicate
def keeps_files(user: User, listing: Listing) -> bool:
    return has_permission(user, Permission.EDIT_LISTINGS, listing.holder)


@rules.predicate
def opens_to_requests(user: User, request: TransferRequest) -> bool:
    return has_permission(user, Permission.ANSWER_REQUESTS, request.holder)


@rules.predicate
def accepts_for_firm(user: User, request: TransferRequest) -> bool:
    return has_permission(user, Permission.ACCEPT_NDA, request.requester)


@rules.predicate
def belongs_to_firm(user: User, request: TransferRequest) -> bool:
    return has_permission(user, Permission.VIEW_ORGANIZATION, request.requester)


rules.add_perm("disclosures.keep_files", keeps_files)
rules.add_perm("disclosures.offer", opens_to_requests)
rules.add_perm("disclosures.accept", accepts_for_firm)
rules.add_perm("disclosures.ask_manager", belongs_to_firm)
rules.add_perm("disclosures.see_openings", keeps_files)
