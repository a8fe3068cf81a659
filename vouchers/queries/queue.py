"""What waits on an office, by its day. Each kind is bounded, so it asks as often however much there is.

How many days an office gives itself for each kind is data with a mark (`vouchers/data/desk_rules.json`).
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.relations import family_of
from marketplace.core.waiting import Kind, ask
from programmes.enums.review import ObjectionState, SelectionState
from programmes.models import Objection, Selection
from vouchers.enums.claims import BatchState, ClaimState
from vouchers.enums.recovery import SanctionState
from vouchers.enums.vouchers import ChangeState, VoucherState
from vouchers.models import ChangeRequest, Claim, ClaimStep, PaymentBatch, Recovery, Sanction, Voucher
from vouchers.queries.desk import offices_with_money
from vouchers.queries.recovery import next_due_on

EACH = 20
PLAN_AND_RECEIPTS = {
    "instalments": ("serial", "due_on", "amount_won"),
    "receipts": ("pk", "received_on", "interest_won", "principal_won", "surcharge_won", "late_won"),
}
"""What the day of the next part is told from."""
FILE = Path(__file__).parent.parent / "data" / "desk_rules.json"


@cache
def days_for() -> dict[str, int]:
    """How many days after something came it is due, by kind. `own_share`: after the last day to pay it in, as the bank
    tells of that day later; long enough for a weekend with holidays before it."""
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
    """By day, what has none last. One question for the offices, one for everything that waits."""
    found: list[Task] = ask(kinds_of(user, today))
    return sorted(found, key=lambda task: (task.due_on is None, task.due_on or today, task.what, task.number))


def kinds_of(user: User, today: date) -> list[Kind]:
    """What may wait on the user's offices; each is told as a `Task`."""
    offices = offices_with_money(user)
    others = [each.organization for each in user.active_memberships() if each.organization_id not in offices]
    looking = Looking(user, offices, today, frozenset().union(*(family_of(each) for each in others)))
    makers = (
        _claims, _files, _changes, _own_shares, _refunds, _recoveries, _sanctions, _objections, _selections,
    )  # fmt: skip
    return [make(looking) for make in makers]


def last_day_to_enter(voucher: Voucher) -> date:
    """Until when the office enters an own share that came in by its day. Then the voucher lapses."""
    return voucher.deposit_by + timedelta(days=days_for()["own_share"])


def is_cut(tasks: Iterable[Task]) -> bool:
    """Whether there may be more of a kind than is shown."""
    return max(Counter(task.group for task in tasks).values(), default=0) >= EACH


def _due(at: datetime | None, kind: str) -> date | None:
    return timezone.localdate(at) + timedelta(days=days_for()[kind]) if at else None


def _claims(looking: Looking) -> Kind:
    kinds = {
        ClaimState.OBJECTED: (_("A firm objects to a claim"), "objected_claim"),
        ClaimState.ACCEPTED: (_("Check a claim"), "check_claim"),
        ClaimState.CHECKED: (_("Approve a claim"), "approve_claim"),
        ClaimState.APPROVED: (_("Put a claim into a payment file"), "pay_claim"),
    }
    # Since it came to this state the last time: a payment that came back waits from then on.
    steps = ClaimStep.objects.filter(claim=OuterRef("pk"), state=OuterRef("state")).order_by("-at", "-pk")
    since = Coalesce(Subquery(steps.values("at")[:1]), "submitted_at")
    rows = Claim.objects.filter(state__in=kinds, order__voucher__line__call__office__in=looking.offices)
    rows = rows.annotate(since=since, since_on=TruncDate(since))

    def tell(row: Claim) -> Task:
        what, kind = kinds[ClaimState(row.state)]
        first = row.checked_by if row.state == ClaimState.CHECKED else None
        url, due_on = reverse("vouchers:claim", args=[row.public_id]), _due_since(row, kind)
        parties = (row.order.provider_id, row.order.voucher.holder_id)
        return looking.task("claims", what, row.number, url, due_on, first, parties)

    columns = (
        "public_id", "number", "state", "since_on", "order__provider_id", "order__voucher__holder_id",
        *_person("checked_by"),
    )  # fmt: skip
    return Kind(rows.order_by("since", "pk"), columns, tell, EACH)


def _files(looking: Looking) -> Kind:
    rows = PaymentBatch.objects.filter(
        state__in=[BatchState.PREPARED, BatchState.SENT], call__office__in=looking.offices
    )

    def tell(row: PaymentBatch) -> Task:
        url = reverse("vouchers:batch", args=[row.public_id])
        if row.state == BatchState.PREPARED:
            due_on = _due(row.prepared_at, "send_file")
            return looking.task("files", _("Send a payment file"), row.number, url, due_on, row.prepared_by)
        due_on = _due(row.sent_at, "read_results")
        return looking.task("files", _("Read what the treasury paid"), row.number, url, due_on)

    columns = ("public_id", "number", "state", "prepared_at", "sent_at", *_person("prepared_by"))
    return Kind(rows.order_by("prepared_at", "pk"), columns, tell, EACH)


def _changes(looking: Looking) -> Kind:
    asked = ChangeRequest.objects.filter(state=ChangeState.ASKED, voucher__line__call__office__in=looking.offices)

    def tell(change: ChangeRequest) -> Task:
        voucher, due_on = change.voucher, _due(change.asked_at, "change")
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        what = _("Decide on a change")
        return looking.task("changes", what, voucher.number, url, due_on, parties=[voucher.holder_id])

    columns = ("asked_at", "voucher__public_id", "voucher__number", "voucher__holder_id")
    return Kind(asked.order_by("asked_at", "pk"), columns, tell, EACH)


