"""kill −9 of a real process between any two writes of a voucher's whole way, from the reservation to money that was
recovered: nothing lost, nothing twice, and the sweep finishes or releases."""

import os
import signal
import traceback
import uuid
from collections import Counter

import pytest
from django.db import connection, transaction
from django.utils import timezone

from programmes.enums.applications import ApplicationState
from programmes.enums.review import AgreementState
from programmes.models import Agreement, Application
from tests.database import mail_waits
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.money import DAY, MILLION, NOW, TODAY, agreement_row, application_row, call_row, line_of
from tests.factories.vouchers.money import officer as officer_of
from tests.factories.vouchers.orders import SCHEME, answered, known, paper, provider, staff
from tests.vouchers.matrix.rows import changed, sums
from vouchers.enums.claims import BatchState, ClaimState
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.enums.recovery import RecoveryState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import (
    Claim,
    LedgerEntry,
    Order,
    Payment,
    PaymentBatch,
    ProviderChoice,
    Quotation,
    Recovery,
    Voucher,
)
from vouchers.services.claims.answer import accept_claim, submit_claim
from vouchers.services.claims.check import approve_claim, check_claim
from vouchers.services.claims.documents import add_document
from vouchers.services.claims.draft import begin_claim
from vouchers.services.claims.pay import prepare_batch, send_batch
from vouchers.services.life.deposits import enter_deposit
from vouchers.services.life.found import found
from vouchers.services.life.reserve import reserve
from vouchers.services.life.sweep import nightly, sweep
from vouchers.services.money.balance import out_of_balance
from vouchers.services.orders.answer import accept_order
from vouchers.services.orders.choose import ask_quotations, keep_search
from vouchers.services.orders.place import place_order
from vouchers.services.orders.quote import give_quotation
from vouchers.services.recovery.announce import announce, decide
from vouchers.services.recovery.receive import enter_receipt

pytestmark = pytest.mark.django_db(transaction=True)
OVER = NOW + 400 * DAY


