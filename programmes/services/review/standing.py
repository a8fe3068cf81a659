"""Who is excluded from programmes, or owes money that was asked back, gets nothing new: asked again at each step.

What a firm was checked for when it applied may have changed since. Subsidy Act art. 31-2 keeps who is excluded from
being a recipient for the whole term; facts §5.5.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import Organization
from accounts.relations import family_of
from programmes.registry import FirmRefused, in_languages, standing_of


class Excluded(FirmRefused):
    code = "firm_excluded"
    words = gettext_noop("%(name)s is excluded from programmes at present.")


class OwesMoney(FirmRefused):
    code = "firm_owes_money"
    words = gettext_noop("%(name)s still owes money that was asked back, and its day is over. That comes first.")


class Barred(FirmRefused):
    """It applied on a day on which it could not, having left too much of an earlier voucher unused."""

    code = "firm_barred"
    words = gettext_noop("%(name)s could not apply on that day: it had left too much of an earlier voucher unused.")


def refuse_standing(firm: Organization, at: datetime, *, applied_at: datetime | None = None) -> None:
    """Raise `Excluded`, `OwesMoney`, or `Barred` for the day it applied, of whatever was merged into it too.

    Where nobody tells, nothing is known, and nothing is refused.
    """
    family, name = family_of(firm), in_languages(firm.name_in)
    told = standing_of(family, timezone.localdate(at))
    if told is not None and told.is_excluded:
        raise Excluded(name=name)
    if told is not None and told.owes_money:
        raise OwesMoney(name=name)
    then = standing_of(family, timezone.localdate(applied_at)) if applied_at else None
    if then is not None and then.is_barred:
        raise Barred(name=name)
