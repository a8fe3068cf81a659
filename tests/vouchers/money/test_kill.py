"""kill −9 of a real process between any two steps of reserve, commit, disburse and return: nothing lost, nothing twice.

A child of this process walks the story and kills itself before its n-th write, or before or after a commit. Then the
sweep runs, and the same story is told again from the beginning: it ends as if nothing had happened.
"""

import os
import signal
import traceback
import uuid
from collections import Counter

import pytest
from django.db import connection, transaction

from programmes.enums.applications import ApplicationState
from programmes.enums.review import AgreementState
from programmes.models import Agreement, Application
from tests.database import mail_waits
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.money import DAY, MILLION, NOW, TODAY, agreement_row, application_row, call_row, line_of
from tests.factories.vouchers.money import officer as officer_of
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VoucherState
from vouchers.models import LedgerEntry, Voucher
from vouchers.services.life.deposits import enter_deposit
from vouchers.services.life.found import found
from vouchers.services.life.reserve import reserve
from vouchers.services.life.sweep import nightly, sweep
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import post

pytestmark = pytest.mark.django_db(transaction=True)
OVER = NOW + 400 * DAY


class Story:
    """A firm's way from selection to the closed voucher. Telling it again does nothing twice."""

    def __init__(self, call, clerk):
        self.call, self.clerk = call, clerk
        # Before the child is there: what a factory counts in a child is not counted here.
        boss = MembershipFactory(company=True, manager=True)
        self.firm, self.boss = boss.organization, boss.user
        self.asked, self.order = uuid.uuid4(), uuid.uuid4()

    def tell(self):
        for step in (self.select, self.sign, self.pay_in, self.bind, self.disburse, self.night):
            step()

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

    def pay_in(self):
        """In two parts: the second completes the own share, which issues the voucher."""
        for part, won in enumerate((4 * MILLION, 6 * MILLION)):
            enter_deposit(
                voucher=self.voucher, amount_won=won, received_on=TODAY, reference=f"T-{part}",
                key=uuid.uuid5(self.order, f"deposit {part}"), by=self.clerk, at=NOW,
            )  # fmt: skip

    def bind(self):
        self.post(Verb.BIND)

    def disburse(self):
        self.post(Verb.DISBURSE)

    def post(self, verb):
        voucher = self.voucher
        post(line_id=voucher.line_id, verb=verb, amount_won=20 * MILLION, subject=self.order,
             key=uuid.uuid5(self.order, verb), by=None, at=NOW, voucher=voucher)  # fmt: skip

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
    with mail_waits():
        budget = 10_000 * MILLION
        call = call_row(budget_won=budget)
        line, clerk = line_of(call), officer_of(call.office)
        at = 1
        while True:
            story = Story(call, clerk)
            if not dies(story.tell, at):
                break
            check(line, budget)
            sweep(at=NOW)
            check(line, budget)
            # What is reserved belongs to somebody whom it is promised to.
            assert nothing_waits_for_nobody(story)
            story.tell()
            check(line, budget)
            verbs = Counter(LedgerEntry.objects.filter(voucher=story.voucher).values_list("verb", flat=True))
            assert verbs == {"commit": 1, "bind": 1, "disburse": 1, "return": 1}, at
            assert LedgerEntry.objects.filter(subject=story.asked, verb="reserve").count() == 1
            kept = story.voucher
            assert (kept.state, kept.paid_won, kept.returned_won) == (VoucherState.CLOSED, 20 * MILLION, 10 * MILLION)
            at += 1
        assert at > 40, "moments to die at"


def nothing_waits_for_nobody(story):
    mine = {"application__public_id": story.asked}
    signed = Agreement.objects.filter(**mine, state=AgreementState.SIGNED).exists()
    return signed == Voucher.objects.filter(agreement__in=Agreement.objects.filter(**mine)).exists()


def test_the_sweep_finishes_what_was_left():
    """States that no crash of ours leaves, made by hand: a step that came without the next one."""
    with mail_waits():
        call = call_row()
        line_of(call)
        clerk = officer_of(call.office)
        unsigned = Story(call, clerk)
        unsigned.select()
        agreement_row(Application.objects.get(public_id=unsigned.asked))
        Application.objects.filter(public_id=unsigned.asked).update(state=ApplicationState.AGREED)
        gone = Story(call, clerk)
        gone.select()
        Application.objects.filter(public_id=gone.asked).update(state=ApplicationState.WITHDRAWN)
        assert {"founded": 1, "released": 1}.items() <= sweep(at=NOW).items()
        assert unsigned.voucher.state == VoucherState.WAITING
        assert set(sweep(at=NOW).values()) == {0}
        check(line_of(call), call.budget_won)
