import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from marketplace.core.errors import DomainError, NotAllowed
from matching.models import NeedAnswer
from matching.services.answer import AnsweredAlready, NotOffered, answer
from matching.services.close import NeedClosed
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.matching import POSTED, NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once


@pytest.fixture
def need(world):
    return NeedFactory(organization=world.firm, owner=world.firm_staff)


def reply(world, need, **changes):
    given = {
        "need": need,
        "organization": world.institute,
        "kind": "listing",
        "listing": world.listing,
        "text": "It may fit.",
        "by": world.institute_staff,
        "at": POSTED,
    }
    return answer(**(given | changes))


def test_the_owner_is_told_and_the_same_answer_again_is_the_same(world, need):
    first = reply(world, need)
    assert reply(world, need, text="again") == first
    assert NeedAnswer.objects.count() == 1
    found = Notification.objects.get()
    assert (found.kind, found.recipient) == ("need_answered", world.firm_staff)


def test_an_agency_answers_with_any_published_technology_an_institute_with_its_own(world, need):
    assert reply(world, need, organization=world.agency, by=world.agency_staff).organization == world.agency
    with pytest.raises(DomainError) as refused:
        reply(world, need, listing=ListingFactory())
    assert refused.value.field == "listing"
    with pytest.raises(AnsweredAlready):
        reply(world, need)
    assert NeedAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("_case", "changes", "error", "field"),
    [
        ("viewer", {"by": "institute_viewer"}, NotAllowed, None),
        ("for another", {"by": "other_institute"}, NotAllowed, None),
        ("the firm", {"by": "firm_staff"}, NotAllowed, None),
        ("no technology", {"listing": None}, DomainError, "listing"),
        ("long text", {"text": "x" * 2001}, DomainError, "text"),
        ("strange kind", {"kind": "maybe"}, DomainError, "kind"),
    ],
)
def test_refuses_and_leaves_nothing(world, need, _case, changes, error, field):
    changes = dict(changes)
    by = world.person(changes.pop("by", "institute_staff"))
    with pytest.raises(error) as refused:
        reply(world, need, by=by, **changes)
    assert refused.value.field == field
    assert (NeedAnswer.objects.count(), Notification.objects.count()) == (0, 0)


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_only_what_is_published_is_offered(world, need, state):
    hidden = ListingFactory(holder=world.institute, **{state: True})
    with pytest.raises(NotOffered):
        reply(world, need, listing=hidden)
    assert NeedAnswer.objects.count() == 0


def test_a_closed_need_and_ones_own_take_no_answer(world):
    with pytest.raises(NeedClosed):
        reply(world, NeedFactory(closed=True))
    own = NeedFactory(organization=world.agency, owner=world.agency_staff)
    with pytest.raises(NotAllowed):
        reply(world, own, organization=world.agency, by=world.agency_staff)
    assert NeedAnswer.objects.count() == 0


def test_no_supply_is_said_once_and_not_after_an_offer(world, need):
    none = {"kind": "no_supply", "listing": None}
    first = reply(world, need, **none)
    assert reply(world, need, **none) == first
    assert first.listing is None
    found_after_all = reply(world, need)
    assert found_after_all != first
    other = NeedFactory()
    reply(world, other)
    with pytest.raises(AnsweredAlready):
        reply(world, other, **none)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_answer(world, need):
    done = at_once(*[lambda: reply(world, need)] * 2)
    assert done[0] == done[1]
    assert (NeedAnswer.objects.count(), Notification.objects.count()) == (1, 1)


def test_an_answer_is_written_once(world, need):
    made = NeedAnswerFactory(need=need)
    for change in (lambda rows: rows.update(text="other"), lambda rows: rows.delete()):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change(NeedAnswer.objects.filter(pk=made.pk))
    with pytest.raises(IntegrityError), transaction.atomic():
        NeedAnswerFactory(need=need, no_supply=True, listing=world.listing)


