import datetime
import threading
import uuid

import pytest
import time_machine
from django.core import mail
from django.db import connection, models
from django.urls import reverse

from accounts.enums import MailRate
from deals.enums.requests import EventKind
from deals.models import RequestEvent, TransferRequest
from deals.queries.requests import timeline
from deals.services.requests.send import NotOffered, send
from deals.services.requests.withdraw import withdraw
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from notifications.tasks import deliver_unsent
from tech_listings.enums import DealKind
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.deals.requests import SENT
from tests.factories.tech_listings import ListingFactory


def ask(world, company, **changes):
    given = {
        "listing": world.listing,
        "requester": company,
        "deal_kind": DealKind.NON_EXCLUSIVE_LICENCE,
        "intended_use": "Pump housing",
        "message": "Is it proven?",
        "by": world.company_manager,
        "at": SENT,
    }
    return send(**(given | changes))


def test_gets_a_number_a_date_and_a_first_line(world, company):
    world.listing.holder.answer_days = 10
    world.listing.holder.save()
    late = datetime.datetime(2026, 12, 31, 16, tzinfo=datetime.UTC)  # already 2027 in Korea

    first = ask(world, company).request
    second = ask(world, company, intended_use="Valve", at=late).request

    assert (first.number, first.answer_due_on) == ("R2026000001", datetime.date(2026, 3, 20))
    assert (second.number, second.answer_due_on) == ("R2027000001", datetime.date(2027, 1, 11))
    assert [line.kind for line in timeline(first, world.holder_staff)] == [EventKind.SENT]


@time_machine.travel(SENT, tick=False)
def test_both_sides_are_told_those_who_may_act_and_no_others(world, company, django_capture_on_commit_callbacks):
    assert [world.holder_viewer, world.company_viewer, world.holder_asked_to_join]  # they exist, and hear nothing

    with django_capture_on_commit_callbacks(execute=True):
        request = ask(world, company).request

    told = set(Notification.objects.values_list("kind", "recipient__email"))
    assert told == {
        ("request_receipt", world.company_manager.email),
        ("request_received", world.holder_staff.email),
        ("request_received", world.holder_manager.email),
    }
    assert len(mail.outbox) == 3
    for sent in mail.outbox:
        assert request.number in sent.subject
        assert company.name not in sent.body + sent.subject
        assert "Pump housing" not in sent.body


@time_machine.travel(SENT, tick=False)
def test_a_broker_that_is_down_costs_only_a_delay(world, company, django_capture_on_commit_callbacks, monkeypatch):
    def down(*args, **kwargs):
        raise ConnectionError

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr("notifications.tasks.deliver_to.apply_async", down)
        ask(world, company)

    assert (TransferRequest.objects.count(), len(mail.outbox)) == (1, 0)
    assert deliver_unsent() == 3


@pytest.mark.parametrize(
    ("_case", "second", "is_new"),
    [
        ("the same", {}, False),
        ("only case, width and spaces differ", {"intended_use": " PUMP　 housing", "message": "is it proven?"}, False),
        ("sent by a colleague", {"by": "company_staff"}, False),
        ("23 hours later", {"at": SENT + datetime.timedelta(hours=23)}, False),
        ("a day later", {"at": SENT + datetime.timedelta(hours=24)}, True),
        ("another use", {"intended_use": "Valve"}, True),
        ("another message", {"message": ""}, True),
        ("another deal type", {"deal_kind": DealKind.ASSIGNMENT}, True),
    ],
)
def test_the_same_request_within_a_day_is_the_same_request(world, company, _case, second, is_new):
    world.listing.deal_kinds = [DealKind.NON_EXCLUSIVE_LICENCE, DealKind.ASSIGNMENT]
    world.listing.save()
    if second.get("by"):
        second = second | {"by": world.person(second["by"])}
    first = ask(world, company)
    told = Notification.objects.count()

    again = ask(world, company, **second)

    assert (first.is_new, again.is_new) == (True, is_new)
    assert (again.request == first.request) is not is_new
    assert (Notification.objects.count() > told) is is_new


def test_what_was_withdrawn_may_be_sent_again(world, company):
    first = ask(world, company).request
    withdraw(request=first, by=world.company_manager, at=SENT)
    assert ask(world, company).is_new


def test_two_organizations_asking_the_same_are_two_requests(world, company):
    other = MembershipFactory()
    ask(world, company)
    assert ask(world, company, requester=other.organization, by=other.user).is_new


@pytest.mark.parametrize(
    ("_case", "prepare", "changes", "error", "field"),
    [
        ("not for the company", None, {"by": "holder_staff"}, NotAllowed, None),
        ("viewer", None, {"by": "company_viewer"}, NotAllowed, None),
        ("no use", None, {"intended_use": " \n "}, DomainError, "intended_use"),
        ("long use", None, {"intended_use": "x" * 2001}, DomainError, "intended_use"),
        ("long message", None, {"message": "x" * 4001}, DomainError, "message"),
        ("kind not offered", None, {"deal_kind": DealKind.ASSIGNMENT}, NotOffered, "deal_kind"),
        ("no such kind", None, {"deal_kind": "theft"}, NotOffered, "deal_kind"),
        ("a draft", {"draft": True}, {}, NotOffered, None),
        ("withdrawn", {"withdrawn": True}, {}, NotOffered, None),
    ],
)
def test_refuses_and_leaves_nothing(world, company, _case, prepare, changes, error, field):
    if prepare:
        world.listing = ListingFactory(**prepare)
    if changes.get("by"):
        changes = changes | {"by": world.person(changes["by"])}
    with pytest.raises(error) as refused:
        ask(world, company, **changes)
    assert refused.value.field == field
    assert (TransferRequest.objects.count(), RequestEvent.objects.count(), Notification.objects.count()) == (0, 0, 0)


