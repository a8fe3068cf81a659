"""A sanction without a recovery: fraud found before money was paid, or a conviction; whom it is for is heard first."""

import uuid

import pytest
import time_machine
from django.urls import reverse

from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from programmes.registry import standing_of
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.policy.figures import merged
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, NOW, agreement_row, application_row, call_row, issued, officer
from tests.factories.vouchers.recovery import LATER, accused, imposed, manager
from vouchers.enums.recovery import SanctionGround, SanctionKind
from vouchers.models import LedgerEntry, Sanction
from vouchers.services.orders.answer import accept_order
from vouchers.services.recovery.sanctions import answer_sanction

pytestmark = pytest.mark.django_db


def heard(sanction, *, by=None, at=LATER, text="It is not ours."):
    return answer_sanction(sanction=sanction, text=text, by=by or manager(sanction.organization), at=at)


def test_its_managers_are_told_at_once_and_nobody_is_excluded_by_it():
    voucher = issued()
    boss = manager(voucher.holder)
    sanction = accused(voucher.holder, office=voucher.line.call.office)
    assert (sanction.state, sanction.recovery, sanction.answer_by) == ("proposed", None, (LATER + 20 * DAY).date())
    told = Notification.objects.filter(kind="sanction_proposed")
    assert boss.pk in set(told.values_list("recipient", flat=True))
    assert Sanction.objects.visible_to(boss).get() == sanction
    assert not standing_of([voucher.holder_id], LATER.date()).is_excluded


def test_not_imposed_before_the_answer_or_its_last_day():
    sanction = accused()
    by = officer(sanction.office)
    for at in (LATER, LATER + 20 * DAY):
        with pytest.raises(NotPossibleNow, match="may still answer"):
            imposed(sanction, by=by, at=at)
    assert Sanction.objects.get().state == "proposed"
    done = imposed(sanction, by=by, at=LATER + 21 * DAY)
    assert (done.state, done.is_public) == ("imposed", True)
    assert standing_of([done.organization_id], done.until_on).is_excluded
    assert Sanction.objects.public_on(done.until_on).get() == done


def test_a_provider_excluded_after_the_order_binds_no_money():
    order = orders.placed()
    sanction = accused(order.provider, office=order.voucher.line.call.office, at=NOW)
    heard(sanction, at=NOW)
    imposed(sanction, at=NOW + DAY)
    with pytest.raises(Conflict, match="excluded"):
        accept_order(order=order, by=orders.staff(order.provider), at=NOW + 2 * DAY)
    order.refresh_from_db()
    assert (order.state, LedgerEntry.objects.filter(verb="bind").count()) == ("placed", 0)


def test_an_answer_is_heard_once_in_time_from_a_manager():
    sanction = accused()
    clerk = MembershipFactory(organization=sanction.organization).user
    for nobody in (clerk, manager(OrganizationFactory()), officer(sanction.office)):
        with pytest.raises(NotAllowed):
            heard(sanction, by=nobody)
    with pytest.raises(NotPossibleNow):
        heard(sanction, at=LATER + 21 * DAY)
    with pytest.raises(DomainError):
        heard(sanction, text=" ")
    assert Sanction.objects.get().answer == ""
    heard(sanction, at=LATER + 20 * DAY)
    with pytest.raises(NotPossibleNow):
        heard(sanction)
    assert Sanction.objects.get().answer == "It is not ours."
    officers = Notification.objects.filter(kind="sanction_answered").values_list("recipient", flat=True)
    assert sanction.proposed_by_id in set(officers)
    assert imposed(sanction).state == "imposed"


def test_dropped_is_told_and_excludes_nobody():
    sanction = accused()
    boss = manager(sanction.organization)
    assert imposed(sanction, impose=False).state == "dropped"
    assert Notification.objects.filter(kind="sanction_dropped", recipient=boss).exists()
    assert not standing_of([sanction.organization_id], LATER.date()).is_excluded


