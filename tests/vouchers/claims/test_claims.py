"""Claims: delivered, accepted, checked by two, paid; partly, corrected, disallowed."""

import uuid

import pytest
from django.db import DatabaseError

from accounts.models import BusinessProfile
from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.vouchers.money import DAY, MILLION, NOW, TODAY
from tests.factories.vouchers.orders import (
    accepted,
    answered,
    approved,
    checked,
    drafted,
    office_of,
    officer,
    paid,
    prepared,
    result_file,
    running,
    sent,
    staff,
    submitted,
)
from vouchers.enums.claims import BatchState, ClaimState, PaymentState
from vouchers.enums.money import Verb
from vouchers.enums.orders import OrderState
from vouchers.models import Claim, ClaimStep, LedgerEntry, Payment, PaymentBatch
from vouchers.services.claims import answer
from vouchers.services.claims.answer import (
    SILENCE,
    accept_claim,
    accept_silent_claims,
    object_to_claim,
    submit_claim,
)
from vouchers.services.claims.check import accept_for_firm, approve_claim, check_claim, disallow_claim, return_claim
from vouchers.services.claims.draft import begin_claim, save_claim
from vouchers.services.claims.pay import AccountMissing, cancel_batch, prepare_batch, send_batch
from vouchers.services.claims.result_rows import BadResultFile
from vouchers.services.orders.answer import cancel_order
from vouchers.services.orders.asking import SelfDealing


def sums(claim):
    voucher = type(claim.order.voucher).objects.get(pk=claim.order.voucher_id)
    return voucher.open_won, voucher.bound_won, voucher.paid_won, voucher.own_used_won


