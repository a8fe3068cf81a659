"""What the page of a voucher says: where it is, what comes next, where its money is."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vouchers.enums.vouchers import VoucherState
from vouchers.models import ChangeRequest, Voucher
from vouchers.queries.orders import scheme_of
from vouchers.queries.queue import last_day_to_enter

WIDTH = 100


@dataclass(frozen=True)
class Part:
    """A part of the face: `won` of it, drawn `at` to `at + wide` of a bar of 100."""

    key: str
    label: str
    won: int
    at: float
    wide: float

    @property
    def left(self) -> str:
        """For SVG: a point whatever the language."""
        return f"{self.at:.2f}"

    @property
    def width(self) -> str:
        return f"{self.wide:.2f}"


def parts_of(voucher: Voucher) -> list[Part]:
    """Where each won of the face is; they add up to it from issue on."""
    sums = (
        ("paid", pgettext("money", "Paid to providers"), voucher.paid_won),
        ("bound", pgettext("money", "Bound to orders"), voucher.bound_won),
        ("open", pgettext("money", "Left"), voucher.open_won),
        ("returned", pgettext("money", "Returned to the budget"), voucher.returned_won),
        ("recovered", pgettext("money", "Recovered"), voucher.recovered_won),
    )
    parts, at = [], 0.0
    for key, label, amount_won in sums:
        wide = WIDTH * amount_won / voucher.face_won
        parts.append(Part(key, label, amount_won, at, wide))
        at += wide
    return parts


def changes_of(voucher: Voucher) -> list[tuple[ChangeRequest, list[str], date | None]]:
    """What the firm asked for, the newest first: each with the services it names, in words, and the end it asks for."""
    words = {each.key: str(each.words) for each in scheme_of(voucher).menu}
    rows = voucher.changes.select_related("asked_by", "decided_by").order_by("-asked_at", "-pk")
    return [
        (
            each,
            [words.get(key, key) for key in each.content.get("services", [])],
            date.fromisoformat(each.content["valid_until"]) if "valid_until" in each.content else None,
        )
        for each in rows
    ]


@dataclass(frozen=True)
class OwnShare:
    wanted_won: int
    paid_won: int
    back_won: int
    used_won: int
    missing_won: int
    refund_won: int


def own_share_of(voucher: Voucher) -> OwnShare:
    paid, back = own_share_in(voucher)
    missing = max(0, voucher.own_won - paid + back) if voucher.state == VoucherState.WAITING else 0
    return OwnShare(voucher.own_won, paid, back, voucher.own_used_won, missing, refund_due(voucher))


def next_step(voucher: Voucher, today: date) -> str:
    """One sentence for the firm: what is next, and by when."""
    until: Any = voucher.valid_until and date_format(voucher.valid_until, "DATE_FORMAT")
    if voucher.state == VoucherState.WAITING:
        return _while_it_waits(voucher, today)
    if voucher.state == VoucherState.ISSUED and voucher.valid_until and voucher.valid_until < today:
        return _("The term is over: nothing can be ordered any more.")
    if voucher.state == VoucherState.ISSUED:
        return _("Choose providers and order services until %(day)s. What is left then is returned.") % {"day": until}
    if voucher.state == VoucherState.SUSPENDED:
        return _("Nothing can be ordered while it is suspended; what is ordered goes on. The reason stands below.")
    if voucher.state in (VoucherState.EXPIRED, VoucherState.ENDED):
        grace = last_day_of_grace(voucher)
        day = date_format(grace, "DATE_FORMAT") if grace else ""
        return _("What is ordered can still be delivered and claimed until %(day)s.") % {"day": day}
    if voucher.state == VoucherState.LAPSED and is_paid_in(voucher):
        return _("It lapsed: the firm was excluded from programmes, or owed money. The own share goes back to it.")
    if voucher.state == VoucherState.LAPSED:
        return _("The own share was not paid in, so the voucher lapsed. Nothing is left to do.")
    if voucher.barred_until and voucher.barred_until >= today:
        day = date_format(voucher.barred_until, "DATE_FORMAT")
        return _("Too much was left unused: the firm cannot apply for programmes until %(day)s.") % {"day": day}
    return _("It is closed. Nothing is left to do.")


def _while_it_waits(voucher: Voucher, today: date) -> str:
    if is_paid_in(voucher):
        return _("The own share is in. It is issued when the firm is neither excluded from programmes nor owes money.")
    if voucher.deposit_by < today:
        day = date_format(last_day_to_enter(voucher), "DATE_FORMAT")
        return _("The day to pay in the own share is over. What came in by then is entered until %(day)s.") % {
            "day": day
        }
    day = date_format(voucher.deposit_by, "DATE_FORMAT")
    return _("Pay in the own share by %(day)s. The voucher is issued when it has come in.") % {"day": day}


def own_share_in(voucher: Voucher) -> tuple[int, int]:
    """What was paid in, and what went back of it."""
    sums = voucher.deposits.aggregate(
        paid=Sum("amount_won", filter=Q(is_refund=False), default=0),
        back=Sum("amount_won", filter=Q(is_refund=True), default=0),
    )
    return sums["paid"], sums["back"]


def is_paid_in(voucher: Voucher) -> bool:
    """Whether the own share came in, whatever went back since it lapsed."""
    paid, back = own_share_in(voucher)
    return paid - (back if voucher.state == VoucherState.WAITING else 0) >= voucher.own_won


RUNNING = (VoucherState.WAITING, VoucherState.ISSUED, VoucherState.SUSPENDED)


def refund_due(voucher: Voucher) -> int:
    """What the office owes the firm of its own share: too much while it runs; when over, all that no order needed.
    `VoucherQuerySet.to_pay_back` counts the same for many."""
    paid, back = own_share_in(voucher)
    if voucher.state in RUNNING:
        kept = voucher.own_won
    elif voucher.bound_won:
        kept = voucher.own_won  # until what was ordered is settled nobody knows what it needs
    else:
        kept = voucher.own_used_won
    return max(0, paid - back - kept)


def last_day_of_grace(voucher: Voucher) -> date | None:
    """Until when what was ordered within the term may be delivered and claimed, by the call."""
    if voucher.ended_at is None:
        return None
    return timezone.localdate(voucher.ended_at) + timedelta(days=scheme_of(voucher).days.grace)
