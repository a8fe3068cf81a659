import datetime

import pytest
from django.core import mail
from django.db import models
from django.urls import reverse

from deals.enums.requests import AnswerKind, DeclineCategory, EventKind, RequestState
from deals.models import RequestEvent, TransferRequest
from deals.queries.requests import timeline, waiting_count, waiting_kinds
from deals.services.requests.answer import AlreadyClosed, answer
from deals.services.requests.timeline import note_opened
from deals.services.requests.withdraw import withdraw
from marketplace.core.errors import DomainError, NotAllowed
from notifications.models import Mailbox, Notification
from tech_listings.services.publish import withdraw as withdraw_listing
from tests.deals.requests.conftest import api_of
from tests.deals.requests.test_send import run_at_once
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.deals.requests import SENT, TransferRequestFactory
from tests.waiting import asks

waiting_on = asks(waiting_kinds)

LATER = SENT + datetime.timedelta(days=1)


@pytest.fixture
def transfer(world, company):
    return TransferRequestFactory(listing=world.listing, requester=company, requested_by=world.company_staff)


def told(kind):
    rows = Notification.objects.filter(kind=kind).values_list("recipient__email", flat=True)
    return sorted(rows)


def emails(*users):
    return sorted(user.email for user in users)


def test_talk_closes_it_and_tells_those_who_may_ask(world, transfer):
    done = answer(request=transfer, kind=AnswerKind.TALK, text="Call us.", by=world.holder_staff, at=LATER)

    transfer.refresh_from_db()
    assert (transfer.state, transfer.answer_kind, transfer.answer_text) == ("answered", "talk", "Call us.")
    assert (transfer.answered_at, transfer.answered_by, transfer.decline_category) == (LATER, world.holder_staff, "")
    assert done == transfer
    assert told("request_answered") == emails(world.company_manager, world.company_staff)


def test_declining_needs_a_category_and_words(world, transfer):
    category = DeclineCategory.EXCLUSIVE_TALKS
    answer(request=transfer, kind="declined", category=category, text="Until May.", by=world.holder_staff, at=LATER)
    transfer.refresh_from_db()
    assert transfer.outcome == "Declined: Exclusive talks are running"


@pytest.mark.parametrize(
    ("given", "who", "error", "field"),
    [
        ({"kind": "maybe"}, "holder_staff", DomainError, "kind"),
        ({"kind": "declined", "text": "no"}, "holder_staff", DomainError, "category"),
        ({"kind": "declined", "text": "no", "category": "moon"}, "holder_staff", DomainError, "category"),
        ({"kind": "declined", "text": "  ", "category": "rights"}, "holder_staff", DomainError, "text"),
        ({"kind": "talk", "text": "x" * 4001}, "holder_staff", DomainError, "text"),
        ({"kind": "talk"}, "holder_viewer", NotAllowed, None),
        ({"kind": "talk"}, "company_manager", NotAllowed, None),
        ({"kind": "talk"}, "other_institute", NotAllowed, None),
    ],
)
def test_refuses_and_changes_nothing(world, transfer, given, who, error, field):
    before = TransferRequest.objects.values().get()
    with pytest.raises(error) as refused:
        answer(request=transfer, by=world.person(who), at=LATER, **given)
    assert refused.value.field == field
    assert TransferRequest.objects.values().get() == before
    assert Notification.objects.count() == 0


@pytest.mark.parametrize("trait", ["talk", "declined", "withdrawn"])
def test_what_is_closed_stays_closed(world, company, trait):
    transfer = TransferRequestFactory(listing=world.listing, requester=company, **{trait: True})
    before = TransferRequest.objects.values().get()
    for act in (
        lambda: answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER),
        lambda: withdraw(request=transfer, by=world.company_staff, at=LATER),
    ):
        with pytest.raises(AlreadyClosed):
            act()
    assert TransferRequest.objects.values().get() == before


