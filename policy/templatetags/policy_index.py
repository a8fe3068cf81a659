from django import template

from policy.enums.index import PeerGroup
from policy.wording import index

register = template.Library()


@register.filter
def percent_of(bp: int | None) -> str:
    """4285 basis points as `42.85 %`; a dash for None."""
    return index.percent(bp)


@register.filter
def peer_group(value: str) -> str:
    return str(PeerGroup(value).label)
