"""Pages, exports and the API as people and programs use them; and what other pages show of mandates."""

import datetime

import pytest
import time_machine
from django.urls import reverse

from brokers.models import Mandate, Quote
from brokers.services.fees.publish_schedule import supersede
from brokers.services.mandates.answer import accept
from brokers.services.mandates.end import end
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY, guideline, published
from tests.factories.brokers.mandates import DAY, cancelled, ended, in_force, manager_of, offered, registered
from tests.factories.matching import NeedFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TERM = {"starts_on": "2026-07-01", "ends_on": "2027-06-30", "fee_bp": "100"}


def signed(client, user):
    sign_in(client, user)
    return client


# --- a new one --------------------------------------------------------------------------------------------------------


def test_a_company_gives_a_mandate_from_its_need(client):
    need, broker = NeedFactory(), registered()
    guideline()
    user = manager_of(need.organization)
    signed(client, user)
    shown = client.get(reverse("brokers:mandate_new"), {"need": need.public_id, "broker": broker.public_id})
    assert broker.name in shown.text
    assert f'value="{need.public_id}" selected' in shown.text
    given = TERM | {"other": broker.name, "need": need.public_id, "is_exclusive": "on", "terms": "Monthly report"}
    made = client.post(reverse("brokers:mandate_new"), given, follow=True)
    mandate = Mandate.objects.get()
    assert made.redirect_chain == [(reverse("brokers:mandate", args=[mandate.public_id]), 302)]
    assert (mandate.need, mandate.is_exclusive, mandate.broker) == (need, True, broker)
    assert "Monthly report" in made.text


def test_an_entry_of_the_register_names_the_broker_too(client):
    broker, firm = registered(), OrganizationFactory()
    guideline()
    signed(client, manager_of(firm))
    entry = broker.broker_registrations.get()
    assert broker.name in client.get(reverse("brokers:mandate_new"), {"broker": entry.public_id}).text


def test_a_broker_offers_from_the_technology_with_a_fellow(client):
    listing, broker, fellow = ListingFactory(), registered(), registered()
    guideline()
    signed(client, manager_of(broker))
    shown = client.get(reverse("brokers:mandate_new"), {"listing": listing.number})
    assert listing.holder.name in shown.text
    assert listing.number in shown.text
    given = TERM | {
        "other": listing.holder.name, "subjects": listing.number.lower(), "other_1": fellow.name, "other_1_bp": "40"
    }  # fmt: skip
    assert client.post(reverse("brokers:mandate_new"), given).status_code == 302
    mandate = Mandate.objects.get()
    shares = dict(mandate.partners.values_list("organization", "share_bp"))
    assert shares == {broker.pk: 6_000, fellow.pk: 4_000}
    assert mandate.subjects.get().listing == listing


def test_what_stands_in_the_way_is_said_in_the_form_and_nothing_typed_is_lost(client):
    firm, broker = OrganizationFactory(), registered()
    guideline()
    standing = in_force(client=firm, is_exclusive=True)
    sign_in(client, manager_of(firm))
    refused = client.post(reverse("brokers:mandate_new"), TERM | {"other": broker.name, "terms": "Monthly report"})
    assert refused.status_code == 409
    assert standing.number in refused.text
    assert "Monthly report" in refused.text
    assert Mandate.objects.get() == standing


WRONG = [
    ({"other": "Nobody of this name"}, "Nobody here has this name or number"),
    ({"fee_bp": "150"}, "The band of the guideline allows 80 % to 120 % of its fee"),
    ({"fee_bp": "1.234"}, "Write a percentage with at most two decimals"),
    ({"subjects": "S2026999999"}, "No public technology has the number S2026999999."),
    ({"subjects": "everything"}, "Write numbers like S2026000001"),
    ({"subjects": "N2026999999"}, "There is no open need with this number"),
    ({"ends_on": "2026-06-30"}, "The last day must not lie before the first."),
    ({"starts_on": "0026-07-01"}, "greater than or equal to"),
    ({"starts_on": ""}, "This field is required."),
    ({"other_1_bp": "40"}, "Name the broker and its share, or neither."),
    ({"tail_months": "40"}, "less than or equal to 36"),
]


