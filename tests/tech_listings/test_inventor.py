"""An inventor completes a draft by a link: who may what in which state, and what the link never shows."""

from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from disclosures.services.links import make_link
from notifications.models import Notification
from tech_listings.enums import InventorState, ListingState
from tech_listings.models import InventorInvitation, Listing, Prefill
from tech_listings.services.edit import edit_listing
from tech_listings.services.forget_inventors import KEPT, forget_inventors
from tech_listings.services.inventor import LIFETIME, end_link, invite_inventor, resend_link, send_part
from tech_listings.services.publish import discard
from tech_listings.services.submission import submit
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingFactory, an_officer, returned

EMAIL = "kim@lab.example"
PART = {
    "value": "충전 시간을 42분에서 11분으로",
    "problem": "",
    "effect": "12% 가볍다",
    "field_of_use": "버스",
    "trl": "6",
}


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def draft(member):
    return ListingFactory(
        draft=True, holder=member.organization, title_ko="수소 합금", field_of_use="",
        confidential_text="canary", confidential_reason="canary",
    )  # fmt: skip


@pytest.fixture
def link(draft, member, django_capture_on_commit_callbacks):
    """The invitation, with the token as the mail has it."""
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(draft, member)
    return invitation


def invite(draft, member, **more):
    given = {"name": "김가온", "email": EMAIL, "language": "ko"} | more
    return invite_inventor(listing=draft, by=member.user, at=timezone.now(), **given)


def address():
    """Of the newest mail."""
    path = reverse("tech_listings:inventor", args=["T"]).replace("T/", "")
    line = next(line for line in mail.outbox[-1].body.splitlines() if path in line)
    return line[line.index(path) :].strip()


def given(**changes):
    return {"seen": "0", **PART, **changes}


def stored():
    return list(InventorInvitation.objects.values()), list(Listing.objects.values()), Notification.objects.count()


# --- the mail ---------------------------------------------------------------------------------------------------------


def test_the_mail_has_the_link_and_the_database_has_not(link):
    assert mail.outbox[0].to == [EMAIL]
    assert "수소 합금" in mail.outbox[0].subject
    assert "canary" not in mail.outbox[0].body
    token = address().strip("/").split("/")[-1]
    assert len(token) == 43
    assert not any(token in str(value) for value in InventorInvitation.objects.values().get().values())
    link.refresh_from_db()
    assert link.mailed_at is not None
    assert link.expires_at - link.created_at < LIFETIME + timedelta(seconds=5)


def test_a_mail_that_could_not_go_is_said_and_sent_again(
    client, draft, member, settings, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "nowhere.Backend"
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(draft, member)
    page = sign_in(client, member.user).get(reverse("tech_listings:inventors", args=[draft.reference]))
    assert "The mail has not gone out" in page.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)), django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("tech_listings:inventor_resend", args=[invitation.public_id]))
    assert client.get(address()).status_code == 200


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_opens_without_an_account_and_leaks_nothing(client, link):
    other = ListingFactory(draft=True, holder=link.listing.holder, title_ko="other-canary")
    page = client.get(address())
    assert page.status_code == 200
    assert 'lang="ko"' in page.text
    assert "수소 합금" in page.text
    for closed in ("canary", other.title_ko, EMAIL):
        assert closed not in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"]


def test_looking_changes_nothing(client, link):
    before = stored()
    client.get(address())
    client.head(address())
    assert stored() == before


