"""Any way through a voucher's life, by the services, on the real database: hypothesis chooses the steps, and each is
checked. `VOUCHER_LIVES=300` tries so many lives."""

import datetime
import os
import uuid
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.enums import Role
from marketplace.core.errors import DomainError
from tests.factories.accounts import OrganizationFactory
from tests.factories.vouchers.money import DAY, MILLION, NOW, agreement_row, application_row, call_row, line_of, officer
from tests.factories.vouchers.orders import SCHEME, answered, known, paper, provider, staff
from vouchers.enums.vouchers import MOST_GOVERNMENT_WON, ChangeKind, VoucherState
from vouchers.models import BudgetLine, Claim, Order, PaymentBatch, Recovery, Voucher
from vouchers.queries.life import own_share_in, refund_due
from vouchers.services.claims import answer as claims
from vouchers.services.claims import check, draft, pay
from vouchers.services.claims.answer import accept_silent_claims
from vouchers.services.claims.documents import add_document
from vouchers.services.life import changes, deposits, halt, over
from vouchers.services.life.found import found
from vouchers.services.life.reserve import reserve
from vouchers.services.life.sweep import nightly
from vouchers.services.money.balance import out_of_balance
from vouchers.services.orders import answer, choose, place, quote
from vouchers.services.recovery import receive
from vouchers.services.recovery.announce import announce, decide
from vouchers.services.recovery.asking import owed_of

pytestmark = pytest.mark.django_db
BUDGET = 1_000 * MILLION
AMOUNTS = st.sampled_from([1, MILLION, 7 * MILLION, 20 * MILLION, 60 * MILLION])
PLACES = st.integers(0, 5)
SERVICES = ["strategy", "prototype", "promotion"]
WITHOUT_PAPERS = replace(SCHEME, papers=())
EXAMPLES = int(os.environ.get("VOUCHER_LIVES", "20"))


