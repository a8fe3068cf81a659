"""Invented organizations and people, for development and shows. `organizations.json` and `accounts.json` beside this.

The business numbers fit the check digit but begin with tax offices 901 and up, which do not exist.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language

from accounts.enums import MembershipState, Role
from accounts.models import BusinessProfile, FinancialYear, Membership, Organization, Owner, User
from accounts.services.join import ask_to_join

HERE = Path(__file__).parent
PASSWORD = "demo-ieum-2026"
TOTP_SECRET = "IEUMDEMOIEUMDEMOIEUMDEMOIEUMDEMO"


@dataclass(frozen=True)
class DemoAccount:
    """What the sign-in page shows of an account, in the language of the page."""

    email: str
    title: str
    description: str
    needs_code: bool


class Loaded(NamedTuple):
    """Organizations by their key, and how many rows are new."""

    organizations: Mapping[str, Organization]
    new_organizations: int
    new_people: int


@cache
def organization_rows() -> list[dict[str, Any]]:
    return _read("organizations.json")


@cache
def account_rows() -> list[dict[str, Any]]:
    return _read("accounts.json")


def demo_accounts() -> list[DemoAccount]:
    """The accounts to choose from on the sign-in page: those that are marked as shown and were loaded."""
    shown = [row for row in account_rows() if row["shown"]]
    loaded = set(User.objects.filter(email__in=[row["email"] for row in shown]).values_list("email", flat=True))
    language = get_language() or "ko"
    return [
        DemoAccount(row["email"], _title(row, language), row["description"][language], row.get("totp", False))
        for row in shown
        if row["email"] in loaded
    ]


def code_now() -> str:
    """The six digits that the officer's authenticator app would show at this moment."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(TOTP_SECRET, counters[len(counters) // 2]))


@transaction.atomic
def load(*, password: str, totp_secret: str, at: datetime) -> Loaded:
    """Organizations by business number and people by e-mail; what is there stays as it is."""
    organizations: dict[str, Organization] = {}
    new_organizations = new_people = 0
    for row in organization_rows():
        fields = {name: value for name, value in row.items() if name not in {"key", "business_number"}}
        organizations[row["key"]], is_new = Organization.objects.get_or_create(
            business_number=row["business_number"], defaults=fields
        )
        new_organizations += is_new
    load_profiles(organizations=organizations)
    arrived = []
    hashed = make_password(password)  # once: hashing is slow on purpose
    for row in account_rows():
        if User.objects.filter(email=row["email"]).exists():
            continue
        user = User.objects.create(email=row["email"], password=hashed, name=row["name"], language=row["language"])
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        arrived += [(user, membership) for membership in row["memberships"]]
        new_people += 1
        if row.get("totp") and not Authenticator.objects.filter(user=user).exists():
            TOTP.activate(user, totp_secret)
    for user, membership in sorted(arrived, key=lambda pair: pair[1]["role"] != Role.MANAGER):
        _join(user, organizations[membership["organization"]], membership, at)
    return Loaded(organizations, new_organizations, new_people)


@transaction.atomic
def load_profiles(*, organizations: Mapping[str, Organization]) -> int:
    """Who stands behind firms and brokers, and the account of an office; those who have a profile keep theirs. Gives
    how many are new.

    A firm and a broker have a representative and an address in common, so that what is related can be seen.
    """
    new = 0
    for row in _read("profiles.json"):
        fields = {name: value for name, value in row.items() if name not in {"organization", "owners", "years"}}
        organization = organizations[row["organization"]]
        profile, is_new = BusinessProfile.objects.get_or_create(organization=organization, defaults=fields)
        if is_new:
            Owner.objects.bulk_create([Owner(profile=profile, **owner) for owner in row["owners"]])
            FinancialYear.objects.bulk_create([FinancialYear(profile=profile, **year) for year in row["years"]])
        new += is_new
    return new


def _join(user: User, organization: Organization, membership: Mapping[str, str], at: datetime) -> None:
    if membership.get("state") == MembershipState.REQUESTED:
        ask_to_join(organization=organization, role=membership["role"], by=user)
        return
    managers = Membership.objects.active().filter(organization=organization, role=Role.MANAGER)
    first = managers.select_related("user").order_by("pk").first()
    Membership.objects.create(
        user=user,
        organization=organization,
        role=membership["role"],
        state=MembershipState.ACTIVE,
        decided_at=at,
        decided_by=first.user if first else user,
    )


def _title(row: Mapping[str, Any], language: str) -> str:
    """Role and organization for the button, like “Manager · Gaon University”."""
    by_key = {organization["key"]: organization for organization in organization_rows()}
    name = {"en": "name_en", "zh-hans": "name_zh"}.get(language, "name")
    with translation.override(language):
        places = [
            f"{Role(membership['role']).label} · {by_key[membership['organization']][name]}"
            for membership in row["memberships"]
        ]
    return " / ".join(places) or row["name"]


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return rows
