from datetime import datetime

from django.db import transaction

from accounts.models import User
from notifications.models import MailBrake


@transaction.atomic
def set_brake(*, on: bool, reason: str, by: User | None, at: datetime) -> MailBrake:
    """Stop all mail, or let it flow again. `by` is None for an operator at the command line.

    What waited is merged into one mail per person, less what got too old (`delivery.MAX_AGE`).
    """
    brake, _ = MailBrake.objects.update_or_create(
        pk=MailBrake.ONLY, defaults={"is_on": on, "reason": reason[:300], "changed_at": at, "changed_by": by}
    )
    return brake
