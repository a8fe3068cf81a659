"""The office's work page: what is due by date, and for each duty one way on; and what it never shows."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from obligations.models import DutyDraft, Obligation, RnDProject
from obligations.services.settle import settle
from obligations.work import Asked, Stand, When, counts, due
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty, exemption, rules
from tests.factories.tech_listings import ListingFactory, patent, returned, sent

WORK = reverse("obligations:work")


@pytest.fixture
def member():
    return MembershipFactory(institute=True, manager=True)


@pytest.fixture
def desk(client, member):
    return sign_in(client, member.user)


def owed(member, days=0, **result):
    """A duty whose date is so many days from today."""
    made = duty(ResultFactory(project=ProjectFactory(lead=member.organization), **result), at=timezone.now())
    on = timezone.localdate() + timedelta(days=days)
    Obligation.objects.filter(pk=made.pk).update(due_on=on, latest_on=on)
    made.refresh_from_db()
    return made


def linked(made, listing, member):
    DutyDraft.objects.create(obligation=made, listing=listing, made_at=timezone.now(), made_by=member.user)
    return made


def shown(page):
    return [(row.duty, row.step) for row in page.context["rows"]]


def every_step(member):
    """One duty of each step, by date."""
    holder = member.organization
    make = owed(member, -9)
    link = owed(member, -8, number="1020230000007")
    ListingFactory(holder=holder, draft=True, rights=[patent(7)])
    complete = linked(owed(member, -7), ListingFactory(holder=holder, draft=True, field_of_use=""), member)
    send = linked(owed(member, -6), ListingFactory(holder=holder, draft=True), member)
    why = linked(owed(member, -5), returned(holder=holder), member)
    wait = linked(owed(member, 0), sent(holder=holder), member)
    look = linked(owed(member, 30), ListingFactory(holder=holder, withdrawn=True), member)
    asked = owed(member, 31)
    exemption(asked)
    return [
        (make, "make_draft"), (link, "link"), (complete, "complete"), (send, "send"), (why, "see_why_returned"),
        (wait, "wait"), (look, "look"), (asked, "exemption_asked"),
    ]  # fmt: skip


def test_by_date_with_the_shortest_way_on(desk, member):
    wanted = every_step(member)
    page = desk.get(WORK)
    assert shown(page) == wanted
    assert page.context["rows"][0].days_late == 9
    assert [many for _url, _label, many, _now in page.context["tabs"]] == [8, 5, 2, 1]


def test_a_report_is_handed_in(desk, member):
    project = ProjectFactory(lead=member.organization, ends_on=timezone.localdate() - timedelta(days=1))
    rules()
    settle(projects=[project.pk], at=timezone.now())
    assert [step for _duty, step in shown(desk.get(WORK))] == ["hand_in"]
    assert shown(desk.get(WORK, {"kind": "listing"})) == []


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"when": "overdue"}, range(5)),
        ({"when": "soon"}, [5, 6]),
        ({"when": "later"}, [7]),
        ({"stand": "none"}, [0, 1, 7]),
        ({"stand": "draft"}, [2, 3]),
        ({"stand": "returned"}, [4]),
        ({"stand": "waiting"}, [5]),
        ({"stand": "off"}, [6]),
        ({"stand": "none", "when": "overdue"}, [0, 1]),
        ({"result_kind": "software"}, []),
        ({"q": "10-2023-0000007"}, [1]),
    ],
)
def test_filters_counts_and_exports_agree(desk, member, query, wanted):
    every = every_step(member)
    page = desk.get(WORK, query)
    assert shown(page) == [every[n] for n in wanted]
    assert page.context["page"].paginator.count == len(list(wanted))
    lines = list(
        csv.reader(io.StringIO(b"".join(desk.get(reverse("obligations:work_export"), query)).decode("utf-8-sig")))
    )
    assert len(lines) == len(list(wanted)) + 1
    book = openpyxl.load_workbook(io.BytesIO(desk.get(reverse("obligations:work_xlsx"), query).content))
    assert book.active.max_row == len(list(wanted)) + 1


def test_words_and_project(desk, member):
    one, two = owed(member, title="수소 합금"), owed(member, title="=막")
    assert [row[0] for row in shown(desk.get(WORK, {"q": "합금"}))] == [one]
    assert [row[0] for row in shown(desk.get(WORK, {"project": two.project.number}))] == [two]
    content = b"".join(desk.get(reverse("obligations:work_export"))).decode("utf-8-sig")
    assert "'=막" in content


def test_counts_are_those_of_the_filters(member):
    every_step(member)
    day = timezone.localdate()
    for stand in ("", *Stand.values):
        for name, many in counts(member.user, member.organization, Asked(stand=stand), day).items():
            assert due(member.user, member.organization, Asked(when=name, stand=stand), day).count() == many
    assert set(counts(member.user, member.organization, Asked(), day)) == set(When.values)


@pytest.mark.parametrize("query", [{"when": "moon"}, {"stand": "x"}, {"kind": "x"}, {"q": "x" * 300}])
def test_what_cannot_be_asked_is_said(desk, member, query):
    owed(member)
    page = desk.get(WORK, query)
    assert page.context["form"].errors
    assert shown(page) == []


def test_empty_states(desk, member):
    assert "Nothing is due" in desk.get(WORK).text
    assert "Nothing is due here" in desk.get(WORK, {"when": "overdue"}).text


def test_nothing_of_others_or_of_a_security_project(desk, member):
    other = MembershipFactory(institute=True)
    owed(other, title="canary")
    hidden = owed(member, title="canary")
    RnDProject.objects.filter(pk=hidden.project_id).update(is_security=True)
    for url in (WORK, reverse("obligations:work_xlsx")):
        assert b"canary" not in desk.get(url).content
    assert b"canary" not in b"".join(desk.get(reverse("obligations:work_export")))
    assert [many for *_rest, many, _now in desk.get(WORK).context["tabs"]] == [0, 0, 0, 0]


def test_a_draft_of_another_institute_with_the_number_is_not_named(desk, member):
    owed(member, number="1020230000007")
    ListingFactory(draft=True, title_ko="canary", rights=[patent(7)])
    page = desk.get(WORK)
    assert [step for _duty, step in shown(page)] == ["make_draft"]
    assert "canary" not in page.text


def test_as_many_questions_for_many_as_for_few(desk, member):
    def grow(times):
        for serial in range(times):
            made = owed(member, number=f"10202399{Obligation.objects.count():05d}")
            ListingFactory(
                holder=member.organization,
                draft=True,
                rights=[patent(serial) | {"application_number": made.result.number}],
            )
            linked(owed(member), ListingFactory(holder=member.organization, draft=True), member)

    asked = []
    for times in (2, 10):
        grow(times)
        desk.get(WORK)
        with CaptureQueriesContext(connection) as questions:
            assert desk.get(WORK).status_code == 200
        asked.append(len(questions))
    assert asked[0] == asked[1]


# --- one click --------------------------------------------------------------------------------------------------------


def test_one_click_makes_a_draft_and_opens_it(desk, member):
    made = owed(member, title="수소 합금")
    url = reverse("obligations:work_draft", args=[made.public_id])
    first = desk.post(url)
    listing = Listing.objects.get()
    assert first.url == reverse("tech_listings:edit", args=[listing.reference])
    assert desk.post(url).url == first.url
    assert Listing.objects.count() == 1
    page = desk.get(first.url)
    assert "Taken from the result." in page.text
    assert "Taken from the R&amp;D project." in page.text
    desk.post(
        first.url, {"title_ko": "다른 제목", "revision": "1", "rights-TOTAL_FORMS": "0", "rights-INITIAL_FORMS": "0"}
    )
    assert desk.get(first.url).text.count("Taken from the result.") < page.text.count("Taken from the result.")


def test_the_page_of_a_duty_makes_the_draft_too(desk, member):
    made = owed(member)
    page = desk.get(reverse("obligations:duty", args=[made.public_id]))
    url = reverse("obligations:work_draft", args=[made.public_id])
    assert f'action="{url}"' in page.text
    assert desk.get(WORK).text.count(reverse("obligations:duty", args=[made.public_id])) == 2
    linked(made, ListingFactory(holder=member.organization), member)
    Obligation.objects.filter(pk=made.pk).update(state="listed", done_at=timezone.now())
    assert f'action="{url}"' not in desk.get(reverse("obligations:duty", args=[made.public_id])).text


def test_the_same_number_is_offered_to_be_linked(desk, member):
    made = owed(member, number="1020230000007")
    listing = ListingFactory(holder=member.organization, draft=True, rights=[patent(7)])
    answer = desk.post(reverse("obligations:work_draft", args=[made.public_id]), follow=True)
    assert "has the same patent number" in answer.text
    assert Listing.objects.count() == 1
    desk.post(reverse("obligations:work_link", args=[made.public_id, listing.public_id]))
    assert DutyDraft.objects.get().listing == listing
    assert shown(desk.get(WORK)) == [(made, "send")]


def test_refused_says_why(desk, member):
    made = owed(member)
    exemption(made, "granted", until=timezone.localdate() + timedelta(days=99))
    settle(projects=[made.project_id], at=timezone.now())
    answer = desk.post(reverse("obligations:work_draft", args=[made.public_id]), follow=True)
    assert "It is exempt until" in answer.text
    assert not Listing.objects.exists()


PEOPLE = {
    "anonymous": (302, 302),
    "newcomer": (403, 404),
    "firm": (403, 404),
    "viewer": (403, 404),
    "staff": (200, 302),
    "manager": (200, 302),
    "other": (200, 404),
    "officer": (403, 403),
}


def person(who, institute):
    return {
        "newcomer": lambda: UserFactory(),
        "firm": lambda: MembershipFactory(company=True).user,
        "viewer": lambda: MembershipFactory(organization=institute, role=Role.VIEWER).user,
        "staff": lambda: MembershipFactory(organization=institute).user,
        "manager": lambda: MembershipFactory(organization=institute, manager=True).user,
        "other": lambda: MembershipFactory(institute=True).user,
        "officer": lambda: MembershipFactory(government=True, user=UserFactory(second_factor=True)).user,
    }[who]()


@pytest.mark.parametrize("who", PEOPLE)
def test_who_sees_and_who_acts(client, member, who):
    looks, acts = PEOPLE[who]
    made = owed(member)
    listing = ListingFactory(holder=member.organization, draft=True)
    if who != "anonymous":
        sign_in(client, person(who, member.organization))
    for name in ("work", "work_export", "work_xlsx", "work_table", "work_send"):
        assert client.get(reverse(f"obligations:{name}")).status_code == looks, name
    before = (Listing.objects.count(), DutyDraft.objects.count())
    assert client.post(reverse("obligations:work_draft", args=[made.public_id])).status_code == acts
    link = reverse("obligations:work_link", args=[made.public_id, listing.public_id])
    assert client.post(link).status_code == (404 if who == "officer" else acts)
    client.post(reverse("obligations:work_drafts"), {"pick": [str(made.public_id)]})
    assert ((Listing.objects.count(), DutyDraft.objects.count()) == before) == (acts != 302 or who == "anonymous")


# --- the home page ----------------------------------------------------------------------------------------------------


def test_home_says_what_waits_and_leads_there(desk, member):
    every_step(member)
    page = desk.get("/")
    titles = [item.title for item in page.context["waiting"]]
    assert titles[:3] == [
        "5 results are overdue for listing",
        "2 results are to be listed within 30 days",
        "1 technology was returned for completion",
    ]
    assert desk.get(page.context["waiting"][0].url).context["page"].paginator.count == 5
    assert WORK in page.text


def test_home_of_others_says_nothing_of_it(client, member):
    every_step(member)
    sign_in(client, MembershipFactory(organization=member.organization, role=Role.VIEWER).user)
    assert client.get("/").context["waiting"] == []


# --- many -------------------------------------------------------------------------------------------------------------


def test_ticked_ones_are_made_and_open_as_a_table(desk, member):
    made = [owed(member, n) for n in range(3)]
    page = desk.get(WORK, {"tick": "all"})
    assert page.text.count(" checked") == 3
    answer = desk.post(
        reverse("obligations:work_drafts"), {"pick": [str(each.public_id) for each in made]}, follow=True
    )
    assert Listing.objects.count() == 3
    assert [row.listing.pk for row in answer.context["rows"]] == list(
        DutyDraft.objects.order_by("pk").values_list("listing", flat=True)
    )
    assert len(set(DutyDraft.objects.values_list("batch", flat=True))) == 1


@pytest.mark.parametrize("pick", [[], ["x"], ["01234567-89ab-cdef-0123-456789abcdef"]])
def test_nothing_ticked_makes_nothing(desk, member, pick):
    owed(member)
    answer = desk.post(reverse("obligations:work_drafts"), {"pick": pick}, follow=True)
    assert "Choose at least one row first." in answer.text
    assert not Listing.objects.exists()
