from django import template
from django.utils.translation import get_language

from accounts.models import Organization

register = template.Library()


@register.filter
def name_of(organization: Organization) -> str:
    """Its name in the reader's language, else the Korean one."""
    return organization.name_in(get_language() or "ko")
