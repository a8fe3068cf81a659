"""Actor × entry point for what is only read: papers of a claim, the file for the treasury, and links in mails."""

import re

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from notifications import mails
from notifications.delivery import deliver_all, waiting_for_mail
from notifications.models import Notification
from tests.database import undone
from tests.factories.vouchers.money import DAY, NOW
from tests.vouchers.matrix.rows import changed, sums
from tests.vouchers.matrix.test_matrix import browser, program
from tests.vouchers.matrix.world import OFFICERS, PEOPLE

OF_THE_PARTIES = {"firm_manager", "firm_staff", "admin_of_firm", "provider_manager", "provider_staff"}
OF_THE_OFFICE = {*OFFICERS, "first", "party_of_firm", "party_of_provider"}
READS = {
    "a paper of a claim": OF_THE_PARTIES | OF_THE_OFFICE,
    "the file for the treasury": OF_THE_OFFICE,
}
"""An officer who is of a party too reads what an officer reads, or a party: he decides nothing (`test_matrix`)."""


def addresses(world, what):
    """The page's and the API's."""
    if what == "the file for the treasury":
        given = [world.batch.public_id]
        return reverse("vouchers:batch_file", args=given), reverse("vouchers-api:payment-file-content", args=given)
    given = [world.checked.documents.order_by("pk").first().public_id]
    return reverse("vouchers:claim_document", args=given), reverse("vouchers-api:claim-document", args=given)


@pytest.mark.parametrize("what", READS)
def test_who_reads_by_which_way(world, what):
    """Page and API answer the same people; everybody else finds nothing, and opening changes no row."""
    page, api = addresses(world, what)
    before, wrong = sums(), []
    for who in PEOPLE:
        got = {"page": browser(world, who).get(page).status_code, "api": program(world, who).get(api).status_code}
        for way, status in got.items():
            if (status == 200) != (who in READS[what]) or status not in (200, 302, 401, 403, 404):
                wrong.append(f"{who} by {way}: {status}")
    assert wrong == []
    assert changed(before, sums()) == []


def test_taken_out_and_put_in_by_the_provider_alone(world):
    paper = world.drafted.documents.order_by("pk").first()
    page = reverse("vouchers:claim_document_remove", args=[paper.public_id])
    api = reverse("vouchers-api:claim-document", args=[paper.public_id])
    wrong = []
    for who in PEOPLE:
        for way in (lambda who=who: browser(world, who).post(page), lambda who=who: program(world, who).delete(api)):
            with undone():
                before = sums()
                status, touched = way().status_code, changed(before, sums())
            may = who in ("provider_manager", "provider_staff")
            if (touched != []) != may or (not may and status not in (302, 401, 403, 404)):
                wrong.append(f"{who}: {status}, {touched}")
    assert wrong == []


def test_links_in_mails_decide_nothing(world, settings, monkeypatch):
    """As they stand in the mails that go out, opened by whoever got them and by a stranger, signed in or not."""
    monkeypatch.setattr(mails, "LISTED", 1_000)  # who is told much gets the first of it and the inbox
    later = NOW + 2 * DAY
    with time_machine.travel(later, tick=False):
        deliver_all(waiting_for_mail(), later)
        assert len(mail.outbox) > 10
        told = Notification.objects.filter(kind__regex="^(programme|voucher)").exclude(url="")
        said = "\n".join(each.body for each in mail.outbox)
        links = sorted(set(re.findall(rf"{re.escape(settings.SITE_URL)}(/[^\s>)]*)", said)))
        assert {each.url for each in told if each.mail_state == "sent"} <= set(links)
        people = ("anonymous", "firm_manager", "second", "admin_officer")  # one of each kind of reader
        before = sums()
        for who in people:
            client = browser(world, who)
            for link in links:
                assert client.get(link).status_code in (200, 302, 403, 404), (who, link)
        assert changed(before, sums()) == []
