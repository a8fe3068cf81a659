"""Own use of the demo, `government.json`: what a company sells with its own results, and paid the government."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from royalties.models import DirectUse
from royalties.services.government.ahead import Told, pay_ahead
from royalties.services.government.record import Used, record_payment, record_use
from royalties.services.government.result import enter_result
from tech_listings.models import Listing

RECORDED = timedelta(days=250)


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Write what is not there yet. How many records of own use are new. The rules of sharing are loaded before."""
    rows = json.loads((Path(__file__).parent / "government.json").read_text(encoding="utf-8"))
    company, by = organizations[rows["company"]], User.objects.get(email=rows["keeper"])
    before = DirectUse.objects.count()
    for row in rows["results"]:
        entered = enter_result(holder=company, title=row["title"], by=by, at=at - RECORDED)
        if entered.is_new:
            _record(row, entered.listing, by, at)
    return DirectUse.objects.count() - before


def _record(row: Mapping[str, Any], listing: Listing, by: User, at: datetime) -> None:
    task = row["task"] | {name: date.fromisoformat(row["task"][name]) for name in ("agreed_on", "task_ended_on")}
    uses = []
    for said in row["uses"]:
        year = timezone.localdate(at).year - said["years_ago"]
        used = Used(date(year, 1, 1), date(year, 12, 31), said["sales_won"], **task)
        moment = max(at - RECORDED, _first_moment_after(year))
        uses.append(record_use(holder=listing.holder, listing=listing, used=used, by=by, at=min(moment, at)).use)
    for paid in row["paid"]:
        paid_at = at + timedelta(days=paid["days"])
        record_payment(
            holder=listing.holder,
            listing=listing,
            paid_on=timezone.localdate(paid_at),
            amount_won=uses[paid["of_use"]].owed_won,
            reference=paid["reference"],
            by=by,
            at=paid_at,
        )

    if told := row.get("ahead"):
        at_told = at + timedelta(days=told["days"])
        letter = Told(
            timezone.localdate(at_told), told["reference"],
            **{name: value for name, value in task.items() if name != "contribution_bp"},
        )  # fmt: skip
        pay_ahead(holder=listing.holder, listing=listing, told=letter, by=by, at=at_told)


def _first_moment_after(year: int) -> datetime:
    return datetime(year + 1, 1, 1, 10, tzinfo=timezone.get_default_timezone())
