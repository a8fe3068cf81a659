"""The pages of saved searches and their matches."""

import html
import re
from datetime import timedelta

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching.enums import AlertRate
from matching.models import Match, SavedSearch
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.matching_searches import TUESDAY, match_of, saved_search
from tests.factories.tech_listings import ListingFactory

DAY = timedelta(days=1)


# --- the pages --------------------------------------------------------------------------------------------------------


@time_machine.travel(TUESDAY + 2 * DAY, tick=False)
def test_the_list_counts_what_is_new_and_opening_makes_it_old(signed_in, owner):
    search = saved_search(by=owner, name="Hydrogen")
    match_of(search, at=TUESDAY - DAY)
    match_of(search, at=TUESDAY + DAY)
    match_of(search, at=TUESDAY + DAY, listing=ListingFactory(withdrawn=True))
    match_of(search, at=TUESDAY + DAY, why_not="known", judged_at=TUESDAY + DAY)
    page = signed_in.get(reverse("matching:search_list"))
    assert [(row.found, row.new) for row in page.context["page"]] == [(2, 1)]

    detail = signed_in.get(reverse("matching:search_detail", args=[search.public_id]))
    assert [row["is_new"] for row in detail.context["rows"]] == [True, False]
    assert "Has: 수소." in detail.text
    again = signed_in.get(reverse("matching:search_list"))
    assert [(row.found, row.new) for row in again.context["page"]] == [(2, 0)]


def test_an_empty_list_says_what_to_do(signed_in):
    assert "No saved search yet" in signed_in.get(reverse("matching:search_list")).text


@time_machine.travel(TUESDAY + 2 * DAY, tick=False)
def test_opens_the_search_itself_in_one_click(signed_in, owner):
    search = saved_search("q=수소&trl=4", by=owner)
    done = signed_in.post(reverse("matching:search_open", args=[search.public_id]))
    assert done.url == "/technologies/?q=%EC%88%98%EC%86%8C&trl=4"
    search.refresh_from_db()
    assert search.opened_at == TUESDAY + 2 * DAY


