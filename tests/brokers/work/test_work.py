"""The work page of a broker: what waits, what fits and why, its mandates, and nothing of others."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from brokers.models import Registration
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.cases import noticed
from tests.factories.brokers.duties import due_report, suggested, warned
from tests.factories.brokers.fees import NOW, guideline, outside
from tests.factories.brokers.mandates import DAY, in_force, manager_of, offered, registered
from tests.factories.matching import NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
WORK = "brokers:work"


def specialised(*prefixes, regions=()):
    broker = registered()
    Registration.objects.filter(organization=broker).update(ipc_prefixes=list(prefixes), regions=list(regions))
    return broker


def test_what_waits_comes_first(client):
    broker, leading = registered(), registered()
    user = manager_of(broker)
    asked = offered(broker=broker)
    share = offered(broker=leading, shares={leading: 5_000, broker: 5_000})
    own = offered(broker=broker, side="broker")
    fee = outside(by=user, subject="Valve")
    sign_in(client, user)
    page = client.get(reverse(WORK))
    titles = [item.title for item in page.context["waiting"]]
    assert len(titles) == 3
    assert [each.number in " ".join(titles) for each in (asked, share, own, fee)] == [True, True, False, True]
    assert own.number in page.text
    home = client.get("/")
    assert asked.number in home.text
    assert share.number in home.text


def test_what_the_office_waits_for_stands_on_the_work_page(client):
    broker, other = registered(), registered()
    mine, others = broker.broker_registrations.get(), other.broker_registrations.get()
    user = manager_of(broker)
    MembershipFactory(user=user, organization=other)
    due_report(mine)
    due_report(others)
    suggested(mine)
    warned(mine)
    case = noticed(registration=mine)
    sign_in(client, user)
    titles = " ".join(item.title for item in client.get(reverse(WORK)).context["waiting"])
    for words in ("Submit the deal report", "Tell the office", "Answer the warning", case.number):
        assert titles.count(words) == 1


def test_needs_and_technologies_of_the_speciality_say_why_they_fit(client):
    broker = specialised("H01M", "B", regions=["1100000000"])
    now = {"opened_at": NOW}
    battery = ListingFactory(ipc_codes=["H01M 10/0562"])
    other = ListingFactory(ipc_codes=["A61K 9/00"])
    fits, near, far, answered = (NeedFactory(**now, title=f"need {n}") for n in range(4))
    NeedMatchFactory(need=fits, listing=battery)
    NeedMatchFactory(need=far, listing=other)
    NeedMatchFactory(need=answered, listing=battery)
    NeedAnswerFactory(need=answered, listing=battery, organization=broker)
    type(near).objects.filter(pk=near.pk).update(region_code="1168000000")
    sign_in(client, manager_of(broker))
    page = client.get(reverse(WORK))
    found = {fit.need: (fit.classes, fit.region) for fit in page.context["needs"]}
    assert found == {fits: (("H01M",), ""), near: ((), "Seoul")}
    assert "Technologies found for it lie in H01M" in page.text
    assert [(fit.listing, fit.classes) for fit in page.context["listings"]] == [(battery, ("H01M",))]


def test_an_unnamed_need_stays_unnamed(client):
    broker = specialised("H01M")
    need = NeedFactory(anonymous=True, opened_at=NOW)
    NeedMatchFactory(need=need, listing=ListingFactory(ipc_codes=["H01M 10/0562"]))
    sign_in(client, manager_of(broker))
    page = client.get(reverse(WORK))
    assert need.title in page.text
    assert need.organization.name not in page.text


def test_mandates_that_end_soon_are_marked(client):
    broker = registered()
    in_force(broker=broker, ends_on=NOW.date() + 20 * DAY)
    later = in_force(broker=broker)
    sign_in(client, manager_of(broker))
    page = client.get(reverse(WORK))
    assert page.text.count("Ends soon") == 1
    assert later.number in page.text
    with time_machine.travel(NOW + 400 * DAY, tick=False):
        sign_in(client, manager_of(broker))
        assert "No mandate runs" in client.get(reverse(WORK)).text


def test_empty_states_say_what_to_do(client):
    user = MembershipFactory(broker=True, manager=True).user
    sign_in(client, user)
    page = client.get(reverse(WORK))
    for sentence in ("Not in the register", "Nothing waits on you", "No mandate runs", "does not say your classes yet"):
        assert sentence in page.text
    broker = specialised("H01M")
    client.logout()
    sign_in(client, manager_of(broker))
    page = client.get(reverse(WORK))
    assert "No open need fits now" in page.text
    assert "No new technology in your classes" in page.text


@pytest.mark.parametrize(("kind", "role", "status"), [
    ("broker", Role.MANAGER, 200), ("broker", Role.STAFF, 200), ("broker", Role.VIEWER, 403),
    ("company", Role.MANAGER, 403), ("institute", Role.MANAGER, 403),
])  # fmt: skip
def test_who_has_the_page_and_the_entry_of_the_menu(client, kind, role, status):
    user = MembershipFactory(**{kind: True}, role=role).user
    sign_in(client, user)
    assert client.get(reverse(WORK)).status_code == status
    assert (reverse(WORK) in client.get("/").text) == (status == 200)


def test_a_broker_sees_nothing_of_another(client):
    broker = registered()
    held = in_force(client=OrganizationFactory(name="kanarienvogel"))
    waits = offered(client=OrganizationFactory(name="kanarienvogel zwei"))
    sign_in(client, manager_of(broker))
    page = client.get(reverse(WORK))
    for text in ("kanarienvogel", held.number, waits.number):
        assert text not in page.text


def test_as_many_questions_for_many_rows_as_for_few(client):
    broker = specialised("H01M", regions=["1100000000"])
    guideline()
    sign_in(client, manager_of(broker))

    def grow(times):
        for _ in range(times):
            listing = ListingFactory(ipc_codes=["H01M 10/0562"])
            NeedMatchFactory(need=NeedFactory(opened_at=NOW), listing=listing)
            need = NeedFactory()
            in_force(broker=broker, client=need.organization, need=need)
            offered(broker=broker)
            offered(broker=broker, side="broker")

    def asked():
        with CaptureQueriesContext(connection) as questions:
            assert client.get(reverse(WORK)).status_code == 200
        return len(questions)

    grow(2)
    asked()
    few = asked()
    grow(6)
    assert asked() <= few <= 30
