from django import template
from django.utils.translation import get_language

from accounts.models import Organization, User
from deals.enums.contracts import ContractState
from deals.enums.terms import Method
from deals.models import Contract, Negotiation

register = template.Library()


@register.filter
def name_of(organization: Organization) -> str:
    """Its name in the reader's language, else the Korean one."""
    return organization.name_in(get_language() or "ko")


@register.filter
def method_name(method: str) -> str:
    """How it is paid, in words; empty where nothing is agreed yet."""
    return str(Method(method).label) if method else ""


@register.simple_tag
def contract_of(negotiation: Negotiation) -> Contract | None:
    """The contract that was written to the negotiation, unless it was given up. One query."""
    return negotiation.contracts.exclude(state=ContractState.CANCELLED).first()


@register.simple_tag
def may_write_contract(negotiation: Negotiation, user: User) -> bool:
    return negotiation.state == "agreed" and user.has_perm("deals.draft_contract", negotiation)
