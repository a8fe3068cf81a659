"""A voucher's life by the services and the signals that lead to them: selected, signed, paid in."""

import uuid

from programmes import events
from programmes.enums.applications import ApplicationState
from programmes.models import Call
from tests.factories.vouchers.money import (
    NOW,
    TODAY,
    agreement_row,
    application_row,
    call_row,
    line_of,
    officer,
)
from vouchers.models import Voucher
from vouchers.services.life import deposits
from vouchers.services.money.balance import out_of_balance


def agree():
    found = list(out_of_balance())
    assert not found, found


def pay_in(voucher, won, *, reference="T-1", by=None, at=NOW, key=None, day=TODAY, confirmed=True):
    return deposits.enter_deposit(
        voucher=voucher, amount_won=won, received_on=day, reference=reference, key=key or uuid.uuid4(),
        by=by or officer(voucher.line.call.office), at=at, confirmed=confirmed,
    )  # fmt: skip


def pay_back(voucher, won, *, reference="B-1", at=NOW):
    return deposits.enter_refund(
        voucher=voucher, amount_won=won, received_on=TODAY, reference=reference, key=uuid.uuid4(),
        by=officer(voucher.line.call.office), at=at,
    )  # fmt: skip


def select(application):
    events.application_selected.send(Call, application=application, by=None, at=NOW)


def signed(**also):
    """By the signals, as programmes sends them."""
    call = also.pop("call", None) or call_row()
    line_of(call)
    application = application_row(call, **also)
    select(application)
    agreement = agreement_row(application)
    application.state = ApplicationState.AGREED
    application.save()
    events.agreement_signed.send(Call, agreement=agreement, by=application.submitted_by, at=NOW)
    return Voucher.objects.get(agreement=agreement)