def test_ones_own_technology_cannot_be_asked_for(world, company):
    own = ListingFactory(holder=company)
    with pytest.raises(DomainError, match="Your own organization"):
        ask(world, company, listing=own)
    assert TransferRequest.objects.count() == 0


def test_same_key_gives_the_same_request_and_other_content_is_refused(world, company):
    key = uuid.uuid4()
    first = ask(world, company, key=key)
    later = SENT + datetime.timedelta(days=3)

    assert ask(world, company, key=key, at=later) == (first.request, False)
    with pytest.raises(KeyReused):
        ask(world, company, key=key, intended_use="Valve")
    with pytest.raises(KeyReused):
        ask(world, company, key=key, listing=ListingFactory())
    assert TransferRequest.objects.count() == 1
    assert ask(world, company, key=uuid.uuid4(), intended_use="Valve").is_new


def run_at_once(*actions):
    gate, results = threading.Barrier(len(actions)), []

    def run(action):
        try:
            gate.wait(5)
            results.append(action())
        except Exception as error:
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    [t.start() for t in threads]
    [t.join(15) for t in threads]
    return results


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_request(world, company):
    sent = run_at_once(lambda: ask(world, company), lambda: ask(world, company))
    assert sorted(s.is_new for s in sent) == [False, True]
    assert TransferRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_double_click_would_be_two(world, company, monkeypatch):
    """Proof that the test above tests the lock: both reads wait for each other before anything is written."""
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    between = threading.Barrier(2)

    def both_have_looked(*args):
        found = real_earlier(*args)
        between.wait(5)
        return found

    from deals.services.requests import send as module

    real_earlier = module._earlier
    monkeypatch.setattr(module, "_earlier", both_have_looked)
    monkeypatch.setattr(module, "take_numbers", lambda **kw: [threading.get_ident() % 900_000 + 1])
    sent = run_at_once(lambda: ask(world, company), lambda: ask(world, company))
    assert [s.is_new for s in sent] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_technologies_at_once_is_one_request(world, company):
    key, other = uuid.uuid4(), ListingFactory()
    sent = run_at_once(lambda: ask(world, company, key=key), lambda: ask(world, company, key=key, listing=other))
    assert sorted(s if isinstance(s, str) else "sent" for s in sent) == ["KeyReused", "sent"]
    assert TransferRequest.objects.count() == 1


def test_the_form_gives_a_receipt_and_a_reload_gives_it_again(client, world, company):
    sign_in(client, world.company_staff)
    url = reverse("deals:create", args=[world.listing.number])
    form = client.get(url)
    assert form.status_code == 200
    assert "Exclusive licences have conditions" not in form.text
    given = {"organization": str(company.public_id), "deal_kind": "non_exclusive_licence", "intended_use": "Pumps"}

    first, again = client.post(url, given), client.post(url, given)

    request = TransferRequest.objects.get()
    assert first.url == again.url == reverse("deals:sent", args=[request.public_id])
    assert request.number in client.get(first.url).text


def test_the_form_says_what_is_missing_and_where(client, world, company):
    sign_in(client, world.company_staff)
    url = reverse("deals:create", args=[world.listing.number])
    response = client.post(url, {"organization": str(company.public_id), "intended_use": " "})
    assert set(response.context["form"].errors) == {"deal_kind", "intended_use"}
    foreign = client.post(url, {"organization": str(world.listing.holder.public_id), "deal_kind": "x"})
    assert "organization" in foreign.context["form"].errors
    assert TransferRequest.objects.count() == 0


def test_exclusive_is_offered_with_its_conditions_said(client, world):
    world.listing.deal_kinds = [DealKind.EXCLUSIVE_LICENCE]
    world.listing.save()
    sign_in(client, world.company_staff)
    assert "Exclusive licences have conditions" in client.get(reverse("deals:create", args=[world.listing.number])).text


@pytest.mark.parametrize(("state", "status"), [("withdrawn", 404), ("draft", 404)])
def test_there_is_no_form_for_what_is_not_public(client, world, state, status):
    listing = ListingFactory(**{state: True})
    sign_in(client, world.company_staff)
    assert client.get(reverse("deals:create", args=[listing.public_id])).status_code == status


def test_api_sends_with_a_key_and_names_what_is_wrong(world, company):
    api, url = api_of(world.company_staff), reverse("deals-api:list")
    given = {"listing": world.listing.number, "deal_kind": "non_exclusive_licence", "intended_use": "Pumps"}
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    first = api.post(url, given, format="json", headers=headers)
    again = api.post(url, given, format="json", headers=headers)
    other = api.post(url, given | {"intended_use": "Valve"}, format="json", headers=headers)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert other.json()["code"] == "idempotency_key_reused"
    wrong = api.post(url, given | {"deal_kind": "theft"}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "deal_kind")
    refused = api.post(url, given | {"deal_kind": "assignment"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_offered")
    assert api.post(url, given, format="json", headers={"Idempotency-Key": "x"}).status_code == 400
    assert api.post(f"{url}?x=1", given, format="json").status_code == 400
    assert api.post(url, given | {"listing": "S2099999999"}, format="json").status_code == 404
    assert TransferRequest.objects.count() == 1


def test_a_person_without_mail_still_has_the_receipt_in_the_inbox(world, company):
    world.company_manager.mail_rate = MailRate.OFF
    world.company_manager.save()
    ask(world, company)
    assert Notification.objects.visible_to(world.company_manager).count() == 1
