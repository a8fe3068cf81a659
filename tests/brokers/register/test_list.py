"""The list and its filters, the same for page and API; who is in it and what a page of a broker shows to whom."""

import datetime

import pytest
from django.urls import reverse

from brokers.enums.registration import RegistrationState
from brokers.models import Registration
from tests.factories.accounts import OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY, guideline
from tests.factories.brokers.ratings import deal, mandate, qualified, rated, verified
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.standing import put_into

pytestmark = pytest.mark.django_db
R = RegistrationState


def moved(registration, *states, **fields):
    """Through these states, the last one with `fields`."""
    for state in states:
        put_into(registration, state, at=fields.get("cancelled_at", NOW), suspended_until=fields.get("suspended_until"))
    return registration


class Brokers:
    def __init__(self):
        self.cells = agency(
            OrganizationFactory(broker=True, name="전지거래", name_en="Cell Deals", name_zh="电池交易"),
            ipc_prefixes=["H01M", "C08"], regions=["1100000000"], languages=["ko", "en"], speciality="이차전지 소재",
        )  # fmt: skip
        self.seeds = agency(
            OrganizationFactory(broker=True, name="씨앗거래"), ipc_prefixes=["A"], regions=["2600000000"],
            languages=["ko", "zh"],
        )  # fmt: skip
        person = UserFactory(name="한거래")
        verified(person, "engineer")
        self.trader = trader(person, ipc_prefixes=["H01"], languages=["en"])
        self.silent = agency(OrganizationFactory(broker=True, name="말없음"))
        qualified(self.cells.organization, "lawyer")
        qualified(self.seeds.organization, "lawyer", confirmed=False)

    def names(self, numbers):
        known = {getattr(self, name).number: name for name in ("cells", "seeds", "trader", "silent")}
        return {known[number] for number in numbers}


@pytest.fixture
def brokers(at_now):
    return Brokers()


ASKED = [
    ("", {"cells", "seeds", "trader", "silent"}),
    ("kind=trader", {"trader"}),
    ("kind=trader&kind=agency", {"cells", "seeds", "trader", "silent"}),
    ("section=H", {"cells", "trader"}),
    ("section=H&section=A", {"cells", "trader", "seeds"}),
    ("ipc=H01M", {"cells", "trader"}),  # who names H01 holds H01M too
    ("ipc=h01", {"cells", "trader"}),
    ("ipc=H01M 10/0525", {"cells", "trader"}),
    ("ipc=A61", {"seeds"}),
    ("ipc=C", {"cells"}),
    ("ipc=C08L", {"cells"}),
    ("ipc=C07", set()),
    ("region=2600000000", {"seeds"}),
    ("region=2600000000&region=1100000000", {"seeds", "cells"}),
    ("language=en", {"cells", "trader"}),
    ("language=zh&language=en", {"cells", "trader", "seeds"}),
    ("credential=lawyer", {"cells"}),
    ("credential=engineer", {"trader"}),
    ("credential=lawyer&credential=engineer", {"cells", "trader"}),
    ("credential=trader", {"trader"}),
    ("open=true", {"cells", "seeds", "silent"}),  # the trader has no office
    ("q=전지", {"cells"}),
    ("q=cell DEALS", {"cells"}),
    ("q=电池", {"cells"}),
    ("q=이차전지 소재", {"cells"}),
    ("q=한거래", {"trader"}),
    ("q=거래 씨앗", {"seeds"}),
    ("q=%EF%BC%A3ell", {"cells"}),  # full-width C
    ("q=nobody", set()),
    ("section=H&language=en&credential=lawyer&region=1100000000&open=true&kind=agency", {"cells"}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), ASKED)
def test_filters_of_page_and_api(client, brokers, query, expected):
    page = client.get(f"{reverse('brokers:register')}?{query}")
    api = client.get(f"{reverse('brokers-api:brokers')}?{query}").json()
    assert brokers.names(e.registration.number for e in page.context["entries"]) == expected
    assert brokers.names(row["number"] for row in api["results"]) == expected
    assert ("No broker has all of this" in page.text) == (not expected)


def test_the_number_finds_one(client, brokers):
    page = client.get(reverse("brokers:register"), {"q": brokers.seeds.number.lower()})
    assert [e.registration for e in page.context["entries"]] == [brokers.seeds]


@pytest.mark.parametrize("query", ["ipc=Z99", "kind=bank", "region=1", "language=xx", "unknown=1", "sort=paid"])
def test_the_api_refuses_what_it_does_not_know_and_the_page_says_it(client, brokers, query):
    api = client.get(f"{reverse('brokers-api:brokers')}?{query}")
    page = client.get(f"{reverse('brokers:register')}?{query}")
    assert api.status_code == 400
    assert page.status_code == 200


