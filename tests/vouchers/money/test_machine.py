"""Any way through a voucher's life, on the real database: hypothesis chooses the steps, and each is checked."""

import datetime
import uuid

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace.core.errors import DomainError
from tests.factories.vouchers.money import DAY, MILLION, NOW, agreement_row, application_row, call_row, line_of, officer
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import MOST_GOVERNMENT_WON, ChangeKind, VoucherState
from vouchers.models import BudgetLine, Voucher
from vouchers.services.life import changes, deposits, halt, over
from vouchers.services.life.asking import own_share_in, refund_due
from vouchers.services.life.found import found
from vouchers.services.life.reserve import reserve
from vouchers.services.life.sweep import nightly
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import post

BUDGET = 1_000 * MILLION
AMOUNTS = st.sampled_from([1, MILLION, 7 * MILLION, 20 * MILLION, 60 * MILLION])


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.at, self.delivered_won, self.serial = NOW, 0, 0

    def teardown(self):
        try:
            if hasattr(self, "pk"):
                self.finish()
        finally:
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    @initialize(government=st.sampled_from([3, 9 * MILLION, 50 * MILLION]), own=st.sampled_from([0, 2 * MILLION]))
    def agree(self, government, own):
        call = call_row(budget_won=BUDGET)
        self.line, self.clerk = line_of(call), officer(call.office)
        application = application_row(call, government_won=government, own_won=own)
        reserve(application=application, by=None, at=NOW)
        agreement = agreement_row(application)
        application.state = "agreed"
        application.save()
        self.boss = application.submitted_by
        self.pk = found(agreement=agreement, by=None, at=NOW).pk

    @property
    def voucher(self):
        return Voucher.objects.select_related("line", "holder").get(pk=self.pk)

    @property
    def day(self):
        return self.at.date()

    def tried(self, service, **given):
        """A refusal is an answer; it leaves everything as it was, which the invariants ask."""
        try:
            with transaction.atomic():
                return service(at=self.at, **given)
        except DomainError:
            return None

    def post(self, verb, won):
        voucher = self.voucher
        given = {"line_id": voucher.line_id, "amount_won": won, "subject": uuid.uuid4(), "key": uuid.uuid4()}
        return self.tried(post, verb=verb, by=None, voucher=voucher, **given)

    @rule(won=AMOUNTS)
    def pay_in(self, won):
        self.serial += 1
        given = {"amount_won": won, "received_on": self.day, "reference": f"T-{self.serial}", "key": uuid.uuid4()}
        self.tried(deposits.enter_deposit, voucher=self.voucher, by=self.clerk, **given)

    @rule(won=AMOUNTS)
    def pay_back(self, won):
        self.serial += 1
        given = {"amount_won": won, "received_on": self.day, "reference": f"B-{self.serial}", "key": uuid.uuid4()}
        self.tried(deposits.enter_refund, voucher=self.voucher, by=self.clerk, **given)

    @rule(won=AMOUNTS)
    def order(self, won):
        if self.voucher.is_usable_on(self.day):
            self.post(Verb.BIND, won)

    @rule(won=AMOUNTS)
    def cancel(self, won):
        self.post(Verb.UNBIND, won)

    @rule(won=AMOUNTS)
    def deliver_and_pay(self, won):
        if self.post(Verb.DISBURSE, won):
            self.delivered_won += won

    @rule(won=AMOUNTS)
    def payment_comes_back(self, won):
        voucher = self.voucher
        if voucher.state != VoucherState.CLOSED and self.post(Verb.REVERSE, won):
            self.delivered_won -= won

    @rule(won=AMOUNTS)
    def recover(self, won):
        self.post(Verb.RECOVER, won)

    @rule()
    def suspend(self):
        self.tried(halt.suspend, voucher=self.voucher, text="x", by=self.clerk)

    @rule()
    def resume(self):
        self.tried(halt.resume, voucher=self.voucher, text="x", by=self.clerk)

    @rule(kind=st.sampled_from([ChangeKind.EXTEND, ChangeKind.END]), approve=st.booleans())
    def change(self, kind, approve):
        until = self.voucher.valid_until
        day = until and until + 30 * DAY
        change = self.tried(
            changes.ask_change, voucher=self.voucher, kind=kind, text="x", by=self.boss, valid_until=day
        )
        if change:
            self.tried(changes.decide_change, change=change, approve=approve, text="x", by=self.clerk)

    @rule()
    def end(self):
        self.tried(over.end_early, voucher=self.voucher, text="x", by=self.clerk)

    @rule(days=st.sampled_from([1, 20, 200]))
    def nights(self, days):
        self.at += datetime.timedelta(days=days)
        nightly(at=self.at)

    @precondition(lambda self: hasattr(self, "pk"))
    @invariant()
    def money_is_whole(self):
        voucher, line = self.voucher, BudgetLine.objects.get(pk=self.line.pk)
        assert not list(out_of_balance())
        assert line.allocated_won == BUDGET
        spent = voucher.bound_won + voucher.paid_won + voucher.recovered_won
        assert spent <= voucher.face_won <= MOST_GOVERNMENT_WON
        assert voucher.paid_won + voucher.recovered_won == self.delivered_won
        if voucher.issued_at:
            assert spent + voucher.open_won + voucher.returned_won == voucher.face_won
        if voucher.state in (VoucherState.EXPIRED, VoucherState.ENDED, VoucherState.CLOSED, VoucherState.LAPSED):
            nobody_can_order = not voucher.is_usable_on(self.day)
            assert nobody_can_order
        paid, back = own_share_in(voucher)
        assert 0 <= back <= paid
        assert voucher.own_won >= voucher.own_used_won + voucher.own_refunded_won

    def finish(self):
        """Let time do the rest: orders that are over are freed, and nothing is neither spent nor returned."""
        voucher = self.voucher
        if voucher.bound_won:
            self.post(Verb.UNBIND, voucher.bound_won)
        for days in (400, 400):
            self.at += datetime.timedelta(days=days)
            nightly(at=self.at)
        self.money_is_whole()
        voucher = self.voucher
        assert voucher.state in (VoucherState.CLOSED, VoucherState.LAPSED)
        assert (voucher.open_won, voucher.bound_won) == (0, 0)
        line = BudgetLine.objects.get(pk=self.line.pk)
        assert line.reserved_won == line.committed_won == 0
        assert line.available_won + line.paid_won + line.recovered_won == BUDGET
        due = refund_due(voucher)
        if due:
            given = {"amount_won": due, "received_on": self.day, "reference": "last", "key": uuid.uuid4()}
            assert self.tried(deposits.enter_refund, voucher=voucher, by=self.clerk, **given)
        paid, back = own_share_in(voucher)
        assert paid - back == voucher.own_used_won


def test_any_way_through_a_vouchers_life():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
