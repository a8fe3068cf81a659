"""A broker changes its own entry: who may, what is checked, who comes second, and what stands in the database."""

import datetime

import pytest
from django.urls import reverse

from accounts.enums import Role
from brokers.enums.registration import RegistrationState
from brokers.models import Registration
from brokers.services.register import edit_entry as edit_entry_module
from brokers.services.register.edit_entry import edit_entry
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from tests.brokers.conftest import api_of
from tests.brokers.register.test_list import moved
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.register import agency, trader
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db
R = RegistrationState
FORM = {
    "introduction_en": "We know cells", "speciality": "Cells", "ipc_prefixes": "h01m, C08", "regions": ["1100000000"],
    "languages": ["ko", "en"], "fee_text": "Half at the start", "conflicts": "A share of 3 % in a firm",
}  # fmt: skip


def state(registration):
    return Registration.objects.filter(pk=registration.pk).values().get()


@pytest.fixture
def house(at_now):
    class House:
        agency = agency()
        trader = trader(office=OrganizationFactory(broker=True))

    organization = House.agency.organization
    House.people = {
        "anonymous": None,
        "stranger": UserFactory(),
        "firm": MembershipFactory(manager=True).user,
        "other_broker": MembershipFactory(broker=True, manager=True).user,
        "officer": MembershipFactory(government=True, user__second_factor=True).user,
        "viewer": MembershipFactory(organization=organization, role=Role.VIEWER).user,
        "asked_to_join": MembershipFactory(organization=organization, requested=True).user,
        "staff": MembershipFactory(organization=organization).user,
        "manager": MembershipFactory(organization=organization, manager=True).user,
        "office_manager": MembershipFactory(organization=House.trader.organization, manager=True).user,
        "trader": House.trader.user,
    }
    return House


#  of the agency: page GET, page POST, API; of the trader: the same
NOBODY = (403, 403, 403)
ANONYMOUS = (302, 302, 401)
OWNER = (200, 302, 200)
TABLE = {
    "anonymous": (ANONYMOUS, ANONYMOUS),
    "stranger": (NOBODY, NOBODY),
    "firm": (NOBODY, NOBODY),
    "other_broker": (NOBODY, NOBODY),
    "officer": (NOBODY, NOBODY),
    "viewer": (NOBODY, NOBODY),
    "asked_to_join": (NOBODY, NOBODY),
    "office_manager": (NOBODY, NOBODY),
    "staff": (OWNER, NOBODY),
    "manager": (OWNER, NOBODY),
    "trader": (NOBODY, OWNER),
}
#  state of the registration: what an owner's saving gives on page and API
STATUS = {
    R.REGISTERED: (302, 200), R.WARNED: (302, 200), R.SUSPENDED: (302, 200), R.HEARING: (302, 200),
    R.CANCELLED: (302, 409),
}  # fmt: skip


@pytest.mark.parametrize("which", ["agency", "trader"])
@pytest.mark.parametrize("who", TABLE)
def test_who_may(client, house, who, which):
    user, found = house.people[who], getattr(house, which)
    if user:
        sign_in(client, user)
    before, address = state(found), reverse("brokers:entry", args=[found.number])
    page, saved, api = TABLE[who][which == "trader"]
    assert client.get(address).status_code == page
    office = {"organization": str(found.organization.public_id)} if which == "trader" else {}
    assert client.post(address, FORM | office | {"revision": 1}).status_code == saved
    assert (state(found) != before) == (page == 200)
    revision = state(found)["revision"]
    sent = {"revision": revision, "speciality": "By a program"}
    answer = api_of(user).patch(reverse("brokers-api:broker", args=[found.number]), sent, format="json")
    assert answer.status_code == api
    assert (state(found)["speciality"] == "By a program") == (api == 200)


