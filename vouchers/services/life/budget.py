"""The budget line follows the call: made when it is published, filled or cut when its budget changes."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict
from programmes.enums.calls import SchemeKind
from programmes.models import Call, CallVersion
from vouchers.enums.money import Verb
from vouchers.models import BudgetLine
from vouchers.services.life.asking import once
from vouchers.services.money.post import NotEnough, post


class BudgetPromised(Conflict):
    """More of the budget is promised or spent than it would be."""

    code = "budget_promised"


def has_money(call: Call) -> bool:
    """Whether money of this call moves here: of vouchers, and never in a rehearsal."""
    return call.kind == SchemeKind.VOUCHER and not call.is_rehearsal


@transaction.atomic
def follow_call(*, call: Call, version: CallVersion, by: User | None, at: datetime) -> BudgetLine | None:
    """Bring the line to the call's budget; sent again for the same version it moves nothing. None without money.

    Raises `BudgetPromised` where the budget would be less than what is promised or spent of it.
    """
    if not has_money(call):
        return None
    made, _made = BudgetLine.objects.get_or_create(call=call)
    line = BudgetLine.objects.select_for_update(of=["self"]).get(pk=made.pk)
    difference = call.budget_won - line.allocated_won
    key = once(version.public_id, f"budget {call.budget_won}")
    if difference:
        try:
            post(line_id=line.pk, verb=Verb.ALLOCATE if difference > 0 else Verb.CUT, amount_won=abs(difference),
                 subject=call.public_id, key=key, by=by, at=at)  # fmt: skip
        except NotEnough as error:
            raise BudgetPromised(
                _("More of the budget is promised or paid already than it would be. %(left)s") % {"left": error}
            ) from error
    line.refresh_from_db()
    return line
