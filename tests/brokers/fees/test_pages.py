"""What the pages say, and what they do with what is typed."""

import csv
import datetime
import io
import re

import pytest
from django.urls import reverse

from brokers.models import FeeSchedule, Quote
from brokers.services.fees.publish_schedule import withdraw_schedule
from brokers.services.fees.write_schedule import edit_schedule
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import (
    NOW,
    TIERS,
    TODAY,
    broker_user,
    draft,
    guideline,
    officer,
    outside,
    published,
    quoted,
    shipped,
)

pytestmark = pytest.mark.usefixtures("at_now")
CALCULATOR = "/fees/calculator/"


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def an_officer():
    return officer(user=UserFactory(second_factor=True))


def plain(response):
    return " ".join(re.sub("<[^>]+>", " ", response.text).split())


# --- for everybody ----------------------------------------------------------------------------------------------------


def test_without_anything_published_the_pages_say_what_to_do(client):
    assert "No guideline is in force yet" in client.get("/fees/").text
    assert "There is nothing to compute with yet" in client.get(CALCULATOR).text
    assert "There is nothing to compute with yet" in client.get(CALCULATOR, {"value_won": "5"}).text


def test_the_guideline_in_force_all_versions_and_what_is_only_for_comparison(client):
    shipped()
    first = published(
        at=NOW - datetime.timedelta(days=9), valid_from=TODAY - datetime.timedelta(days=9), name_en="First"
    )
    second, ahead = (
        published(name_en="Second"),
        published(valid_from=TODAY + datetime.timedelta(days=5), name_en="Third"),
    )
    draft(name_en="Hidden draft")

    page = client.get("/fees/")
    text = plain(page)
    assert page.context["in_force"] == second
    for name in ("First", "Second", "Third", "Lehman formula", "Tiered plan of 2001", "Not yet in force", "Superseded"):
        assert name in text
    assert "Hidden draft" not in text
    assert {row.pk for row in page.context["guidelines"]} == {first.pk, second.pk, ahead.pk}


def test_a_page_of_a_version_says_rates_source_assumption_and_what_happened(client):
    found = shipped()["plan-2001"]
    text = plain(client.get(reverse("brokers:schedule", args=[found.public_id])))
    for words in (
        "up to KRW 100,000,000", "above KRW 400,000,000", "1 %", "Some of it is an assumption",
        "Its table was not found",
        "Published",
    ):  # fmt: skip
        assert words in text
    withdrawn = withdraw_schedule(schedule=published(), reason="Wrong rates", by=officer(), at=NOW)
    text = plain(client.get(reverse("brokers:schedule", args=[withdrawn.public_id])))
    assert "Wrong rates" in text
    assert str(withdrawn.withdrawn_by) not in text
    assert "Compute with it" not in text


def test_the_calculator_explains_the_lehman_example_line_by_line(client):
    tables = shipped()
    page = client.get(CALCULATOR, {"schedule": tables["lehman"].public_id, "value_won": "12,000,000"})
    text = plain(page)
    assert page.status_code == 200
    for words in (
        "KRW 220,000 on KRW 12,000,000",
        "5 % of KRW 1,000,000, the part up to KRW 1,000,000",
        "4 % of KRW 1,000,000, the part above KRW 1,000,000, up to KRW 2,000,000",
        "1 % of KRW 8,000,000, the part above KRW 4,000,000",
        "KRW 80,000",
    ):
        assert words in text
    others = {
        each.schedule.reference: (each.calculation.guideline_won, each.more_won) for each in page.context["others"]
    }
    assert others == {"plan-2001": (600_000, 380_000)}


def test_the_calculator_takes_the_guideline_in_force_and_says_where_a_fee_lies(client):
    guideline()
    inside = plain(client.get(CALCULATOR, {"value_won": "20000000", "fee_won": "900,000"}))
    beyond = plain(client.get(CALCULATOR, {"value_won": "20000000", "fee_won": "960001", "brokers": "60/40"}))
    assert "KRW 900,000 lies inside" in inside
    assert "This fee lies outside the band" in beyond
    assert "Broker A" in beyond
    assert "KRW 576,001" in beyond  # 60 % of 960,001 is 576,000.6: the larger fraction gets the won that is left


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"value_won": "123.6"}, "Write whole won in figures, like 12,000,000."),
        ({"value_won": "-5"}, "Write whole won in figures, like 12,000,000."),
        ({"value_won": "1,00"}, "Write whole won in figures, like 12,000,000."),
        ({"value_won": "9" * 5000}, "Write whole won in figures, like 12,000,000."),
        ({"value_won": "0"}, "Give a whole number of won from 1"),
        ({"value_won": "1" + "0" * 15}, "Give a whole number of won from 1"),
        ({"value_won": "", "fee_won": "5"}, "This field is required"),
        ({"value_won": "5", "fee_won": "5.0"}, "Write whole won in figures, like 12,000,000."),
        ({"value_won": "5", "brokers": "60, 41"}, "Write the share of each broker in percent, together 100"),
        ({"value_won": "5", "brokers": "60 x"}, "Write the share of each broker in percent, together 100"),
        ({"value_won": "5", "brokers": "5," * 20}, "At most 10 brokers share a fee."),
        ({"value_won": "5", "schedule": "moon"}, "Choose one of the list."),
    ],
)
def test_what_is_typed_wrong_is_told_with_what_to_do(client, given, words):
    guideline()
    page = client.get(CALCULATOR, given)
    assert page.status_code == 422
    assert words in plain(page)
    assert "made" not in page.context