@pytest.mark.parametrize("status", STATUS)
def test_in_which_state(client, house, status):
    fields = {R.SUSPENDED: {"suspended_until": TODAY}, R.CANCELLED: {"cancelled_at": NOW}}.get(status, {})
    states = {R.REGISTERED: (), R.CANCELLED: (R.CANCELLED,)}.get(status, (status,))
    found = moved(house.agency, *states, **fields) if states else house.agency
    sign_in(client, house.people["staff"])
    page, api = STATUS[status]
    before, address = state(found), reverse("brokers:entry", args=[found.number])
    assert client.post(address, FORM | {"revision": 1}).status_code == page
    changed = status != R.CANCELLED
    assert (state(found) != before) == changed
    answer = api_of(house.people["staff"]).patch(
        reverse("brokers-api:broker", args=[found.number]), {"revision": 2, "speciality": "x"}, format="json"
    )
    assert answer.status_code == api
    assert (state(found)["speciality"] == "x") == changed


def test_what_is_saved(client, house):
    sign_in(client, house.people["staff"])
    client.post(reverse("brokers:entry", args=[house.agency.number]), FORM | {"revision": 1}, follow=True)
    found = Registration.objects.get(pk=house.agency.pk)
    assert (found.ipc_prefixes, found.regions, found.languages) == (["C08", "H01M"], ["1100000000"], ["en", "ko"])
    assert (found.revision, found.conflicts, found.conflicts_declared_at) == (2, "A share of 3 % in a firm", NOW)


def test_conflicts_are_declared_by_the_tick_or_by_new_words_and_by_nothing_else(house):
    by, found = house.people["staff"], house.agency

    def save(at, **also):
        content = also.pop("content", {"speciality": "x"})
        fresh = Registration.objects.get(pk=found.pk)
        return edit_entry(registration=found, content=content, revision=fresh.revision, by=by, at=at, **also)

    later = NOW + datetime.timedelta(days=40)
    assert save(NOW).conflicts_declared_at is None
    assert save(NOW, declares_conflicts=True).conflicts_declared_at == NOW
    assert save(later).conflicts_declared_at == NOW
    assert save(later, content={"conflicts": ""}).conflicts_declared_at == NOW  # the same words
    assert save(later, content={"conflicts": "A cousin"}).conflicts_declared_at == later


WRONG = [
    ("ipc_prefixes", "H01M, 12", "“12” is not an IPC section"),
    ("ipc_prefixes", "H01M10/05", "is not an IPC section"),
    ("ipc_prefixes", "Z", "“Z” is not an IPC section"),
    ("regions", ["9"], "9"),
    ("languages", ["xx"], "xx"),
    ("speciality", "x" * 301, "300"),
]


@pytest.mark.parametrize(("field", "value", "says"), WRONG)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(client, house, field, value, says):
    sign_in(client, house.people["staff"])
    before = state(house.agency)
    page = client.post(reverse("brokers:entry", args=[house.agency.number]), FORM | {"revision": 1, field: value})
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert says in str(page.context["form"].errors[field])
    assert "We know cells" in page.text  # the rest of the text is kept
    name = "ipc" if field == "ipc_prefixes" else field
    sent = value.split(",") if field == "ipc_prefixes" else value
    answer = api_of(house.people["staff"]).patch(
        reverse("brokers-api:broker", args=[house.agency.number]), {"revision": 1, name: sent}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].split(".")[0] == name
    assert state(house.agency) == before


def test_who_comes_second_reads_what_changed_and_keeps_the_text(client, house):
    edit_entry(
        registration=house.agency, content={"speciality": "By a colleague"}, revision=1, by=house.people["manager"],
        at=NOW,
    )  # fmt: skip
    sign_in(client, house.people["staff"])
    address = reverse("brokers:entry", args=[house.agency.number])
    page = client.post(address, FORM | {"revision": 1})
    assert page.status_code == 409
    assert "By a colleague" in page.text
    assert "We know cells" in page.text
    assert state(house.agency)["speciality"] == "By a colleague"
    revision = page.context["form"]["revision"].value()
    assert client.post(address, FORM | {"revision": revision}).status_code == 302
    assert state(house.agency)["speciality"] == "Cells"
    api = api_of(house.people["staff"]).patch(
        reverse("brokers-api:broker", args=[house.agency.number]), {"revision": 1}, format="json"
    )
    assert (api.status_code, api.json()["code"]) == (409, "changed_meanwhile")