def test_what_cannot_be_offered_comes_back_with_a_reason(client):
    holder, broker = OrganizationFactory(institute=True), registered()
    guideline()
    signed(client, manager_of(broker))
    for changes, sentence in WRONG:
        got = client.post(reverse("brokers:mandate_new"), TERM | {"other": holder.name} | changes)
        assert got.status_code == 422, changes
        assert sentence in got.text, changes
    assert not Mandate.objects.exists()


def test_without_a_guideline_the_page_says_so(client):
    signed(client, manager_of(OrganizationFactory()))
    assert "No guideline is in force" in client.get(reverse("brokers:mandate_new")).text


def test_a_broker_is_not_told_who_posted_an_unnamed_need(client):
    need = NeedFactory(anonymous=True)
    broker = registered()
    guideline()
    signed(client, manager_of(broker))
    page = client.get(reverse("brokers:mandate_new"), {"need": need.public_id})
    need_page = client.get(reverse("matching:need", args=[need.public_id]))
    assert need.organization.name not in page.text + need_page.text
    assert "Offer the company a mandate" not in need_page.text
    got = client.post(reverse("brokers:mandate_new"), TERM | {"other": need.organization.name, "subjects": need.number})
    assert got.status_code == 422
    assert not Mandate.objects.exists()


def test_who_manages_two_organizations_chooses_for_which(client):
    firm, broker = OrganizationFactory(), registered()
    guideline()
    user = manager_of(firm)
    MembershipFactory(organization=broker, user=user, manager=True)
    signed(client, user)
    as_broker = client.get(reverse("brokers:mandate_new"), {"as": broker.public_id})
    as_firm = client.get(reverse("brokers:mandate_new"), {"as": firm.public_id})
    assert "conflict" in as_broker.context["form"].fields
    assert "conflict" not in as_firm.context["form"].fields


def test_a_renewal_begins_on_the_day_after(client):
    held = in_force(is_exclusive=True, terms="As always", fee_bp=9_000)
    signed(client, manager_of(held.client))
    page = client.get(reverse("brokers:mandate", args=[held.public_id]))
    assert f"?renew={held.public_id}" in page.text
    form = client.get(reverse("brokers:mandate_new"), {"renew": held.public_id}).context["form"]
    assert form.initial["starts_on"] == held.ends_on + DAY
    assert form.initial["ends_on"] == held.ends_on + 365 * DAY
    assert (form.initial["fee_bp"], form.initial["terms"]) == (9_000, "As always")
    assert form.initial["other"] == held.broker.name


# --- the list ---------------------------------------------------------------------------------------------------------


def test_tabs_filters_and_export(client):
    broker = registered()
    user = manager_of(broker)
    waits = offered(broker=broker)
    mine = offered(broker=broker, side="broker")
    running = in_force(broker=broker, is_exclusive=True)
    over = ended(broker=broker, last_day=TODAY)
    signed(client, user)

    def shown(**query):
        page = client.get(reverse("brokers:mandates"), query)
        return {mandate.number for mandate in page.context["page"]}

    assert shown(tab="waiting") == {waits.number}
    assert shown(tab="offered") == {waits.number, mine.number}
    assert shown(tab="running") == {running.number, over.number}
    assert shown(tab="over") == set()
    assert shown(exclusive="yes") == {running.number}
    assert shown(q=waits.client.name) == {waits.number}
    assert shown(side="holder") == set()
    assert len(shown()) == 4
    assert "No mandate has all of this" in client.get(reverse("brokers:mandates"), {"q": "nothing"}).text
    rows = b"".join(client.get(reverse("brokers:mandates_export"), {"exclusive": "yes"}).streaming_content).decode()
    assert running.number in rows
    assert waits.number not in rows
    with time_machine.travel(NOW + 40 * DAY, tick=False):
        signed(client, user)  # sessions end sooner
        assert shown(tab="over") == {waits.number, mine.number, over.number}
        assert shown(tab="waiting") == set()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("broker", "Offer a mandate"), ("company", "Give a mandate"), ("institute", "Give a mandate")],
)
def test_an_empty_list_says_what_to_do(client, kind, sentence):
    signed(client, MembershipFactory(**{kind: True}, manager=True).user)
    page = client.get(reverse("brokers:mandates"))
    assert "No mandate yet" in page.text
    assert sentence in page.text


