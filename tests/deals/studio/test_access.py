"""Who × what: what a firm expects and chooses is for its own members; not for the holder, not for any broker."""

import pytest
from django.urls import reverse
from time_machine import travel

from accounts.enums import Role
from deals.enums.negotiation import Side
from deals.models import Choice, Forecast
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.brokers.mandates import in_force
from tests.factories.deals.contracts import member
from tests.factories.deals.studio import OFFERED_AT, expected, offered, picked

pytestmark = pytest.mark.django_db

OUT, UNSEEN = (302,) * 5, (404,) * 5
#               look, save, export, choose, see the choice
TABLE = {
    "anonymous": OUT,
    "stranger": UNSEEN,
    "other_company": UNSEEN,
    "other_institute": UNSEEN,
    "officer": UNSEEN,
    "holder_viewer": UNSEEN,
    "holder_staff": UNSEEN,
    "holder_manager": UNSEEN,
    "broker_of_holder": UNSEEN,
    "broker_of_firm": UNSEEN,
    "firm_asked_to_join": UNSEEN,
    "firm_viewer": (200, 403, 200, 403, 200),
    "firm_staff": (200, 302, 200, 302, 200),
    "firm_manager": (200, 302, 200, 302, 200),
}


@pytest.fixture(autouse=True)
def on_the_day():
    with travel(OFFERED_AT, tick=False):
        yield


@pytest.fixture
def offer():
    return offered()


def person(name, offer):
    negotiation = offer.negotiation
    side, _, role = name.partition("_")
    if side in ("holder", "firm") and role in Role.values:
        return member(negotiation.organization_of(side), role=Role(role))
    makers = {
        "anonymous": lambda: None,
        "stranger": UserFactory,
        "other_company": lambda: MembershipFactory(company=True).user,
        "other_institute": lambda: MembershipFactory(institute=True).user,
        "officer": lambda: MembershipFactory(government=True, user__second_factor=True).user,
        "broker_of_holder": lambda: broker(negotiation, Side.HOLDER),
        "broker_of_firm": lambda: broker(negotiation, Side.FIRM),
        "firm_asked_to_join": lambda: MembershipFactory(organization=negotiation.firm, requested=True).user,
    }
    return makers[name]()


def broker(negotiation, side):
    """A broker who takes part for a side by its mandate: it sees the offer, and nothing of the studio."""
    found = MembershipFactory(broker=True, manager=True)
    mandate = in_force(client=negotiation.organization_of(side), broker=found.organization, at=OFFERED_AT)
    negotiation.brokers.create(
        organization=found.organization, side=side, mandate=mandate, joined_at=OFFERED_AT, joined_by=found.user
    )
    return found.user


def traces():
    return list(Forecast.objects.values()), list(Choice.objects.values())


@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=TABLE)
def test_who_may_look_save_and_choose(client, offer, name, row):
    expected(offer)
    choice = picked(offer)
    who = person(name, offer)
    if who is not None:
        sign_in(client, who)
    before = traces()
    forecast = {"first_sale_on": "2027-03-01", "discount_bp": "8", "years": "1", "base_0": "1234567891"}
    option = {"option": offer.options.get(position=1).public_id}
    studio = reverse("deals:studio", args=[offer.public_id])
    answers = [
        client.get(studio),
        client.post(studio, forecast),
        client.get(reverse("deals:studio_export", args=[offer.public_id])),
        client.post(reverse("deals:choose", args=[offer.public_id]), option | {"seen": _seen(client, studio)}),
        client.get(reverse("deals:choice", args=[choice.public_id])),
    ]
    assert tuple(each.status_code for each in answers) == row
    assert (traces() == before) is (row[1] != 302 or name == "anonymous")
    if row in (OUT, UNSEEN):
        assert all(b"1,000,000,000" not in each.content for each in answers)


def _seen(client, address):
    page = client.get(address)
    return page.context["digest"] if page.status_code == 200 else ""


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row == UNSEEN])
def test_programs_of_others_find_nothing_either(offer, name):
    expected(offer)
    picked(offer)
    before = traces()
    api = api_of(person(name, offer))
    address = f"/api/v1/offers/{offer.public_id}"
    body = {"first_sale_on": "2027-03-01", "discount_bp": 0, "low": [1], "base": [1], "high": [1]}
    option = {"option": str(offer.options.first().public_id)}
    answers = [
        api.get(f"{address}/forecast/"),
        api.put(f"{address}/forecast/", body, format="json"),
        api.post(f"{address}/compare/", body, format="json"),
        api.post(f"{address}/choose/", option, format="json"),
        api.get(f"{address}/choices/"),
    ]
    assert {each.status_code for each in answers} <= {403, 404} if name == "officer" else {404}
    assert all(each.status_code in (403, 404) for each in answers)
    assert traces() == before


def test_lists_of_forecasts_and_choices_are_the_firms_alone(offer):
    expected(offer)
    picked(offer)
    for name, row in TABLE.items():
        who = person(name, offer)
        if who is not None:
            sees = row[0] == 200
            assert Forecast.objects.visible_to(who).exists() is sees
            assert Choice.objects.visible_to(who).exists() is sees