@pytest.mark.parametrize(("language", "field"), [("ko", "value_ko"), ("en", "value_en"), ("zh-hans", "value_zh")])
def test_the_page_and_the_sentence_are_in_the_language_of_the_invitation(
    client, draft, member, language, field, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        invite(draft, member, language=language)
    assert f'lang="{language}"' in client.get(address()).text
    client.post(address(), given(send="1"))
    assert InventorInvitation.objects.get().given[field] == PART["value"]


def test_saved_as_often_as_wanted_then_sent_once(client, link, member):
    for seen in range(3):
        assert client.post(address(), given(seen=str(seen), problem=f"문제 {seen}")).status_code == 302
    assert "문제 2" in client.get(address()).text
    assert Notification.objects.count() == 0
    colleague = MembershipFactory(organization=member.organization).user
    MembershipFactory(organization=member.organization, role=Role.VIEWER)
    sent = client.post(address(), given(seen="3", send="1"), follow=True)
    assert sent.status_code == 200
    link.refresh_from_db()
    assert link.state == InventorState.SENT
    assert set(Notification.objects.values_list("recipient", "kind")) == {
        (member.user.pk, "inventor_answered"), (colleague.pk, "inventor_answered"),
    }  # fmt: skip
    before = stored()
    again = client.post(address(), given(seen="4", value="너무 늦었다"))
    assert again.status_code == 410
    assert "너무 늦었다" in again.text
    assert stored() == before


def test_a_browser_that_names_no_origin_can_save(link):
    """As browsers do under `no-referrer`; nothing but the key in the address says who it is."""
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(address(), given(), headers={"Origin": "null"}).status_code == 302
    link.refresh_from_db()
    assert link.given["value_ko"] == PART["value"]


def test_two_windows_are_told_of_each_other(client, link):
    client.post(address(), given(value="첫째 창"))
    before = stored()
    page = client.post(address(), given(value="둘째 창"))
    assert page.status_code == 409
    assert "첫째 창" in page.text
    assert "둘째 창" in page.text
    assert stored() == before
    assert client.post(address(), given(seen="1", value="둘째 창")).status_code == 302


def test_nothing_new_cannot_be_sent(client, link):
    before = stored()
    page = client.post(address(), {"seen": "0", "send": "1"})
    assert page.status_code == 422
    assert stored() == before


@pytest.mark.parametrize(
    "changes",
    [{"value": "가" * 301}, {"trl": "10"}, {"trl": "x"}, {"seen": "x"}, {"seen": ""}, {"effect": "가" * 5001}],
)
def test_what_cannot_be_kept_is_said_and_stays_typed(client, link, changes):
    before = stored()
    page = client.post(address(), given(problem="typed-before", **changes))
    assert page.status_code == 422
    assert "typed-before" in page.text
    assert stored() == before


def test_markup_and_null_bytes_are_text(client, link):
    client.post(address(), given(value="<script>alert(1)</script>", problem="a\x07b", send="1"))
    link.refresh_from_db()
    assert link.given["problem"] == "ab"
    staff = sign_in(client, MembershipFactory(organization=link.listing.holder).user)
    page = staff.get(reverse("tech_listings:inventor_answer", args=[link.public_id]))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


# --- over -------------------------------------------------------------------------------------------------------------

ENDS = {
    "taken back": lambda link, member, at: end_link(invitation=link, by=member.user, at=at),
    "sent again": lambda link, member, at: resend_link(invitation=link, by=member.user, at=at + timedelta(hours=1)),
    "registration": lambda link, member, at: submit(listing=link.listing, by=member.user, at=at),
    "discarded": lambda link, member, at: discard(listing=link.listing, by=member.user, at=at),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_is_over_says_what_to_do_and_gives_back_what_was_typed(client, link, member, end):
    old = address()
    Listing.objects.filter(pk=link.listing_id).update(field_of_use="버스")
    ENDS[end](link, member, timezone.now())
    before = stored()
    page = client.post(old, given(value="아직 쓰던 글"))
    if end == "sent again":  # nobody knows the old token any more
        assert page.status_code == 404
    else:
        assert page.status_code == 410
        assert "아직 쓰던 글" in page.text
        assert client.get(old).status_code == 410
        assert "수소 합금" not in client.get(old).text
    assert stored() == before


def test_its_day_is_over(client, link):
    with time_machine.travel(link.expires_at - timedelta(seconds=5)):
        assert client.get(address()).status_code == 200
    with time_machine.travel(link.expires_at + timedelta(seconds=5)):
        assert client.get(address()).status_code == 410


def test_taken_back_by_the_office_it_stays_over(client, link, member):
    """The technology was sent and taken back: a draft again, but the link is over."""
    Listing.objects.filter(pk=link.listing_id).update(field_of_use="버스")
    submission = submit(listing=link.listing, by=member.user, at=timezone.now())
    client.force_login(member.user)
    client.post(reverse("tech_listings:take_back", args=[submission.listing.reference]))
    assert Listing.objects.get().state == "draft"
    client.logout()
    assert client.get(address()).status_code == 410


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 400, "%00", "가" * 43])
def test_made_up_links_are_nothing(client, link, token):
    assert client.get(f"/inventor/{token}/").status_code in {400, 404}


def test_whoever_tries_many_is_stopped(client, link):
    answers = [client.get(f"/inventor/{'x' * 40}{n}/").status_code for n in range(25)]
    assert answers[0] == 404
    assert answers[-1] == 429


# --- the office -------------------------------------------------------------------------------------------------------

