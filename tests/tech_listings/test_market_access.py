"""Who × action × state on the market: pages and API, with nothing changed where it is refused."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from accounts.enums import Role
from notifications.models import Notification
from tech_listings.enums import ListingState, RightStatus, SuspendedFor
from tech_listings.models import ExclusiveGround, ExclusivityTerm, Listing
from tests.database import undone
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory, patent

PEOPLE = {
    "anonymous": lambda holder: None,
    "stranger": lambda holder: UserFactory(),
    "firm": lambda holder: MembershipFactory().user,
    "other_institute": lambda holder: MembershipFactory(institute=True).user,
    "officer": lambda holder: MembershipFactory(government=True, user__second_factor=True).user,
    "asked_to_join": lambda holder: MembershipFactory(organization=holder, requested=True).user,
    "viewer": lambda holder: MembershipFactory(organization=holder, role=Role.VIEWER).user,
    "staff": lambda holder: MembershipFactory(organization=holder).user,
    "manager": lambda holder: MembershipFactory(organization=holder, manager=True).user,
}
MAY = {"staff", "manager"}
OFF = {"state": ListingState.SUSPENDED, "suspended_at": REGISTERED}
STATES = {
    "draft": {"draft": True},
    "published": {},
    "under_negotiation": {"state": ListingState.UNDER_NEGOTIATION},
    "contracted": {"state": ListingState.CONTRACTED},
    "unconfirmed": {**OFF, "suspended_for": SuspendedFor.NOT_CONFIRMED},
    "lapsed": {**OFF, "suspended_for": SuspendedFor.LAPSED, "rights": [patent(1, status=RightStatus.EXPIRED)]},
    "disputed": {"suspended": True},
    "withdrawn": {"withdrawn": True},
    "closed": {"closed": True},
}
TERM = {"months": "6", "decided_on": "2026-06-01", "decided_by": "Director", "document": "2026-17"}
GROUND = {"ground": "by_nature", "text": "One plant only"}
#           page, API, what is sent, in which states it does something
ACTIONS = {
    "confirm": ("confirm", None, {}, {"published", "under_negotiation", "contracted", "unconfirmed"}),
    "close": ("close", "close", {"outcome": "not_traded", "text": "Nobody came", "on": "2026-06-01"},
              {"published", "under_negotiation", "contracted", "unconfirmed", "lapsed"}),
    "without_right": ("without_right", "without-right", {"text": "know-how"}, {"lapsed"}),
    "term": ("exclusivity_term", "term", TERM,
             {"published", "under_negotiation", "contracted", "unconfirmed", "lapsed", "disputed", "withdrawn"}),
    "ground": ("exclusivity_ground", "ground", GROUND,
               {"published", "under_negotiation", "contracted", "unconfirmed", "lapsed", "disputed", "withdrawn"}),
}  # fmt: skip
SEEN_BY_ALL = {"published", "under_negotiation", "contracted", "closed"}
SEEN_BY_OFFICERS = SEEN_BY_ALL | {"unconfirmed", "lapsed", "disputed", "withdrawn"}


@pytest.fixture(autouse=True)
def _june():
    with time_machine.travel(datetime.datetime(2026, 6, 1, 3, tzinfo=datetime.UTC), tick=False):
        yield


def traces():
    return (
        list(Listing.objects.order_by("pk").values()),
        ExclusiveGround.objects.count(),
        ExclusivityTerm.objects.count(),
        Notification.objects.count(),
    )


def sees(who, state):
    if who in {"viewer", *MAY}:
        return True
    return state in (SEEN_BY_OFFICERS if who == "officer" else SEEN_BY_ALL)


def refused(who, state, *, api):
    """The status where nothing may happen."""
    if who == "anonymous":
        return 401 if api else 302
    return 403 if sees(who, state) else 404


@pytest.mark.parametrize("state", ["published", "lapsed", "closed"])
@pytest.mark.parametrize("who", [who for who in PEOPLE if who not in MAY])
def test_who_may_not(client, who, state):
    """What is refused changes nothing, so that everything is asked of one technology."""
    listing = ListingFactory(**STATES[state])
    user = PEOPLE[who](listing.holder)
    if user:
        sign_in(client, user)
    program, before, wrong = api_of(user), traces(), []
    for action, (page, api, sent, _works_in) in ACTIONS.items():
        if api:
            address = reverse(f"tech_listings-api:{api}", args=[listing.reference])
            got = program.post(address, sent, format="json")
            if got.status_code != refused(who, state, api=True) or traces() != before:
                wrong.append(f"{action} by program: {got.status_code}, changed {traces() != before}")
        got = client.post(reverse(f"tech_listings:{page}", args=[listing.reference]), sent)
        if got.status_code != refused(who, state, api=False) or traces() != before:
            wrong.append(f"{action} on the page: {got.status_code}, changed {traces() != before}")
    assert wrong == []


@pytest.mark.parametrize("state", ["published", "lapsed"])
@pytest.mark.parametrize("who", sorted(MAY))
def test_who_may(client, who, state):
    listing = ListingFactory(**STATES[state])
    sign_in(client, PEOPLE[who](listing.holder))
    for action, (page, _api, sent, works_in) in ACTIONS.items():
        if state in works_in:
            before = traces()
            with undone():
                got = client.post(reverse(f"tech_listings:{page}", args=[listing.reference]), sent)
                assert got.status_code == 302, action
                assert traces() != before, action


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_in_which_state(client, state, action, face):
    listing = ListingFactory(**STATES[state])
    page, api, sent, works_in = ACTIONS[action]
    user, before = PEOPLE["staff"](listing.holder), traces()
    if face == "api" and api is None:
        return
    if face == "page":
        sign_in(client, user)
        got = client.post(reverse(f"tech_listings:{page}", args=[listing.reference]), sent)
        worked = got.status_code == 302
    else:
        got = api_of(user).post(reverse(f"tech_listings-api:{api}", args=[listing.reference]), sent, format="json")
        worked = got.status_code in {200, 201}
    if state in works_in:
        assert worked, got.status_code
        assert traces() != before
    else:
        assert traces() == before
        # The single confirmation of what is not to be confirmed says so on its page.
        assert got.status_code in ({302} if action == "confirm" else {409, 404, 302, 422}), got.status_code


@pytest.mark.parametrize("who", PEOPLE)
def test_the_list_of_what_is_to_be_confirmed(client, who):
    ours = ListingFactory(confirmed_on=datetime.date(2025, 12, 15), title_ko="우리 것", title_en="")
    user = PEOPLE[who](ours.holder)
    if user:
        sign_in(client, user)
    page = client.get(reverse("tech_listings:to_confirm"))
    api = api_of(user).get(reverse("tech_listings-api:confirm"))
    institute = who in {"other_institute", *MAY}
    assert page.status_code == (302 if user is None else 200 if institute else 403)
    assert api.status_code == (401 if user is None else 200 if institute else 403)
    assert ("우리 것" in page.text) == ("우리 것" in api.content.decode()) == (who in MAY)

    before = traces()
    for face in ("page", "api"):
        if face == "page":
            client.post(reverse("tech_listings:to_confirm"), {"listing": [str(ours.public_id)]})
        else:
            api_of(user).post(reverse("tech_listings-api:confirm"), {"ids": [str(ours.public_id)]}, format="json")
        if who not in MAY:
            assert traces() == before
    confirmed = Listing.objects.get(pk=ours.pk).confirmed_on
    assert (confirmed == datetime.date(2026, 6, 1)) == (who in MAY)


@pytest.fixture
def office(client):
    staff = MembershipFactory(institute=True)
    sign_in(client, staff.user)
    return staff


def old(office, title, **fields):
    return ListingFactory(
        holder=office.organization, confirmed_on=datetime.date(2025, 10, 1), title_ko=title, title_en="", **fields
    )


def test_some_all_that_match_or_none(client, office):
    first, second, _third = (old(office, title) for title in ("수소 하나", "수소 둘", "전지"))
    url = reverse("tech_listings:to_confirm")
    none = client.post(url, {}, follow=True)
    assert "Tick at least one" in none.text

    client.post(url, {"listing": [str(first.public_id), "nonsense"]})
    assert set(Listing.objects.filter(confirmed_on="2026-06-01")) == {first}

    said = client.post(f"{url}?q=수소&show=all", {"all": "1"}, follow=True)
    assert "Confirmed: 2 technologies." in said.text
    assert set(Listing.objects.filter(confirmed_on="2026-06-01")) == {first, second}
    assert "전지" in client.get(url).text


def test_the_page_shows_the_longest_unconfirmed_first_and_counts_its_tabs(client, office):
    old(office, "오래된 것")
    ListingFactory(
        holder=office.organization, confirmed_on=datetime.date(2025, 12, 15), title_ko="곧 끝날 것", title_en=""
    )
    ListingFactory(holder=office.organization, confirmed_on=datetime.date(2026, 5, 1), title_ko="새것", title_en="")
    old(office, "내린 것", **STATES["unconfirmed"])
    page = client.get(reverse("tech_listings:to_confirm"))
    assert [count for _href, _label, count, _now in page.context["tabs"]] == [3, 1, 1, 3]
    shown = [listing.title_ko for listing in page.context["page"]]
    assert shown == ["오래된 것", "내린 것", "곧 끝날 것"]
    everything = client.get(reverse("tech_listings:to_confirm"), {"show": "all"})
    assert [listing.title_ko for listing in everything.context["page"]] == ["오래된 것", "곧 끝날 것", "새것"]
    nothing = client.get(reverse("tech_listings:to_confirm"), {"q": "없는 말"})
    assert "No technology is in this list" in nothing.text
    assert client.get(reverse("tech_listings:to_confirm"), {"show": "x"}).status_code == 200


def test_an_office_without_anything_to_confirm_is_told_so(client, office):
    assert "Nothing is to be confirmed now" in client.get(reverse("tech_listings:to_confirm")).text
    assert "still available" not in client.get("/").text


def test_the_home_page_says_what_is_to_be_confirmed(client, office):
    for number in range(2):
        old(office, f"기술 {number}")
    assert "Confirm that 2 technologies are still available" in client.get("/").text


def test_the_api_confirms_what_is_named_or_all_and_nothing_else(office):
    one, other = old(office, "하나"), old(office, "둘")
    foreign = ListingFactory(confirmed_on=datetime.date(2025, 10, 1))
    api, url = api_of(office.user), reverse("tech_listings-api:confirm")
    assert api.post(url, {}, format="json").status_code == 400
    assert api.post(url, {"ids": [str(one.public_id)], "all": True}, format="json").status_code == 400
    named = api.post(url, {"ids": [str(one.public_id), str(foreign.public_id)]}, format="json")
    assert named.json() == {"confirmed": 1, "resumed": 0, "left": 1, "lapsed": 0}
    assert api.get(url).json()["results"][0]["id"] == str(other.public_id)
    assert api.post(url, {"all": True}, format="json").json()["confirmed"] == 1
    foreign.refresh_from_db()
    assert foreign.confirmed_on == datetime.date(2025, 10, 1)
    assert api.get(f"{url}?nonsense=1").status_code == 400


@pytest.mark.parametrize("address", ["/technologies/", "/technologies/?view=table", "/technologies/?q=수소"])
def test_everybody_sees_what_is_unconfirmed(client, address):
    ListingFactory(title_ko="수소 탱크", confirmed_on=datetime.date(2025, 11, 29))
    assert "Unconfirmed" in client.get(address).text
    Listing.objects.update(confirmed_on=datetime.date(2025, 12, 1))
    assert "Unconfirmed" not in client.get(address).text


def test_the_page_and_the_api_say_until_when_it_counts_as_confirmed(client):
    listing = ListingFactory(confirmed_on=datetime.date(2025, 11, 29))
    assert "Unconfirmed" in client.get(reverse("tech_listings:detail", args=[listing.reference])).text
    row = client.get(reverse("tech_listings-api:detail", args=[listing.reference])).json()
    assert (row["confirm_by"], row["is_unconfirmed"]) == ("2026-05-29", True)
    assert client.get(reverse("tech_listings-api:list")).json()["results"][0]["is_unconfirmed"] is True


def test_the_search_is_narrowed_by_confirmation_and_keeps_its_order(client):
    days = [datetime.date(2026, 5, 20), datetime.date(2026, 4, 1), datetime.date(2025, 10, 1)]
    listings = [ListingFactory(title_ko="수소", confirmed_on=day) for day in days]
    everything = [row["id"] for row in client.get("/api/v1/listings/").json()["results"]]
    assert everything == [str(listing.public_id) for listing in reversed(listings)]
    found = {
        within: len(client.get("/api/v1/listings/", {"confirmed": within, "q": "수소"}).json()["results"])
        for within in ("30", "90", "182")
    }
    assert found == {"30": 1, "90": 2, "182": 2}
    facets = {f.name: {o.value: o.count for o in f.options} for f in client.get("/technologies/").context["facets"]}
    assert facets["confirmed"] == {"30": 1, "90": 2, "182": 2}
    assert client.get("/api/v1/listings/", {"confirmed": "yesterday"}).status_code == 400


def test_a_closed_page_stays_for_everybody_and_is_found_nowhere(client):
    listing = ListingFactory(closed=True, title_ko="끝난 기술", title_en="", outcome_text="To a firm with a name")
    page = client.get(reverse("tech_listings:detail", args=[listing.reference]))
    assert page.status_code == 200
    assert "Not offered any more. Assigned on" in page.text
    assert "To a firm with a name" not in page.text
    assert "Ask for transfer" not in page.text
    row = client.get(reverse("tech_listings-api:detail", args=[listing.reference])).json()
    assert (row["state"], row["outcome"], row["outcome_on"]) == ("closed", "assigned", "2026-03-02")
    assert "outcome_text" not in row
    for address in ("/technologies/", "/technologies/?q=끝난", "/api/v1/listings/", "/technologies/export.csv", "/"):
        answer = client.get(address)
        text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.text
        assert "끝난 기술" not in text
    assert "끝난 기술" not in client.get(reverse("tech_listings:suggest"), {"q": "끝난"}).text


def test_its_holder_and_officers_read_how_it_was_closed(client):
    listing = ListingFactory(closed=True, outcome_text="To a firm with a name")
    for who in ("staff", "officer"):
        sign_in(client, PEOPLE[who](listing.holder))
        page = client.get(reverse("tech_listings:detail", args=[listing.reference]))
        assert "To a firm with a name" in page.text


def test_everybody_reads_from_when_an_exclusive_licence_is_possible(client):
    listing = ListingFactory(deal_kinds=["exclusive_licence"])
    url = reverse("tech_listings:detail", args=[listing.reference])
    page = client.get(url).text
    with override("en"):
        day = date_format(datetime.date(2027, 3, 3), "SHORT_DATE_FORMAT")
    assert f"is possible from {day}, if nobody asks" in " ".join(page.split())
    assert "Decree art. 26(4)" in page
    claim = client.get(reverse("tech_listings-api:detail", args=[listing.reference])).json()["exclusivity"]
    assert claim == {
        "is_open": False, "opens_on": "2027-03-03", "ends_on": "2027-03-02", "months": 12, "is_shortened": False,
        "non_exclusive_asked": False, "source": "Decree art. 26(4), 2019-07-30", "is_assumption": False,
        "recorded_ground": None,
    }  # fmt: skip


def test_that_somebody_asked_is_public_and_who_and_when_is_not(client, office):
    listing = ListingFactory(holder=office.organization, deal_kinds=["exclusive_licence", "non_exclusive_licence"])
    firm = MembershipFactory()
    sign_in(client, firm.user)
    client.post(
        reverse("deals:create", args=[listing.public_id]),
        {"deal_kind": "non_exclusive_licence", "intended_use": "Pumps", "organization": firm.organization.public_id},
    )
    client.logout()
    page = client.get(reverse("tech_listings:detail", args=[listing.reference])).text
    assert "Somebody asked for a non-exclusive licence in time" in page
    assert firm.organization.name not in page
    claim = client.get(reverse("tech_listings-api:detail", args=[listing.reference])).json()["exclusivity"]
    assert claim["non_exclusive_asked"] is True
    assert "2026-06-01" not in str(claim)
    mine = api_of(office.user).get(reverse("tech_listings-api:exclusivity", args=[listing.reference])).json()
    assert len(mine["interests"]) == 1
    assert set(mine["interests"][0]) == {"asked_at"}


@pytest.mark.parametrize(("kind", "counts"), [("non_exclusive_licence", 1), ("exclusive_licence", 0)])
def test_only_a_request_for_a_non_exclusive_licence_counts(client, kind, counts):
    listing = ListingFactory(deal_kinds=[kind])
    firm = MembershipFactory()
    given = {"listing": listing.number, "deal_kind": kind, "intended_use": "Pumps"}
    for _ in range(2):
        api_of(firm.user).post(reverse("deals-api:list"), given, format="json")
    assert listing.interests.count() == counts


def test_a_request_that_was_withdrawn_counts_all_the_same(client):
    listing, firm = ListingFactory(), MembershipFactory()
    given = {"listing": listing.number, "deal_kind": "non_exclusive_licence", "intended_use": "Pumps"}
    made = api_of(firm.user).post(reverse("deals-api:list"), given, format="json").json()
    api_of(firm.user).post(reverse("deals-api:withdraw", args=[made["id"]]), {}, format="json")
    assert listing.interests.count() == 1


def test_closing_as_exclusive_too_early_shows_the_way_to_record_a_ground(client, office):
    listing = ListingFactory(holder=office.organization)
    url = reverse("tech_listings:close", args=[listing.reference])
    given = {"outcome": "exclusive", "on": "2026-06-01", "text": "To a firm"}
    page = client.post(url, given)
    assert page.status_code == 422
    assert reverse("tech_listings:exclusivity", args=[listing.reference]) in page.text
    assert Listing.objects.get(pk=listing.pk).state == ListingState.PUBLISHED
    client.post(reverse("tech_listings:exclusivity_ground", args=[listing.reference]), GROUND)
    assert client.post(url, given).status_code == 302
    assert Listing.objects.get(pk=listing.pk).outcome == "exclusive"
    program = api_of(office.user)
    other = ListingFactory(holder=office.organization)
    answer = program.post(reverse("tech_listings-api:close", args=[other.reference]), given, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "exclusive_ground_needed")


def test_a_term_out_of_bounds_is_said_at_its_field(client, office):
    listing = ListingFactory(holder=office.organization)
    url = reverse("tech_listings:exclusivity_term", args=[listing.reference])
    for wrong in ({"months": "5"}, {"decided_on": "2026-06-02"}, {"document": ""}):
        assert client.post(url, TERM | wrong).status_code == 422
    assert not ExclusivityTerm.objects.exists()


def test_a_second_tab_on_a_closed_technology_is_led_to_its_page(client, office):
    listing = ListingFactory(holder=office.organization, closed=True)
    answer = client.get(reverse("tech_listings:close", args=[listing.reference]))
    assert answer.url == reverse("tech_listings:detail", args=[listing.reference])


def test_a_closed_technology_keeps_its_requests(client):
    listing = ListingFactory(closed=True)
    transfer = TransferRequestFactory(listing=listing)
    sign_in(client, transfer.requested_by)
    assert client.get(reverse("deals:detail", args=[transfer.public_id])).status_code == 200
    assert client.get(reverse("deals:create", args=[listing.public_id])).status_code == 409
    assert timezone.localdate() == datetime.date(2026, 6, 1)