def test_a_trader_chooses_among_the_brokers_he_belongs_to(client, house):
    user, found = house.trader.user, house.trader
    own = MembershipFactory(user=user, broker=True).organization
    firm = MembershipFactory(user=user).organization
    strange = OrganizationFactory(broker=True)
    sign_in(client, user)
    form = client.get(reverse("brokers:entry", args=[found.number])).context["form"]
    offered = {key for key, _label in form.fields["organization"].choices}
    assert offered == {"", str(found.organization.public_id), str(own.public_id)}
    for wrong in (firm, strange):
        with pytest.raises(DomainError) as refused:
            edit_entry(registration=found, content={"organization": wrong}, revision=1, by=user, at=NOW)
        assert refused.value.field == "organization"
    assert (
        edit_entry(registration=found, content={"organization": own}, revision=1, by=user, at=NOW).organization == own
    )
    assert (
        edit_entry(registration=found, content={"organization": None}, revision=2, by=user, at=NOW).organization is None
    )
    answer = api_of(user).patch(
        reverse("brokers-api:broker", args=[found.number]), {"revision": 3, "office": str(own.public_id)}, format="json"
    )
    assert answer.json()["office"]["id"] == str(own.public_id)


def test_a_suspended_trader_does_not_leave_the_office_that_is_closed_with_it(house):
    found, user = house.trader, house.trader.user
    own = MembershipFactory(user=user, broker=True).organization
    moved(found, R.SUSPENDED)
    before = state(found)
    for elsewhere in (None, own):
        with pytest.raises(DomainError) as refused:
            edit_entry(registration=found, content={"organization": elsewhere}, revision=1, by=user, at=NOW)
        assert refused.value.field == "organization"
    assert state(found) == before
    edit_entry(registration=found, content={"organization": found.organization}, revision=1, by=user, at=NOW)


def test_an_agency_is_its_own_office(house):
    with pytest.raises(DomainError):
        edit_entry(
            registration=house.agency, content={"organization": None}, revision=1, by=house.people["manager"], at=NOW
        )
    assert state(house.agency)["organization_id"] == house.agency.organization_id


def test_the_service_asks_by_itself(house):
    before = state(house.agency)
    for who in ("viewer", "other_broker", "officer", "trader"):
        with pytest.raises(NotAllowed):
            edit_entry(registration=house.agency, content={"speciality": "x"}, revision=1, by=house.people[who], at=NOW)
    assert state(house.agency) == before


def test_the_way_to_the_entry(client, house):
    address = reverse("brokers:my_entries")
    sign_in(client, house.people["staff"])
    assert client.get(address)["Location"] == reverse("brokers:entry", args=[house.agency.number])
    both = house.trader.user
    MembershipFactory(user=both, organization=house.agency.organization)
    sign_in(client, both)
    page = client.get(address)
    assert {row.number for row in page.context["rows"]} == {house.agency.number, house.trader.number}
    sign_in(client, house.people["firm"])
    assert client.get(address).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_save_at_once(locked, monkeypatch):
    found = agency()
    people = [MembershipFactory(organization=found.organization).user for _ in range(2)]
    meet_in(monkeypatch, edit_entry_module, "_checked", locked=locked)
    outcomes = at_once(
        *(
            lambda by=by: edit_entry(registration=found, content={"speciality": str(by)}, revision=1, by=by, at=NOW)
            for by in people
        )
    )
    # Without the lock both believe that they were first, and what one wrote is lost.
    assert kinds(outcomes) == (["done", "told"] if locked else ["done", "done"])
    assert any(isinstance(outcome, ChangedMeanwhile) for outcome in outcomes) == locked
    assert state(found)["revision"] == 2