def test_withdrawing_keeps_the_reason_and_tells_the_holder(world, transfer):
    withdraw(request=transfer, reason=" Found another ", by=world.company_manager, at=LATER)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.withdrawal_reason, transfer.withdrawn_by) == (
        RequestState.WITHDRAWN,
        "Found another",
        world.company_manager,
    )
    assert told("request_withdrawn") == emails(world.holder_staff, world.holder_manager)
    with pytest.raises(DomainError):
        withdraw(
            request=TransferRequestFactory(requester=transfer.requester),
            reason="x" * 501,
            by=world.company_manager,
            at=LATER,
        )


def test_who_withdraws_too_late_is_told_of_the_holder_and_not_of_its_person(world, transfer):
    by = world.holder_staff
    answer(request=transfer, kind="declined", category="rights", text="No.", by=by, at=LATER)

    with pytest.raises(AlreadyClosed) as refused:
        withdraw(request=transfer, by=world.company_staff, at=LATER)

    assert transfer.holder.display_name in str(refused.value)
    assert by.name not in str(refused.value)
    assert by.email not in str(refused.value)


@pytest.mark.django_db(transaction=True)
def test_two_officers_answering_at_once_one_wins_and_the_other_is_told(world, transfer):
    results = run_at_once(
        lambda: answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER).answer_kind,
        lambda: (
            answer(
                request=transfer, kind="declined", category="rights", text="No.", by=world.holder_manager, at=LATER
            ).answer_kind
        ),
    )
    transfer.refresh_from_db()
    assert sorted(results) == sorted(["AlreadyClosed", transfer.answer_kind])
    assert RequestEvent.objects.filter(kind=EventKind.ANSWERED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_second_officer_would_not_be_told_by_the_rule(world, transfer, monkeypatch):
    """Proof that the test above tests the lock. What is left then is only the database's own guard."""
    import threading

    from deals.services.requests import answer as module

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    between, real = threading.Barrier(2), module.refuse_if_closed

    def both_have_looked(request):
        real(request)
        between.wait(5)

    monkeypatch.setattr(module, "refuse_if_closed", both_have_looked)
    results = run_at_once(
        *[lambda: answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER).answer_kind] * 2
    )
    assert "AlreadyClosed" not in results


def test_the_page_of_the_second_officer_says_who_was_first(client, world, transfer):
    sign_in(client, world.holder_manager)
    url = reverse("deals:answer", args=[transfer.public_id])
    answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER)

    late = client.post(url, {"kind": "declined", "category": "rights", "text": "No."})

    assert late.status_code == 409
    assert world.holder_staff.name in late.text
    api = api_of(world.holder_manager).post(
        reverse("deals-api:answer", args=[transfer.public_id]), {"kind": "talk"}, format="json"
    )
    assert (api.status_code, api.json()["code"]) == (409, "already_closed")


def test_mistakes_in_the_form_come_back_with_what_was_typed(client, world, transfer):
    sign_in(client, world.holder_staff)
    url = reverse("deals:answer", args=[transfer.public_id])
    response = client.post(url, {"kind": "declined", "text": "Typed words"})
    assert response.status_code == 200
    assert set(response.context["answer_form"].errors) == {"category"}
    assert "Typed words" in response.text
    transfer.refresh_from_db()
    assert transfer.is_waiting


def test_both_sides_see_the_same_timeline_but_only_their_own_people(client, world, transfer):
    sign_in(client, world.holder_viewer)
    client.get(reverse("deals:detail", args=[transfer.public_id]))
    client.get(reverse("deals:detail", args=[transfer.public_id]))
    answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER)

    theirs, ours = timeline(transfer, world.holder_manager), timeline(transfer, world.company_viewer)

    assert [line.kind for line in theirs] == [line.kind for line in ours]
    assert sorted(line.kind for line in ours) == sorted([EventKind.SENT, EventKind.OPENED, EventKind.ANSWERED])
    by_us = {line.kind: line.by for line in ours}
    by_them = {line.kind: line.by for line in theirs}
    assert world.company_staff.name in by_us["sent"]
    assert world.company_staff.name not in by_them["sent"]
    assert world.holder_staff.name in by_them["answered"]
    assert world.holder_staff.name not in by_us["answered"]


