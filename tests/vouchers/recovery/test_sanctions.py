"""Warnings and exclusions by two officers; an exclusion ends by itself; programmes and the public hear of it."""

import pytest

from marketplace.core.days import add_months
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.states import IllegalTransition
from programmes.registry import standing_of
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.money import DAY, officer
from tests.factories.vouchers.recovery import LATER, announced, confirmed, imposed, office_of, proposed
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


def test_published_for_fraud_alone():
    sanction = imposed(proposed(confirmed(announced(ground=RecoveryGround.BREACH))))
    assert not sanction.is_public


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