PEOPLE = {
    "anonymous": (302, 302),
    "stranger": (404, 404),
    "other_institute": (404, 404),
    "firm": (404, 404),
    "officer": (404, 404),
    "viewer": (403, 403),
    "staff": (200, 302),
    "manager": (200, 302),
}


def person(who, organization):
    return {
        "stranger": lambda: UserFactory(),
        "other_institute": lambda: MembershipFactory(institute=True).user,
        "firm": lambda: MembershipFactory(company=True).user,
        "officer": an_officer,
        "viewer": lambda: MembershipFactory(organization=organization, role=Role.VIEWER).user,
        "staff": lambda: MembershipFactory(organization=organization).user,
        "manager": lambda: MembershipFactory(organization=organization, manager=True).user,
    }[who]()


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("action", ["invite", "resend", "end", "take_over", "set_aside"])
def test_who_may_do_what(client, link, who, action):
    looks, acts = PEOPLE[who]
    if action in {"take_over", "set_aside"}:
        part = {"value_ko": "값 11분"}
        send_part(invitation=link, part=part, seen=0, at=timezone.now())
    if who != "anonymous":
        sign_in(client, person(who, link.listing.holder))
    url = {
        "invite": reverse("tech_listings:inventors", args=[link.listing.reference]),
        "resend": reverse("tech_listings:inventor_resend", args=[link.public_id]),
        "end": reverse("tech_listings:inventor_end", args=[link.public_id]),
        "take_over": reverse("tech_listings:inventor_answer", args=[link.public_id]),
        "set_aside": reverse("tech_listings:inventor_answer", args=[link.public_id]),
    }[action]
    data = {
        "invite": {"name": "이이음", "email": "lee@lab.example", "language": "en"},
        "take_over": {"revision": "1", "value_ko": "값 11분", "take_value_ko": "on"},
        "set_aside": {"set_aside": "1"},
    }.get(action, {})
    if action not in {"resend", "end"}:
        assert client.get(url).status_code == looks
    before = stored()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert client.post(url, data).status_code == acts
    assert (stored() == before) == (who not in {"staff", "manager"})


def answer(link, **part):
    return send_part(invitation=link, part={"value_ko": "값 11분", "effect": "12%"} | part, seen=0, at=timezone.now())


def test_taken_over_in_part_and_in_other_words(client, link, member):
    answer(link)
    sign_in(client, member.user)
    url = reverse("tech_listings:inventor_answer", args=[link.public_id])
    assert "값 11분" in client.get(url).text
    client.post(url, {"revision": "1", "value_ko": "충전 11분", "take_value_ko": "on", "effect": "12%"})
    listing = Listing.objects.get()
    assert (listing.value_ko, listing.effect, listing.revision) == ("충전 11분", "", 2)
    link.refresh_from_db()
    assert (link.state, link.decided_by) == (InventorState.ACCEPTED, member.user)
    before = stored()
    assert client.post(url, {"revision": "2", "value_ko": "x", "take_value_ko": "on"}).status_code == 409
    assert client.post(url, {"set_aside": "1"}).status_code == 409
    assert stored() == before


def test_changed_meanwhile_shows_both_and_keeps_what_was_typed(client, link, member):
    answer(link)
    edit_listing(
        listing=link.listing, content={"value_ko": "동료의 글"}, rights=None, seen_revision=1, by=member.user,
        at=timezone.now(),
    )  # fmt: skip
    sign_in(client, member.user)
    before = stored()
    url = reverse("tech_listings:inventor_answer", args=[link.public_id])
    page = client.post(url, {"revision": "1", "value_ko": "내 글", "take_value_ko": "on", "effect": "12%"})
    assert page.status_code == 409
    assert "동료의 글" in page.text
    assert "내 글" in page.text
    assert stored() == before
    data = {"revision": "2", "value_ko": "내 글", "take_value_ko": "on", "effect": "12%"}
    assert client.post(url, data).status_code == 302
    assert Listing.objects.get().value_ko == "내 글"


def test_what_waits_for_an_officer_takes_nothing_over(client, link, member):
    answer(link, field_of_use="버스")
    Listing.objects.filter(pk=link.listing_id).update(field_of_use="버스")
    submit(listing=link.listing, by=member.user, at=timezone.now())
    sign_in(client, member.user)
    before = stored()
    url = reverse("tech_listings:inventor_answer", args=[link.public_id])
    assert client.post(url, {"revision": "2", "value_ko": "x", "take_value_ko": "on"}).status_code == 409
    assert stored() == before