# --- one mandate ------------------------------------------------------------------------------------------------------


def test_the_page_says_how_it_stands(client):
    made = offered(side="broker", tail_months=6)
    signed(client, manager_of(made.client))
    url = reverse("brokers:mandate", args=[made.public_id])
    page = client.get(url)
    assert "Accept the mandate" in page.text
    assert "6 months, until" in page.text
    refused = client.post(reverse("brokers:mandate_decline", args=[made.public_id]), {"text": ""})
    assert refused.status_code == 422
    assert "This field is required." in refused.text
    with time_machine.travel(NOW + 31 * DAY, tick=False):
        signed(client, manager_of(made.client))  # sessions end sooner
        late = client.get(url)
        assert "This offer has lapsed" in late.text
        assert "Accept the mandate" not in late.text
        assert client.post(reverse("brokers:mandate_accept", args=[made.public_id])).status_code == 409
    signed(client, manager_of(made.client))
    assert client.post(reverse("brokers:mandate_accept", args=[made.public_id])).status_code == 302
    assert "In force" in client.get(url).text


def test_ending_is_confirmed_and_says_the_tail(client):
    held = in_force(tail_months=6)
    signed(client, manager_of(held.broker))
    url = reverse("brokers:mandate_end", args=[held.public_id])
    assert "For 6 months after the last day the fee is still owed" in client.get(url).text
    assert client.post(url, {"last_day": "2026-06-09", "reason": "x"}).status_code == 422
    done = client.post(url, {"last_day": "2026-06-20", "reason": "Found another"}, follow=True)
    assert "Found another" in done.text
    assert "Ended, holds until" in done.text
    assert client.post(url, {"last_day": "2026-06-20", "reason": "x"}).status_code == 409
    page = reverse("brokers:mandate", args=[held.public_id])
    assert client.get(url).url == page  # nothing to end any more
    quoting = reverse("brokers:mandate_quote", args=[held.public_id])
    assert client.get(quoting).status_code == 200  # its tail runs
    with time_machine.travel(NOW + 400 * DAY, tick=False):
        signed(client, manager_of(held.broker))  # the session before is over
        assert client.get(quoting).url == page


def test_what_is_typed_is_shown_as_text(client):
    made = offered(terms="<script>alert(1)</script>")
    signed(client, manager_of(made.client))
    assert "<script>alert(1)" not in client.get(reverse("brokers:mandate", args=[made.public_id])).text


# --- quotes under a mandate -------------------------------------------------------------------------------------------