def test_pages_of_matches_newest_first_and_the_export_is_what_is_shown(signed_in, owner):
    search = saved_search(by=owner)
    made = [match_of(search, at=TUESDAY + n * DAY) for n in range(23)]
    refused = match_of(search, why_not="too_early", judged_at=TUESDAY, listing=ListingFactory(title_en="=1+1"))
    address = reverse("matching:search_detail", args=[search.public_id])

    first = signed_in.get(address)
    assert [row["match"].pk for row in first.context["rows"]] == [m.pk for m in made[:2:-1]]
    assert len(signed_in.get(address, {"page": 2}).context["rows"]) == 3
    part = signed_in.get(address, {"page": 2}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Not developed far enough" in signed_in.get(address, {"show": "refused"}).text

    def export(**query):
        response = signed_in.get(reverse("matching:search_export", args=[search.public_id]), query)
        return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert len(export()) == 24
    assert made[-1].listing.number in export()[1]
    (_head, only) = export(show="refused")
    assert refused.listing.number in only
    assert ",'=1+1," in only  # lessons F34


def address_of(search):
    return reverse("matching:search_detail", args=[search.public_id])


def linked(page, label):
    """The address behind a link of the page."""
    found = re.search(rf'href="([^"]*)"[^>]*>(?:<span class="sr-only">Page </span>)?\s*{label}\s*<', page.text)
    return html.unescape(found.group(1))


def test_what_is_new_stays_so_on_all_pages_of_a_visit(signed_in, owner):
    search = saved_search(by=owner)
    for n in range(23):
        match_of(search, at=TUESDAY + (n - 1) * DAY)  # of the last three on the second page one is new
    with time_machine.travel(TUESDAY + 40 * DAY, tick=False):
        first = signed_in.get(address_of(search))
        second = signed_in.get(linked(first, "2"))
        assert [row["is_new"] for row in second.context["rows"]] == [True, False, False]
        back = signed_in.get(linked(second, "1"))
        assert all(row["is_new"] for row in back.context["rows"])
        put_aside = signed_in.get(linked(first, "Put aside"))
        assert len(signed_in.get(linked(put_aside, "Matches")).context["rows"]) == 20
        # The next visit begins anew.
        assert not any(row["is_new"] for row in signed_in.get(address_of(search)).context["rows"])
        for nonsense in ("x", "2026-99-99T00:00:00+00:00", "2026-03-01"):
            shown = signed_in.get(address_of(search), {"since": nonsense})
            assert not any(row["is_new"] for row in shown.context["rows"])


def test_a_judgement_that_is_refused_shows_its_form_on_its_page(signed_in, owner):
    search = saved_search(by=owner)
    made = [match_of(search, at=TUESDAY + n * DAY) for n in range(23)]
    last = made[0]
    page = signed_in.get(address_of(search), {"page": 2})
    action = reverse("matching:search_judge", args=[last.public_id])
    sent_to = html.unescape(re.search(rf'action="({action}[^"]*)"', page.text).group(1))
    refused = signed_in.post(sent_to, {"why_not": ""})
    assert refused.status_code == 422
    assert [row["match"].pk for row in refused.context["rows"]] == [m.pk for m in made[2::-1]]
    assert [bool(row["why_not"].errors) for row in refused.context["rows"]] == [False, False, True]
    assert linked(refused, "1").startswith(address_of(search) + "?")

    # Found meanwhile were others, and it stands on no such page any more: it is shown nevertheless.
    for n in range(30, 60):
        match_of(search, at=TUESDAY + n * DAY)
    refused = signed_in.post(sent_to, {"why_not": ""})
    assert refused.context["rows"][0]["match"] == last
    assert refused.context["rows"][0]["why_not"].errors

    done = signed_in.post(sent_to, {"why_not": "known"})
    assert done.url.startswith(address_of(search) + "?page=2")


def test_not_this_because_and_back(signed_in, owner):
    search = saved_search(by=owner)
    match = match_of(search)
    address = reverse("matching:search_judge", args=[match.public_id])

    missing = signed_in.post(address, {"why_not": ""})
    assert missing.status_code == 422
    assert "This field is required" in missing.text
    without_words = signed_in.post(address, {"why_not": "other"})
    assert without_words.status_code == 422
    match.refresh_from_db()
    assert match.why_not == ""

    signed_in.post(address, {"why_not": "too_early", "why_not_text": "TRL 2"})
    match.refresh_from_db()
    assert (match.why_not, match.why_not_text) == ("too_early", "TRL 2")
    assert signed_in.get(reverse("matching:search_detail", args=[search.public_id])).context["rows"] == []

    signed_in.post(address, {"take_back": "yes"})
    match.refresh_from_db()
    assert (match.why_not, match.why_not_text, match.judged_at) == ("", "", None)


@time_machine.travel(TUESDAY, tick=False)
def test_name_rate_pause_resume_and_delete(signed_in, owner):
    search = saved_search(by=owner)
    match_of(search)

    def post(action, **given):
        return signed_in.post(reverse(f"matching:{action}", args=[search.public_id]), given)

    for wrong in ({"name": "x" * 121, "rate": "off"}, {"name": "", "rate": "off"}, {"name": "A", "rate": "hourly"}):
        refused = post("search_change", **wrong)
        assert refused.status_code == 422
        assert "Please check what you entered" in refused.text
    search.refresh_from_db()
    assert search.rate == AlertRate.AT_ONCE
    assert post("search_change", name="New name", rate="monthly").status_code == 302
    for _twice in range(2):
        assert post("search_pause").status_code == 302
    search.refresh_from_db()
    assert (search.name, search.rate, search.state, search.paused_at) == ("New name", "monthly", "paused", TUESDAY)
    for _twice in range(2):
        assert post("search_resume").status_code == 302
    search.refresh_from_db()
    assert (search.state, search.paused_at) == ("active", None)
    assert post("search_delete").status_code == 302
    assert (SavedSearch.objects.count(), Match.objects.count()) == (0, 0)
    assert post("search_delete").status_code == 404


def test_from_a_mail_to_the_technology(client, owner):
    search = saved_search(by=owner)
    match = match_of(search)
    address = reverse("matching:search_match", args=[match.public_id])
    for visitor in (None, UserFactory()):
        if visitor:
            sign_in(client, visitor)
        assert client.get(address).url == f"/technologies/{match.listing.number}/"
        search.refresh_from_db()
        assert search.opened_at == TUESDAY
    sign_in(client, owner)
    client.get(address)
    search.refresh_from_db()
    assert search.opened_at > TUESDAY
    hidden = match_of(search, listing=ListingFactory(withdrawn=True))
    assert client.get(reverse("matching:search_match", args=[hidden.public_id])).status_code == 404


def test_a_filter_that_has_gone_since_breaks_no_page(signed_in, owner):
    search = saved_search(by=owner)
    SavedSearch.objects.update(query="colour=red")
    assert signed_in.get(reverse("matching:search_detail", args=[search.public_id])).status_code == 200


def test_lists_ask_as_often_for_many_rows_as_for_few(signed_in, owner):
    searches = [saved_search(f"q=수소 {n}&trl=4", by=owner) for n in range(3)]
    for _ in range(3):
        match_of(searches[0])
    addresses = [
        reverse("matching:search_list"), reverse("matching:search_detail", args=[searches[0].public_id]),
        reverse("matching:search_export", args=[searches[0].public_id]), reverse("matching-api:searches"),
        reverse("matching-api:search-matches", args=[searches[0].public_id]),
    ]  # fmt: skip

    def questions():
        counts = []
        for address in addresses:
            signed_in.get(address)
            with CaptureQueriesContext(connection) as asked:
                response = signed_in.get(address)
                if response.streaming:
                    list(response.streaming_content)
            counts.append(len(asked))
        return counts

    few = questions()
    for n in range(15):
        saved_search(f"q=탱크 {n}", by=owner)
        match_of(searches[0])
    assert questions() == few
    assert max(few) <= 20, few