def test_opening_is_noted_once_for_the_holder_only_and_mails_nobody(world, transfer):
    assert note_opened(request=transfer, by=world.company_manager, at=LATER) is False
    assert note_opened(request=transfer, by=world.officer, at=LATER) is False
    assert note_opened(request=transfer, by=world.holder_viewer, at=LATER) is True
    assert note_opened(request=transfer, by=world.holder_manager, at=LATER) is False
    assert transfer.timeline.get(kind=EventKind.OPENED).by == world.holder_viewer
    assert (Notification.objects.count(), len(mail.outbox)) == (0, 0)


def test_contact_data_appear_only_when_both_sides_talk(client, world, transfer):
    url = reverse("deals:detail", args=[transfer.public_id])
    sign_in(client, world.holder_staff)
    assert world.company_staff.email not in client.get(url).text
    answer(request=transfer, kind="talk", by=world.holder_manager, at=LATER)
    assert world.company_staff.email in client.get(url).text
    sign_in(client, world.company_staff)
    assert world.holder_manager.email in client.get(url).text


def test_opening_the_request_reads_what_the_inbox_says_about_it(client, world, transfer):
    answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER)
    company = transfer.requester
    assert [w.title.split()[0] for w in waiting_on(world.company_staff, company)] == ["Read"]

    sign_in(client, world.company_staff)
    client.get(reverse("deals:detail", args=[transfer.public_id]))

    assert waiting_on(world.company_staff, company) == []
    assert [w.title.split()[0] for w in waiting_on(world.company_manager, company)] == ["Read"]


def test_what_waits_on_the_holder_comes_by_date(world, company, django_assert_num_queries):
    dates = [datetime.date(2026, 4, day) for day in (20, 3, 11)]
    for day in dates:
        TransferRequestFactory(listing=world.listing, requester=company, answer_due_on=day)
    TransferRequestFactory(listing=world.listing, requester=company, talk=True)
    TransferRequestFactory()
    holder, user = world.listing.holder, world.holder_staff
    user.remember_memberships()

    user.active_memberships()
    with django_assert_num_queries(1):
        found = waiting_on(user, holder, today=datetime.date(2026, 4, 4))

    assert [w.due_on for w in found] == sorted(dates)
    assert [w.is_overdue for w in found] == [True, False, False]
    assert waiting_count(user, holder) == 3
    assert waiting_on(world.holder_viewer, holder) == waiting_on(world.company_staff, holder) == []
    assert waiting_on(world.stranger, None) == []


def test_a_withdrawn_technology_leaves_the_request_open_and_tells_those_who_asked(world, transfer):
    closed = TransferRequestFactory(listing=world.listing, talk=True)
    MembershipFactory(organization=closed.requester)

    withdraw_listing(listing=world.listing, reason="Licensed", by=world.holder_manager, at=LATER)

    transfer.refresh_from_db()
    assert transfer.is_waiting
    assert told("request_listing_withdrawn") == emails(world.company_manager, world.company_staff)
    assert transfer.timeline.filter(kind=EventKind.LISTING_WITHDRAWN).count() == 1
    assert closed.timeline.filter(kind=EventKind.LISTING_WITHDRAWN).count() == 0


def test_a_membership_taken_away_stops_the_mail_about_its_requests(world, transfer):
    """Lessons F20, on the app's own kind of message."""
    from notifications.delivery import deliver

    answer(request=transfer, kind="talk", by=world.holder_staff, at=LATER)
    assert Mailbox.objects.filter(user=world.company_staff).exists()
    world.company_staff.memberships.update(state="ended")

    assert deliver(user_id=world.company_staff.pk, at=LATER) is False
    assert deliver(user_id=world.company_manager.pk, at=LATER) is True
    assert [m.to for m in mail.outbox] == [[world.company_manager.email]]
