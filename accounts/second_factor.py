"""Officers work with a second factor or not at all (design.md §3): one place that says whether a session may go on."""

from enum import StrEnum

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User


class SecondFactor(StrEnum):
    """What an officer still owes."""

    SET_UP = "set_up"
    USE = "use"


def has_second_factor(user: User) -> bool:
    """Recovery codes alone are none: they stand in for a factor that exists."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()


def used_in_session(request: HttpRequest, user: User) -> bool:
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def missing_for(user: User) -> SecondFactor | None:
    """What a program acting for `user` lacks; None for people who are no officers."""
    if not user.is_officer:
        return None
    return None if has_second_factor(user) else SecondFactor.SET_UP


def missing_in(request: HttpRequest, user: User) -> SecondFactor | None:
    """What this session lacks. A session opened by password before the factor existed has not used it."""
    missing = missing_for(user)
    if missing is None and user.is_officer and not used_in_session(request, user):
        return SecondFactor.USE
    return missing


def page_to_use(user: User) -> str:
    """The URL name of the page that asks for the factor this person has."""
    has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn"


def explanation(missing: SecondFactor) -> str:
    if missing is SecondFactor.SET_UP:
        return _(
            "You are a member of a government office. Government work needs a second factor: "
            "set up an authenticator app or a passkey to go on."
        )
    return _("You are a member of a government office. Confirm with your second factor to go on.")
