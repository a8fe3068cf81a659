"""The nightly alarm: a sum or an entry that somebody with the owner's rights changed past the triggers is told to the
officers of the call, by inbox and mail, once a day; nothing is changed, and other offices hear nothing."""

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from notifications.tasks import deliver_unsent
from tests.factories.accounts import sign_in
from tests.factories.vouchers.money import DAY, NOW, issued, officer
from tests.factories.vouchers.orders import paid
from vouchers.models import BudgetLine, LedgerEntry, Voucher
from vouchers.tasks import check_money

pytestmark = pytest.mark.django_db

BREAKS = {
    "a kept sum of the call": (
        "vouchers_budgetline", "UPDATE vouchers_budgetline SET available_won = available_won + 1 WHERE paid_won > 0"
    ),
    "a kept sum of a voucher": (
        "vouchers_voucher",
        "UPDATE vouchers_voucher SET open_won = open_won - 1, bound_won = bound_won + 1 WHERE paid_won > 0",
    ),
    "an entry that was changed": (
        "vouchers_ledgerentry", "UPDATE vouchers_ledgerentry SET amount_won = amount_won + 1 WHERE verb = 'disburse'"
    ),
    "an entry that was deleted": ("vouchers_ledgerentry", "DELETE FROM vouchers_ledgerentry WHERE verb = 'bind'"),
}  # fmt: skip


def past_the_triggers(table, sql):
    connection.check_constraints()  # no trigger waits any more, so that the table can be changed
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        )
        triggers = cursor.fetchall()
        for name, _enabled in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        cursor.execute(sql)
        assert cursor.rowcount >= 1
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for name, enabled in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE {'ALWAYS' if enabled == 'A' else ''} TRIGGER {name}")


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (BudgetLine, Voucher, LedgerEntry)]


@pytest.fixture
def voucher():
    return paid().order.voucher


@pytest.fixture
def clerk(voucher):
    return officer(voucher.line.call.office)


def nights(at):
    with time_machine.travel(at, tick=False):
        return check_money()


def test_nothing_is_said_where_all_agrees(voucher, clerk):
    assert nights(NOW) == 0
    assert not Notification.objects.filter(kind="money_out_of_balance").exists()


@pytest.mark.parametrize("what", BREAKS, ids=str)
def test_what_was_changed_past_the_triggers_reaches_the_officers(
    what, voucher, clerk, django_capture_on_commit_callbacks
):
    stranger = officer(issued().line.call.office)
    past_the_triggers(*BREAKS[what])
    mail.outbox.clear()
    broken = rows()
    with django_capture_on_commit_callbacks(execute=True):
        assert nights(NOW) > 0
        with time_machine.travel(NOW + DAY / 24, tick=False):
            deliver_unsent()
    assert nights(NOW) > 0  # the same night again tells nobody twice
    told = Notification.objects.get(kind="money_out_of_balance", recipient=clerk)
    assert told.params["number"] == voucher.line.call.number
    number = voucher.line.call.number
    sent = [each for each in mail.outbox if clerk.email in each.to]
    assert [number in each.subject or number in each.body for each in sent] == [True]
    client = Client()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, clerk)
        assert number in client.get(reverse("notifications:inbox")).content.decode()
    assert not Notification.objects.filter(kind="money_out_of_balance", recipient=stranger).exists()
    assert rows() == broken
    nights(NOW + DAY)
    assert Notification.objects.filter(kind="money_out_of_balance", recipient=clerk).count() == 2
