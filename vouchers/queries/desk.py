"""The officer's desk: what waits on the office by its day, and where the money of its calls is. Each list is bounded,
so the page asks the same number of questions however much there is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, organizations_with
from programmes.enums.review import ObjectionState, SelectionState
from programmes.models import Objection, Selection
from vouchers.enums.claims import BatchState, ClaimState
from vouchers.enums.money import Verb
from vouchers.enums.recovery import RecoveryState, SanctionState
from vouchers.enums.vouchers import ChangeState, VoucherState
from vouchers.models import BudgetLine, ChangeRequest, Claim, LedgerEntry, PaymentBatch, Recovery, Sanction, Voucher

EACH = 20


@dataclass(frozen=True)
class Task:
    """One thing that waits on the office. `first_by` did the first half of what takes two officers; where that was the
    person who looks, `is_mine` says that a colleague has to do this."""

    what: str
    number: str
    url: str
    due_on: date | None
    is_overdue: bool
    first_by: str = ""
    is_mine: bool = False


def offices_with_money(user: User) -> list[int]:
    """Offices for which the person runs vouchers."""
    return [each.pk for each in organizations_with(user, Permission.RUN_VOUCHERS)]


def queue(user: User, today: date) -> list[Task]:
    """By day, what has none last."""
    offices = offices_with_money(user)
    found = [
        *_claims(user, offices, today),
        *_files(user, offices),
        *_vouchers(user, offices, today),
        *_recoveries(user, offices, today),
        *_review(user, offices, today),
    ]
    return sorted(found, key=lambda task: (task.due_on is None, task.due_on or today, task.what, task.number))


def _task(
    user: User, today: date | None, what: str, number: str, url: str, due_on: date | None = None,
    first_by: User | None = None,
) -> Task:  # fmt: skip
    overdue = due_on is not None and today is not None and due_on < today
    mine = first_by is not None and first_by.pk == user.pk
    return Task(what, number, url, due_on, overdue, str(first_by) if first_by else "", mine)


def _claims(user: User, offices: list[int], today: date) -> Iterator[Task]:
    names = {
        ClaimState.ACCEPTED: _("Check a claim"),
        ClaimState.CHECKED: _("Approve a claim"),
        ClaimState.OBJECTED: _("A firm objects to a claim"),
        ClaimState.APPROVED: _("Put a claim into a payment file"),
    }
    rows = Claim.objects.filter(state__in=names, order__voucher__line__call__office__in=offices)
    for row in rows.select_related("checked_by").order_by("submitted_at", "pk")[:EACH]:
        first = row.checked_by if row.state == ClaimState.CHECKED else None
        url = reverse("vouchers:claim", args=[row.public_id])
        yield _task(user, today, names[ClaimState(row.state)], row.number, url, _day(row.submitted_at), first)


def _day(at: Any) -> date | None:
    return timezone.localdate(at) if at else None


def _files(user: User, offices: list[int]) -> Iterator[Task]:
    rows = PaymentBatch.objects.filter(state__in=[BatchState.PREPARED, BatchState.SENT], call__office__in=offices)
    for row in rows.select_related("prepared_by").order_by("prepared_at", "pk")[:EACH]:
        sends = row.state == BatchState.PREPARED
        what = _("Send a payment file") if sends else _("Read what the treasury paid")
        url = reverse("vouchers:batch", args=[row.public_id])
        yield _task(user, None, what, row.number, url, _day(row.prepared_at), row.prepared_by if sends else None)


def _vouchers(user: User, offices: list[int], today: date) -> Iterator[Task]:
    asked = ChangeRequest.objects.filter(state=ChangeState.ASKED, voucher__line__call__office__in=offices)
    for change in asked.select_related("voucher").order_by("asked_at", "pk")[:EACH]:
        url = reverse("vouchers:voucher", args=[change.voucher.public_id])
        yield _task(user, today, _("Decide on a change"), change.voucher.number, url, _day(change.asked_at))
    waiting = Voucher.objects.filter(state=VoucherState.WAITING, line__call__office__in=offices)
    for voucher in waiting.order_by("deposit_by", "pk")[:EACH]:
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        yield _task(user, today, _("Own share to come in"), voucher.number, url, voucher.deposit_by)


def _recoveries(user: User, offices: list[int], today: date) -> Iterator[Task]:
    rows = Recovery.objects.filter(
        voucher__line__call__office__in=offices,
        state__in=[RecoveryState.NOTICED, RecoveryState.OBJECTED, RecoveryState.CONFIRMED, RecoveryState.DELINQUENT],
    )
    for row in rows.select_related("noticed_by").order_by(F("pay_by").asc(nulls_first=True), "object_by", "pk")[:EACH]:
        undecided = row.pay_by is None
        what = _("Decide on a recovery") if undecided else _("Money to come back")
        url = reverse("vouchers:recovery", args=[row.public_id])
        due_on, first = (row.object_by, row.noticed_by) if undecided else (row.pay_by, None)
        yield _task(user, today, what, row.number, url, due_on, first)
    proposed = Sanction.objects.filter(state=SanctionState.PROPOSED, office__in=offices, recovery__isnull=False)
    for sanction in proposed.select_related("recovery", "proposed_by").order_by("proposed_at", "pk")[:EACH]:
        recovery = sanction.recovery
        assert recovery is not None  # filtered above
        url = reverse("vouchers:recovery", args=[recovery.public_id])
        yield _task(
            user, today, _("Decide on a sanction"), recovery.number, url, _day(sanction.proposed_at),
            sanction.proposed_by,
        )  # fmt: skip


def _review(user: User, offices: list[int], today: date) -> Iterator[Task]:
    said = Objection.objects.filter(state=ObjectionState.OPEN, application__call__office__in=offices)
    for row in said.select_related("application", "refused_by").order_by("answer_due_on", "pk")[:EACH]:
        url = reverse("programmes:office_objection", args=[row.public_id])
        number = row.application.number or ""
        yield _task(user, today, _("Answer an objection"), number, url, row.answer_due_on, row.refused_by)
    lists = Selection.objects.filter(state=SelectionState.PROPOSED, call__office__in=offices)
    for each in lists.select_related("call", "proposed_by").order_by("proposed_at", "pk")[:EACH]:
        url = reverse("programmes:selection", args=[each.public_id])
        yield _task(
            user, today, _("Approve a selection"), each.call.number, url, _day(each.proposed_at), each.proposed_by
        )


@dataclass(frozen=True)
class Money:
    """Sums of budget lines in won."""

    allocated_won: int
    available_won: int
    reserved_won: int
    committed_won: int
    paid_won: int
    recovered_won: int


def lines_for(user: User) -> QuerySet[BudgetLine]:
    """The budget lines that the money on the desk is of."""
    rows = BudgetLine.objects.filter(call__office__in=offices_with_money(user))
    return rows.select_related("call").order_by("-call__published_at", "-pk")


def money_of(lines: list[BudgetLine]) -> Money:
    """The tiles: what the rows below them add up to."""
    return Money(
        *(
            sum(getattr(line, f"{name}_won") for line in lines)
            for name in ("allocated", "available", "reserved", "committed", "paid", "recovered")
        )
    )


@dataclass(frozen=True)
class Month:
    """What was promised and paid until the end of a month, and how high its bar is."""

    month: date
    committed_won: int
    paid_won: int


def use_over_time(lines: list[BudgetLine], months: int = 24) -> list[Month]:
    """Cumulative, by month in Korea, of the last `months` with a movement. From the ledger, in one question."""
    plus = {Verb.COMMIT: ("committed", 1), Verb.RETURN: ("committed", -1)}
    plus |= {Verb.DISBURSE: ("paid", 1), Verb.REVERSE: ("paid", -1), Verb.RECOVER: ("paid", -1)}
    rows = (
        LedgerEntry.objects.filter(line__in=lines, verb__in=plus)
        .annotate(month=TruncMonth("at", tzinfo=timezone.get_default_timezone()))
        .values("month", "verb")
        .annotate(won=Sum("amount_won"))
        .order_by("month", "verb")
    )
    sums, made = {"committed": 0, "paid": 0}, {}
    for row in rows:
        name, sign = plus[Verb(row["verb"])]
        sums[name] += sign * int(row["won"])
        month = row["month"].date()
        made[month] = Month(month, sums["committed"], sums["paid"])
    return list(made.values())[-months:]


WIDTH, HEIGHT, BASE, TOP = 320, 150, 130, 18


def chart_of(months: list[Month]) -> dict[str, Any]:
    """Bars of what was paid, as the house's chart of years has them: places and heights, nothing to compute in it."""
    top = max((each.committed_won for each in months), default=0)
    step = WIDTH / max(1, len(months))
    bars = []
    for place, each in enumerate(months):
        width = round(max(1.0, step - 4), 1)
        for css, won in (("cash-back", each.committed_won), ("cash-bar", each.paid_won)):
            height = round((BASE - TOP) * max(0, won) / top, 1) if top else 0
            bars.append(
                {
                    "class": css,
                    "won": won,
                    "x": round(place * step + 2, 1),
                    "y": round(BASE - height, 1),
                    "width": width,
                    "height": height,
                    "month": each.month,
                    "label": each.month.strftime("%y.%m") if place in (0, len(months) - 1) else "",
                    "middle": round(place * step + step / 2, 1),
                }
            )
    return {"width": WIDTH, "height": HEIGHT, "base_y": BASE, "top_won": top, "bars": bars}
