from django import template
from django.utils.translation import gettext as _

from matching.models import Need

register = template.Library()


@register.filter
def trl_range(need: Need) -> str:
    """`4–6`, `from 4`, `up to 6`, or that any will do."""
    if need.trl_from and need.trl_to:
        return f"{need.trl_from}–{need.trl_to}" if need.trl_from != need.trl_to else str(need.trl_from)
    if need.trl_from:
        return _("from %(level)s") % {"level": need.trl_from}
    return _("up to %(level)s") % {"level": need.trl_to} if need.trl_to else _("Any")
