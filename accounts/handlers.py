"""What accounts hears from allauth."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver


@receiver(authenticator_added, dispatch_uid="accounts.authenticator_added")
def setting_up_is_using(sender: Any, request: Any, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """Adding a factor proves that one has it: the officer need not show it a second time."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=str(authenticator.type))