def test_what_was_returned_can_be_completed(member, django_capture_on_commit_callbacks, client):
    listing = returned(holder=member.organization)
    with django_capture_on_commit_callbacks(execute=True):
        invite(listing, member)
    assert client.get(address()).status_code == 200


@pytest.mark.parametrize("state", [{}, {"withdrawn": True}, {"suspended": True}, {"closed": True}])
def test_of_what_is_no_draft_nobody_is_invited(client, member, state):
    listing = ListingFactory(holder=member.organization, **state)
    sign_in(client, member.user)
    url = reverse("tech_listings:inventors", args=[listing.reference])
    assert client.post(url, {"name": "x", "email": EMAIL, "language": "ko"}).status_code == 409
    assert not InventorInvitation.objects.exists()
    assert mail.outbox == []


def test_the_same_address_again_is_one_link(draft, member):
    first = invite(draft, member)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert invite(draft, member, email=EMAIL.upper()).pk == first.pk
    assert InventorInvitation.objects.count() == 1


def test_clicks_send_one_mail(client, draft, member):
    sign_in(client, member.user)
    url = reverse("tech_listings:inventors", args=[draft.reference])
    data = {"name": "x", "email": EMAIL, "language": "ko"}
    assert [client.post(url, data).status_code for _ in range(3)] == [302, 409, 409]
    page = client.post(url, data).text
    assert "A mail went to this address a moment ago." in page
    assert f'value="{EMAIL}"' in page
    again = client.post(reverse("tech_listings:inventor_resend", args=[InventorInvitation.objects.get().public_id]))
    assert again.url == url


@pytest.mark.parametrize("data", [{"email": "x"}, {"email": ""}, {"name": ""}, {"name": "\x00"}, {"language": "fr"}])
def test_a_bad_address_is_said(client, draft, member, data):
    sign_in(client, member.user)
    url = reverse("tech_listings:inventors", args=[draft.reference])
    assert client.post(url, {"name": "x", "email": EMAIL, "language": "ko"} | data).status_code == 422
    assert not InventorInvitation.objects.exists()


def test_what_the_log_says_opens_no_link():
    from marketplace.core.logs import hide_keys

    event = {"request": f"GET /inventor/{'aB_-' * 11}/?x=1"}
    assert hide_keys(None, "", event)["request"] == "GET /inventor/…/?x=1"
    event = {"request": f"GET /confidential/{make_link(file_id=uuid4(), request_id=None, bearer='x')}/"}
    assert hide_keys(None, "", event)["request"] == "GET /confidential/…/"
    kept = {"request": "GET /work/01234567-89ab-cdef-0123-456789abcdef/draft/"}
    assert hide_keys(None, "", dict(kept)) == kept


# --- forgetting -------------------------------------------------------------------------------------------------------


def test_half_a_year_after_a_link_is_over_nothing_of_the_person_is_left(draft, member):
    now = timezone.now()
    over, running = now - KEPT - timedelta(minutes=1), now - KEPT + timedelta(minutes=1)

    def made(name, state, **fields):
        return InventorInvitation.objects.create(
            listing=draft, name=name, email=f"{name}@visitor.example", language="ko", invited_by=member.user,
            token_digest=sha256(name.encode()).hexdigest(), state=state, **{"expires_at": now} | fields,
        )  # fmt: skip

    decided = {"sent_at": over, "decided_by": member.user}
    made("expired", InventorState.OPEN, expires_at=over)
    made("ended", InventorState.ENDED, ended_at=over)
    made("taken", InventorState.ACCEPTED, decided_at=over, **decided)
    made("aside", InventorState.SET_ASIDE, decided_at=over, **decided)
    kept = {
        made("unread", InventorState.SENT, sent_at=over),
        made("fresh", InventorState.OPEN, expires_at=running),
        made("just-ended", InventorState.ENDED, ended_at=running),
    }
    Prefill.objects.create(listing=draft, people=[{"name": "x", "email": EMAIL}], made_at=over)
    public = ListingFactory(holder=member.organization)
    Prefill.objects.create(listing=public, people=[{"name": "x", "email": EMAIL}], made_at=over)

    assert forget_inventors(at=now) == 5
    assert forget_inventors(at=now) == 0

    assert set(InventorInvitation.objects.all()) == kept
    assert [p.people for p in Prefill.objects.order_by("listing")] == [[{"name": "x", "email": EMAIL}], []]
    Listing.objects.filter(pk=draft.pk).update(state=ListingState.DISCARDED)
    assert forget_inventors(at=now) == 2  # nobody can take over the answer any more
