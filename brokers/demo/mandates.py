"""Mandates of the demo in every state, `mandates.json`; days are counted from the loading.

Brokers come from the register: one that may take no new work there gets no mandate.
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
from brokers.models import FeeSchedule, Mandate
from brokers.queries.mandates import is_open_to_work
from brokers.services.mandates.answer import accept, agree_to_share, decline, take_back
from brokers.services.mandates.end import end
from brokers.services.mandates.offer import Offer, offer
from marketplace.core.money import BASIS_POINTS
from matching.models import Need
from tech_listings.demo import public_id_of
from tech_listings.models import Listing


@cache
def mandate_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "mandates.json").read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row["days_ago"])


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Offer, answer and end what is not there yet. Returns how many mandates are new."""
    emails = {email for row in mandate_rows() for email in _people(row)}
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    return sum(_load(row, organizations, people, at) for row in mandate_rows())


def _people(row: Mapping[str, Any]) -> set[str]:
    return {row["by"], row.get("answered_by", row["by"]), *row.get("agreed_by", {}).values()}


def _load(
    row: Mapping[str, Any], organizations: Mapping[str, Organization], people: Mapping[str, User], at: datetime
) -> bool:
    by, key = people[row["by"]], public_id_of(f"mandate/{row['key']}")
    moment = afternoon(at, row["days_ago"])
    shares = {organizations[name]: bp for name, bp in row.get("shares", {row["broker"]: BASIS_POINTS}).items()}
    content = _content(row, shares, timezone.localdate(moment), timezone.localdate(at))
    if (
        content is None
        or Mandate.objects.filter(offered_by=by, idempotency_key=key).exists()
        or not all(is_open_to_work(broker) for broker in shares)
        or not FeeSchedule.objects.in_force_on(timezone.localdate(moment)).exists()
    ):
        return False
    mandate = offer(
        broker=organizations[row["broker"]], client=organizations[row["client"]], offered_by=row["offered_by"],
        offer=content, by=by, at=moment, key=key,
    ).mandate  # fmt: skip
    for email in row.get("agreed_by", {}).values():
        agree_to_share(mandate=mandate, by=people[email], at=moment + timedelta(hours=5))
    _go_on(row, mandate, people, at)
    return True


def _content(row: Mapping[str, Any], shares: Mapping[Organization, int], offered: Any, today: Any) -> Offer | None:
    """None where somebody withdrew or closed between two loads what it is about."""
    listings = [Listing.objects.filter(public_id=public_id_of(name)).first() for name in row.get("technologies", [])]
    wanted = row.get("need")
    need = Need.objects.open().filter(idempotency_key=public_id_of(f"need/{wanted}")).first() if wanted else None
    if (wanted and need is None) or any(listing is None or not listing.is_public for listing in listings):
        return None
    first = max(today + timedelta(days=row["first"]), offered)
    return Offer(
        starts_on=first, ends_on=today + timedelta(days=row["last"]), need=need, shares=shares,
        listings=[listing for listing in listings if listing], is_exclusive=row.get("is_exclusive", False),
        fee_bp=row["fee_bp"], terms=row["terms"], conflict=row.get("conflict", ""),
    )  # fmt: skip


def _go_on(row: Mapping[str, Any], mandate: Mandate, people: Mapping[str, User], at: datetime) -> None:
    then, moment = row.get("then", ""), mandate.offered_at + timedelta(hours=20)
    if then in {"accept", "end"}:
        accept(mandate=mandate, by=people[row["answered_by"]], at=moment)
    if then == "decline":
        decline(mandate=mandate, text=row["text"], by=people[row["answered_by"]], at=moment)
    if then == "take_back":
        take_back(mandate=mandate, by=people[row["by"]], at=moment)
    if then == "end":
        day = at - timedelta(days=row["ended_days_ago"])
        end(mandate=mandate, last_day=timezone.localdate(day), reason=row["text"], by=people[row["by"]], at=day)