def test_boxes_say_how_many_they_would_leave(client, brokers):
    def boxes(query=""):
        page = client.get(f"{reverse('brokers:register')}?{query}")
        return {facet.name: {o.value: o.count for o in facet.options} for facet in page.context["facets"]}

    found = boxes()
    assert found["kind"] == {"agency": 3, "trader": 1}
    assert found["section"] == {"A": 1, "C": 1, "H": 2}
    assert found["region"] == {"1100000000": 1, "2600000000": 1}
    assert found["language"] == {"ko": 2, "en": 2, "zh": 1}
    assert found["credential"] == {"lawyer": 1, "engineer": 1, "trader": 1}
    narrowed = boxes("language=zh")
    assert narrowed["kind"] == {"agency": 1}
    assert narrowed["language"] == {"ko": 2, "en": 2, "zh": 1}  # its own filter aside
    for name, options in found.items():
        for value, count in options.items():
            page = client.get(f"{reverse('brokers:register')}?{name}={value}")
            assert page.context["page"].paginator.count == count, (name, value)


def test_chosen_orders(client, brokers):
    for hours in (1, 2, 3):
        mandate(brokers.seeds.organization, hours=hours * 10)
        mandate(brokers.silent.organization, hours=hours)
    for _ in range(3):
        deal(brokers.seeds.organization, ipc_section="A")
        deal(brokers.cells.organization, ipc_section="H")
    deal(brokers.cells.organization, ipc_section="H")

    def order(query):
        return [e.registration for e in client.get(f"{reverse('brokers:register')}?{query}").context["entries"]]

    assert order("sort=answer")[:2] == [brokers.silent, brokers.seeds]
    assert order("sort=deals")[:2] == [brokers.cells, brokers.seeds]
    assert order("sort=deals&section=A")[0] == brokers.seeds
    assert order("sort=name") == sorted(order(""), key=lambda r: r.display_name.lower())


def test_htmx_gets_the_part_and_a_page_without_it_the_whole(client, brokers):
    whole = client.get(reverse("brokers:register"), {"language": "zh"})
    part = client.get(reverse("brokers:register"), {"language": "zh"}, headers={"HX-Request": "true"})
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert part["HX-Push-Url"].endswith("?language=zh")
    assert "씨앗거래" in part.text
    assert 'hx-swap-oob="true"' in part.text


def test_nobody_registered_yet(client):
    assert "Nobody is registered yet" in client.get(reverse("brokers:register")).text


# --- what the state says ----------------------------------------------------------------------------------------------

#  states, fields: what everybody reads, is it listed, is it open to new work
STATES = [
    ((), {}, "registered", True, True),
    ((R.WARNED,), {}, "registered", True, True),
    ((R.HEARING,), {}, "registered", True, True),
    ((R.SUSPENDED,), {"suspended_until": TODAY + datetime.timedelta(days=30)}, "suspended", True, False),
    ((R.SUSPENDED, R.HEARING), {"suspended_until": TODAY + datetime.timedelta(days=30)}, "suspended", True, False),
    ((R.CANCELLED,), {"cancelled_at": NOW}, "cancelled", False, False),
]


def test_a_trader_of_a_suspended_agency_is_not_open_either(client, at_now):
    house = agency()
    person = trader(office=house.organization)
    address = reverse("brokers-api:broker", args=[person.number])
    assert client.get(address).json()["takes_new_work"] is True
    put_into(house, R.SUSPENDED)
    assert client.get(address).json()["takes_new_work"] is False
    assert not client.get(reverse("brokers:register"), {"open": "true"}).context["entries"]
    assert not Registration.objects.open_to_work().exists()


@pytest.mark.parametrize(("states", "fields", "public", "listed", "is_open"), STATES)
def test_what_the_public_reads_of_each_state(client, at_now, states, fields, public, listed, is_open):
    broker = agency(below_since=TODAY)
    if states:
        moved(broker, *states, **fields)
    address = reverse("brokers:broker", args=[broker.number])
    page, api = client.get(address), client.get(reverse("brokers-api:broker", args=[broker.number])).json()
    assert (page.status_code, page.context["entry"].state, api["state"]) == (200, public, public)
    assert api["takes_new_work"] == is_open
    for name in ("register", "register_csv", "register_json"):
        answer = client.get(reverse(f"brokers:{name}"))
        text = answer.getvalue().decode() if answer.streaming else answer.text
        assert (broker.number in text) == listed
    found = client.get(reverse("brokers:register"), {"open": "true"}).context["entries"]
    assert bool(found) == is_open
    for word in ("Warned", "Hearing", "warned", "hearing", "below"):
        assert word not in page.text.split("<main")[1]
        assert word not in str(api.values())
    assert ("was cancelled" in page.text) == (public == "cancelled")
    assert ("is suspended" in page.text) == (public == "suspended")


def test_a_cancelled_page_says_from_when_to_when_and_no_longer_advertises(client, at_now):
    broker = agency(introduction_en="We are the best", fee_text="Cheap")
    moved(broker, R.CANCELLED, cancelled_at=NOW)
    page = client.get(reverse("brokers:broker", args=[broker.number]))
    assert "It was registered from" in page.text
    assert "We are the best" not in page.text
    assert "Cheap" not in page.text


