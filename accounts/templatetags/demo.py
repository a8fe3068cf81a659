"""What the sign-in pages show of the demo, in development only."""

from django import template
from django.conf import settings

from accounts.demo import PASSWORD, DemoAccount, code_now, demo_accounts

register = template.Library()


@register.simple_tag(name="demo_accounts")
def accounts_to_choose_from() -> list[DemoAccount]:
    return demo_accounts() if settings.IEUM_ENV == "development" else []


@register.simple_tag
def demo_password() -> str:
    return PASSWORD if settings.IEUM_ENV == "development" else ""


@register.simple_tag
def demo_code() -> str:
    """The officer's code of this half minute, so that trying the demo needs no telephone."""
    if settings.IEUM_ENV != "development" or not any(account.needs_code for account in demo_accounts()):
        return ""
    return code_now()