@pytest.mark.parametrize("text", ["12000000", "12,000,000", " 12,000,000원 ", "１２，０００，０００"])
def test_won_are_read_however_people_write_them(client, text):
    guideline()
    assert client.get(CALCULATOR, {"value_won": text}).context["made"].value_won == 12_000_000


def test_the_csv_says_what_the_page_says(client):
    guideline()
    shipped()
    given = {"value_won": "20000000", "fee_won": "900000", "brokers": "60 40"}
    page = client.get(CALCULATOR, given)
    made = page.context["made"]
    rows = rows_of(client.get("/fees/calculator.csv?" + page.context["query"]))
    lines = rows[1 : rows.index(["Total", str(made.total_won)])]
    assert [int(amount) for _text, amount in lines] == [line.amount_won for line in made.lines]
    assert ["Broker A", "60.00", "540000", "54000", "594000"] in rows
    assert ["Fee by the guideline", "800000"] in rows
    assert client.get("/fees/calculator.csv", {"value_won": "x"}).status_code == 422


def test_the_table_of_a_version_as_csv(client):
    rows = rows_of(client.get(reverse("brokers:tiers_export", args=[shipped()["lehman"].public_id])))
    assert rows[:6] == [
        ["Above (won)", "Up to (won)", "Rate (%)"], ["0", "1000000", "5.00"], ["1000000", "2000000", "4.00"],
        ["2000000", "3000000", "3.00"], ["3000000", "4000000", "2.00"], ["4000000", "", "1.00"],
    ]  # fmt: skip


def test_the_menu_leads_everybody_to_the_fees(client):
    assert 'href="/fees/"' in client.get("/").text


# --- officers ---------------------------------------------------------------------------------------------------------


def form_of(**changes):
    given = {
        "name_ko": "가이드라인", "name_en": "Guideline", "name_zh": "指南", "valid_from": TODAY.isoformat(),
        "basis": "contract_value", "method": "marginal", "vat_bp": "10", "paid_by": "both", "holder_share_bp": "66.67",
        "tail_months": "6", "below_bp": "20", "above_bp": "12.5", "source": "Meeting of 5 June",
        "retainer_won": "3,000,000", "retainer_credited": "on",
        "from_0": "", "rate_0": "5", "from_1": "10,000,000", "rate_1": "2.5",
    }  # fmt: skip
    return given | changes


def test_an_officer_writes_and_another_publishes(client):
    broker = broker_user()
    first, second = an_officer(), an_officer()
    sign_in(client, first)
    client.post("/fees/drafts/new/", form_of())
    found = FeeSchedule.objects.get()
    url = reverse("brokers:schedule", args=[found.public_id])
    assert [(tier.from_won, tier.rate_bp) for tier in found.plan.tiers] == [(0, 500), (10_000_000, 250)]
    assert (found.holder_share_bp, found.above_bp, found.retainer_won) == (6_667, 1_250, 3_000_000)
    own = plain(client.get(url))
    assert "another officer has to publish it" in own
    assert "Publish this version" not in own
    assert client.post(f"{url}publish/", {"revision": "1"}).status_code == 403

    sign_in(client, second)
    assert "Publish this version" in client.get(url).text
    assert client.post(f"{url}publish/", {"revision": "1"}).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.published_by) == ("published", second)
    assert Notification.objects.filter(recipient=broker, kind="fee_guideline_published").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate_0": ""}, "from_0"),
        ({"rate_1": ""}, "rate_1"),
        ({"from_1": ""}, "from_1"),
        ({"from_1": "0"}, "from_0"),
        ({"rate_1": "101"}, "rate_1"),
        ({"rate_1": "2.555"}, "rate_1"),
        ({"below_bp": "x"}, "below_bp"),
        ({"floor_won": "5", "ceiling_won": "4"}, "floor_won"),
        ({"valid_from": "2020-01-01"}, "valid_from"),
        ({"source": "", "is_assumption": ""}, "source"),
        ({"holder_share_bp": ""}, "holder_share_bp"),
    ],
)
def test_a_draft_with_a_mistake_is_not_saved_and_the_field_says_so(client, changes, field):
    sign_in(client, an_officer())
    page = client.post("/fees/drafts/new/", form_of(**changes))
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert FeeSchedule.objects.count() == 0