def test_a_number_that_is_nobodys_is_not_found(client, at_now):
    assert client.get("/brokers/BA2026999999/").status_code == 404
    assert client.get("/api/v1/brokers/BT2026999999/").status_code == 404
    assert client.get("/brokers/BX2026000001/").status_code == 404


# --- one broker -------------------------------------------------------------------------------------------------------


def test_what_is_not_known_is_said_to_be_not_known(client, at_now):
    page = client.get(reverse("brokers:broker", args=[agency().number]))
    for sentence in (
        "The broker has not introduced itself.", "No qualification is verified yet.", "fewer than 3 deals are known",
        "fewer than 3 mandates were offered by clients", "Not known: the broker has declared nothing.",
        "shown from 3 ratings on", "None is in force.",
    ):  # fmt: skip
        assert sentence in page.text
    assert "None</dd>" not in page.text


def test_what_is_known_is_shown(client, at_now):
    guideline()
    broker = agency(
        introduction_ko="소개", introduction_en="We know cells", speciality="Cells", fee_text="Half at the start",
        conditions="Only H01M", conflicts="", conflicts_declared_at=NOW,
    )  # fmt: skip
    for _ in range(3):
        deal(broker.organization, value_won=60_000_000)
        mandate(broker.organization, hours=30, fee_bp=8_000)
        rated(broker.organization, stars=5, text="Found us a partner")
    qualified(broker.organization, "lawyer")
    page = client.get(reverse("brokers:broker", args=[broker.number]))
    for text in (
        "We know cells", "Only H01M", "Half at the start", "declares that it has none", "30 hours",
        "6 deals brought about", "50 to 200 million won", "80 % of the guideline", "Found us a partner", "5.0 of 5",
    ):  # fmt: skip
        assert text in page.text, text
    korean = client.get(reverse("brokers:broker", args=[broker.number]), headers={"Accept-Language": "ko"})
    assert "소개" in korean.text


def test_an_old_declaration_says_so(client, at_now):
    year = datetime.timedelta(days=365)
    fresh, old = agency(conflicts_declared_at=NOW - year), agency(conflicts_declared_at=NOW - year - year / 365)
    texts = [client.get(reverse("brokers:broker", args=[b.number])).text for b in (fresh, old)]
    assert ["older than a year" in text for text in texts] == [False, True]


def test_the_way_to_the_own_entry_is_shown_to_its_owner_only(client, at_now):
    mine, other = agency(), agency()
    sign_in(client, mine.application.applicant)
    assert "Change your entry" in client.get(reverse("brokers:broker", args=[mine.number])).text
    assert "Change your entry" not in client.get(reverse("brokers:broker", args=[other.number])).text


def test_three_side_by_side(client, at_now):
    made = [agency(speciality=f"Speciality {n}") for n in range(4)]
    page = client.get(reverse("brokers:register_compare"), {"broker": [b.number for b in made]})
    assert [e.registration for e in page.context["entries"]] == made[:3]
    assert "The first three are shown" in page.text
    assert "Nobody to compare" in client.get(reverse("brokers:register_compare"), {"broker": "x"}).text


# --- nothing of a client ----------------------------------------------------------------------------------------------


def test_a_broker_with_several_clients_tells_nothing_of_any(client, at_now):
    """Names, amounts and words of parties, of staff and of hidden texts, on every public face."""
    broker = agency()
    house = broker.organization
    canaries = []
    for n, (value, section) in enumerate(
        [(123_456_789, "H"), (234_567_891, "H"), (345_678_912, "C"), (456_789_123, "")]
    ):
        party = OrganizationFactory(name=f"Canary firm {n}", name_en=f"Canary firm {n}", name_zh=f"Canary firm {n}")
        holder = OrganizationFactory(institute=True, name=f"Canary institute {n}", name_en="")
        deal(house, taker=party, holder=holder, value_won=value, ipc_section=section, technology=f"Canary valve {n}",
             royalty_text="Canary royalty")  # fmt: skip
        mandate(house, party, hours=5, terms="Canary terms", answer_text="Canary answer")
        rated(house, organization=OrganizationFactory(name=f"Canary rater {n}", name_en=""), text=f"Public words {n}")
        canaries.append(f"{value:,}")
    qualified(house, "lawyer", user=UserFactory(name="Canary lawyer"))
    number = broker.number
    texts = {}
    for address in (
        reverse("brokers:register"), reverse("brokers:broker", args=[number]), reverse("brokers:register_order"),
        f"{reverse('brokers:register_compare')}?broker={number}", reverse("brokers:register_data"),
        reverse("brokers:register_csv"), reverse("brokers:register_json"), reverse("brokers-api:brokers"),
        reverse("brokers-api:broker", args=[number]),
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 200
        texts[address] = answer.getvalue().decode() if answer.streaming else answer.text
    assert "Public words 1" in texts[reverse("brokers:broker", args=[number])]
    for address, text in texts.items():
        assert "Canary" not in text, address
        assert not any(value in text or value.replace(",", "") in text for value in canaries), address
