from django import template

from policy.wording import index

register = template.Library()


@register.filter
def percent_of(bp: int | None) -> str:
    """4285 basis points as `42.85 %`; a dash for None."""
    return index.percent(bp)
