"""What waits on an office, by its day. Each kind is bounded, so it asks as often however much there is.

How many days an office gives itself for each kind is data with a mark (`vouchers/data/desk_rules.json`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.relations import family_of
from programmes.enums.review import ObjectionState, SelectionState
from programmes.models import Objection, Selection
from vouchers.enums.claims import BatchState, ClaimState
from vouchers.enums.recovery import SanctionState
from vouchers.enums.vouchers import ChangeState, VoucherState
from vouchers.models import ChangeRequest, Claim, PaymentBatch, Recovery, Sanction, Voucher
from vouchers.queries.desk import offices_with_money
from vouchers.queries.recovery import plan_of

EACH = 20
FILE = Path(__file__).parent.parent / "data" / "desk_rules.json"


@cache
def days_for() -> dict[str, int]:
    """How many days after something came it is due, by kind."""
    return dict(json.loads(FILE.read_text(encoding="utf-8"))["days"])


@dataclass(frozen=True)
class Task:
    """One thing that waits on the office. `first_by` did the first half of what takes two officers; where that was the
    person who looks, or the person works for a party, `is_mine` says that a colleague has to do this, and
    `is_of_a_party` that it is for the latter. `group` is what is cut at `EACH`."""

    group: str
    what: str
    number: str
    url: str
    due_on: date | None
    is_overdue: bool
    first_by: str = ""
    is_mine: bool = False
    is_of_a_party: bool = False


@dataclass(frozen=True)
class Looking:
    """Who looks at the desk: for which offices, since when things are late, and for whom else the person works."""

    user: User
    offices: list[int]
    today: date
    works_for: frozenset[int]

    def task(
        self, group: str, what: str, number: str, url: str, due_on: date | None = None, first_by: User | None = None,
        parties: Iterable[int] = (),
    ) -> Task:  # fmt: skip
        overdue = due_on is not None and due_on < self.today
        first, party = first_by is not None and first_by.pk == self.user.pk, bool(self.works_for & set(parties))
        return Task(group, what, number, url, due_on, overdue, str(first_by) if first_by else "", first or party, party)


def queue(user: User, today: date) -> list[Task]:
    """By day, what has none last."""
    offices = offices_with_money(user)
    others = [each.organization for each in user.active_memberships() if each.organization_id not in offices]
    looking = Looking(user, offices, today, frozenset().union(*(family_of(each) for each in others)))
    found = [
        *_claims(looking),
        *_files(looking),
        *_changes(looking),
        *_own_shares(looking),
        *_recoveries(looking),
        *_sanctions(looking),
        *_objections(looking),
        *_selections(looking),
    ]
    return sorted(found, key=lambda task: (task.due_on is None, task.due_on or today, task.what, task.number))


def is_cut(tasks: Iterable[Task]) -> bool:
    """Whether there may be more of a kind than is shown."""
    return max(Counter(task.group for task in tasks).values(), default=0) >= EACH


def _due(at: datetime | None, kind: str) -> date | None:
    return timezone.localdate(at) + timedelta(days=days_for()[kind]) if at else None


def _claims(looking: Looking) -> Iterator[Task]:
    kinds = {
        ClaimState.OBJECTED: (_("A firm objects to a claim"), "objected_claim", "submitted_at"),
        ClaimState.ACCEPTED: (_("Check a claim"), "check_claim", "accepted_at"),
        ClaimState.CHECKED: (_("Approve a claim"), "approve_claim", "checked_at"),
        ClaimState.APPROVED: (_("Put a claim into a payment file"), "pay_claim", "approved_at"),
    }
    rows = Claim.objects.filter(state__in=kinds, order__voucher__line__call__office__in=looking.offices)
    for row in rows.select_related("checked_by", "order__voucher").order_by("submitted_at", "pk")[:EACH]:
        what, kind, since = kinds[ClaimState(row.state)]
        first = row.checked_by if row.state == ClaimState.CHECKED else None
        url, due_on = reverse("vouchers:claim", args=[row.public_id]), _due(getattr(row, since), kind)
        yield looking.task(
            "claims", what, row.number, url, due_on, first, (row.order.provider_id, row.order.voucher.holder_id),
        )  # fmt: skip


def _files(looking: Looking) -> Iterator[Task]:
    rows = PaymentBatch.objects.filter(
        state__in=[BatchState.PREPARED, BatchState.SENT], call__office__in=looking.offices
    )
    for row in rows.select_related("prepared_by").order_by("prepared_at", "pk")[:EACH]:
        url = reverse("vouchers:batch", args=[row.public_id])
        if row.state == BatchState.PREPARED:
            due_on = _due(row.prepared_at, "send_file")
            yield looking.task("files", _("Send a payment file"), row.number, url, due_on, row.prepared_by)
        else:
            due_on = _due(row.sent_at, "read_results")
            yield looking.task("files", _("Read what the treasury paid"), row.number, url, due_on)


def _changes(looking: Looking) -> Iterator[Task]:
    asked = ChangeRequest.objects.filter(state=ChangeState.ASKED, voucher__line__call__office__in=looking.offices)
    for change in asked.select_related("voucher").order_by("asked_at", "pk")[:EACH]:
        voucher, due_on = change.voucher, _due(change.asked_at, "change")
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        yield looking.task("changes", _("Decide on a change"), voucher.number, url, due_on, parties=[voucher.holder_id])


def _own_shares(looking: Looking) -> Iterator[Task]:
    waiting = Voucher.objects.filter(state=VoucherState.WAITING, line__call__office__in=looking.offices)
    for voucher in waiting.order_by("deposit_by", "pk")[:EACH]:
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        yield looking.task(
            "shares", _("Own share to come in"), voucher.number, url, voucher.deposit_by, parties=[voucher.holder_id]
        )


def _recoveries(looking: Looking) -> Iterator[Task]:
    rows = Recovery.objects.alive().filter(voucher__line__call__office__in=looking.offices)
    rows = rows.select_related("noticed_by", "voucher").prefetch_related("instalments", "receipts")
    for row in rows.order_by(F("pay_by").asc(nulls_first=True), "object_by", "pk")[:EACH]:
        undecided = row.pay_by is None
        what = _("Decide on a recovery") if undecided else _("Money to come back")
        url = reverse("vouchers:recovery", args=[row.public_id])
        yield looking.task(
            "recoveries", what, row.number, url, _due_of(row, looking.today), row.noticed_by if undecided else None,
            (row.debtor_id, row.voucher.holder_id),
        )  # fmt: skip


def _due_of(recovery: Recovery, today: date) -> date | None:
    """When it is to be decided: after the debtor was heard. Once it is confirmed: when the next part is to be paid."""
    if recovery.pay_by is None:
        heard = recovery.objected_at
        return _due(heard, "recovery") if heard else recovery.object_by + timedelta(days=days_for()["recovery"])
    parts = [part.due_on for part in plan_of(recovery, today) if part.came_won < part.amount_won]
    return min(parts, default=recovery.pay_by)


def _sanctions(looking: Looking) -> Iterator[Task]:
    rows = Sanction.objects.filter(state=SanctionState.PROPOSED, office__in=looking.offices)
    rows = rows.select_related("recovery", "organization", "proposed_by")
    for row in rows.order_by("proposed_at", "pk")[:EACH]:
        url = reverse("vouchers:sanction", args=[row.public_id])
        heard_until = row.answer_by if row.answer_by and row.answered_at is None else None
        due_on = (
            heard_until + timedelta(days=days_for()["sanction"])
            if heard_until
            else _due(row.answered_at or row.proposed_at, "sanction")
        )
        number = row.recovery.number if row.recovery else row.organization.display_name
        yield looking.task(
            "sanctions", _("Decide on a sanction"), number, url, due_on, row.proposed_by, [row.organization_id]
        )


def _objections(looking: Looking) -> Iterator[Task]:
    said = Objection.objects.filter(state=ObjectionState.OPEN, application__call__office__in=looking.offices)
    for row in said.select_related("application", "refused_by").order_by("answer_due_on", "pk")[:EACH]:
        url = reverse("programmes:office_objection", args=[row.public_id])
        application = row.application
        yield looking.task(
            "objections", _("Answer an objection"), application.number or "", url, row.answer_due_on, row.refused_by,
            [application.organization_id],
        )  # fmt: skip


def _selections(looking: Looking) -> Iterator[Task]:
    lists = Selection.objects.filter(state=SelectionState.PROPOSED, call__office__in=looking.offices)
    for row in lists.select_related("call", "proposed_by").order_by("proposed_at", "pk")[:EACH]:
        url = reverse("programmes:selection", args=[row.public_id])
        due_on = _due(row.proposed_at, "selection")
        yield looking.task("selections", _("Approve a selection"), row.call.number, url, due_on, row.proposed_by)