class Story:
    """A firm's way from selection to the closed voucher, by the services as people use them: searched, quoted, ordered,
    delivered, claimed, checked, paid, sent back by the bank, paid again, a part recovered. Telling a step again does
    nothing twice: who asks again has the page before the eyes, so an act that was done is not asked for.
    """

    def __init__(self, call):
        self.call, office = call, call.office
        # Before the child is there: what a factory counts in a child is not counted here.
        boss = MembershipFactory(company=True, manager=True)
        self.firm, self.boss = known(boss.organization), boss.user
        self.provider = provider()
        self.worker, self.first, self.second = staff(self.provider), officer_of(office), officer_of(office)
        self.asked, self.seed = uuid.uuid4(), uuid.uuid4()

    steps = (
        "select", "sign", "pay_in", "pay_in_the_rest", "search", "ask", "quote", "order", "accept", "draft", "deliver",
        "report", "hand_in", "accept_work", "check", "approve", "prepare", "send", "read_paid", "read_returned",
        "prepare_again", "send_again", "read_paid_again", "announce", "confirm", "receive", "night",
    )  # fmt: skip

    def tell(self):
        for name in self.steps:
            getattr(self, name)()

    def key(self, name):
        return uuid.uuid5(self.seed, name)

    def select(self):
        """As the publication of a selection does it: word and money in one transaction."""
        with transaction.atomic():
            if not Application.objects.filter(public_id=self.asked).exists():
                granted = {"government_won": 30 * MILLION, "own_won": 10 * MILLION, "public_id": self.asked}
                reserve(
                    application=application_row(self.call, firm=self.firm, person=self.boss, **granted), by=None, at=NOW
                )

    def sign(self):
        with transaction.atomic():
            held = Application.objects.select_for_update().get(public_id=self.asked)
            if not Agreement.objects.filter(application=held).exists():
                agreement = agreement_row(held)
                held.state = ApplicationState.AGREED
                held.save()
                found(agreement=agreement, by=None, at=NOW)

    @property
    def voucher(self):
        return Voucher.objects.get(agreement__application__public_id=self.asked)

    def _pay_in(self, part, won):
        enter_deposit(
            voucher=self.voucher, amount_won=won, received_on=TODAY, reference=f"T-{part}",
            key=self.key(f"deposit {part}"), by=self.first, at=NOW,
        )  # fmt: skip

    def pay_in(self):
        self._pay_in(0, 4 * MILLION)

    def pay_in_the_rest(self):
        """It completes the own share, which issues the voucher."""
        self._pay_in(1, 6 * MILLION)

    def search(self):
        keep_search(
            voucher=self.voucher, service="prototype", query={}, order_of=TODAY, by=self.boss, at=NOW,
            key=self.key("search"),
        )  # fmt: skip

    @property
    def choice(self):
        return ProviderChoice.objects.get(voucher=self.voucher)

    def ask(self):
        ask_quotations(
            choice=self.choice, providers=[self.provider.public_id], task="A prototype", answer_by=TODAY, by=self.boss,
            at=NOW,
        )  # fmt: skip

    @property
    def quotation(self):
        return Quotation.objects.get(choice=self.choice)

    def quote(self):
        if self.quotation.state == QuotationState.ASKED:
            give_quotation(
                quotation=self.quotation, supply_won=24 * MILLION, vat_won=2_400_000, days=30, text="All", at=NOW,
                by=self.worker,
            )  # fmt: skip

    def order(self):
        place_order(quotation=self.quotation, why="Knows it", key=self.key("order"), by=self.boss, at=NOW)

    @property
    def placed(self):
        return Order.objects.get(voucher=self.voucher)

    def accept(self):
        if self.placed.state == OrderState.PLACED:
            accept_order(order=self.placed, by=self.worker, at=NOW)

    def draft(self):
        begin_claim(
            order=self.placed, text="All of it", invoice_number=f"I{self.seed.hex[:20]}", invoice_on=TODAY,
            key=self.key("claim"), by=self.worker, at=NOW,
        )  # fmt: skip

    @property
    def claim(self):
        return Claim.objects.get(order=self.placed)

    def _paper(self, key):
        if self.claim.state == ClaimState.DRAFT:
            add_document(claim=self.claim, key=key, file=paper(key), name=f"{key}.pdf", by=self.worker, at=NOW)

    def deliver(self):
        self._paper("deliverable")

    def report(self):
        self._paper("report")

    def _act(self, state, service, by):
        if self.claim.state == state:
            service(claim=self.claim, by=by, at=NOW)

    def hand_in(self):
        self._act(ClaimState.DRAFT, submit_claim, self.worker)

    def accept_work(self):
        self._act(ClaimState.SUBMITTED, accept_claim, self.boss)

    def check(self):
        self._act(ClaimState.ACCEPTED, check_claim, self.first)

    def approve(self):
        self._act(ClaimState.CHECKED, approve_claim, self.second)

    def _prepare(self, name):
        prepare_batch(call=self.call, claims=[self.claim.public_id], key=self.key(name), by=self.first, at=NOW)

    def _batch(self, name):
        return PaymentBatch.objects.get(key=self.key(name))

    def _send(self, name):
        if self._batch(name).state == BatchState.PREPARED:
            send_batch(batch=self._batch(name), by=self.second, at=NOW)

    def _read(self, name, result):
        answered(self._batch(name), result, by=self.first)

    def prepare(self):
        self._prepare("file")

    def send(self):
        self._send("file")

    def read_paid(self):
        self._read("file", "paid")

    def read_returned(self):
        self._read("file", "returned")

    def prepare_again(self):
        self._prepare("second file")

    def send_again(self):
        self._send("second file")

    def read_paid_again(self):
        self._read("second file", "paid")

    def announce(self):
        announce(
            voucher=self.voucher, debtor=self.firm, ground="overpaid", text="Too much", principal_won=5 * MILLION,
            interest_from=TODAY, key=self.key("recovery"), by=self.first, at=NOW,
        )  # fmt: skip

    @property
    def recovery(self):
        return Recovery.objects.get(voucher=self.voucher)

    def confirm(self):
        if self.recovery.state == RecoveryState.NOTICED:
            decide(recovery=self.recovery, confirm=True, text="So it is", by=self.second, at=NOW + 21 * DAY)

    def receive(self):
        at = NOW + 21 * DAY
        enter_receipt(
            recovery=self.recovery, amount_won=5 * MILLION + 5 * MILLION * 300 * 21 // (10_000 * 365),
            received_on=timezone.localdate(at), reference="R-1", key=self.key("receipt"), by=self.first, at=at,
        )  # fmt: skip

    def night(self):
        nightly(at=OVER)


