"""The parts of a figure are those of one moment: money that moves while they are read is in one of them."""

import datetime

import pytest
import time_machine

from policy.models import LiveValue, Snapshot
from policy.queries.figures.figure import Part
from policy.queries.figures.registry import FIGURES
from policy.services.figures import freeze as freezing
from policy.services.figures.compute import compute_figure
from policy.services.figures.freeze import freeze
from tests.factories.policy.figures import NOW
from tests.factories.vouchers.money import issued, spend
from tests.threads import at_once

MONEY = FIGURES["voucher_money"]
OCTOBER, NOVEMBER = (datetime.date(2026, month, 1) for month in (10, 11))
DECEMBER = NOW.replace(month=12, day=2)
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


def sums(row):
    return {key: part["total"] for key, part in row.parts.items()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["frozen", "live"])
def test_a_payment_between_two_parts_is_in_one_of_them(what, monkeypatch):
    voucher = issued()
    line, won = voucher.line, 1_000_000
    line.refresh_from_db()
    reads = {"frozen": (freezing, "_pack"), "live": (Part, "tally")}[what]
    read, seen = getattr(*reads), []

    def reading(part, *given, **named):
        found = read(part, *given, **named)
        if part.key == "committed" and not seen:
            seen.append(at_once(lambda: spend(voucher, won)))
        return found

    monkeypatch.setattr(*reads, reading)
    if what == "frozen":
        freeze(figure=MONEY, month=OCTOBER, at=NOW)
    else:
        compute_figure(figure=MONEY, years=[0], at=NOW)
    assert seen == [[voucher]]  # the payment went through, and waited for nobody
    row = (Snapshot if what == "frozen" else LiveValue).objects.get(figure=MONEY.code)
    assert sum(sums(row).values()) == line.allocated_won
    assert sums(row)["committed"] == voucher.face_won


def test_who_moved_money_after_the_task_began_and_before_it_was_read_is_in_the_told_sum():
    """Three firms are told; the third is not among those who moved money since: the two that come would be learned."""
    with time_machine.travel(DECEMBER + 3 * DAY, tick=False):
        for at in (NOW, NOW, DECEMBER + MINUTE):
            issued(at=at)
        freeze(figure=MONEY, month=OCTOBER, at=DECEMBER)
        first = Snapshot.objects.get(figure=MONEY.code, month=OCTOBER)
        assert first.is_told
        for _ in range(2):
            issued(at=DECEMBER + DAY)
        freeze(figure=MONEY, month=NOVEMBER, at=DECEMBER + 2 * DAY)
        second = Snapshot.objects.get(figure=MONEY.code, month=NOVEMBER)
    assert second.parts["committed"]["organizations"] == 5
    assert not second.is_told
