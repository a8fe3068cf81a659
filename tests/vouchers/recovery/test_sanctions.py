"""Warnings and exclusions by two officers; an exclusion ends by itself; programmes and the public hear of it."""

import uuid

import pytest
from django.db import DatabaseError, transaction

from marketplace.core.days import add_months
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from programmes.registry import standing_of
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.money import DAY, officer
from tests.factories.vouchers.recovery import LATER, announced, confirmed, imposed, office_of, paid_voucher, proposed
from vouchers.enums.recovery import RecoveryGround, SanctionKind
from vouchers.models import Sanction
from vouchers.services.recovery.sanctions import lift

pytestmark = pytest.mark.django_db


def test_an_exclusion_holds_until_its_day_and_ends_by_itself():
    sanction = imposed()
    firm = [sanction.organization_id]
    assert sanction.is_public
    assert standing_of(firm, LATER.date()).is_excluded
    assert standing_of(firm, sanction.until_on).is_excluded
    assert not standing_of(firm, sanction.until_on + DAY).is_excluded
    assert Sanction.objects.public_on(sanction.until_on).count() == 1
    assert Sanction.objects.public_on(sanction.until_on + DAY).count() == 0


def test_a_proposal_and_a_warning_bar_nobody():
    sanction = proposed()
    assert not standing_of([sanction.organization_id], LATER.date()).is_excluded
    warned = imposed(kind=SanctionKind.WARNING)
    assert (warned.until_on, warned.is_public) == (None, False)
    assert not standing_of([warned.organization_id], LATER.date()).is_excluded


def test_what_is_overdue_is_owed():
    recovery = confirmed()
    firm = [recovery.debtor_id]
    assert not standing_of(firm, recovery.pay_by).owes_money
    assert standing_of(firm, recovery.pay_by + DAY).owes_money


def of_ground(ground, count, *, debtor=None):
    """As many confirmed recoveries of one debtor; the last one."""
    for _ in range(count):
        recovery = confirmed(announced(paid_voucher(firm=debtor), ground=ground))
        debtor = recovery.debtor
    return recovery


@pytest.mark.parametrize(
    ("ground", "needed"), [(RecoveryGround.FALSE, 1), (RecoveryGround.OTHER_USE, 2), (RecoveryGround.BREACH, 3)]
)
def test_excludes_from_as_many_as_the_law_says(ground, needed):
    """Facts §5.5: fraud once, other use twice, breach three times; of the debtor, on that ground, confirmed."""
    recovery = of_ground(ground, needed)
    if needed > 1:
        one_less = of_ground(ground, needed - 1)
        confirmed(announced(paid_voucher(firm=one_less.debtor), ground=RecoveryGround.NOT_ELIGIBLE))
        announced(paid_voucher(firm=one_less.debtor), ground=ground)
        with pytest.raises(NotPossibleNow, match="A warning is possible"):
            proposed(one_less)
        assert proposed(one_less, kind=SanctionKind.WARNING).state == "proposed"
    sanction = imposed(proposed(recovery))
    assert standing_of([sanction.organization_id], LATER.date()).is_excluded
    # Published is fraud alone (art. 36-2).
    assert sanction.is_public is (ground == RecoveryGround.FALSE)


@pytest.mark.parametrize("ground", [RecoveryGround.NOT_ELIGIBLE, RecoveryGround.OVERPAID])
def test_no_exclusion_on_a_ground_without_one(ground):
    recovery = of_ground(ground, 3)
    with pytest.raises(NotPossibleNow, match="no exclusion"):
        proposed(recovery)
    assert not Sanction.objects.exists()
    assert imposed(proposed(recovery, kind=SanctionKind.WARNING)).state == "imposed"


def test_the_same_key_proposes_once():
    recovery, key = confirmed(), uuid.uuid4()
    by = officer(office_of(recovery))
    first = proposed(recovery, key=key, by=by)
    assert proposed(recovery, key=key, by=by).pk == first.pk
    with pytest.raises(KeyReused):
        proposed(recovery, key=key, by=by, kind=SanctionKind.WARNING)
    assert Sanction.objects.count() == 1


def test_five_years_at_most_and_after_today():
    today = LATER.date()
    recovery = confirmed()
    for wrong in (today, add_months(today, 60) + DAY):
        with pytest.raises(DomainError):
            proposed(recovery, until_on=wrong)
    assert not Sanction.objects.exists()
    assert proposed(recovery, until_on=add_months(today, 60)).state == "proposed"


def test_never_who_proposed_nor_a_party():
    recovery = confirmed()
    by = officer(office_of(recovery))
    sanction = proposed(recovery, by=by)
    party = officer(office_of(recovery))
    MembershipFactory(organization=recovery.debtor, user=party)
    for nobody in (by, party, MembershipFactory(organization=recovery.debtor).user):
        with pytest.raises(NotAllowed):
            imposed(sanction, by=nobody)
    sanction.refresh_from_db()
    assert sanction.state == "proposed"


def test_only_after_a_confirmed_recovery_and_once():
    recovery = announced()
    with pytest.raises(NotPossibleNow):
        proposed(recovery)
    confirmed(recovery)
    proposed(recovery)
    with pytest.raises(NotPossibleNow):
        proposed(recovery)
    assert Sanction.objects.count() == 1


def test_lifted_with_a_reason():
    sanction = imposed()
    by = officer(sanction.office)
    with pytest.raises(DomainError):
        lift(sanction=sanction, text=" ", by=by, at=LATER)
    done = lift(sanction=sanction, text="It was another firm.", by=by, at=LATER)
    assert done.state == "lifted"
    assert not standing_of([sanction.organization_id], LATER.date()).is_excluded
    with pytest.raises(IllegalTransition):
        lift(sanction=sanction, text="Again.", by=by, at=LATER)


def test_a_sanction_begins_when_it_is_imposed():
    sanction = proposed(kind=SanctionKind.EXCLUSION)
    day = LATER.date() + 10 * DAY
    for wrong in (day, day - 30 * DAY):
        with pytest.raises(DatabaseError), transaction.atomic():
            Sanction.objects.filter(pk=sanction.pk).update(from_on=wrong)
    done = imposed(sanction, at=LATER + 10 * DAY)
    assert (done.from_on, Sanction.objects.get().from_on) == (day, day)
    with pytest.raises(DatabaseError), transaction.atomic():
        Sanction.objects.filter(pk=sanction.pk).update(from_on=LATER.date())
    ends_now = proposed(kind=SanctionKind.EXCLUSION, until_on=LATER.date() + DAY)
    with pytest.raises(NotPossibleNow):
        imposed(ends_now, at=LATER + DAY)