def test_a_new_draft_begins_with_what_is_in_force_and_is_compared_with_it(client):
    guideline()
    sign_in(client, an_officer())
    form = client.get("/fees/drafts/new/").context["form"]
    assert (form["below_bp"].value(), form["from_1"].value(), form["rate_1"].value()) == ("20", "10,000,000", "3")
    made = draft(tiers=[(0, 400)], below_bp=1_000, valid_from=TODAY)
    text = plain(client.get(reverse("brokers:schedule", args=[made.public_id])))
    assert "Compared with the one in force" in text
    assert "5 % up to KRW 10,000,000 · 3 % above" in text
    assert "10 % below to 20 % above" in text


def test_who_edits_what_a_colleague_saved_meanwhile_is_told_and_keeps_the_text(client):
    made = draft()
    sign_in(client, an_officer())
    edit_schedule(schedule=made, content={"below_bp": 1}, tiers=TIERS, revision=1, by=officer(), at=NOW)
    page = client.post(reverse("brokers:draft_edit", args=[made.public_id]), form_of(revision="1", name_en="Typed"))
    assert page.status_code == 409
    assert 'value="Typed"' in page.text
    made.refresh_from_db()
    assert (made.name_en, made.revision) == ("Fee guideline", 2)
    again = client.post(reverse("brokers:draft_edit", args=[made.public_id]), form_of(revision="2", name_en="Typed"))
    assert again.status_code == 302


def test_a_published_version_offers_no_form(client):
    found = guideline()
    sign_in(client, an_officer())
    url = reverse("brokers:draft_edit", args=[found.public_id])
    assert client.get(url).status_code == 302
    assert client.post(url, form_of(revision="1")).status_code == 302
    found.refresh_from_db()
    assert found.name_en == "Fee guideline"


def test_withdrawing_needs_a_reason(client):
    found = guideline()
    sign_in(client, an_officer())
    url = reverse("brokers:withdraw", args=[found.public_id])
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "Wrong"}).status_code == 302
    found.refresh_from_db()
    assert found.state == "withdrawn"


# --- quotes -----------------------------------------------------------------------------------------------------------


def test_from_the_form_to_a_decision_and_an_acceptance(client):
    by, decider = broker_user(), an_officer()
    manager = MembershipFactory(manager=True)
    fellow = OrganizationFactory(broker=True, name="나란히기술")
    guideline()
    sign_in(client, by)
    assert client.get("/fees/quotes/new/?value_won=20000000").context["form"]["value_won"].value() == "20000000"
    given = {
        "broker": by.active_organizations().get().public_id, "client": manager.organization.business_number,
        "subject": "Valve", "value_won": "20,000,000", "fee_won": "1,500,000", "other_1": "나란히", "other_1_bp": "25",
    }  # fmt: skip
    client.post("/fees/quotes/new/", given)
    quote = Quote.objects.get()
    url = reverse("brokers:quote", args=[quote.public_id])
    assert {share.organization: share.share_bp for share in quote.shares.all()} == {quote.broker: 7_500, fellow: 2_500}
    assert "Give a reason for the fee" in plain(client.get("/"))
    assert client.post(f"{url}ask/", {"reason": ""}).status_code == 422
    client.post(f"{url}ask/", {"reason": "Twice the work"})

    sign_in(client, decider)
    assert quote.number in plain(client.get("/fees/outside-band/"))
    assert "Decide on a fee outside the band" in plain(client.get("/"))
    assert "Twice the work" in plain(client.get(url))
    assert client.post(f"{url}decide/", {"grant": "yes", "text": ""}).status_code == 422
    assert client.post(f"{url}decide/", {"grant": "maybe", "text": "x"}).status_code == 422
    client.post(f"{url}decide/", {"grant": "yes", "text": "Agreed"})

    sign_in(client, manager.user)
    assert "Accept or decline the fee" in plain(client.get("/"))
    assert "Agreed" in plain(client.get(url))
    client.post(f"{url}accept/")
    quote.refresh_from_db()
    assert (quote.state, quote.accepted_by) == ("accepted", manager.user)
    assert "What you can do" not in client.get(url).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client": "Nobody at all"}, "client"),
        ({"client": "Twin"}, "client"),
        ({"value_won": "1.5"}, "value_won"),
        ({"subject": ""}, "subject"),
        ({"other_1": "나란히기술"}, "other_1"),
        ({"other_1_bp": "5"}, "other_1"),
        ({"other_1": "나란히기술", "other_1_bp": "100"}, "own_share_bp"),
        ({"other_1": "나란히기술", "other_1_bp": "50", "own_share_bp": "40"}, "own_share_bp"),
    ],
)
def test_a_quote_with_a_mistake_is_not_made_and_the_field_says_so(client, changes, field):
    by = broker_user()
    OrganizationFactory(broker=True, name="나란히기술")
    for serial in range(2):
        OrganizationFactory(name_en=f"Twin {serial}")
    guideline()
    sign_in(client, by)
    given = {
        "broker": by.active_organizations().get().public_id, "client": OrganizationFactory().business_number,
        "subject": "Valve", "value_won": "20,000,000",
    }  # fmt: skip
    page = client.post("/fees/quotes/new/", given | changes)
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert Quote.objects.count() == 0


