"""Duties of the demo's brokers: one with three staff, a report submitted and one that is due, one below its minimum;
two that are warned.

Days and half-years are counted back from the loading. Which brokers are registered is loaded before; of a broker that
is not, only the staff is loaded.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.enums import MembershipState, Role
from accounts.models import Membership, Organization, User
from brokers.clocks import HalfYear, ended_half_years
from brokers.demo.days import afternoon
from brokers.enums.mandates import DealOrigin
from brokers.enums.registration import QualificationKind
from brokers.models import BrokerWarning, ChangeNotice, DealReport, Qualification, Registration, StaffEntry
from brokers.services.duties.changes import file_change
from brokers.services.duties.minimum import settle_of_organization
from brokers.services.duties.qualify import decide_qualification, enter_qualification
from brokers.services.duties.record_deal import record_deal
from brokers.services.duties.report import make_reports, submit_report
from brokers.services.duties.staff import answer_staff, name_staff
from brokers.services.duties.warn import WARNABLE, answer_warning, give_warning
from marketplace.core.days import add_months

OFFICER = "officer@diffusion.example"
KINDS = (QualificationKind.PATENT_ATTORNEY, QualificationKind.ENGINEER, QualificationKind.TRADER)


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Load what is not there yet. Returns how many people of staff, warnings and reports submitted are new."""
    rows: dict[str, Any] = json.loads((Path(__file__).parent / "duties.json").read_text(encoding="utf-8"))
    warned = sum(_warning(row, organizations[row["broker"]], at) for row in rows["warnings"])
    return warned + sum(_broker(row, organizations[row["key"]], at) for row in rows["brokers"])


def _warning(row: Mapping[str, Any], broker: Organization, at: datetime) -> bool:
    agency = Registration.objects.filter(kind="agency", organization=broker, state__in=WARNABLE).first()
    if agency is None or BrokerWarning.objects.filter(registration=agency).exists():
        return False
    names, officer = ("ground", "text"), User.objects.get(email=OFFICER)
    given = give_warning(
        registration=agency, **{name: row[name] for name in names}, by=officer, at=afternoon(at, row["days_ago"])
    )
    if answer := row["answer"]:
        manager = broker.memberships.active().filter(role=Role.MANAGER).order_by("pk")[0].user
        answer_warning(warning=given, text=answer["text"], by=manager, at=afternoon(at, answer["days_ago"]))
    return True


def _broker(row: Mapping[str, Any], broker: Organization, at: datetime) -> int:
    manager = broker.memberships.active().filter(role=Role.MANAGER).select_related("user").order_by("pk").first()
    if manager is None:
        return 0
    new = _staff(row, broker, manager.user, at)
    agency = Registration.objects.listed().filter(kind="agency", organization=broker).first()
    if agency is None:
        return new
    halves = list(ended_half_years(timezone.localdate(at), 2))
    for deal in row["deals"]:
        _deal(deal, halves[deal["half"] - 1], broker, manager.user, at)
    make_reports(at=at)
    if row["submit"]:
        new += _submit(agency, halves[row["submit"] - 1], manager.user, at)
    if row["change"] and not ChangeNotice.objects.filter(registration=agency, kind=row["change"]["kind"]).exists():
        change = row["change"]
        day = timezone.localdate(at) - timedelta(days=change["days_ago"])
        given = {"kind": change["kind"], "text": change["text"], "happened_on": day}
        file_change(registration=agency, **given, by=manager.user, at=at)
    settle_of_organization(organization=broker, at=at)
    return new


def _staff(row: Mapping[str, Any], broker: Organization, manager: User, at: datetime) -> int:
    """So many people with a verified licence each, invented; without a password nobody signs in as them."""
    new, first = 0, timezone.localdate(at) - timedelta(days=400)
    officer = User.objects.get(email=OFFICER)
    for place, name in enumerate(row["staff"]):
        person = _member(f"staff{place + 1}@{row['key'].split('-')[0]}.example", name, broker, manager, at)
        if StaffEntry.objects.filter(user=person).exists():
            continue
        number = f"DEMO-{row['key'][:6]}-{place + 1}"
        if not Qualification.objects.filter(user=person).exists():
            licence = enter_qualification(
                kind=KINDS[place % len(KINDS)], number=number, issued_on=date(2016, 3, 2), by=person, at=at
            )
            decide_qualification(qualification=licence, accept=True, text="", by=officer, at=at)
        entry = name_staff(organization=broker, user=person, from_on=first, by=manager, at=at)
        answer_staff(entry=entry, accept=True, by=person, at=at)
        new += 1
    return new


def _member(email: str, name: str, broker: Organization, by: User, at: datetime) -> User:
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User.objects.create_user(email=email, name=name, language="ko", password=None)
    Membership.objects.get_or_create(
        user=person, organization=broker,
        defaults={"role": Role.STAFF, "state": MembershipState.ACTIVE, "decided_at": at, "decided_by": by},
    )  # fmt: skip
    return person


def _deal(row: Mapping[str, Any], half: HalfYear, broker: Organization, by: User, at: datetime) -> None:
    submitted = DealReport.objects.filter(registration__organization=broker, first_on=half.first_on, state="submitted")
    if submitted.exists():
        return
    names = ("technology", "holder_name", "taker_name", "deal_kind", "value_won", "royalty_text", "reference")
    signed = half.first_on + timedelta(days=row["day"])
    record_deal(
        broker=broker, origin=DealOrigin.REPORTED, signed_on=signed,
        term_until=add_months(signed, row["months"]) if row["months"] else None, by=by, at=at,
        **{name: row[name] for name in names},
    )  # fmt: skip


def _submit(agency: Registration, half: HalfYear, by: User, at: datetime) -> int:
    report = DealReport.objects.due().filter(registration=agency, first_on=half.first_on, revision=1).first()
    if report is None:
        return 0
    submit_report(report=report, nothing=False, seen=None, by=by, at=at)
    return 1
