"""What a firm or debtor has to do next, and what goes back to it: pages, exports, API and mails say the same."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import BusinessProfile
from notifications.models import Notification
from tests.factories.accounts import BusinessProfileFactory, MembershipFactory, sign_in
from tests.factories.vouchers.life import pay_in, signed
from tests.factories.vouchers.money import DAY, MILLION, NOW, officer
from tests.factories.vouchers.recovery import LATER, accused, manager, office_of, planned, received
from tests.waiting import asks
from vouchers.queries.waiting import waiting_kinds
from vouchers.services.life.lapse import give_up
from vouchers.services.life.sweep import remind
from vouchers.services.recovery.sanctions import answer_sanction

pytestmark = pytest.mark.django_db
waiting_on = asks(waiting_kinds)


def signed_in(made, user):
    sign_in(made, user)
    return made


@time_machine.travel(LATER, tick=False)
def test_of_a_plan_the_next_part_is_named_everywhere():
    recovery = planned()
    boss = manager(recovery.debtor)
    first, second, last = recovery.instalments.order_by("serial")
    client, program = signed_in(Client(), boss), signed_in(APIClient(), boss)

    def said():
        (waits,) = [each for each in waiting_on(boss, recovery.debtor) if recovery.number in each.title]
        rows = client.get(reverse("vouchers:recoveries"))
        export = b"".join(client.get(reverse("vouchers:recoveries_export")).streaming_content).decode()
        (row,) = program.get("/api/v1/vouchers/recoveries/").json()["results"]
        assert last.due_on.isoformat() not in export
        (day,) = [day for _recovery, _left, day in rows.context["rows"]]
        assert day.isoformat() in rows.text
        assert day.isoformat() in export
        return {waits.due_on, day, type(day).fromisoformat(row["next_due_on"])}

    assert said() == {first.due_on}
    received(recovery, first.amount_won)
    assert said() == {second.due_on}


def test_the_debtor_is_told_of_the_first_part_and_reminded_of_each():
    recovery = planned()
    boss = manager(recovery.debtor)
    planned(recovery, first_on=(LATER + 40 * DAY).date())
    first, second, _last = recovery.instalments.order_by("serial")
    told = Notification.objects.filter(recipient=boss)
    assert told.get(kind="recovery_planned").params["day"] == first.due_on.isoformat()
    ahead = LATER + (first.due_on - LATER.date()) - 5 * DAY
    assert (remind(at=ahead - DAY), remind(at=ahead), remind(at=ahead + DAY)) == (0, 1, 1)
    received(recovery, first.amount_won, at=ahead + DAY)
    assert remind(at=ahead + 2 * DAY) == 0
    remind(at=LATER + (second.due_on - LATER.date()))
    days = told.filter(kind="recovery_due_soon").order_by("pk")
    assert [each.params["day"] for each in days] == [first.due_on.isoformat(), second.due_on.isoformat()]


def test_a_sanction_that_can_be_answered_waits_on_its_managers():
    sanction = accused()
    firm, boss = sanction.organization, manager(sanction.organization)
    clerk = MembershipFactory(organization=firm, role=Role.STAFF).user
    last = sanction.answer_by

    def waits(user=boss, day=last):
        url = reverse("vouchers:sanction", args=[sanction.public_id])
        return [each.due_on for each in waiting_on(user, firm, today=day) if each.url == url]

    assert (waits(), waits(clerk), waits(day=last + DAY)) == ([last], [], [])
    answer_sanction(sanction=sanction, text="Not so.", by=boss, at=LATER)
    assert waits() == []


@time_machine.travel(NOW, tick=False)
def test_the_office_reads_where_an_own_share_goes_back_to_and_nobody_else():
    voucher = signed(own_won=10 * MILLION)
    BusinessProfileFactory(organization=voucher.holder)
    boss, clerk = voucher.agreement.application.submitted_by, officer(voucher.line.call.office)
    pay_in(voucher, 4 * MILLION)
    give_up(voucher=voucher, text="x", by=boss, at=NOW)
    account = BusinessProfile.objects.get(organization=voucher.holder).bank_account
    page = reverse("vouchers:voucher", args=[voucher.public_id])
    seen = [account in signed_in(Client(), user).get(page).text for user in (clerk, boss)]
    told = [
        signed_in(APIClient(), user).get(f"/api/v1/vouchers/{voucher.public_id}/").json()["pay_back_to"]
        for user in (clerk, boss)
    ]
    assert (seen, told[0]["account"], told[1]) == ([True, False], account, None)
    listed = {
        answer: signed_in(Client(), clerk).get(reverse("vouchers:vouchers"), {"to_pay_back": answer}).context["page"]
        for answer in ("true", "false")
    }
    assert [[each.number for each in listed[answer]] for answer in ("true", "false")] == [[voucher.number], []]
    BusinessProfile.objects.filter(organization=voucher.holder).update(bank_code="", bank_account="")
    assert "The firm has not entered its account yet" in signed_in(Client(), clerk).get(page).text


def test_the_desk_of_another_office_sees_nothing_of_it():
    recovery = planned()
    assert waiting_on(officer(signed().line.call.office), office_of(recovery)) == []
