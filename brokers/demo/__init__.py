"""The guideline of the demo, written by one officer and published by another, and two quotes by it.

One lies inside the band and waits for its client, the other outside of it and waits for an officer. Days are counted
back from the loading.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from brokers.demo.days import afternoon
from brokers.models import FeeSchedule, Quote
from brokers.services.fees.load_schedules import load_schedules, read_product
from brokers.services.fees.outside_band import ask_outside_band
from brokers.services.fees.publish_schedule import publish_schedule
from brokers.services.fees.quote_fee import quote_fee
from brokers.services.fees.write_schedule import CONTENT, edit_schedule
from tech_listings.demo import public_id_of


@cache
def rows() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "fees.json").read_text(encoding="utf-8"))
    return found


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Publish a guideline where none has been and quote what is not there yet. Returns how many quotes are new."""
    load_schedules(schedules=read_product(), at=at)
    guideline = rows()["guideline"]
    emails = {guideline["written_by"], guideline["published_by"], *(row["by"] for row in rows()["quotes"])}
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    if not FeeSchedule.objects.guidelines().exclude(published_at=None).exists():
        _publish(guideline, people, at)
    new = 0
    for row in sorted(rows()["quotes"], key=lambda row: -row["days_ago"]):
        by, key, moment = people[row["by"]], public_id_of(f"fee-quote/{row['key']}"), afternoon(at, row["days_ago"])
        there = Quote.objects.filter(quoted_by=by, idempotency_key=key).exists()
        if there or not FeeSchedule.objects.in_force_on(timezone.localdate(moment)).exists():
            continue  # somebody tried withdrawing the guideline between two loads
        names = ("subject", "value_won", "fee_won")
        broker, client = (organizations[row[side]] for side in ("broker", "client"))
        quote = quote_fee(
            broker=broker, client=client, **{name: row[name] for name in names}, by=by, at=moment, key=key
        ).quote
        if row["reason"]:
            ask_outside_band(quote=quote, reason=row["reason"], by=by, at=moment + timedelta(minutes=20))
        new += 1
    return new


def _publish(given: Mapping[str, Any], people: Mapping[str, User], at: datetime) -> None:
    """The draft that comes with the product, dated and saved by one officer and published by the other."""
    draft = FeeSchedule.objects.drafts().filter(reference=given["reference"]).first()
    if draft is None:
        return
    begins = afternoon(at, given["days_ago"])
    content = {name: getattr(draft, name) for name in CONTENT} | given["changes"]
    tiers = [(tier.from_won, tier.rate_bp) for tier in draft.plan.tiers]
    writer, publisher = people[given["written_by"]], people[given["published_by"]]
    saved = edit_schedule(
        schedule=draft, content=content | {"valid_from": timezone.localdate(begins)}, tiers=tiers,
        revision=draft.revision, by=writer, at=begins - timedelta(hours=2),
    )  # fmt: skip
    publish_schedule(schedule=saved, revision=saved.revision, by=publisher, at=begins)
