"""Agreements: signed, lapsed, and the reserve list that follows."""

from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, transaction

from marketplace.core.errors import ChangedMeanwhile, Conflict, NotAllowed, NotPossibleNow
from programmes import events, tasks
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application
from programmes.outbox import TAKE_UP_TASK
from programmes.registry import FirmRefused, NoMoney
from programmes.scheme import Band, Days
from programmes.services.review.agreements import fall_through, lapse, sign
from programmes.services.review.reserves import grant, nightly
from programmes.wording.applications import next_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    call_row,
    eligible,
    firm,
    fresh,
    officer,
    proposed,
    published,
    ready,
    scheme,
    scored,
)
from tests.programmes.review.seen import receiver, told
from vouchers.services.life.lapse import lapse as voucher_lapses

S = ApplicationState


def agreement_of(*points, at=NOW, **also):
    call, made = ready(*(points or (60,)), **also)
    published(proposed(call=call), at=at)
    return Agreement.objects.get(application=made[0]), made


def test_signed_by_the_manager_of_the_very_text(heard):
    agreement, [made] = agreement_of()
    staff = MembershipFactory(organization=made.organization).user
    for by in (staff, officer(made.call), UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            sign(agreement=agreement, digest=agreement.digest, by=by, at=NOW)
    with pytest.raises(ChangedMeanwhile):
        sign(agreement=agreement, digest="0" * 64, by=made.boss, at=NOW)
    with pytest.raises(NotPossibleNow):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW + 15 * DAY)
    for _twice in range(2):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW + 14 * DAY)
    assert (fresh(agreement).state, fresh(made).state) == ("signed", S.AGREED)
    assert heard[1:] == [("agreement_signed", agreement.pk)]


def test_the_night_lapses_and_takes_up_the_next_reserve(heard):
    agreement, made = agreement_of(60, 50, 40, 35)
    other = Agreement.objects.get(application=made[1])
    sign(agreement=other, digest=other.digest, by=made[1].boss, at=NOW)
    heard.clear()
    assert nightly(at=NOW + 14 * DAY) == {"lapsed": 0, "taken_up": 0}
    assert nightly(at=NOW + 15 * DAY) == {"lapsed": 1, "taken_up": 1}
    assert nightly(at=NOW + 15 * DAY) == {"lapsed": 0, "taken_up": 0}
    assert [fresh(each).state for each in made] == [S.LAPSED, S.AGREED, S.SELECTED, S.RESERVE]
    assert heard == [("selection_undone", made[0].pk), ("application_selected", made[2].pk)]
    assert fresh(agreement).state == "lapsed"
    assert told(made[2].boss) == ["programme_decided", "programme_taken_up"]
    assert lapse(agreement=other, at=NOW + 99 * DAY) is False


def test_a_firm_that_may_have_no_more_holds_nobody_up():
    agreement, made = agreement_of(60, 50, 40, 35)

    def may_not(sender, application, **kwargs):
        if application.pk == made[2].pk:
            raise FirmRefused

    with receiver(events.application_selected, may_not):
        assert nightly(at=NOW + 15 * DAY) == {"lapsed": 2, "taken_up": 1}
    assert [fresh(each).state for each in made] == [S.LAPSED, S.LAPSED, S.RESERVE, S.SELECTED]
    assert not made[2].steps.filter(kind="taken_up").exists()
    assert fresh(agreement).state == "lapsed"


def test_no_money_stops_the_list_and_one_failure_does_not_stop_the_night():
    _agreement, made = agreement_of(60, 50, 40, 35)
    _other, others = agreement_of(60, 50, 40, 35)

    def no_money(sender, application, **kwargs):
        if application.pk == made[2].pk:
            raise NoMoney(left_won=0, wanted_won=40_000_000)
        if application.pk == others[2].pk:
            raise DatabaseError("Somebody holds it.")

    with receiver(events.application_selected, no_money):
        assert nightly(at=NOW + 15 * DAY) == {"lapsed": 4, "taken_up": 0}
    assert [fresh(each).state for each in (made[2], made[3], others[2], others[3])] == [S.RESERVE] * 4
    assert nightly(at=NOW + 16 * DAY) == {"lapsed": 0, "taken_up": 4}