def test_a_provider_that_was_convicted():
    order = orders.running()
    office = order.voucher.line.call.office
    sanction = imposed(
        accused(order.provider, office=office, ground=SanctionGround.CONVICTED, evidence="Judgment 2026-77"),
        at=LATER + 21 * DAY,
    )
    assert sanction.ground_text == "Convicted of fraud in a subsidy contract"
    assert not standing_of([order.provider_id], LATER.date()).is_excluded
    assert standing_of([order.provider_id], LATER.date() + 21 * DAY).is_excluded


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"ground": "because"}, "ground"),
        ({"evidence": " "}, "evidence"),
        ({"evidence": "x" * 201}, "evidence"),
        ({"kind": "fine"}, "kind"),
        ({"until_on": LATER.date()}, "until_on"),
        ({"until_on": (LATER + 1827 * DAY).date()}, "until_on"),
    ],
)
def test_what_cannot_be_proposed(asked, field):
    voucher = issued()
    with pytest.raises(DomainError) as refused:
        accused(voucher.holder, office=voucher.line.call.office, **asked)
    assert refused.value.field == field
    assert not Sanction.objects.exists()


def test_only_of_who_has_to_do_with_the_office_and_once():
    voucher = issued()
    office = voucher.line.call.office
    with pytest.raises(DomainError):
        accused(OrganizationFactory(), office=office)
    party = officer(office)
    MembershipFactory(organization=voucher.holder, user=party)
    for nobody in (party, officer(OrganizationFactory(government=True)), manager(voucher.holder)):
        with pytest.raises(NotAllowed):
            accused(voucher.holder, office=office, by=nobody)
    assert not Sanction.objects.exists()
    key, by = uuid.uuid4(), officer(office)
    first = accused(voucher.holder, office=office, key=key, by=by)
    assert accused(voucher.holder, office=office, key=key, by=by).pk == first.pk
    with pytest.raises(KeyReused):
        accused(voucher.holder, office=office, key=key, by=by, kind=SanctionKind.WARNING)
    with pytest.raises(NotPossibleNow):
        accused(voucher.holder, office=office, by=by)
    assert Sanction.objects.count() == 1


@pytest.mark.parametrize("by_page", [True, False])
def test_it_is_proposed_for_the_office_that_the_officer_acts_for(client, by_page):
    """Not for the first by name; for that one where another organization is the current one."""
    with time_machine.travel(NOW, tick=False):
        office = OrganizationFactory(government=True, name="나")
        voucher = issued(agreement_row(application_row(call_row(office=office))))
        by, firm = officer(office), voucher.holder
        MembershipFactory(organization__name="가", government=True, user=by)
        given = {
            "ground": "false", "evidence": "Decision 17", "kind": "exclusion", "until_on": "2027-11-20", "reason": "x",
        }  # fmt: skip
        if by_page:
            session = sign_in(client, by).session
            for current, status in ((None, 422), (office, 302)):
                session["organization"] = str(current.public_id) if current else ""
                session.save()
                typed = given | {"business_number": firm.business_number, "key": uuid.uuid4()}
                assert client.post(reverse("vouchers:sanction_new"), typed).status_code == status
        else:
            api, url = api_of(by), reverse("vouchers-api:sanctions")
            for headers, status in (({}, 400), ({"X-Organization": str(office.public_id)}, 201)):
                headers["Idempotency-Key"] = str(uuid.uuid4())
                sent = given | {"organization": str(firm.public_id)}
                assert api.post(url, sent, format="json", headers=headers).status_code == status
    assert [sanction.office for sanction in Sanction.objects.all()] == [office]


def test_of_a_provider_that_was_merged_the_one_that_stands():
    order = orders.running()
    office, into = order.voucher.line.call.office, OrganizationFactory(kind=order.provider.kind)
    merged(order.provider, into)
    with pytest.raises(NotPossibleNow, match="merged"):
        accused(order.provider, office=office)
    assert not Sanction.objects.exists()
    assert accused(into, office=office).organization == into


def test_never_who_proposed_it_decides():
    sanction = accused()
    with pytest.raises(NotAllowed):
        imposed(sanction, by=sanction.proposed_by, at=LATER + 21 * DAY)
    assert Sanction.objects.get().state == "proposed"
