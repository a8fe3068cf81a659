"""What waits on a person: one statement for all apps, by deadline, and only what is the person's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from marketplace.core.waiting import Kind, Number, Waiting, ask, by_deadline
from portal.queries.waiting import WAITING, waiting_on
from tech_listings.models import Listing
from tests.architecture.world import World
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.matching import NeedFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(item: Waiting):
    return (item.title, item.url, item.due_on, item.is_overdue)


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


def test_all_apps_together_say_what_each_says_alone(new_world):
    new_world()
    today, people, most = timezone.localdate(), 0, 0
    for user in User.objects.order_by("pk"):
        user.remember_memberships()
        for organization in [None, *(each.organization for each in user.active_memberships())]:
            alone = [told(item) for of_app in WAITING for item in ask(of_app(user, organization, today))]
            together = [told(item) for item in waiting_on(user, organization, today)]
            assert sorted(together, key=str) == sorted(alone, key=str), (user, organization)
            people, most = people + bool(together), max(most, len(together))
    assert people >= 3
    assert most >= 2


def test_it_is_one_statement_for_every_role(new_world):
    """Officers of vouchers ask for their offices and families before; nobody else asks anything more."""
    new_world()
    today, seen = timezone.localdate(), set()
    for user in User.objects.order_by("pk"):
        user.remember_memberships()
        for organization in [None, *(each.organization for each in user.active_memberships())]:
            with CaptureQueriesContext(connection) as asked:
                waiting_on(user, organization, today)
            seen.add(len(asked))
    assert max(seen) <= 3
    assert min(seen) == 1


def test_by_deadline_what_is_overdue_first_and_what_has_no_day_last():
    today = timezone.localdate()
    late, soon, later = Waiting("a", "/", today - DAY, True), Waiting("b", "/", today), Waiting("c", "/", today + DAY)
    none, none_but_late = Waiting("d", "/"), Waiting("e", "/", None, True)
    assert by_deadline([none, later, soon, late, none_but_late]) == [none_but_late, late, soon, later, none]


def test_a_kind_gives_objects_that_know_what_was_asked_for_and_nothing_else():
    listing = ListingFactory()
    rows = Listing.objects.filter(pk=listing.pk).order_by("pk")
    with CaptureQueriesContext(connection) as asked:
        [row] = ask([Kind(rows, ("public_id", "registered_at", "holder__name"), lambda found: found)])
        assert (row.public_id, row.registered_at, row.holder.name) == (
            listing.public_id, listing.registered_at, listing.holder.name,
        )  # fmt: skip
    assert len(asked) == 1
    assert "title_ko" in row.get_deferred_fields()
    assert ask([Kind(Listing.objects.none(), ("pk",), lambda found: found)]) == []
    assert ask([]) == []


def test_a_number_is_told_only_where_there_is_something():
    ListingFactory()
    everything, nothing = Number(Listing.objects.all(), lambda many: many), Listing.objects.filter(number="S2000000000")
    assert ask([everything, Number(nothing, lambda many: many)]) == [1]


def test_home_shows_the_most_urgent_first(client):
    holder = OrganizationFactory(institute=True)
    user = MembershipFactory(organization=holder, role=Role.STAFF).user
    today = timezone.localdate()
    days = [today + 9 * DAY, today - DAY, today + 2 * DAY]
    for day in days:
        TransferRequestFactory(listing=ListingFactory(holder=holder), answer_due_on=day)
    sign_in(client, user)
    waiting = client.get("/").context["waiting"]
    assert [item.due_on for item in waiting if item.due_on] == sorted(days)
    assert [item.is_overdue for item in waiting if item.due_on] == [True, False, False]


def test_the_api_says_the_same_as_the_page(client):
    holder = OrganizationFactory(institute=True)
    user = MembershipFactory(organization=holder, role=Role.STAFF).user
    TransferRequestFactory(listing=ListingFactory(holder=holder))
    sign_in(client, user)
    page = client.get("/").context["waiting"]
    answer = client.get(reverse("portal-api:waiting")).json()["results"]
    assert [(item["title"], item["url"]) for item in answer] == [(item.title, item.url) for item in page]
    assert answer
    assert client.get(reverse("portal-api:waiting"), {"nonsense": "1"}).status_code == 400
    assert Client().get(reverse("portal-api:waiting")).status_code == 401


def test_who_has_nothing_to_do_reads_what_would_stand_here(client):
    sign_in(client, MembershipFactory(role=Role.VIEWER).user)
    page = client.get("/")
    assert page.context["waiting"] == []
    assert "Nothing waits on you" in page.text


@time_machine.travel(timezone.now(), tick=False)
def test_home_asks_as_often_for_much_as_for_little():
    """A visitor a fixed number of times; who is signed in once more for all that waits, however much there is."""

    def asks(client):
        client.get("/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/").status_code == 200
        return len(asked)

    firm = OrganizationFactory()
    person, visitor = Client(), Client()
    sign_in(person, MembershipFactory(organization=firm, role=Role.MANAGER).user)
    few = asks(visitor), asks(person)
    for _ in range(5):
        NeedFactory(organization=firm, answer_by=timezone.localdate() + DAY)
        ListingFactory()
    assert (asks(visitor), asks(person)) == few
    assert few[0] <= 6
