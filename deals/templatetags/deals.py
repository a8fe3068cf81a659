from django import template
from django.utils.translation import get_language

from accounts.models import Organization
from deals.enums.terms import Method

register = template.Library()


@register.filter
def name_of(organization: Organization) -> str:
    """Its name in the reader's language, else the Korean one."""
    return organization.name_in(get_language() or "ko")


@register.filter
def method_name(method: str) -> str:
    """How it is paid, in words; empty where nothing is agreed yet."""
    return str(Method(method).label) if method else ""
