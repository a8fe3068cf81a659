from accounts.models.members import Invitation, Membership
from accounts.models.merging import MergeProposal
from accounts.models.organizations import Organization
from accounts.models.people import ApiToken, Secret, User
from accounts.models.profiles import BusinessProfile, FinancialYear, Owner

__all__ = [
    "ApiToken",
    "BusinessProfile",
    "FinancialYear",
    "Invitation",
    "Membership",
    "MergeProposal",
    "Organization",
    "Owner",
    "Secret",
    "User",
]