def test_who_may_quote_without_a_guideline_reads_why_not(client):
    sign_in(client, broker_user())
    assert "No guideline is in force" in client.get("/fees/quotes/new/").text


def test_a_quote_of_a_withdrawn_version_offers_no_acceptance(client):
    found = quoted()
    manager = MembershipFactory(organization=found.client, manager=True).user
    withdraw_schedule(schedule=found.schedule, reason="x", by=officer(), at=NOW)
    sign_in(client, manager)
    text = plain(client.get(reverse("brokers:quote", args=[found.public_id])))
    assert "This quote can no longer be accepted" in text
    assert "Accept the fee" not in text
    assert client.post(reverse("brokers:accept", args=[found.public_id])).status_code == 409


def test_the_list_is_narrowed_by_words_and_state(client):
    first = quoted(subject="Hydrogen valve")
    outside(by=first.quoted_by, client=first.client, subject="Battery")
    sign_in(client, first.quoted_by)

    def found(**given):
        return [row.subject for row in client.get("/fees/quotes/", given).context["page"]]

    assert sorted(found()) == ["Battery", "Hydrogen valve"]
    assert found(q="valve") == found(q=first.number.lower()) == found(state="offered") == ["Hydrogen valve"]
    assert len(found(q=first.client.business_number)) == 2
    assert found(q="moon") == []
    assert "No quote has all of this" in client.get("/fees/quotes/", {"q": "moon"}).text


def test_opening_a_quote_reads_the_message_about_it(client):
    guideline()
    manager = MembershipFactory(manager=True)
    found = quoted(client=manager.organization)
    sign_in(client, manager.user)
    client.get(reverse("brokers:quote", args=[found.public_id]))
    assert Notification.objects.get(recipient=manager.user).read_at == NOW


# --- what waits, and the list as a file -------------------------------------------------------------------------------


def test_a_dated_draft_waits_for_officers_who_did_not_write_it(client):
    writer, other = an_officer(), an_officer()
    waits = draft(by=writer)
    draft(by=writer, valid_from=None, name_en="Not dated")
    for user, sees in ((writer, False), (other, True)):
        sign_in(client, user)
        assert (f"Publish or change the draft: {waits.display_name}" in client.get("/").text) == sees
        assert "Not dated" not in client.get("/").text
        client.logout()


def test_the_list_of_quotes_as_a_file_holds_what_is_shown(client):
    user = broker_user()
    mine = quoted(by=user, subject="=1+1")
    quoted(by=user, subject="Pump")
    other = quoted(subject="Others")
    sign_in(client, user)
    assert reverse("brokers:quotes_export") in client.get(reverse("brokers:quotes"), {"q": "1+1"}).text
    rows = rows_of(client.get(reverse("brokers:quotes_export"), {"q": "1+1"}))
    assert [row[0] for row in rows[1:]] == [mine.number]
    assert rows[1][2] == "'=1+1"
    assert rows[1][6] == str(mine.fee_won)
    assert other.number not in str(rows_of(client.get(reverse("brokers:quotes_export"))))


@pytest.mark.parametrize("payer", ["holder", "firm", "both"])
def test_a_quote_says_that_the_client_pays_and_what_the_guideline_says(client, payer):
    shares = {"holder": 10_000, "firm": 0, "both": 4_000}
    published(paid_by=payer, holder_share_bp=shares[payer])
    holder = OrganizationFactory(institute=True)
    says = {"holder": "the holder of the technology pays", "firm": "the firm that takes", "both": "each side pays"}
    for organization in (OrganizationFactory(), holder):
        quote = quoted(client=organization)
        user = MembershipFactory(organization=organization, manager=True).user
        sign_in(client, user)
        text = plain(client.get(reverse("brokers:quote", args=[quote.public_id])))
        assert f"{organization.display_name} pays all of it, KRW {quote.total_won:,} with VAT" in text
        assert [each for each in says if says[each] in text] == [payer]
        payers = api_of(user).get(reverse("brokers-api:quote", args=[quote.public_id])).json()["payers"]
        assert [(each["key"], each["net_won"] + each["vat_won"]) for each in payers] == [("client", quote.total_won)]