def test_a_quote_takes_fee_version_and_shares_from_the_mandate(client):
    broker, fellow = registered(), registered()
    held = in_force(broker=broker, shares={broker: 6_667, fellow: 3_333}, fee_bp=9_001)
    later = NOW + datetime.timedelta(days=3)
    newer = published(at=later, valid_from=later.date(), tiers=[(0, 100)])
    supersede(at=later)
    with time_machine.travel(later, tick=False):
        signed(client, manager_of(fellow))
        page = client.get(reverse("brokers:mandate", args=[held.public_id]))
        assert reverse("brokers:mandate_quote", args=[held.public_id]) in page.text
        given = {"broker": fellow.public_id, "subject": "Valve", "value_won": "12,345,679"}
        done = client.post(reverse("brokers:mandate_quote", args=[held.public_id]), given, follow=True)
    quote = Quote.objects.get()
    guideline_won = 500_000 + 2_345_679 * 3 // 100
    assert (quote.schedule, quote.guideline_won) == (held.schedule, guideline_won)
    assert quote.schedule != newer
    assert quote.fee_won == guideline_won * 9_001 // 10_000
    assert dict(quote.shares.values_list("organization", "share_bp")) == {broker.pk: 6_667, fellow.pk: 3_333}
    assert sum(share.net_won for share in quote.shares.all()) == quote.net_won
    assert held.number in done.text
    api = api_of(manager_of(fellow)).get(reverse("brokers-api:quote", args=[quote.public_id]))
    assert api.json()["mandate"] == str(held.public_id)


def test_only_brokers_of_the_mandate_quote_under_it_and_only_by_its_terms(client):
    held, other = in_force(), registered()
    body = {"client": str(held.client.public_id), "subject": "Valve", "value_won": 10**7}
    under = body | {"mandate": str(held.public_id)}
    mine, foreign = api_of(manager_of(held.broker)), api_of(manager_of(other))
    url = reverse("brokers-api:quotes")
    assert foreign.post(url, under, format="json").status_code == 400
    for wrong in ({"fee_won": 1}, {"client": str(OrganizationFactory().public_id)}):
        assert mine.post(url, under | wrong, format="json").status_code == 400
    assert not Quote.objects.exists()
    end(mandate=held, last_day=TODAY, reason="x", by=manager_of(held.client), at=NOW)
    with time_machine.travel(NOW + 5 * DAY, tick=False):
        in_tail = mine.post(url, under, format="json")
    if held.tail_months:
        assert in_tail.status_code == 201
    with time_machine.travel(NOW + 1_200 * DAY, tick=False):
        assert held.tail_until < (NOW + 1_200 * DAY).date()
    signed(client, manager_of(held.client))
    assert client.get(reverse("brokers:mandate_quote", args=[held.public_id])).status_code == 403


# --- other pages ------------------------------------------------------------------------------------------------------


def test_lists_name_the_technology_and_how_many_more(client):
    holder = OrganizationFactory(institute=True)
    by = MembershipFactory(organization=holder, manager=True).user
    first, second, third = (ListingFactory(holder=holder, title_en=f"Technology {n}") for n in "ABC")
    one = offered(client=holder, by=by, listings=[second])
    three = offered(client=holder, by=by, listings=[third, second, first])
    sign_in(client, by)
    page = client.get(reverse("brokers:mandates"))
    assert {row[0].pk: row[2] for row in page.context["rows"]} == {
        one.pk: "Technology B",
        three.pk: "Technology A and 2 more",
    }
    table = b"".join(client.get(reverse("brokers:mandates_export")).streaming_content).decode()
    assert "Technology A and 2 more" in table
    assert client.get(reverse("brokers:mandate", args=[three.public_id])).context["about"] == "Technology A and 2 more"
    accept(mandate=one, by=manager_of(one.broker), at=NOW)
    sign_in(client, manager_of(one.broker))
    assert [row[2] for row in client.get(reverse("brokers:work")).context["mandates"]] == ["Technology B"]


def test_everybody_reads_who_may_act_for_a_technology(client):
    listing = ListingFactory()
    broker, fellow, of_all = registered(), registered(), registered()
    in_force(client=listing.holder, listings=[listing], broker=broker, shares={broker: 5_000, fellow: 5_000})
    in_force(client=listing.holder, broker=of_all)
    offer_only = offered(client=listing.holder, listings=[listing])
    elsewhere = in_force(client=listing.holder, listings=[ListingFactory(holder=listing.holder)])
    url = reverse("tech_listings:detail", args=[listing.number])
    page = client.get(url).text
    for each in (broker, fellow, of_all):
        assert each.display_name in page
    for each in (offer_only.broker, elsewhere.broker):
        assert each.display_name not in page
    assert "Offer the holder a mandate" not in page
    with time_machine.travel(NOW + 400 * DAY, tick=False):
        assert broker.display_name not in client.get(url).text
    signed(client, manager_of(of_all))
    assert "Offer the holder a mandate" in client.get(url).text
    client.logout()
    signed(client, manager_of(listing.holder))
    assert "Give a mandate for it" in client.get(url).text


