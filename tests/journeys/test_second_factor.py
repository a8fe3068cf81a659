"""Officers work with an authenticator app or a passkey, or not at all."""

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from tests.factories.accounts import PASSWORD, MembershipFactory


def code(secret: str, *, later: int = 0) -> str:
    """What the app shows now, or some steps of 30 seconds later."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2] + later))


def sign_in_by_password(page, user):
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def confirm(page):
    """What is about signing in asks for the password once more."""
    page.get_by_role("heading", name="Confirm").wait_for()
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()


def sign_out(page):
    page.locator("summary", has_text="My account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("banner").get_by_role("link", name="Sign in").wait_for()


def test_an_officer_sets_up_an_app_and_is_asked_for_its_code(visit, settings):
    settings.MFA_TOTP_TOLERANCE = 1  # a step may end between reading the code and sending it
    officer = MembershipFactory(government=True, user__name="Officer Nam").user
    page = visit()
    sign_in_by_password(page, officer)
    page.goto("/requests/")
    assert re.search(r"/accounts/2fa/$", page.url)
    page.get_by_text("Government work needs a second factor").wait_for()

    page.get_by_role("main").get_by_role("link", name="Activate").click()
    confirm(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="Activate").click()
    page.locator(".field-error").wait_for()
    page.locator("[name=code]").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url("**/recovery-codes/**")
    page.goto("/requests/")
    assert page.url.endswith("/requests/")

    sign_out(page)
    sign_in_by_password(page, officer)
    assert "/2fa/authenticate/" in page.url
    page.goto("/requests/")
    assert "/2fa/authenticate/" in page.url
    page.locator("[name=code]").fill(code(secret, later=1))
    page.locator("[name=code]").press("Enter")
    page.get_by_role("heading", name="Good to see you, Officer Nam").wait_for()


def test_an_officer_adds_a_passkey_and_signs_in_with_it(visit):
    officer = MembershipFactory(government=True, user__name="Officer Ryu").user
    page = visit()
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    sign_in_by_password(page, officer)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm(page)
    page.get_by_label("Name").fill("Office laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("main").get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)
    assert Authenticator.objects.filter(user=officer, type="webauthn").count() == 1

    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Good to see you, Officer Ryu").wait_for()
    page.goto("/requests/")
    assert page.url.endswith("/requests/")
