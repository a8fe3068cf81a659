"""Two at once: two receipts, and confirming against dropping. Without the locks only the database says no."""

import uuid

import pytest
from django.db.models import Sum

from marketplace.core.errors import DomainError
from tests.factories.vouchers.money import MILLION, officer
from tests.factories.vouchers.recovery import LATER, confirmed, objected, office_of, received
from tests.threads import at_once, kinds, locked, meet_in, meeting  # noqa: F401 - fixtures
from vouchers.models import LedgerEntry, Recovery, RecoveryReceipt
from vouchers.services.money.balance import out_of_balance
from vouchers.services.recovery import receive
from vouchers.services.recovery.announce import decide
from vouchers.services.recovery.asking import owed_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_receipts_at_once_of_all_that_is_owed(locked, monkeypatch):  # noqa: F811
    recovery = confirmed()
    owed = owed_of(recovery, LATER.date()).total_won
    people = [officer(office_of(recovery)) for _ in range(2)]
    meet_in(monkeypatch, receive, "split", locked=locked)
    results = at_once(
        *(
            lambda by=by, name=name: received(recovery, owed, by=by, reference=name, key=uuid.uuid4())
            for by, name in zip(people, ("T-1", "T-2"), strict=True)
        )
    )
    refused = [each for each in results if isinstance(each, Exception)]
    assert len(refused) == 1
    # With the locks the second is told in words; without them only the guard in the database is left.
    assert isinstance(refused[0], DomainError) == locked
    recovery.refresh_from_db()
    moved = LedgerEntry.objects.filter(verb="recover").aggregate(won=Sum("amount_won"))["won"]
    assert (recovery.recovered_won, moved, RecoveryReceipt.objects.count()) == (10 * MILLION, 10 * MILLION, 1)
    assert not list(out_of_balance())


def test_confirm_against_drop(locked, meeting):  # noqa: F811
    recovery = objected()
    people = [officer(office_of(recovery)) for _ in range(2)]
    results = at_once(
        *(
            lambda by=by, yes=yes: decide(recovery=recovery, confirm=yes, text="Decided.", by=by, at=LATER)
            for by, yes in zip(people, (True, False), strict=True)
        )
    )
    assert kinds(results) == (["done", "told"] if locked else ["database", "done"])
    fresh = Recovery.objects.get()
    done = next(each for each in results if not isinstance(each, Exception))
    assert (fresh.state, fresh.decided_by) == (done.state, done.decided_by)
