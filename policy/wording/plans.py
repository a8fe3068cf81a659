"""Values of plans as people read them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.core.money import in_percent, won
from policy.enums.plans import TargetUnit


def value_words(value: int, unit: str) -> str:
    """3480 basis points as `34.80 %`; won in the reader's notation; days with their word."""
    if unit == TargetUnit.BASIS_POINTS:
        return _("%(figure)s percent") % {"figure": in_percent(value)}
    if unit == TargetUnit.WON:
        return won(value)
    if unit == TargetUnit.DAYS:
        return ngettext("%(count)d day", "%(count)d days", value) % {"count": value}
    return f"{value:,}"