def test_delivered_work_is_paid_and_vat_is_not():
    claim = paid()
    assert claim.state == ClaimState.PAID
    assert sums(claim) == (24 * MILLION, 0, 6 * MILLION, 2 * MILLION)
    payment = Payment.objects.get()
    assert payment.total_won == claim.supply_won == 8 * MILLION
    assert claim.vat_won == 800_000
    claim.order.refresh_from_db()
    assert claim.order.state == OrderState.DONE
    states = list(ClaimStep.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["draft", "submitted", "accepted", "checked", "approved", "paying", "paid"]


def test_parts_add_up_to_the_order_to_the_won():
    order = running(supply_won=8_000_001, vat_won=0)
    parts = [submitted(order, supply_won=won, vat_won=0) for won in (1_000_001, 3_333_333, None)]
    assert sum(part.supply_won for part in parts) == order.supply_won
    assert sum(part.government_won for part in parts) == order.government_won
    assert sum(part.own_won for part in parts) == order.own_won
    assert [part.is_last for part in parts] == [False, False, True]
    with pytest.raises(NotPossibleNow, match="claimed already"):
        drafted(order)


def test_two_drafts_of_the_same_money_are_not_both_handed_in():
    order = running()
    first, second = drafted(order), drafted(order)
    submit_claim(claim=first, by=first.written_by, at=NOW)
    with pytest.raises(NotPossibleNow):
        submit_claim(claim=second, by=second.written_by, at=NOW)
    second.refresh_from_db()
    assert second.state == ClaimState.DRAFT


def test_more_than_is_left_and_parts_of_a_won_are_refused():
    order = running()
    for amount in (8_000_001, 123.6, "5"):
        with pytest.raises(DomainError) as refused:
            drafted(order, supply_won=amount, vat_won=0)
        assert refused.value.field == "supply_won"
    assert not Claim.objects.exists()


def test_what_is_missing_is_named():
    claim = drafted(papers=False)
    with pytest.raises(DomainError, match=r"What was delivered, (결과보고서|Report)"):
        submit_claim(claim=claim, by=claim.written_by, at=NOW)


def test_the_same_key_is_the_same_draft():
    order = running()
    by, key = staff(order.provider), uuid.uuid4()
    one = begin_claim(order=order, text="x", key=key, by=by, at=NOW)
    assert begin_claim(order=order, text="x", key=key, by=by, at=NOW) == one
    save_claim(claim=one, revision=1, text="z", by=by, at=NOW)
    assert begin_claim(order=order, text="x", key=key, by=by, at=NOW) == one
    for other in ({"text": "y"}, {"vat_won": 5}, {"supply_won": one.supply_won}, {"invoice_on": TODAY}):
        with pytest.raises(KeyReused):
            begin_claim(**({"order": order, "text": "x", "key": key, "by": by, "at": NOW} | other))
    assert Claim.objects.count() == 1


def test_silence_accepts_the_day_after_and_says_so():
    claim = submitted()
    assert accept_silent_claims(at=NOW + 7 * DAY) == 0
    assert accept_silent_claims(at=NOW + 8 * DAY) == 1
    assert accept_silent_claims(at=NOW + 8 * DAY) == 0
    claim.refresh_from_db()
    assert (claim.state, claim.accepted_by) == (ClaimState.ACCEPTED, None)
    assert ClaimStep.objects.filter(claim=claim, text=SILENCE, by=None).count() == 1


def test_the_firm_objects_in_time_and_the_provider_mends():
    claim = submitted()
    by = staff(claim.order.voucher.holder)
    with pytest.raises(NotPossibleNow):
        object_to_claim(claim=claim, reason="Late", by=by, at=NOW + 8 * DAY)
    object_to_claim(claim=claim, reason="A part is missing", by=by, at=NOW)
    claim.refresh_from_db()
    save_claim(
        claim=claim, revision=claim.revision, text="All parts", invoice_number=claim.invoice_number,
        invoice_on=claim.invoice_on, by=claim.written_by, at=NOW,
    )  # fmt: skip
    submit_claim(claim=claim, by=claim.written_by, at=NOW)
    assert accept_claim(claim=claim, by=by, at=NOW).state == ClaimState.ACCEPTED


def test_an_objection_does_not_hold_up_payment_for_ever():
    """An officer accepts in the firm's place, with the reason; two others check and approve."""
    claim = submitted()
    office = office_of(claim)
    first, second, third = officer(office), officer(office), officer(office)
    with pytest.raises(IllegalTransition):
        accept_for_firm(claim=claim, reason="Delivered", by=first, at=NOW)
    firm, provider = staff(claim.order.voucher.holder), staff(claim.order.provider)
    object_to_claim(claim=claim, reason="We do not like it", by=firm, at=NOW)
    steps = claim.steps.count()
    for nobody in (firm, provider, claim.written_by, UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            accept_for_firm(claim=claim, reason="Delivered", by=nobody, at=NOW)
    with pytest.raises(DomainError):
        accept_for_firm(claim=claim, reason=" ", by=first, at=NOW)
    assert claim.steps.count() == steps

    done = accept_for_firm(claim=claim, reason="The report is what was ordered", by=first, at=NOW)

    assert (done.state, done.accepted_by, done.reason) == (ClaimState.ACCEPTED, None, "")
    assert claim.steps.get(by=first).text == "The report is what was ordered"
    with pytest.raises(NotAllowed, match="in the firm's place"):
        check_claim(claim=claim, by=first, at=NOW)
    check_claim(claim=claim, by=second, at=NOW)
    for nobody in (first, second):
        with pytest.raises(NotAllowed):
            approve_claim(claim=claim, by=nobody, at=NOW)
    assert approve_claim(claim=claim, by=third, at=NOW).state == ClaimState.APPROVED


def test_one_silent_claim_that_fails_holds_up_no_other(monkeypatch):
    stuck, other = submitted(), submitted()
    accept = answer.accept_by_silence

    def locked_out(*, claim, at):
        if claim == stuck:
            raise DatabaseError("lock timeout")
        return accept(claim=claim, at=at)

    monkeypatch.setattr(answer, "accept_by_silence", locked_out)
    assert accept_silent_claims(at=NOW + 8 * DAY) == 1
    for claim, state in ((stuck, ClaimState.SUBMITTED), (other, ClaimState.ACCEPTED)):
        claim.refresh_from_db()
        assert claim.state == state


def test_nobody_edits_what_is_under_way():
    claim = submitted()
    with pytest.raises(NotPossibleNow):
        save_claim(claim=claim, revision=claim.revision, text="x", by=claim.written_by, at=NOW)


def test_who_checked_never_approves():
    by = officer(office_of(checked_one := checked()))
    with pytest.raises(NotAllowed, match="second officer"):
        approve_claim(claim=checked_one, by=checked_one.checked_by, at=NOW)
    assert approve_claim(claim=checked_one, by=by, at=NOW).state == ClaimState.APPROVED


def test_approval_needs_the_check_first():
    claim = accepted()
    with pytest.raises(IllegalTransition):
        approve_claim(claim=claim, by=officer(office_of(claim)), at=NOW)


@pytest.mark.parametrize("act", [check_claim, return_claim, disallow_claim])
def test_no_officer_of_a_party_no_stranger_no_superuser(act):
    claim = accepted()
    inside = officer(office_of(claim))
    MembershipFactory(user=inside, organization=claim.order.provider)
    people = [
        inside,
        UserFactory(is_superuser=True),
        officer(MembershipFactory(government=True).organization),
        staff(claim.order.voucher.holder),
        claim.written_by,
    ]
    words = {} if act is check_claim else {"reason": "x"}
    for by in people:
        with pytest.raises(NotAllowed):
            act(claim=claim, by=by, at=NOW, **words)
    claim.refresh_from_db()
    assert claim.state == ClaimState.ACCEPTED


def test_who_acted_for_the_provider_and_became_an_officer_does_not_check():
    claim = accepted()
    by = claim.written_by
    membership = by.memberships.get()
    membership.state = "ended"
    membership.save()
    MembershipFactory(user=by, organization=office_of(claim))
    with pytest.raises(NotAllowed, match="acted for a party"):
        check_claim(claim=claim, by=type(by).objects.get(pk=by.pk), at=NOW)


def test_a_firm_member_who_wrote_it_for_the_provider_does_not_accept():
    claim = submitted()
    MembershipFactory(user=claim.written_by, organization=claim.order.voucher.holder)
    by = type(claim.written_by).objects.get(pk=claim.written_by_id)
    with pytest.raises(NotAllowed):
        accept_claim(claim=claim, by=by, at=NOW)


def test_correction_takes_the_check_back():
    claim = checked()
    first = claim.checked_by
    return_claim(claim=claim, reason="Report unsigned", by=officer(office_of(claim)), at=NOW)
    claim.refresh_from_db()
    assert (claim.state, claim.checked_by, claim.reason) == (ClaimState.CORRECTION, None, "Report unsigned")
    submit_claim(claim=claim, by=claim.written_by, at=NOW)
    accept_claim(claim=claim, by=staff(claim.order.voucher.holder), at=NOW)
    assert check_claim(claim=claim, by=first, at=NOW).state == ClaimState.CHECKED


def test_an_officer_decides_on_what_was_seen():
    claim = accepted()
    with pytest.raises(Conflict, match="meanwhile"):
        check_claim(claim=claim, revision=claim.revision - 1, by=officer(office_of(claim)), at=NOW)


def test_what_is_not_allowed_is_free_again_and_is_not_claimed_twice():
    claim = accepted()
    disallow_claim(claim=claim, reason="Not delivered", by=officer(office_of(claim)), at=NOW)
    assert sums(claim) == (30 * MILLION, 0, 0, 0)
    claim.order.refresh_from_db()
    assert claim.order.state == OrderState.DONE
    with pytest.raises(NotPossibleNow):
        drafted(claim.order)


def test_a_part_is_paid_and_the_rest_cancelled():
    order = running()
    claim = paid(order, supply_won=2 * MILLION, vat_won=200_000)
    order.refresh_from_db()
    cancel_order(order=order, reason="Enough", by=staff(order.provider), at=NOW)
    assert sums(claim) == (28_500_000, 0, 1_500_000, 500_000)


def test_no_order_is_cancelled_while_a_claim_is_under_way():
    claim = submitted()
    with pytest.raises(NotPossibleNow):
        cancel_order(order=claim.order, reason="x", by=staff(claim.order.provider), at=NOW)


# Payment files


def test_one_prepares_another_sends():
    batch = prepared()
    with pytest.raises(NotAllowed, match="second officer"):
        send_batch(batch=batch, by=batch.prepared_by, at=NOW)
    done = send_batch(batch=batch, by=officer(batch.call.office), at=NOW)
    assert (done.state, len(done.sha256)) == (BatchState.SENT, 64)


def test_a_provider_without_an_account_is_named():
    claim = approved()
    BusinessProfile.objects.filter(organization=claim.order.provider).update(bank_code="", bank_account="")
    with pytest.raises(AccountMissing, match=claim.order.provider.name):
        prepared(claim)
    assert not PaymentBatch.objects.exists()
    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED


def test_all_or_nothing_and_only_what_is_approved():
    good, early = approved(), accepted()
    call = good.order.voucher.line.call
    by = officer(call.office)
    with pytest.raises(DomainError):
        prepare_batch(call=call, claims=[good.public_id, early.public_id], key=uuid.uuid4(), by=by, at=NOW)
    good.refresh_from_db()
    assert good.state == ClaimState.APPROVED
    key = uuid.uuid4()
    batch = prepare_batch(call=call, claims=[good.public_id], key=key, by=by, at=NOW)
    assert prepare_batch(call=call, claims=[good.public_id], key=key, by=by, at=NOW) == batch
    with pytest.raises(KeyReused):
        prepare_batch(call=call, claims=[uuid.uuid4()], key=key, by=by, at=NOW)
    assert Payment.objects.count() == 1


def test_a_cancelled_file_gives_its_claims_back():
    batch = prepared()
    cancel_batch(batch=batch, reason="Wrong day", by=officer(batch.call.office), at=NOW)
    claim = Claim.objects.get()
    assert claim.state == ClaimState.APPROVED
    again = prepared(claim)
    with pytest.raises(NotPossibleNow, match="treasury yet"):
        answered(again)
    assert not LedgerEntry.objects.filter(verb=Verb.DISBURSE).exists()


def test_related_since_the_approval_is_not_paid():
    claim = approved()
    profile = claim.order.provider.business_profile
    profile.address = claim.order.voucher.holder.business_profile.address
    profile.save()
    with pytest.raises(SelfDealing):
        prepared(claim)


def test_the_same_result_file_changes_nothing_and_pays_once():
    batch = sent(approved())
    first = answered(batch)
    again = answered(batch)
    assert (first.is_new, again.is_new, again.result) == (True, False, first.result)
    answered(batch, text="another file")  # the same news in another file
    assert LedgerEntry.objects.filter(verb=Verb.DISBURSE).count() == 1
    batch.refresh_from_db()
    assert batch.state == BatchState.SETTLED


def test_a_failed_payment_waits_for_the_next_file():
    claim = approved()
    answered(sent(claim), "failed", text="No such account")
    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED
    assert sums(claim) == (24 * MILLION, 6 * MILLION, 0, 0)
    answered(sent(claim))
    assert sums(claim) == (24 * MILLION, 0, 6 * MILLION, 2 * MILLION)


def test_what_the_bank_sends_back_is_reversed_and_paid_again():
    claim = approved()
    batch = sent(claim)
    answered(batch)
    answered(batch, "returned", text="Account closed")
    claim.refresh_from_db()
    assert (claim.state, claim.paid_at) == (ClaimState.APPROVED, None)
    assert sums(claim) == (24 * MILLION, 6 * MILLION, 0, 0)
    answered(sent(claim))
    assert sums(claim) == (24 * MILLION, 0, 6 * MILLION, 2 * MILLION)
    assert Payment.objects.filter(state=PaymentState.RETURNED).count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount_won": "123.6"}, "amount_won"),
        ({"amount_won": 1}, "amount_won"),
        ({"day": "03/02/2026"}, "day"),
        ({"day": "2020-01-01"}, "day"),
        ({"result": "perhaps"}, "result"),
        ({"result": "returned"}, "result"),
        ({"payment": "nonsense"}, "payment"),
        ({"payment": uuid.uuid4()}, "payment"),
    ],
)
def test_a_wrong_row_names_row_and_field_and_nothing_is_read(changed, field):
    batch = sent(approved())
    with pytest.raises(BadResultFile) as refused:
        answered(batch, **changed)
    assert [(each.row, each.field) for each in refused.value.problems] == [(2, field)]
    assert "1 problem." in str(refused.value)
    assert set(Payment.objects.values_list("state", flat=True)) == {PaymentState.WAITING}
    assert not LedgerEntry.objects.filter(verb=Verb.DISBURSE).exists()
    assert not batch.results.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"a,b\r\n1,2", b"\xff\xfe\x00\x01", b"payment,amount_won,result,day\r\n,,,", b"x" * 200_000,
        b"payment,amount_won,result,day\r\n" + b"x" * 200_000,
    ],
)  # fmt: skip
def test_a_file_that_is_no_result(content, monkeypatch):
    batch = sent(approved())
    monkeypatch.setattr("tests.factories.vouchers.orders.result_file", lambda *_, **__: content)
    with pytest.raises(BadResultFile):
        answered(batch)


def test_what_a_database_cannot_hold_is_left_out_of_its_text():
    batch = sent(approved())
    answered(batch, text="a\x00b")
    assert Payment.objects.get().result_text == "ab"


def test_a_party_reads_no_results():
    batch = sent(claim := approved())
    inside = officer(batch.call.office)
    MembershipFactory(user=inside, organization=claim.order.voucher.holder)
    with pytest.raises(NotAllowed):
        answered(batch, by=inside)
    assert result_file(batch)
