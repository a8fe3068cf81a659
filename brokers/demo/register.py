"""Registered brokers of the demo: who they are, their staff, what they brought about, and what clients say.

Who is registered already keeps its registration, and gets the entry only where nothing was written yet. Days are
counted back from the loading; people and firms are invented.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.enums.mandates import DealOrigin
from brokers.enums.office import StepKind
from brokers.enums.registration import (
    APPLICATION_STATES,
    OPEN_APPLICATIONS,
    QUALIFICATION_STATES,
    STAFF_STATES,
    ApplicationState,
    QualificationState,
    RegistrationKind,
    StaffState,
    VersionState,
)
from brokers.models import (
    Application,
    ApplicationStep,
    BrokeredDeal,
    Qualification,
    Registration,
    RequirementVersion,
    StaffEntry,
)
from brokers.services.ratings.moderate import report_text
from brokers.services.ratings.rate import rate
from brokers.services.ratings.respond import answer_rating
from brokers.services.register.edit_entry import edit_entry
from marketplace.core.counters import take_numbers
from tech_listings.enums import DealKind

ENTRY = ("introduction_ko", "introduction_en", "introduction_zh", "speciality", "ipc_prefixes", "regions", "languages",
         "fee_text", "conflicts")  # fmt: skip


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Register who is not yet, and fill what is empty. Returns how many registrations are new."""
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "register.json").read_text(encoding="utf-8"))
    return sum(_broker(row, organizations, at) for row in rows)


def _broker(row: Mapping[str, Any], organizations: Mapping[str, Organization], at: datetime) -> bool:
    house = organizations[row["broker"]] if row["broker"] else None
    by = User.objects.get(email=row["by"])
    standing = Registration.objects.filter(kind=row["kind"])
    is_trader = row["kind"] == RegistrationKind.TRADER
    registration = standing.filter(user=by).first() if is_trader else standing.filter(organization=house).first()
    is_new = registration is None
    asked = Application.objects.filter(kind=row["kind"], state__in=OPEN_APPLICATIONS)
    if is_new and (asked.filter(applicant=by) if is_trader else asked.filter(organization=house)).exists():
        return False  # another part of the demo shows its application
    since = at - timedelta(days=row["registered_days_ago"])
    if registration is None:
        registration = _registered(row["kind"], house, by, since)
    says_nothing = not registration.introduction_ko
    if says_nothing and row["introduction_ko"]:
        edit_entry(
            registration=registration, content={name: row[name] for name in ENTRY}, revision=registration.revision,
            declares_conflicts=True, by=by, at=at - timedelta(days=row["declared_days_ago"]),
        )  # fmt: skip
    if is_new:
        _people(row, house, by, since)
    if says_nothing and house and row["kind"] == RegistrationKind.AGENCY:
        _deals(row, house, organizations, at)
    return is_new


def _officers() -> tuple[User, User]:
    """Who checks, and who decides."""
    members = User.objects.filter(memberships__organization__kind=OrganizationKind.GOVERNMENT).order_by("pk")
    return members[0], members[1]


def _registered(kind: str, house: Organization | None, by: User, at: datetime) -> Registration:
    """The application goes its way in one go: what the office looks at is in its own part of the demo."""
    published = RequirementVersion.objects.published().filter(kind=kind).order_by("-valid_from", "-pk")
    version = published.first() or RequirementVersion.objects.create(
        kind=kind, version=1, state=VersionState.PUBLISHED, valid_from=timezone.localdate(at), source="Demo",
        published_at=at,
    )  # fmt: skip
    is_agency = kind == RegistrationKind.AGENCY
    letter, year = ("A" if is_agency else "T"), timezone.localdate(at).year
    application = Application.objects.create(kind=kind, organization=house if is_agency else None, applicant=by)
    serial = take_numbers(kind=f"broker_application_{letter}", year=year)[0]
    APPLICATION_STATES.move(
        application, ApplicationState.APPLIED, number=f"{letter}{year}{serial:06d}", requirements=version,
        applied_at=at, declared_at=at, declared_by=by,
    )  # fmt: skip
    APPLICATION_STATES.move(application, ApplicationState.DOC_CHECK)
    checker, decider = _officers()
    ApplicationStep.objects.create(application=application, kind=StepKind.TAKEN_UP, by=checker, at=at)
    APPLICATION_STATES.move(application, ApplicationState.ADVICE)
    APPLICATION_STATES.move(application, ApplicationState.DESIGNATED, decided_at=at, decided_by=decider)
    serial = take_numbers(kind=f"registration:{kind}", year=year)[0]
    return Registration.objects.create(
        kind=kind, number=f"B{letter}{year}{serial:06d}", organization=house, user=None if is_agency else by,
        application=application, registered_at=at, registered_by=decider,
    )  # fmt: skip