def test_another_refusal_is_not_taken_for_an_empty_budget(caplog):
    """Nobody is taken up past it, and it is said, so that somebody looks; who came before it keeps the place."""
    _agreement, made = agreement_of(60, 50, 40, 35)

    def odd(sender, application, **kwargs):
        if application.pk == made[3].pk:
            raise Conflict("A rule that nobody expected.")

    with receiver(events.application_selected, odd):
        assert nightly(at=NOW + 15 * DAY) == {"lapsed": 2, "taken_up": 1}
        with pytest.raises(Conflict, match="nobody expected"):
            grant(fresh(made[3]), by=None, at=NOW + 15 * DAY)
    assert [fresh(each).state for each in (made[2], made[3])] == [S.SELECTED, S.RESERVE]
    assert not made[3].steps.filter(kind="taken_up").exists()
    assert "take_up_stopped" in caplog.text


def test_the_next_reserve_follows_at_once(django_capture_on_commit_callbacks):
    agreement, made = agreement_of(60, 50, 40)
    assert tasks.take_up_reserves.name == TAKE_UP_TASK
    with time_machine.travel(NOW + 15 * DAY), django_capture_on_commit_callbacks(execute=True):
        lapse(agreement=agreement, at=NOW + 15 * DAY)
    assert [fresh(each).state for each in made] == [S.LAPSED, S.SELECTED, S.SELECTED]


def test_an_own_share_never_paid_in_lets_the_next_one_in(django_capture_on_commit_callbacks):
    agreement, made = agreement_of(60, 50, 40)
    sign(agreement=agreement, digest=agreement.digest, by=made[0].boss, at=NOW)
    late = NOW + 60 * DAY
    with time_machine.travel(late), django_capture_on_commit_callbacks(execute=True):
        assert [voucher_lapses(voucher_id=agreement.voucher.pk, at=late) for _twice in range(2)] == [True, False]
    assert [fresh(each).state for each in made] == [S.LAPSED, S.SELECTED, S.SELECTED]
    assert (fresh(agreement).state, made[0].steps.last().kind) == ("signed", "unpaid")
    assert fall_through(application=made[1], at=late) is False  # it has not even signed


def test_who_withdrew_after_the_selection_signs_nothing():
    agreement, [made] = agreement_of()
    events.selection_undone.send(sender=Application, application=made, at=NOW)
    assert fresh(agreement).state == "withdrawn"
    with pytest.raises(NotPossibleNow):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW)


def test_the_content_names_what_is_agreed_on():
    agreement, [made] = agreement_of(content=scheme(days=Days(agreement=3)))
    assert agreement.sign_by == date(2026, 6, 13)
    assert agreement.content["government_won"] == 40_000_000
    assert (agreement.content["unused_bp"], agreement.content["barred_years"]) == (3_000, 1)
    assert agreement.content["firm"]["business_number"] == made.organization.business_number
    assert firm().boss


def test_the_band_of_the_sales_is_kept_with_the_agreement_and_the_voucher():
    bands = (Band(300_000_000, 1_000), Band(None, 2_000))
    call = call_row(content=scheme(bands=bands))
    made = eligible(call, facts={"average_sales_won": 900_000_000})
    scored(made)
    published(proposed(call=call))
    agreement = Agreement.objects.get(application=made)
    assert (agreement.own_bp, agreement.content["own_bp"]) == (2_000, 2_000)
    sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW)
    assert agreement.voucher.own_bp == 2_000
    for row in (agreement, agreement.voucher):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(own_bp=1_000)


def test_the_applicant_reads_why_it_lapsed():
    call, _made = ready(60, 60)
    published(proposed(call=call))
    unsigned, unpaid = call.applications.order_by("pk")
    lapse(agreement=unsigned.agreement, at=NOW + 15 * DAY)
    boss = unpaid.organization.memberships.get().user
    sign(agreement=unpaid.agreement, digest=unpaid.agreement.digest, by=boss, at=NOW)
    assert "“Vouchers”" in next_of(fresh(unpaid), NOW).text
    fall_through(application=unpaid, at=NOW + 15 * DAY)
    assert "not signed in time" in next_of(fresh(unsigned), NOW).text
    assert "own share was not paid in" in next_of(fresh(unpaid), NOW).text