class Life(RuleBasedStateMachine):
    """Steps are services, asked for by whom they are for; `world` is made once and stands around every example."""

    world: SimpleNamespace

    def __init__(self):
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.at, self.serial = NOW, 0

    def teardown(self):
        try:
            if hasattr(self, "pk"):
                self.finish()
        finally:
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    @initialize(
        government=st.sampled_from([3, 9 * MILLION, 50 * MILLION]), own=st.sampled_from([0, 2 * MILLION, 17 * MILLION])
    )
    def agree(self, government, own):
        world = self.world
        self.line, self.clerk, self.colleague, self.boss = world.line, world.clerk, world.colleague, world.boss
        application = application_row(
            world.call, firm=world.firm, person=world.boss, government_won=government, own_won=own
        )
        reserve(application=application, by=None, at=NOW)
        agreement = agreement_row(application)
        application.state = "agreed"
        application.save()
        self.pk = found(agreement=agreement, by=None, at=NOW).pk

    @property
    def voucher(self):
        return Voucher.objects.select_related("line", "holder").get(pk=self.pk)

    @property
    def day(self):
        return timezone.localdate(self.at)

    def tried(self, act, /, **given):
        """A refusal is an answer; it leaves everything as it was, which the invariants ask."""
        try:
            with transaction.atomic():
                return act(at=self.at, **given)
        except DomainError:
            return None

    @rule(won=AMOUNTS)
    def pay_in(self, won):
        self.serial += 1
        given = {
            "amount_won": won,
            "received_on": self.day,
            "reference": f"T-{self.serial}",
            "key": uuid.uuid4(),
            "confirmed": True,
        }
        self.tried(deposits.enter_deposit, voucher=self.voucher, by=self.clerk, **given)

    @rule(won=AMOUNTS)
    def pay_back(self, won):
        self.serial += 1
        given = {"amount_won": won, "received_on": self.day, "reference": f"B-{self.serial}", "key": uuid.uuid4()}
        self.tried(deposits.enter_refund, voucher=self.voucher, by=self.clerk, **given)

    @rule(service=st.sampled_from(SERVICES), won=AMOUNTS, days=st.sampled_from([10, 300]))
    def order(self, service, won, days):
        """Searched, asked, quoted and ordered in a day."""
        who = {"by": self.boss}
        kept = self.tried(
            choose.keep_search,
            voucher=self.voucher,
            service=service,
            query={},
            order_of=self.day,
            key=uuid.uuid4(),
            **who,
        )
        asked = kept and self.tried(
            choose.ask_quotations, choice=kept, providers=[self.world.provider.public_id], task="x", answer_by=self.day,
            **who,
        )  # fmt: skip
        quoted = asked and self.tried(
            quote.give_quotation, quotation=asked[0], supply_won=won, vat_won=won // 10, days=days, text="x",
            by=self.world.worker,
        )  # fmt: skip
        if quoted:
            self.tried(place.place_order, quotation=quoted, why="x", key=uuid.uuid4(), **who)

    def any_of(self, rows, place):
        """One of them, or None; which one hypothesis has drawn."""
        rows = list(rows.order_by("pk"))
        return rows[place % len(rows)] if rows else None

    @rule(place=PLACES, act=st.sampled_from(["accept", "accept", "decline", "withdraw", "cancel"]))
    def answer_order(self, place, act):
        order = self.any_of(Order.objects.filter(voucher=self.pk), place)
        if order is None:
            return
        if act == "accept":
            self.tried(answer.accept_order, order=order, by=self.world.worker)
        elif act == "decline":
            self.tried(answer.decline_order, order=order, reason="x", by=self.world.worker)
        else:
            service = answer.withdraw_order if act == "withdraw" else answer.cancel_order
            self.tried(service, order=order, reason="x", by=self.boss)

    @rule(place=PLACES, part=st.sampled_from([None, None, 1, MILLION]))
    def deliver(self, place, part):
        """A claim of what is left of an order, or of a part, with its papers."""
        order = self.any_of(Order.objects.filter(voucher=self.pk, state="running"), place)
        if order is None:
            return
        self.serial += 1
        who = {"by": self.world.worker}
        claim = self.tried(
            draft.begin_claim, order=order, supply_won=part, vat_won=0 if part else None, text="x", key=uuid.uuid4(),
            invoice_number=f"I-{self.serial}", invoice_on=self.day, **who,
        )  # fmt: skip
        if claim and self.tried(add_document, claim=claim, key="deliverable", file=paper(), name="a.pdf", **who):
            self.tried(claims.submit_claim, claim=claim, **who)

    @rule(
        place=PLACES,
        act=st.sampled_from(["on", "on", "on", "on", "object", "return", "disallow", "withdraw", "submit"]),
    )
    def move_claim(self, place, act):
        """A step on its way, as the state wants it, or aside."""
        claim = self.any_of(Claim.objects.filter(order__voucher=self.pk), place)
        if claim is None:
            return
        on = {
            "submitted": (claims.accept_claim, self.boss), "accepted": (check.check_claim, self.clerk),
            "checked": (check.approve_claim, self.colleague),
        }  # fmt: skip
        aside = {
            "object": (claims.object_to_claim, self.boss), "return": (check.return_claim, self.clerk),
            "disallow": (check.disallow_claim, self.colleague), "withdraw": (draft.withdraw_claim, self.world.worker),
        }  # fmt: skip
        if act == "submit":
            self.tried(claims.submit_claim, claim=claim, by=self.world.worker)
        elif act == "on" and claim.state in on:
            service, by = on[claim.state]
            self.tried(service, claim=claim, by=by)
        elif act in aside:
            service, by = aside[act]
            self.tried(service, claim=claim, reason="x", by=by)

    @rule()
    def prepare(self):
        rows = Claim.objects.filter(order__voucher=self.pk, state="approved").values_list("public_id", flat=True)
        if rows:
            self.tried(pay.prepare_batch, call=self.world.call, claims=list(rows), key=uuid.uuid4(), by=self.clerk)

    @rule(place=PLACES, act=st.sampled_from(["send", "send", "cancel", "paid", "paid", "failed", "returned"]))
    def move_file(self, place, act):
        batch = self.any_of(PaymentBatch.objects.filter(call=self.world.call), place)
        if batch is None:
            return
        if act == "send":
            self.tried(pay.send_batch, batch=batch, by=self.colleague)
        elif act == "cancel":
            self.tried(pay.cancel_batch, batch=batch, reason="x", by=self.clerk)
        else:
            self.tried(lambda at: answered(batch, act, by=self.clerk, at=at))

    @rule(won=AMOUNTS)
    def ask_back(self, won):
        self.tried(
            announce, voucher=self.voucher, debtor=self.world.firm, ground="overpaid", text="x", principal_won=won,
            interest_from=self.day, key=uuid.uuid4(), by=self.clerk,
        )  # fmt: skip

    @rule(place=PLACES, act=st.sampled_from(["confirm", "confirm", "drop", "plan", "some", "all"]))
    def move_recovery(self, place, act):
        recovery = self.any_of(Recovery.objects.filter(voucher=self.pk), place)
        if recovery is None:
            return
        if act in ("confirm", "drop"):
            self.tried(decide, recovery=recovery, confirm=act == "confirm", text="x", by=self.colleague)
        elif act == "plan":
            self.tried(receive.set_plan, recovery=recovery, first_on=self.day + 9 * DAY, count=3, by=self.clerk)
        else:
            self.serial += 1
            owed = owed_of(recovery, self.day).total_won
            self.tried(
                receive.enter_receipt, recovery=recovery, amount_won=owed if act == "all" else 1, received_on=self.day,
                reference=f"R-{self.serial}", key=uuid.uuid4(), by=self.clerk,
            )  # fmt: skip

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
        assert not list(out_of_balance(claims=True))
        assert line.allocated_won == BUDGET
        spent = voucher.bound_won + voucher.paid_won + voucher.recovered_won
        assert spent <= voucher.face_won <= MOST_GOVERNMENT_WON
        mine = Claim.objects.filter(order__voucher=voucher)
        paid_claims = mine.filter(state="paid").aggregate(won=Sum("government_won", default=0))["won"]
        assert voucher.paid_won + voucher.recovered_won == paid_claims
        # Nothing is paid that was not accepted (or let be), checked by one and approved by another.
        undelivered = mine.filter(state="paid").filter(
            Q(accepted_at=None) | Q(checked_by=None) | Q(approved_by=None) | Q(approved_by=F("checked_by"))
        )
        assert not undelivered.exists()
        # What is bound is for orders in work and for claims on their way, and for nothing else.
        running = Order.objects.filter(voucher=voucher).exclude(state__in=["placed", "declined", "withdrawn"])
        needed = 0
        for order in running:
            parts = order.claims.exclude(state__in=["draft", "withdrawn"])
            taken = sum(each.government_won for each in parts)
            needed += sum(each.government_won for each in parts.exclude(state__in=["paid", "disallowed"]))
            needed += order.government_won - taken if order.state == "running" else 0
        assert voucher.bound_won == needed
        if voucher.issued_at:
            assert spent + voucher.open_won + voucher.returned_won == voucher.face_won
        if voucher.state in (VoucherState.EXPIRED, VoucherState.ENDED, VoucherState.CLOSED, VoucherState.LAPSED):
            nobody_can_order = not voucher.is_usable_on(self.day)
            assert nobody_can_order
        paid, back = own_share_in(voucher)
        assert 0 <= back <= paid
        assert Voucher.objects.to_pay_back().filter(pk=self.pk).exists() == (refund_due(voucher) > 0)
        assert voucher.own_won >= voucher.own_used_won + voucher.own_refunded_won

    def decide_what_waits(self):
        """The office does its work: claims go on to their payment, files are sent and paid."""
        for claim in Claim.objects.filter(order__voucher=self.pk).order_by("pk"):
            for service, by in ((check.check_claim, self.clerk), (check.approve_claim, self.colleague)):
                self.tried(service, claim=claim, by=by)
        self.prepare()
        for batch in PaymentBatch.objects.filter(call=self.world.call, state="prepared"):
            by = self.colleague if batch.prepared_by_id != self.colleague.pk else self.clerk
            self.tried(pay.send_batch, batch=batch, by=by)
        for batch in PaymentBatch.objects.filter(call=self.world.call, state="sent"):
            self.tried(lambda at, batch=batch: answered(batch, by=self.clerk, at=at))

    def finish(self):
        """Let time and the office do the rest: in the end nothing is neither spent nor returned."""
        for days in (400, 400, 30):  # the last: the bank sends nothing back any more
            self.at += datetime.timedelta(days=days)
            accept_silent_claims(at=self.at)
            self.decide_what_waits()
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


def test_any_way_through_a_vouchers_life(settings):
    settings.CLAMD_ADDRESS = ""
    call = call_row(budget_won=BUDGET, scheme=WITHOUT_PAPERS)
    firm = known(OrganizationFactory())
    office = provider()
    Life.world = SimpleNamespace(
        call=call, line=line_of(call), clerk=officer(call.office), colleague=officer(call.office), firm=firm,
        boss=staff(firm, Role.MANAGER), provider=office, worker=staff(office),
    )  # fmt: skip
    run_state_machine_as_test(
        Life,
        settings=hypothesis_settings(
            max_examples=EXAMPLES, stateful_step_count=25, suppress_health_check=list(HealthCheck)
        ),
    )