def _people(row: Mapping[str, Any], house: Organization | None, by: User, at: datetime) -> None:
    """Each list of qualifications is a person: of an agency its staff, of a trader himself."""
    is_trader = row["kind"] == RegistrationKind.TRADER
    for place, kinds in enumerate(row["credentials"], start=1):
        person = _staff(row["broker"], place, house, by, at) if house and not is_trader else by
        for kind in kinds:
            made = Qualification.objects.create(
                user=person, kind=kind, number=f"DEMO-{person.pk}-{kind}", issued_on=timezone.localdate(at)
            )
            QUALIFICATION_STATES.move(made, QualificationState.VERIFIED, decided_at=at, decided_by=_officers()[0])


def _staff(key: str, place: int, house: Organization, by: User, at: datetime) -> User:
    email = f"staff{place}@{key.split('-')[0]}.example"
    person, _new = User.objects.get_or_create(
        email=email, defaults={"name": f"{key.split('-')[0]} {place}", "password": make_password(None)}
    )
    entry = StaffEntry.objects.create(
        organization=house, user=person, from_on=timezone.localdate(at), named_at=at, named_by=by
    )
    STAFF_STATES.move(entry, StaffState.CONFIRMED, answered_at=at)
    return person


def _deals(row: Mapping[str, Any], house: Organization, known: Mapping[str, Organization], at: datetime) -> None:
    """Deals reported from elsewhere; the first ones are with clients here, who rated them."""
    raters, to_rate = list(row["ratings"]), list(row.get("to_rate", []))
    days_ago, serial = 300, 0
    for section, value_won, many in row["deals"]:
        for _each in range(many):
            said = raters.pop() if raters else None
            key = said[0] if said else to_rate.pop() if to_rate else None
            client, serial = known[key] if key else None, serial + 1
            signed = timezone.localdate(at) - timedelta(days=days_ago)
            deal = BrokeredDeal.objects.create(
                broker=house, origin=DealOrigin.REPORTED, technology=f"{row['speciality']} 기술 {serial}",
                holder_name="가온대학교 산학협력단", taker=client, taker_name=client.name if client else "비공개 기업",
                deal_kind=DealKind.NON_EXCLUSIVE_LICENCE, value_won=value_won, signed_on=signed,
                closed_on=signed + timedelta(days=60), ipc_section=section, recorded_at=at,
            )  # fmt: skip
            if said:
                _rating(deal, client, said, at)
            days_ago -= 7


def _rating(deal: BrokeredDeal, client: Organization | None, said: list[Any], at: datetime) -> None:
    assert client is not None
    _key, stars, text, answer, *reported = said
    clients = users_with_permission(client, Permission.RATE_BROKERS).exclude(
        pk__in=users_with_permission(deal.broker, Permission.VIEW_ORGANIZATION)
    )
    given = {"stars": stars, "text": text, "at": at - timedelta(days=20)}
    rating = rate(deal=deal, organization=client, names_rater=stars == 5, by=clients.order_by("pk")[0], **given)
    if answer:
        broker = users_with_permission(deal.broker, Permission.EDIT_REGISTER_ENTRY).order_by("pk")[0]
        answer_rating(rating=rating, text=answer, by=broker, at=at - timedelta(days=18))
    if reported:
        reporter = users_with_permission(deal.broker, Permission.EDIT_REGISTER_ENTRY).order_by("pk")[0]
        report_text(text=rating.texts.get(), reason=reported[0], by=reporter, at=at - timedelta(days=2))
