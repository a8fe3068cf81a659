"""Who may do what with a request, as one table: pages and API, with the effect absent where it is refused."""

import copy

import pytest
from django.urls import reverse

from deals.enums.requests import RequestState
from deals.models import RequestEvent, TransferRequest
from notifications.models import Notification
from tests.deals.requests.conftest import World, api_of
from tests.factories.accounts import sign_in
from tests.factories.deals.requests import TransferRequestFactory

#                        page see, answer, withdraw;  api see, answer, withdraw
TABLE = {
    "anonymous": ((302, 302, 302), (401, 401, 401)),
    "stranger": ((404, 404, 404), (404, 404, 404)),
    "other_company": ((404, 404, 404), (404, 404, 404)),
    "other_institute": ((404, 404, 404), (404, 404, 404)),
    "officer": ((404, 404, 404), (404, 404, 404)),
    "holder_asked_to_join": ((404, 404, 404), (404, 404, 404)),
    "holder_viewer": ((200, 403, 403), (200, 403, 403)),
    "holder_staff": ((200, 302, 403), (200, 200, 403)),
    "holder_manager": ((200, 302, 403), (200, 200, 403)),
    "company_viewer": ((200, 403, 403), (200, 403, 403)),
    "company_staff": ((200, 403, 302), (200, 403, 200)),
    "company_manager": ((200, 403, 302), (200, 403, 200)),
}
ACTIONS = {"answer": ({"kind": "talk"}, RequestState.ANSWERED), "withdraw": ({}, RequestState.WITHDRAWN)}


@pytest.fixture(scope="module")
def made_once(rows_of_the_module):
    made = World()
    for name in made.makers:
        made.person(name)
    return made


@pytest.fixture
def world(made_once):
    return copy.deepcopy(made_once)


@pytest.fixture
def transfer(world, company):
    return TransferRequestFactory(
        listing=world.listing, requester=company, requested_by=world.company_manager, intended_use="Canary use"
    )


def traces():
    return (
        list(TransferRequest.objects.values().order_by("pk")),
        RequestEvent.objects.exclude(kind="opened").count(),
        Notification.objects.count(),
    )


@pytest.mark.parametrize("who", TABLE)
def test_seeing(client, world, transfer, who):
    user = world.person(who)
    if user:
        sign_in(client, user)
    (page, _, _), (api, _, _) = TABLE[who]
    shown = client.get(reverse("deals:detail", args=[transfer.public_id]))
    receipt = client.get(reverse("deals:sent", args=[transfer.public_id]))
    answer = api_of(user).get(reverse("deals-api:detail", args=[transfer.public_id]))

    assert (shown.status_code, receipt.status_code, answer.status_code) == (page, page, api)
    for text in (shown.text, answer.text):
        assert ("Canary use" in text) == (page == 200)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", TABLE)
@pytest.mark.parametrize("face", ["page", "api"])
def test_acting(client, world, transfer, who, action, face):
    user, before = world.person(who), traces()
    given, after = ACTIONS[action]
    expected = TABLE[who][0 if face == "page" else 1][1 if action == "answer" else 2]
    if face == "page":
        if user:
            sign_in(client, user)
        got = client.post(reverse(f"deals:{action}", args=[transfer.public_id]), given)
    else:
        got = api_of(user).post(reverse(f"deals-api:{action}", args=[transfer.public_id]), given, format="json")

    assert got.status_code == expected
    transfer.refresh_from_db()
    done = user is not None and expected in {200, 302}
    assert transfer.state == (after if done else RequestState.RECEIVED)
    assert (traces() != before) == done


SENDING = {
    "anonymous": (302, 401),
    "stranger": (403, 403),
    "other_institute": (403, 403),
    "officer": (403, 403),
    "holder_staff": (403, 403),
    "holder_viewer": (403, 403),
    "company_viewer": (403, 403),
    "company_staff": (302, 201),
    "company_manager": (302, 201),
    "other_company": (302, 201),
}


@pytest.mark.parametrize("who", SENDING)
def test_sending(client, world, who):
    user = world.person(who)
    if user:
        sign_in(client, user)
    url = reverse("deals:create", args=[world.listing.public_id])
    given = {"deal_kind": "non_exclusive_licence", "intended_use": "Pumps"}
    page, api = SENDING[who]

    organization = user and user.active_organizations().first()
    response = client.post(url, given | ({"organization": str(organization.public_id)} if organization else {}))
    assert response.status_code == page
    made = TransferRequest.objects.count()
    assert made == (1 if user and page == 302 else 0)
    TransferRequest.objects.update(state="withdrawn", withdrawn_at="2026-01-01T00:00Z", withdrawn_by=user)
    answer = api_of(user).post(reverse("deals-api:list"), {**given, "listing": world.listing.number}, format="json")
    assert answer.status_code == api
    assert TransferRequest.objects.count() - made == (1 if api == 201 else 0)


@pytest.mark.parametrize("who", ["other_company", "other_institute", "officer", "stranger"])
def test_lists_exports_and_counts_of_others_say_nothing(client, world, transfer, who):
    user = world.person(who)
    sign_in(client, user)
    found = client.get(reverse("deals:list"), {"q": transfer.number})
    page = client.get(reverse("deals:list"))
    export = b"".join(client.get(reverse("deals:export")).streaming_content).decode()
    api = api_of(user).get(reverse("deals-api:list"))
    assert transfer.number not in page.text
    assert found.context["page"].paginator.count == 0
    assert sum(count for _value, _label, count, _chosen in found.context["states"]) == 0
    assert transfer.number not in export
    assert api.json()["count"] == 0


def test_a_member_whose_membership_ended_sees_nothing_any_more(client, world, transfer):
    sign_in(client, world.holder_staff)
    url = reverse("deals:detail", args=[transfer.public_id])
    assert client.get(url).status_code == 200
    world.holder_staff.memberships.update(state="ended")
    assert client.get(url).status_code == 404


def test_state_changing_addresses_lead_to_the_page_at_get(client, world, transfer):
    sign_in(client, world.holder_manager)
    for name in ("answer", "withdraw"):
        assert client.get(reverse(f"deals:{name}", args=[transfer.public_id])).status_code == 302
