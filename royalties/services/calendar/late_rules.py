"""An officer writes a version of late interest."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, organizations_with
from marketplace.core.errors import DomainError, NotAllowed
from royalties.models import LateRule
from royalties.services.calendar.acting import words

MOST_BP = 2_000


@transaction.atomic
def write_late_rule(
    *, rate_bp: int, effective_from: date, source: str, is_assumption: bool, by: User, at: datetime
) -> LateRule:
    """Add the next version, which holds from a day to come; the same again is the one there is. None is ever changed.

    Raises `NotAllowed`, `DomainError` naming the field.
    """
    if not organizations_with(by, Permission.GOVERN_ROYALTIES):
        raise NotAllowed(_("Only officers who keep the rules on royalty can do this."))
    source = words(source, most=500, field="source", missing=_("Name the law or the decision it comes from."))
    if not 0 <= rate_bp <= MOST_BP:
        raise DomainError(_("Give a rate from 0 to 20 percent."), field="rate_bp")
    # Numbers are taken one by one: the table is tiny, and its newest row is what all of them wait for.
    list(LateRule.objects.select_for_update(of=["self"]).in_order())
    newest = LateRule.objects.order_by("-version").first()
    said = (rate_bp, effective_from, source, is_assumption)
    if newest is not None and said == (newest.rate_bp, newest.effective_from, newest.source, newest.is_assumption):
        return newest
    if effective_from <= timezone.localdate(at):
        raise DomainError(_("It holds from tomorrow at the earliest: what was counted is not counted again."),
                          field="effective_from")  # fmt: skip
    version = (LateRule.objects.aggregate(most=Max("version"))["most"] or 0) + 1
    return LateRule.objects.create(
        version=version, label=f"L{version}", rate_bp=rate_bp, effective_from=effective_from, source=source,
        is_assumption=is_assumption, written_at=at, written_by=by,
    )  # fmt: skip