def _own_shares(looking: Looking) -> Kind:
    waiting = Voucher.objects.filter(state=VoucherState.WAITING, line__call__office__in=looking.offices)

    def tell(voucher: Voucher) -> Task:
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        is_over = voucher.deposit_by < looking.today
        what = _("Enter the own share, if it came in by its day") if is_over else _("Own share to come in")
        due_on = last_day_to_enter(voucher) if is_over else voucher.deposit_by
        return looking.task("shares", what, voucher.number, url, due_on, parties=[voucher.holder_id])

    columns = ("public_id", "number", "deposit_by", "holder_id")
    return Kind(waiting.order_by("deposit_by", "pk"), columns, tell, EACH)


def _refunds(looking: Looking) -> Kind:
    """The firm was told that it goes back; nobody else asks for it."""
    rows = Voucher.objects.to_pay_back().filter(line__call__office__in=looking.offices)

    def tell(voucher: Voucher) -> Task:
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        what, due_on = _("Pay back an own share"), _due_since(voucher, "pay_back")
        return looking.task("refunds", what, voucher.number, url, due_on, parties=[voucher.holder_id])

    rows = rows.annotate(since_on=TruncDate("since"))
    return Kind(rows.order_by("since", "pk"), ("public_id", "number", "holder_id", "since_on"), tell, EACH)


def _due_since(row: Any, kind: str) -> date:
    """Counted from `since_on`, the day something came to wait, as the database writes it."""
    return date.fromisoformat(row.since_on) + timedelta(days=days_for()[kind])


def _recoveries(looking: Looking) -> Kind:
    rows = Recovery.objects.alive().filter(voucher__line__call__office__in=looking.offices)

    def tell(row: Recovery) -> Task:
        undecided = row.pay_by is None
        what = _("Decide on a recovery") if undecided else _("Money to come back")
        url = reverse("vouchers:recovery", args=[row.public_id])
        first, parties = row.noticed_by if undecided else None, (row.debtor_id, row.voucher.holder_id)
        return looking.task("recoveries", what, row.number, url, _due_of(row, looking.today), first, parties)

    columns = (
        "pk", "public_id", "number", "pay_by", "object_by", "objected_at", "plan_after", "debtor_id",
        "voucher__holder_id", *_person("noticed_by"),
    )  # fmt: skip
    rows = rows.order_by(F("pay_by").asc(nulls_first=True), "object_by", "pk")
    return Kind(rows, columns, tell, EACH, PLAN_AND_RECEIPTS)


def _due_of(recovery: Recovery, today: date) -> date | None:
    """When it is to be decided: after the debtor was heard. Once it is confirmed: when the next part is to be paid."""
    if recovery.pay_by is None:
        heard = recovery.objected_at
        return _due(heard, "recovery") if heard else recovery.object_by + timedelta(days=days_for()["recovery"])
    return next_due_on(recovery, today)


def _sanctions(looking: Looking) -> Kind:
    rows = Sanction.objects.filter(state=SanctionState.PROPOSED, office__in=looking.offices)

    def tell(row: Sanction) -> Task:
        url = reverse("vouchers:sanction", args=[row.public_id])
        heard_until = row.answer_by if row.answer_by and row.answered_at is None else None
        due_on = (
            heard_until + timedelta(days=days_for()["sanction"])
            if heard_until
            else _due(row.answered_at or row.proposed_at, "sanction")
        )
        number, parties = row.recovery.number if row.recovery else row.organization.display_name, [row.organization_id]
        return looking.task("sanctions", _("Decide on a sanction"), number, url, due_on, row.proposed_by, parties)

    names = ("organization__name", "organization__name_en", "organization__name_zh")
    columns = (
        "public_id", "answer_by", "answered_at", "proposed_at", "recovery__number", "organization_id", *names,
        *_person("proposed_by"),
    )  # fmt: skip
    return Kind(rows.order_by("proposed_at", "pk"), columns, tell, EACH)


def _objections(looking: Looking) -> Kind:
    said = Objection.objects.filter(state=ObjectionState.OPEN, application__call__office__in=looking.offices)

    def tell(row: Objection) -> Task:
        url = reverse("programmes:office_objection", args=[row.public_id])
        number, parties = row.application.number or "", [row.application.organization_id]
        what = _("Answer an objection")
        return looking.task("objections", what, number, url, row.answer_due_on, row.refused_by, parties)

    columns = (
        "public_id", "answer_due_on", "application__number", "application__organization_id", *_person("refused_by"),
    )  # fmt: skip
    return Kind(said.order_by("answer_due_on", "pk"), columns, tell, EACH)


def _selections(looking: Looking) -> Kind:
    lists = Selection.objects.filter(state=SelectionState.PROPOSED, call__office__in=looking.offices)

    def tell(row: Selection) -> Task:
        url = reverse("programmes:selection", args=[row.public_id])
        due_on = _due(row.proposed_at, "selection")
        return looking.task("selections", _("Approve a selection"), row.call.number, url, due_on, row.proposed_by)

    columns = ("public_id", "proposed_at", "call__number", *_person("proposed_by"))
    return Kind(lists.order_by("proposed_at", "pk"), columns, tell, EACH)


def _person(path: str) -> tuple[str, ...]:
    return f"{path}__pk", f"{path}__name", f"{path}__email"
