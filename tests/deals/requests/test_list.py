import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from deals.models import TransferRequest
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory

LIST = "/requests/"
AHEAD = timezone.localdate() + timezone.timedelta(days=5)


@pytest.fixture
def holder():
    return MembershipFactory(institute=True)


@pytest.fixture
def rows(holder):
    """One of each state, one overdue, and one of somebody else's."""
    listing = ListingFactory(holder=holder.organization, title_ko="수소 펌프", title_en="Hydrogen pump")
    other = ListingFactory(holder=holder.organization, title_ko="배터리", title_en="Battery")
    return {
        "waiting": TransferRequestFactory(listing=listing, answer_due_on=AHEAD),
        "overdue": TransferRequestFactory(listing=other),
        "talk": TransferRequestFactory(listing=listing, talk=True),
        "declined": TransferRequestFactory(listing=other, declined=True),
        "withdrawn": TransferRequestFactory(listing=other, withdrawn=True),
        "foreign": TransferRequestFactory(),
    }


def names(rows, found):
    by_number = {row.number: name for name, row in rows.items()}
    return {by_number[number] for number in found}


QUERIES = [
    ({}, {"waiting", "overdue", "talk", "declined", "withdrawn"}),
    ({"state": "received"}, {"waiting", "overdue"}),
    ({"state": ["answered", "withdrawn"]}, {"talk", "declined", "withdrawn"}),
    ({"overdue": "true"}, {"overdue"}),
    ({"overdue": "false"}, {"waiting", "overdue", "talk", "declined", "withdrawn"}),
    ({"side": "received"}, {"waiting", "overdue", "talk", "declined", "withdrawn"}),
    ({"side": "sent"}, set()),
    ({"q": "수소"}, {"waiting", "talk"}),
    ({"q": "hydrogen pump"}, {"waiting", "talk"}),
    ({"q": "battery", "state": "received"}, {"overdue"}),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_page_export_and_api_show_the_same(client, holder, rows, query, expected):
    sign_in(client, holder.user)
    page = client.get(LIST, query)
    export = b"".join(client.get(reverse("deals:export"), query).streaming_content).decode("utf-8-sig")
    api = api_of(holder.user).get(reverse("deals-api:list"), query)

    assert names(rows, [row.number for row in page.context["page"]]) == expected
    assert names(rows, [line[0] for line in list(csv.reader(io.StringIO(export)))[1:]]) == expected
    assert names(rows, [row["number"] for row in api.json()["results"]]) == expected


def test_a_number_finds_it(client, holder, rows):
    sign_in(client, holder.user)
    for number in (rows["talk"].number, rows["talk"].number.lower()):
        assert [r.number for r in client.get(LIST, {"q": number}).context["page"]] == [rows["talk"].number]


@pytest.mark.parametrize("query", [{"stat": "received"}, {"state": "nonsense"}, {"side": "left"}, {"limit": "x"}])
def test_api_refuses_what_it_does_not_know(holder, query):
    assert api_of(holder.user).get(reverse("deals-api:list"), query).status_code == 400


def test_counts_beside_the_filters_fit_the_list(client, holder, rows):
    sign_in(client, holder.user)
    page = client.get(LIST, {"state": "answered"})
    assert {value: count for value, _label, count, _chosen in page.context["states"]} == {
        "received": 2,
        "answered": 2,
        "withdrawn": 1,
    }
    assert page.context["overdue_count"] == 1
    for value, _label, count, _chosen in page.context["states"]:
        assert client.get(LIST, {"state": value}).context["page"].paginator.count == count


def test_a_company_sees_what_it_sent_and_no_tabs(client, rows):
    row = rows["waiting"]
    sign_in(client, row.requested_by)
    page = client.get(LIST)
    assert [r.number for r in page.context["page"]] == [row.number]
    assert page.context["tabs"] == []
    assert row.holder.name_en in page.text


def test_a_person_of_two_organizations_sees_those_of_the_chosen_one(client, holder, rows):
    """Lessons F62: both are reachable, one at a time, and the page of each opens whichever is chosen."""
    sent = rows["foreign"]
    MembershipFactory(user=holder.user, organization=sent.requester)
    sign_in(client, holder.user)
    seen = set()
    for organization in (holder.organization, sent.requester):
        session = client.session
        session["organization"] = str(organization.public_id)
        session.save()
        seen |= {row.number for row in client.get(LIST).context["page"]}
        assert client.get(reverse("deals:detail", args=[sent.public_id])).status_code == 200
    assert seen == {row.number for row in rows.values()}


def test_as_many_queries_for_one_row_as_for_twenty(client, holder, django_assert_max_num_queries):
    listing = ListingFactory(holder=holder.organization)
    sign_in(client, holder.user)
    api = api_of(holder.user)
    api.get(reverse("deals-api:list"))  # the token notes its first use
    counts = []
    for more in (1, 19):
        TransferRequestFactory.create_batch(more, listing=listing)
        with django_assert_max_num_queries(14) as page_queries:
            client.get(LIST)
        with django_assert_max_num_queries(10) as api_queries:
            api.get(reverse("deals-api:list"))
        counts.append((len(page_queries), len(api_queries)))
    assert counts[0] == counts[1]


def test_export_cannot_carry_a_formula(client, holder):
    listing = ListingFactory(holder=holder.organization, title_ko="=cmd", title_en="＝cmd")
    TransferRequestFactory(listing=listing, intended_use="@SUM(A1)")
    sign_in(client, holder.user)
    text = b"".join(client.get(reverse("deals:export")).streaming_content).decode()
    line = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1]
    assert text.startswith("\ufeff")
    assert [cell for cell in line if cell.startswith(("=", "＝", "@", "+", "-"))] == []
    assert "'@SUM(A1)" in line


def test_the_swapped_part_is_no_page_and_brings_the_counts(client, holder, rows):
    sign_in(client, holder.user)
    part = client.get(LIST, {"state": "received", "q": ""}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'id="facet-state" hx-swap-oob="true"' in part.text
    assert part["HX-Push-Url"] == "/requests/?state=received"


def test_an_empty_list_says_what_to_do(client, holder):
    sign_in(client, holder.user)
    assert "appear here" in client.get(LIST).text
    assert "Remove a filter" in client.get(LIST, {"q": "x"}).text
    sign_in(client, MembershipFactory().user)
    assert "Find a technology" in client.get(LIST).text
    assert TransferRequest.objects.count() == 0