def test_the_page_suggests_ones_own_matches_first(client, world, need):
    other = ListingFactory(title_en="Somebody else's")
    NeedMatchFactory(need=need, listing=world.listing, score=45)
    NeedMatchFactory(need=need, listing=other, score=90)
    url = reverse("matching:need", args=[need.public_id])

    sign_in(client, world.institute_staff)
    offered = [value for value, _ in client.get(url).context["answer_form"].fields["listing"].choices]
    assert offered == [world.listing.number, ""]
    sign_in(client, world.agency_staff)
    offered = [value for value, _ in client.get(url).context["answer_form"].fields["listing"].choices]
    assert offered == [other.number, world.listing.number, ""]


def test_the_page_takes_a_suggestion_or_a_number(client, world, need):
    NeedMatchFactory(need=need, listing=world.listing)
    second = ListingFactory(holder=world.institute)
    sign_in(client, world.institute_staff)
    url = reverse("matching:need_answer", args=[need.public_id])
    given = {"organization": str(world.institute.public_id), "kind": "listing"}

    assert client.post(url, given | {"listing": ""}).status_code == 422
    wrong = client.post(url, given | {"number": "S2099999999"})
    assert set(wrong.context["answer_form"].errors) == {"number"}
    assert NeedAnswer.objects.count() == 0
    assert client.post(url, given | {"listing": world.listing.number}).status_code == 302
    assert client.post(url, given | {"number": second.number.lower()}).status_code == 302
    assert {a.listing for a in NeedAnswer.objects.all()} == {world.listing, second}


def test_the_firm_reads_all_answers_others_their_own(client, world, need):
    NeedAnswerFactory(need=need, listing=world.listing, text="mine")
    NeedAnswerFactory(need=need, text="theirs")
    url = reverse("matching:need", args=[need.public_id])
    for who, sees in (
        ("firm_staff", {"mine", "theirs"}),
        ("institute_staff", {"mine"}),
        ("agency_staff", set()),
        ("officer", set()),
    ):
        sign_in(client, world.person(who))
        page = client.get(url)
        assert {a.text for a in page.context["answers"]} == sees, who


def test_what_was_withdrawn_since_is_named_by_its_number_only(client, world, need):
    gone = ListingFactory(withdrawn=True, title_ko="canary", title_en="canary")
    NeedAnswerFactory(need=need, listing=gone)
    sign_in(client, world.firm_staff)
    page = client.get(reverse("matching:need", args=[need.public_id])).text
    assert gone.number in page
    assert "canary" not in page


def test_opening_the_need_reads_the_message(client, world, need):
    reply(world, need)
    sign_in(client, world.firm_staff)
    assert "Read the answer to need" in client.get("/").text
    client.get(reverse("matching:need", args=[need.public_id]))
    assert Notification.objects.get().read_at is not None
    assert "Read the answer to need" not in client.get("/").text


def test_home_says_what_waits(client, world, need):
    NeedMatchFactory(need=need, listing=world.listing, score=70)
    weak = NeedFactory()
    NeedMatchFactory(need=weak, listing=world.listing, score=40)
    sign_in(client, world.institute_staff)
    home = client.get("/").text
    assert need.number in home
    assert weak.number not in home
    reply(world, need)
    assert need.number not in client.get("/").text
    sign_in(client, world.firm_staff)
    assert f"Look after need {need.number}" in client.get("/").text
    sign_in(client, MembershipFactory().user)
    assert need.number not in client.get("/").text


def test_the_number_is_asked_as_another_one_only_where_some_are_offered(client):
    office = MembershipFactory(institute=True, manager=True)
    need = NeedFactory(opened_at=timezone.now())
    sign_in(client, office.user)
    asked = reverse("matching:need", args=[need.public_id])
    assert client.get(asked).context["answer_form"]["number"].label == "Technology"
    NeedMatchFactory(need=need, listing=ListingFactory(holder=office.organization))
    assert client.get(asked).context["answer_form"]["number"].label == "Another technology"
