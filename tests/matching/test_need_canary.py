"""Who posts anonymously is seen by its own organization and nobody else: pages, lists, words, exports, API, mails."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.enums import MailRate
from matching.models import Need
from matching.services.answer import answer
from matching.services.close import attend, close
from matching.services.match_need import match_need
from notifications.models import Notification
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.matching import POSTED, NeedFactory
from tests.factories.tech_listings import ListingFactory
from tests.matching.fitting import FITS, with_meaning

FIRM, PERSON = "Kanarienvogel", "Zeisig"
OUTSIDERS = ["institute_staff", "institute_manager", "agency_staff", "officer", "other_institute"]


@pytest.fixture
def need(world):
    firm = OrganizationFactory(name=FIRM, name_en=FIRM, name_zh=FIRM)
    person = MembershipFactory(organization=firm, user__name=PERSON, user__email="zeisig@kanarienvogel.example").user
    return NeedFactory(
        organization=firm, owner=person, is_anonymous=True, answer_by=timezone.localdate() + datetime.timedelta(days=9)
    )


def tells(text):
    return [word for word in (FIRM, PERSON) if word.lower() in text.lower()]


def everything(client, user, need):
    """All that a person can ask for about needs, as one text per address."""
    sign_in(client, user)
    pages = [
        reverse("matching:needs"),
        reverse("matching:needs") + f"?q={FIRM}",
        reverse("matching:needs_export"),
        reverse("matching:my_needs"),
        reverse("matching:my_needs_export"),
        reverse("matching:need", args=[need.public_id]),
        reverse("portal:home"),
        reverse("notifications:inbox"),
    ]
    for page in pages:
        response = client.get(page)
        yield page, b"".join(response.streaming_content).decode() if response.streaming else response.text
    api = api_of(user)
    for name in ("matching-api:need", "matching-api:need-answers", "matching-api:need-matches"):
        yield name, api.get(reverse(name, args=[need.public_id])).text
    yield "list", api.get(reverse("matching-api:needs")).text
    yield "words", str(api.get(reverse("matching-api:needs"), {"q": FIRM}).json()["count"]).replace("0", "")


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nothing_tells_an_outsider_who_it_is(client, world, need, who):
    with_meaning(ListingFactory(**FITS, holder=world.institute))
    match_need(need_id=need.pk, at=timezone.now())
    seen = dict(everything(client, world.person(who), need))
    found = {place: tells(text.replace(f"q={FIRM}", "").replace(f'value="{FIRM}"', "")) for place, text in seen.items()}
    assert {place: words for place, words in found.items() if words} == {}
    assert need.number in seen["list"]
    assert seen["words"] == ""


def test_its_own_people_see_it(client, need):
    seen = dict(everything(client, need.owner, need))
    assert tells(seen[reverse("matching:need", args=[need.public_id])]) == [FIRM, PERSON]
    assert FIRM in seen["matching-api:need"]


def test_who_is_named_is_named(client, world, need):
    Need.objects.update(is_anonymous=False)
    seen = dict(everything(client, world.officer, need))
    assert FIRM in seen["list"]
    assert FIRM in seen[reverse("matching:needs_export")]
    assert all(PERSON not in text for text in seen.values())


def test_no_message_or_mail_tells_it(world, need, django_capture_on_commit_callbacks):
    world.institute_staff.mail_rate = MailRate.IMMEDIATE
    world.institute_staff.save()
    with_meaning(ListingFactory(**FITS, holder=world.institute))
    with django_capture_on_commit_callbacks(execute=True):
        match_need(need_id=need.pk, at=timezone.now())
        answer(
            need=need,
            organization=world.institute,
            kind="listing",
            listing=world.listing,
            by=world.institute_staff,
            at=timezone.now(),
        )
        close(need=need, outcome="found", by=need.owner, at=timezone.now())
    kinds = set(Notification.objects.filter(recipient=world.institute_staff).values_list("kind", flat=True))
    assert {"need_fits", "need_closed"} <= kinds
    sent = [m for m in mail.outbox if world.institute_staff.email in m.to]
    assert sent
    assert [tells(f"{m.subject} {m.body} {m.alternatives}") for m in sent] == [[]] * len(sent)
    stored = Notification.objects.exclude(recipient=need.owner).values_list("params", "url")
    assert tells(str(list(stored))) == []


def test_a_need_that_expired_tells_it_neither(world):
    need = NeedFactory(organization=OrganizationFactory(name=FIRM), is_anonymous=True)
    attend(need_id=need.pk, at=POSTED + datetime.timedelta(days=60))
    assert Need.objects.get(pk=need.pk).state == "closed"
    assert tells(str(list(Notification.objects.values_list("params", flat=True)))) == []


def test_firms_do_not_see_each_others_needs(client, world, need):
    sign_in(client, world.other_firm)
    assert client.get(reverse("matching:need", args=[need.public_id])).status_code == 404
    assert need.number not in client.get(reverse("matching:needs")).text