class KillsItself:
    """Counts what is written; `at` is the moment to die at, None never. `seen` names the moments."""

    def __init__(self, at):
        self.at, self.count = at, 0

    def moment(self):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute, sql, params, many, context):
        if not sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "WITH")):
            self.moment()
        return execute(sql, params, many, context)

    def watch(self, work):
        commit = connection._commit

        def committing():
            self.moment()
            commit()
            self.moment()

        connection._commit = committing
        with connection.execute_wrapper(self):
            work()


def dies(work, at):
    """Whether a child of this process that does `work` dies at the n-th moment, or ends before it."""
    connection.close()  # each has one of its own
    child = os.fork()
    if child == 0:
        try:
            KillsItself(at).watch(work)
        except BaseException:
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the story failed"
    return os.WIFSIGNALED(status)


def check(line, budget):
    line.refresh_from_db()
    assert line.allocated_won == budget
    assert not list(out_of_balance())


def test_killed_between_any_two_steps():
    """A child tells one step and dies before its n-th write, or before or after its commit; the sweep looks after what
    is there; then the next child dies a write later, until one lives. So each step is told again after each death, and
    in the end all is as if nobody had died."""
    with mail_waits():
        budget = 10_000 * MILLION
        call = call_row(budget_won=budget, scheme=SCHEME)
        line = line_of(call)
        story, deaths = Story(call), Counter()
        for name in story.steps:
            while dies(getattr(story, name), deaths[name] + 1):
                deaths[name] += 1
                check(line, budget)
                sweep(at=NOW)
                check(line, budget)
                # What is reserved belongs to somebody whom it is promised to.
                assert nothing_waits_for_nobody(story)
            assert deaths[name] >= 3, f"{name}: a write, before and after the commit"
            before = sums()
            getattr(story, name)()
            assert changed(before, sums()) == [], f"{name} told once more"
        verbs = Counter(LedgerEntry.objects.filter(voucher=story.voucher).values_list("verb", flat=True))
        assert verbs == {"commit": 1, "bind": 1, "disburse": 2, "reverse": 1, "return": 1, "recover": 1}
        assert LedgerEntry.objects.filter(subject=story.asked, verb="reserve").count() == 1
        kept = story.voucher
        assert (kept.state, kept.paid_won) == (VoucherState.CLOSED, 18 * MILLION - 5 * MILLION)
        assert (kept.recovered_won, kept.returned_won, kept.own_used_won) == (5 * MILLION, 12 * MILLION, 6 * MILLION)
        assert Payment.objects.values_list("state").order_by("pk").distinct().count() == 2
        assert (Claim.objects.get().state, story.recovery.state) == (ClaimState.PAID, RecoveryState.PAID_BACK)
        assert not list(out_of_balance(claims=True))


def nothing_waits_for_nobody(story):
    mine = {"application__public_id": story.asked}
    signed = Agreement.objects.filter(**mine, state=AgreementState.SIGNED).exists()
    return signed == Voucher.objects.filter(agreement__in=Agreement.objects.filter(**mine)).exists()


def test_the_sweep_finishes_what_was_left():
    """States that no crash of ours leaves, made by hand: a step that came without the next one."""
    with mail_waits():
        call = call_row()
        line_of(call)
        unsigned = Story(call)
        unsigned.select()
        agreement_row(Application.objects.get(public_id=unsigned.asked))
        Application.objects.filter(public_id=unsigned.asked).update(state=ApplicationState.AGREED)
        gone = Story(call)
        gone.select()
        Application.objects.filter(public_id=gone.asked).update(state=ApplicationState.WITHDRAWN)
        assert {"founded": 1, "released": 1}.items() <= sweep(at=NOW).items()
        assert unsigned.voucher.state == VoucherState.WAITING
        assert set(sweep(at=NOW).values()) == {0}
        check(line_of(call), call.budget_won)
