"""What the firms of the demo look for, `needs.json`; days are counted from the loading."""

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
from matching.enums import AnswerKind
from matching.models import Need
from matching.services.answer import answer
from matching.services.close import close
from matching.services.match_need import match_need
from matching.services.post import post
from tech_listings.demo import public_id_of
from tech_listings.models import Listing

COPIED = ("title", "problem", "st_class", "trl_from", "trl_to", "region_code", "budget_won", "is_anonymous", "rate")


@cache
def need_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "needs.json").read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row["days_ago"])


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Post, match, answer and close what is not there yet. Returns how many needs are new."""
    people = {user.email: user for user in User.objects.filter(email__in={row["by"] for row in need_rows()})}
    new = 0
    for row in need_rows():
        by, key = people[row["by"]], public_id_of(f"need/{row['key']}")
        if Need.objects.filter(owner=by, idempotency_key=key).exists():
            continue
        content = {name: row[name] for name in COPIED if name in row}
        content["answer_by"] = timezone.localdate(at) + timedelta(days=row["days_left"])
        posted = post(
            organization=organizations[row["organization"]],
            content=content,
            by=by,
            at=_morning(at, row["days_ago"]),
            key=key,
        )
        match_need(need_id=posted.need.pk, at=at)
        for reply in row.get("answers", ()):
            _answer(posted.need, reply, organizations, at)
        if end := row.get("closed"):
            when = _morning(at, end["days_ago"])
            close(need=posted.need, outcome=end["outcome"], note=end["note"], by=by, at=when)
        new += 1
    return new


def _answer(need: Need, reply: Mapping[str, Any], organizations: Mapping[str, Organization], at: datetime) -> None:
    listing = None
    if reply.get("technology"):
        listing = Listing.objects.select_related("holder").get(public_id=public_id_of(reply["technology"]))
        if not listing.is_public:  # somebody tried withdrawing it between two loads
            return
    answering = organizations[reply["organization"]] if listing is None else listing.holder
    by = users_with_permission(answering, Permission.ANSWER_NEEDS).order_by("pk").first()
    assert by is not None, f"nobody may answer for {answering}"
    answer(
        need=need,
        organization=answering,
        kind=AnswerKind.LISTING if listing else AnswerKind.NO_SUPPLY,
        listing=listing,
        text=reply["text"],
        by=by,
        at=_morning(at, reply["days_ago"]),
    )


def _morning(at: datetime, days_ago: int) -> datetime:
    """Some minute of that morning in Korea, never later than `at`."""
    day = timezone.localdate(at) - timedelta(days=days_ago)
    return min(datetime.combine(day, time(9, 11 * days_ago % 60), timezone.get_default_timezone()), at)
