"""Drafts as a table: good rows are saved, bad ones say why and keep what was typed; then those chosen are sent."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed
from notifications.models import Notification
from obligations.models import DutyDraft, Obligation
from obligations.services.batch import send_many
from obligations.services.draft import draft_many
from tech_listings.models import Listing, Submission
from tech_listings.services.edit import edit_listing
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty
from tests.factories.tech_listings import ListingFactory

TABLE, SEND = reverse("obligations:work_table"), reverse("obligations:work_send")
COMPLETE = {"field_of_use": "버스", "conditions_of_use": "협의", "deal_kinds": ["assignment"]}


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def desk(client, member):
    return sign_in(client, member.user)


@pytest.fixture
def drafts(member):
    return make(member, 3)


def make(member, many):
    project = ProjectFactory(lead=member.organization)
    duties = [duty(ResultFactory(project=project)) for _ in range(many)]
    return draft_many(obligations=duties, batch=uuid4(), by=member.user, at=timezone.now()).made


def typed(listing, **changes):
    """A row as the browser sends it."""
    listing.refresh_from_db()
    row = {
        "revision": listing.revision, "title": listing.title_ko, "value": listing.value_ko, "trl": listing.trl or "",
        "field_of_use": listing.field_of_use, "conditions_of_use": listing.conditions_of_use,
        "deal_kinds": listing.deal_kinds,
    } | changes  # fmt: skip
    return {"row": [str(listing.public_id)]} | {f"{listing.public_id}-{name}": value for name, value in row.items()}


def table(*rows, **more):
    return {name: value for row in rows for name, value in row.items()} | {
        "row": [public_id for row in rows for public_id in row["row"]], **more
    }  # fmt: skip


def stored():
    return list(Listing.objects.order_by("pk").values()), Submission.objects.count(), Notification.objects.count()


def picks(listings):
    return {"pick": [str(listing.public_id) for listing in listings]}


def test_rows_show_score_and_what_is_missing(desk, drafts):
    page = desk.get(TABLE)
    assert [row.listing for row in page.context["rows"]] == drafts
    row = page.context["rows"][0]
    assert row.quality.score == 20
    assert row.missing == ["Field of use", "Conditions of use"]
    assert "Firms read this sentence first" in page.text


def test_all_are_saved_at_once(desk, drafts):
    rows = [typed(drafts[n], value=f"{n}분", trl="4", **COMPLETE) for n in range(3)]
    answer = desk.post(TABLE, table(*rows), follow=True)
    assert "3 rows were saved." in answer.text
    assert list(Listing.objects.order_by("pk").values_list("value_ko", "trl", "field_of_use", "deal_kinds")) == [
        (f"{n}분", 4, "버스", ["assignment"]) for n in range(3)
    ]


def test_what_was_not_changed_makes_no_version(desk, drafts):
    before = stored()
    answer = desk.post(TABLE, table(*map(typed, drafts)), follow=True)
    assert "Nothing was changed." in answer.text
    assert stored() == before


def test_one_bad_row_keeps_no_other_from_being_saved(desk, drafts):
    bad = typed(drafts[0], value="가" * 301, field_of_use="typed-before")
    page = desk.post(TABLE, table(bad, typed(drafts[1], value="11분")))
    assert page.status_code == 422
    assert "1 row was saved." in page.text
    assert "typed-before" in page.text
    for draft in drafts:
        draft.refresh_from_db()
    assert [draft.value_ko for draft in drafts] == ["", "11분", ""]
    assert drafts[0].field_of_use == ""
    assert [row.listing.pk for row in page.context["wrong"]] == [drafts[0].pk]


def shown(listing, **changes):
    """A row as a page sends it that says what it showed."""
    before = typed(listing)
    kept = {f"initial-{name}": value for name, value in before.items() if name != "row"}
    return before | kept | {f"{listing.public_id}-{name}": value for name, value in changes.items()}


def test_a_row_left_alone_on_an_old_page_overwrites_nothing(desk, member, drafts):
    rows = [shown(drafts[0]), shown(drafts[1], value="11분")]
    edit_listing(
        listing=drafts[0], content={"value_ko": "동료의 글"}, rights=None, seen_revision=1, by=member.user,
        at=timezone.now(),
    )  # fmt: skip
    answer = desk.post(TABLE, table(*rows), follow=True)
    assert "1 row was saved." in answer.text
    for draft in drafts:
        draft.refresh_from_db()
    assert [draft.value_ko for draft in drafts[:2]] == ["동료의 글", "11분"]


def test_a_stale_row_saved_again_changes_only_the_fields_that_were_typed_in(desk, member, drafts):
    row = shown(drafts[0], field_of_use="버스")
    edit_listing(
        listing=drafts[0], content={"value_ko": "동료의 글", "deal_kinds": ["assignment"], "trl": 5}, rights=None,
        seen_revision=1, by=member.user, at=timezone.now(),
    )  # fmt: skip
    page = desk.post(TABLE, table(row))
    assert page.status_code == 409
    [again] = page.context["rows"]
    assert [difference.field for difference in again.differences] == ["field_of_use"]
    desk.post(TABLE, {**again.form.data, "row": [str(drafts[0].public_id)]})
    drafts[0].refresh_from_db()
    assert (drafts[0].value_ko, drafts[0].field_of_use) == ("동료의 글", "버스")
    assert (drafts[0].deal_kinds, drafts[0].trl) == (["assignment"], 5)


def test_a_stale_row_is_told_and_keeps_what_was_typed(desk, member, drafts):
    rows = [typed(drafts[0], value="내 글"), typed(drafts[1], value="11분")]
    edit_listing(
        listing=drafts[0], content={"value_ko": "동료의 글"}, rights=None, seen_revision=1, by=member.user,
        at=timezone.now(),
    )  # fmt: skip
    page = desk.post(TABLE, table(*rows))
    assert page.status_code == 409
    assert "동료의 글" in page.text
    assert "내 글" in page.text
    drafts[0].refresh_from_db()
    drafts[1].refresh_from_db()
    assert (drafts[0].value_ko, drafts[1].value_ko) == ("동료의 글", "11분")
    again = page.context["wrong"][0].form
    assert again["revision"].value() == "2"
    desk.post(TABLE, table(typed(drafts[0], value="내 글", revision=2)))
    drafts[0].refresh_from_db()
    assert drafts[0].value_ko == "내 글"


def test_a_row_that_was_sent_meanwhile_is_told(desk, member, drafts):
    rows = [typed(drafts[0], value="너무 늦었다"), typed(drafts[1], value="11분")]
    edit_listing(listing=drafts[0], content=COMPLETE, rights=None, seen_revision=1, by=member.user, at=timezone.now())
    sent = Listing.objects.get(pk=drafts[0].pk)
    send_many(institute=member.organization, chosen=[(sent, 2)], key=uuid4(), by=member.user, at=timezone.now())
    answer = desk.post(TABLE, table(*rows), follow=True)
    assert "1 row is no draft any more and was not saved." in answer.text
    drafts[0].refresh_from_db()
    assert drafts[0].value_ko == ""


@pytest.mark.parametrize(
    "changes",
    [{"trl": "10"}, {"trl": "x"}, {"title": ""}, {"deal_kinds": ["moon"]}, {"revision": "x"}, {"revision": ""}],
)
def test_hostile_rows_change_nothing(desk, drafts, changes):
    before = stored()
    assert desk.post(TABLE, table(typed(drafts[0], value="x", **changes))).status_code == 422
    assert stored() == before


def test_rows_of_others_are_not_there(desk, drafts):
    other = MembershipFactory(institute=True)
    foreign = make(other, 1)[0]
    before = stored()
    desk.post(TABLE, table(typed(foreign, value="x")))
    assert stored() == before
    for url in (TABLE, SEND):
        assert foreign.title_ko not in desk.get(url, picks([foreign])).text
    desk.post(SEND, {"send": [f"{foreign.public_id}:1"]})
    assert stored() == before


def test_a_full_page_asks_as_often_as_a_short_one(desk, member):
    asked = []
    for many in (2, 20):
        make(member, many)
        desk.get(TABLE)
        with CaptureQueriesContext(connection) as questions:
            assert desk.get(TABLE).status_code == 200
        asked.append(len(questions))
    assert asked[0] == asked[1]


# --- sending ----------------------------------------------------------------------------------------------------------


def complete(drafts):
    Listing.objects.filter(pk__in=[draft.pk for draft in drafts]).update(**COMPLETE)


def test_the_confirmation_lists_exactly_which(desk, drafts):
    complete(drafts[:2])
    answer = desk.post(TABLE, table(typed(drafts[2], value="11분"), send="1"), follow=True)
    assert [listing.pk for listing, _quality in answer.context["complete"]] == [draft.pk for draft in drafts[:2]]
    assert [(row[0].pk, row[2]) for row in answer.context["incomplete"]] == [
        (drafts[2].pk, ["Field of use", "Conditions of use"])
    ]
    assert Submission.objects.count() == 0


def test_those_ticked_are_sent_and_colleagues_told_once(desk, member, drafts):
    colleague = MembershipFactory(organization=member.organization)
    MembershipFactory(organization=member.organization, role=Role.VIEWER)
    complete(drafts[:2])
    page = desk.get(SEND)
    data = {"key": str(page.context["key"]), "send": [f"{draft.public_id}:1" for draft in drafts]}
    answer = desk.post(SEND, data, follow=True)
    assert "2 technologies were sent for registration." in answer.text
    assert list(Listing.objects.order_by("pk").values_list("state", flat=True)) == ["submitted", "submitted", "draft"]
    told = Notification.objects.filter(kind="drafts_sent")
    assert list(told.values_list("recipient", flat=True)) == [colleague.user.pk]
    before = stored()
    desk.post(SEND, data)
    assert stored() == before


def test_what_was_changed_meanwhile_stays(desk, member, drafts):
    complete(drafts)
    edit_listing(listing=drafts[0], content={"trl": 3}, rights=None, seen_revision=1, by=member.user, at=timezone.now())
    answer = desk.post(SEND, {"send": [f"{draft.public_id}:1" for draft in drafts]}, follow=True)
    assert "2 technologies were sent" in answer.text
    assert "changed this technology after you opened it" in answer.text
    drafts[0].refresh_from_db()
    assert drafts[0].state == "draft"


@pytest.mark.parametrize("send", [[], ["x"], ["x:1"], ["01234567-89ab-cdef-0123-456789abcdef:9999999999999"]])
def test_nothing_readable_ticked_sends_nothing(desk, drafts, send):
    complete(drafts)
    before = stored()
    desk.post(SEND, {"send": send})
    assert stored() == before


@pytest.mark.parametrize("who", ["stranger", "other_institute", "viewer", "firm", "officer"])
def test_only_the_institutes_people_send(world, who):
    listing = ListingFactory(holder=world.institute, draft=True)
    before = stored()
    with pytest.raises(NotAllowed):
        send_many(
            institute=world.institute, chosen=[(listing, 1)], key=uuid4(), by=world.person(who), at=timezone.now()
        )
    assert stored() == before


def test_at_most_two_hundred_and_only_its_own(member):
    listing = ListingFactory(draft=True)
    for chosen in ([(listing, 1)] * 201, [(listing, 1)]):
        with pytest.raises(DomainError):
            send_many(institute=member.organization, chosen=chosen, key=uuid4(), by=member.user, at=timezone.now())
    assert Submission.objects.count() == 0


def test_two_hundred_at_once_are_quick(desk, member):
    """Quick enough to be made in the request (the limit is generous: the machine of the tests is shared)."""
    project = ProjectFactory(lead=member.organization)
    duties = [ResultFactory(project=project) for _ in range(200)]
    duty(duties[0])
    Obligation.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    chosen = [str(public_id) for public_id in Obligation.objects.values_list("public_id", flat=True)]
    assert len(chosen) == 200
    start = time.perf_counter()
    answer = desk.post(reverse("obligations:work_drafts"), {"pick": chosen})
    taken = time.perf_counter() - start
    assert answer.status_code == 302
    assert DutyDraft.objects.count() == 200
    assert taken < 20
