"""Transfer requests of the demo in several states, `requests.json`; days are counted back from the loading."""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from deals.models import TransferRequest
from deals.services.requests.answer import answer
from deals.services.requests.send import send
from deals.services.requests.withdraw import withdraw
from tech_listings.demo import public_id_of
from tech_listings.models import Listing


@cache
def request_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "requests.json").read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row["days_ago"])


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Send, answer and withdraw what is not there yet. Returns how many requests are new."""
    people = {user.email: user for user in User.objects.filter(email__in={row["by"] for row in request_rows()})}
    new = 0
    for row in request_rows():
        by, key = people[row["by"]], public_id_of(f"request/{row['key']}")
        if TransferRequest.objects.filter(requested_by=by, idempotency_key=key).exists():
            continue
        listing = Listing.objects.get(public_id=public_id_of(row["technology"]))
        if not listing.is_public:  # somebody tried withdrawing it between two loads
            continue
        sent = send(
            listing=listing,
            requester=organizations[row["requester"]],
            deal_kind=row["deal_kind"],
            intended_use=row["intended_use"],
            message=row["message"],
            by=by,
            at=_afternoon(at, row["days_ago"]),
            key=key,
        )
        _close(sent.request, row, by, at)
        new += 1
    return new


def _close(request: TransferRequest, row: Mapping[str, Any], by: User, at: datetime) -> None:
    if reply := row.get("answer"):
        answerer = users_with_permission(request.holder, Permission.ANSWER_REQUESTS).order_by("pk").first()
        assert answerer is not None, f"nobody may answer for {request.holder}"
        answer(
            request=request,
            kind=reply["kind"],
            category=reply.get("category", ""),
            text=reply["text"],
            by=answerer,
            at=_afternoon(at, reply["days_ago"]),
        )
    if end := row.get("withdrawn"):
        withdraw(request=request, reason=end["reason"], by=by, at=_afternoon(at, end["days_ago"]))


def _afternoon(at: datetime, days_ago: int) -> datetime:
    """Some minute of that afternoon in Korea."""
    day = timezone.localdate(at) - timedelta(days=days_ago)
    return datetime.combine(day, time(14, 7 * days_ago % 60), timezone.get_default_timezone())
