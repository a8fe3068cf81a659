from django.db import transaction

from accounts.enums import MailRate
from accounts.models import User
from marketplace.core.errors import DomainError


@transaction.atomic
def change_mail_rate(*, user: User, rate: str) -> None:
    """How often `user` gets mail from now on; what waits follows the new rate."""
    if rate not in MailRate.values:
        raise DomainError("unknown mail rate", field="rate")
    User.objects.filter(pk=user.pk).update(mail_rate=rate)