def test_a_cancelled_broker_acts_for_nobody_on_the_page(client):
    listing = ListingFactory()
    held = in_force(client=listing.holder)
    cancelled(held.broker)
    assert held.broker.display_name not in client.get(reverse("tech_listings:detail", args=[listing.number])).text


def test_the_page_of_a_need_shows_its_mandates_to_their_sides_only(client):
    need = NeedFactory()
    held = in_force(client=need.organization, need=need)
    url = reverse("matching:need", args=[need.public_id])
    for user, sees in (
        (manager_of(need.organization), True), (manager_of(held.broker), True), (manager_of(registered()), False),
        (MembershipFactory(institute=True, manager=True).user, False),
    ):  # fmt: skip
        signed(client, user)
        assert (held.number in client.get(url).text) == sees
        client.logout()


def test_a_broker_may_offer_for_a_need_of_a_company_that_says_who_asks(client):
    signed(client, manager_of(registered()))
    of_company, of_broker = NeedFactory(), NeedFactory(organization=OrganizationFactory(broker=True))
    for need, offers in ((of_company, True), (of_broker, False)):
        page = client.get(reverse("matching:need", args=[need.public_id]))
        assert ("Offer the company a mandate" in page.text) == offers


# --- the API ----------------------------------------------------------------------------------------------------------


def test_a_program_gives_a_mandate_once_per_key():
    need, broker = NeedFactory(), registered()
    guideline()
    api = api_of(manager_of(need.organization))
    body = {
        "other": str(broker.public_id),
        "need": str(need.public_id),
        "starts_on": "2026-07-01",
        "ends_on": "2026-12-31",
    }
    key = {"HTTP_IDEMPOTENCY_KEY": "0192f4c0-0000-7000-8000-000000000001"}
    first = api.post(reverse("brokers-api:mandates"), body, format="json", **key)
    again = api.post(reverse("brokers-api:mandates"), body, format="json", **key)
    other = api.post(reverse("brokers-api:mandates"), body | {"fee_bp": 9_000}, format="json", **key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["need"] == str(need.public_id)
    assert Mandate.objects.count() == 1


@pytest.mark.parametrize("changes", [
    {"fee_bp": 100}, {"listings": ["S2026999999"]}, {"need": "0192f4c0-0000-7000-8000-000000000001"}, {"nonsense": 1},
    {"starts_on": "0001-01-01"}, {"other": "0192f4c0-0000-7000-8000-000000000001"}, {"brokers": []},
])  # fmt: skip
def test_a_program_is_told_what_is_wrong(changes):
    firm, broker = OrganizationFactory(), registered()
    guideline()
    body = {"other": str(broker.public_id), "starts_on": "2026-07-01", "ends_on": "2026-12-31"} | changes
    got = api_of(manager_of(firm)).post(reverse("brokers-api:mandates"), body, format="json")
    assert got.status_code == (201 if changes == {"brokers": []} else 400), got.json()


def test_a_program_refuses_a_share_with_words():
    broker, fellow = registered(), registered()
    made = offered(broker=broker, shares={broker: 5_000, fellow: 5_000})
    api = api_of(manager_of(fellow))
    url = reverse("brokers-api:mandate-share", args=[made.public_id])
    assert api.post(url, {"agree": False}, format="json").status_code == 400
    done = api.post(url, {"agree": False, "text": "No time"}, format="json")
    assert done.status_code == 200
    assert done.json()["state"] == "declined"
