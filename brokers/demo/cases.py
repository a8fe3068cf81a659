"""Cases of the demo: just opened, hearing ahead, held and to be decided, and decided: maintained, suspended, cancelled.

Days are counted from the loading. What office registered the brokers comes before; who is not registered has no case.
"""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from brokers.enums.cases import Attendance
from brokers.enums.registration import MAY_TAKE_NEW_WORK
from brokers.models import CancellationCase, Registration
from brokers.services.cases.decide import decide_case
from brokers.services.cases.hearing import notice_hearing, record_hearing
from brokers.services.cases.open_case import open_case
from brokers.services.cases.statement import send_statement


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Open what is not there yet and take it as far as its row says. Returns how many cases are new."""
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
    return sum(_case(row, organizations[row["broker"]], at) for row in rows)


def _case(row: Mapping[str, Any], broker: Organization, at: datetime) -> bool:
    standing = Registration.objects.filter(organization=broker, kind="agency", state__in=MAY_TAKE_NEW_WORK)
    registration = standing.first()
    if registration is None or registration.cases.filter(ground=row["ground"]).exists():
        return False
    officer, notice, said = _person(row["opened_by"]), row["notice"], row["statement"]
    moment = _at(at, row["opened_days_ago"], 9)
    case = open_case(registration=registration, ground=row["ground"], text=row["text"], by=officer, at=moment)
    if notice is None:
        return True
    notice_hearing(
        case=case, starts_at=_at(at, notice["heard_days_ago"], 14), place=notice["place"], chair=officer, by=officer,
        at=_at(at, notice["days_ago"], 10),
    )  # fmt: skip
    send_statement(case=case, text=said["text"], by=_person(said["by"]), at=_at(at, said["days_ago"], 11))
    if row["record"]:
        _heard(case, row, officer, at)
    return True


def _heard(case: CancellationCase, row: Mapping[str, Any], chair: User, at: datetime) -> None:
    record, decision = row["record"], row["decision"]
    record_hearing(
        case=case, attendance=Attendance.APPEARED, appeared=record["appeared"], record_text=record["text"], by=chair,
        at=_at(at, row["notice"]["heard_days_ago"], 16),
    )  # fmt: skip
    if decision is None:
        return
    days = decision.get("for_days")
    decide_case(
        case=case, decision=decision["decision"], text=decision["text"], by=_person(decision["by"]),
        suspended_until=timezone.localdate(at) + timedelta(days=days) if days else None,
        at=_at(at, decision["days_ago"], 15),
    )  # fmt: skip


def _person(email: str) -> User:
    return User.objects.get(email=email)


def _at(at: datetime, days_ago: int, hour: int) -> datetime:
    """That hour of that day in Korea; a day to come where the number is negative."""
    day = timezone.localdate(at) - timedelta(days=days_ago)
    return datetime.combine(day, time(hour), timezone.get_default_timezone())
