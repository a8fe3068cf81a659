import datetime
import uuid

import pytest
import time_machine
from django.core import mail
from django.db import models
from django.urls import reverse
from django.utils import timezone

from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed
from marketplace.core.idempotency import KeyReused
from matching.models import Need
from matching.services.edit import edit
from matching.services.post import post
from matching.services.search_rate import stop_mail
from notifications.models import Notification
from taxonomy.models import Code
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.matching import POSTED, NeedFactory
from tests.threads import at_once

DAY = datetime.date(2026, 4, 10)
CONTENT = {"title": "수소 저장 합금", "problem": "반응 속도가 느리다.", "answer_by": DAY}


def look(world, **changes):
    given = {"organization": world.firm, "content": CONTENT, "by": world.firm_staff, "at": POSTED}
    return post(**(given | changes))


def soon():
    return timezone.localdate() + datetime.timedelta(days=20)


def test_gets_a_number_of_the_year_in_korea_and_the_owner_a_receipt(world):
    late = datetime.datetime(2026, 12, 31, 16, tzinfo=datetime.UTC)  # already 2027 in Korea
    first = look(world).need
    second = look(world, at=late, content=CONTENT | {"answer_by": datetime.date(2027, 2, 1)}).need
    assert (first.number, second.number) == ("N2026000001", "N2027000001")
    assert (first.due_at, first.state, first.rate) == (POSTED, "open", "daily")
    told = Notification.objects.filter(kind="need_receipt").values_list("recipient", flat=True)
    assert set(told) == {world.firm_staff.pk}


@pytest.mark.parametrize(
    ("_case", "changes", "error", "field"),
    [
        ("viewer", {"by": "firm_viewer"}, NotAllowed, None),
        ("institute", {"by": "institute_staff"}, NotAllowed, None),
        ("no title", {"title": " "}, DomainError, "title"),
        ("long title", {"title": "x" * 201}, DomainError, "title"),
        ("no problem", {"problem": "\n"}, DomainError, "problem"),
        ("long problem", {"problem": "x" * 10_001}, DomainError, "problem"),
        ("no day", {"answer_by": None}, DomainError, "answer_by"),
        ("today", {"answer_by": POSTED.date()}, DomainError, "answer_by"),
        ("beyond a year", {"answer_by": datetime.date(2027, 3, 11)}, DomainError, "answer_by"),
        ("trl 10", {"trl_from": 10}, DomainError, "trl_from"),
        ("trl upside down", {"trl_from": 6, "trl_to": 4}, DomainError, "trl_to"),
        ("unknown class", {"st_class": "QQ"}, DomainError, "st_class"),
        ("unknown region", {"region_code": "99"}, DomainError, "region_code"),
        ("negative budget", {"budget_won": -1}, DomainError, "budget_won"),
        ("strange rate", {"rate": "hourly"}, DomainError, "rate"),
    ],
)
def test_refuses_and_leaves_nothing(world, _case, changes, error, field):
    for system, level, code in (("st", "major", "EF"), ("region", "sido", "1100000000")):
        Code.objects.create(system=system, revision="2023", level=level, code=code, title_ko=code, sort_key=code)
    changes = dict(changes)
    by = world.person(changes.pop("by", "firm_staff"))
    with pytest.raises(error) as refused:
        look(world, by=by, content=CONTENT | changes)
    assert refused.value.field == field
    assert (Need.objects.count(), Notification.objects.count()) == (0, 0)


def test_nobody_sets_what_is_not_said(world):
    with pytest.raises(TypeError):
        look(world, content=CONTENT | {"number": "N2026999999"})
    assert Need.objects.count() == 0


def test_same_key_gives_the_same_need_and_other_content_is_refused(world):
    key = uuid.uuid4()
    first = look(world, key=key)
    assert look(world, key=key) == (first.need, False)
    with pytest.raises(KeyReused):
        look(world, key=key, content=CONTENT | {"title": "배터리"})
    other = OrganizationFactory()
    MembershipFactory(organization=other, user=world.firm_staff)
    world.firm_staff.__dict__.pop("_active_memberships", None)
    with pytest.raises((KeyReused, NotAllowed)):
        look(world, key=key, organization=other)
    assert Need.objects.count() == 1
    assert look(world, key=uuid.uuid4()).is_new


@pytest.mark.django_db(transaction=True)
def test_one_key_twice_at_once_is_one_need(world):
    key = uuid.uuid4()
    done = at_once(*[lambda: look(world, key=key)] * 2)
    assert sorted(posted.is_new for posted in done) == [False, True]
    assert Need.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_second_would_break(world, monkeypatch):
    """Proof that the test above tests the lock: without it the second meets only the constraint."""
    import threading

    from matching.services import post as module

    real, gate = module.need_number, threading.Barrier(2)

    def both_have_looked(*args):
        gate.wait(5)
        return real(args[0], threading.get_ident() % 900_000 + 1)

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(module, "take_numbers", lambda **kwargs: [1])
    monkeypatch.setattr(module, "need_number", both_have_looked)
    key = uuid.uuid4()
    done = at_once(*[lambda: look(world, key=key)] * 2)
    assert sorted(type(d).__name__ for d in done) == ["IntegrityError", "Posted"]


# --- the pages --------------------------------------------------------------------------------------------------------


def typed(world, **changes):
    return {
        "organization": str(world.firm.public_id),
        "title": "수소 저장 합금",
        "problem": "반응 속도가 느리다.",
        "answer_by": soon().isoformat(),
        "rate": "weekly",
        "key": str(uuid.uuid4()),
    } | changes


def test_the_form_is_checked_changed_and_posted_once(client, world):
    sign_in(client, world.firm_staff)
    url, given = reverse("matching:need_create"), typed(world, budget_won="1000000", is_anonymous="on")

    check = client.post(url, given | {"step": "check"})
    assert (check.status_code, Need.objects.count()) == (200, 0)
    assert "Mail will come" in check.text
    again = client.post(url, given | {"step": "change"})
    assert again.status_code == 200
    assert "1000000" in again.text
    first = client.post(url, given | {"step": "post"})
    second = client.post(url, given | {"step": "post"})

    need = Need.objects.get()
    assert first.url == second.url == reverse("matching:need_posted", args=[need.public_id])
    assert (need.budget_won, need.is_anonymous, need.rate) == (1_000_000, True, "weekly")
    assert need.number in client.get(first.url).text


def test_the_check_page_carries_every_answer_unchanged(client, world):
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_create")
    check = client.post(url, typed(world, trl_from="4", trl_to="6") | {"step": "check"})
    if check.context["form"].errors:  # no TRL codes are loaded in this database
        check = client.post(url, typed(world) | {"step": "check"})
    hidden = {f.split('name="')[1].split('"')[0] for f in check.text.split("<input")[1:] if 'type="hidden"' in f}
    assert {"title", "problem", "answer_by", "rate", "organization", "key"} <= hidden


def test_the_form_says_what_is_missing_and_where(client, world):
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_create")
    empty = client.post(url, {"step": "check"})
    assert empty.status_code == 422
    assert {"title", "problem", "answer_by"} <= set(empty.context["form"].errors)
    past = client.post(url, typed(world, answer_by="2020-01-01", step="check"))
    assert (past.status_code, set(past.context["form"].errors)) == (422, {"answer_by"})
    assert Need.objects.count() == 0


@pytest.mark.parametrize(
    ("asked", "title", "problem"),
    [
        ("수소 저장", "수소 저장", ""),
        ("전극이 빨리 닳는다. 500회를 견디는 바인더를 찾는다.", "전극이 빨리 닳는다.", "500회를"),
        ("x" * 150 + " " + "y" * 150, "x" * 150, "y" * 150),
    ],
)
def test_a_search_begins_the_form(client, world, asked, title, problem):
    sign_in(client, world.firm_staff)
    form = client.get(reverse("matching:need_create"), {"q": asked}).context["form"]
    assert form["title"].value() == title
    assert problem in (form["problem"].value() or "")


def test_a_search_that_finds_nothing_offers_it_to_firms_and_visitors(client, world):
    wanted = reverse("matching:need_create") + "?q=zzzz"
    assert wanted in client.get("/technologies/?q=zzzz").text
    sign_in(client, world.institute_staff)
    assert wanted not in client.get("/technologies/?q=zzzz").text
    sign_in(client, world.firm_staff)
    assert wanted in client.get("/technologies/?q=zzzz").text


# --- editing ----------------------------------------------------------------------------------------------------------


def test_an_edit_makes_a_revision_and_new_words_ask_anew(world):
    need = look(world).need
    Need.objects.filter(pk=need.pk).update(due_at=None, analyser=9)
    given = {"need": need, "by": world.firm_staff, "at": POSTED}

    same = edit(content={"title": CONTENT["title"]}, seen_revision=1, **given)
    assert (same.revision, same.due_at) == (1, None)
    budget = edit(content={"budget_won": 5}, seen_revision=1, **given)
    assert (budget.revision, budget.due_at) == (2, None)
    words = edit(content={"problem": "너무 느리다."}, seen_revision=2, **given)
    assert (words.revision, words.due_at, words.analyser) == (3, POSTED, 0)
    with pytest.raises(ChangedMeanwhile):
        edit(content={"title": "배터리"}, seen_revision=2, **given)
    need.refresh_from_db()
    assert need.title == CONTENT["title"]
    assert need.events.count() >= 2


def test_a_past_day_may_stay_but_not_be_chosen(world):
    need = look(world).need
    later = POSTED + datetime.timedelta(days=40)
    kept = edit(need=need, content={"title": "x", "answer_by": DAY}, seen_revision=1, by=world.firm_staff, at=later)
    assert kept.title == "x"
    with pytest.raises(DomainError) as refused:
        edit(
            need=need,
            content={"answer_by": DAY + datetime.timedelta(days=1)},
            seen_revision=2,
            by=world.firm_staff,
            at=later,
        )
    assert refused.value.field == "answer_by"


def test_two_tabs_the_second_sees_both_versions(client, world):
    need = NeedFactory(organization=world.firm, owner=world.firm_staff, answer_by=soon())
    sign_in(client, world.firm_staff)
    url = reverse("matching:need_edit", args=[need.public_id])
    given = typed(world, problem=need.problem, revision="1", rate="daily")

    assert client.post(url, given | {"title": "first"}).status_code == 302
    second = client.post(url, given | {"title": "second"})
    assert second.status_code == 409
    assert ("first", "second") in {(d.before, d.after) for d in second.context["differences"]}
    need.refresh_from_db()
    assert need.title == "first"
    assert client.post(url, given | {"title": "second", "revision": "2"}).status_code == 302


# --- the API ----------------------------------------------------------------------------------------------------------


def test_api_posts_with_a_key_and_names_what_is_wrong(world):
    api, url = api_of(world.firm_staff), reverse("matching-api:needs")
    given = {"title": "수소", "problem": "느리다.", "answer_by": soon().isoformat()}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = api.post(url, given, format="json", headers=headers)
    again = api.post(url, given, format="json", headers=headers)
    other = api.post(url, given | {"title": "x"}, format="json", headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    wrong = api.post(url, given | {"trl_from": 7, "trl_to": 3}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "trl_to")
    past = api.post(url, given | {"answer_by": "2020-01-01"}, format="json")
    assert (past.status_code, past.json()["errors"][0]["field"]) == (400, "answer_by")
    assert api.post(f"{url}?x=1", given, format="json").status_code == 400
    assert Need.objects.count() == 1


def test_api_edits_the_revision_that_was_read(world):
    need = NeedFactory(organization=world.firm, owner=world.firm_staff, answer_by=soon())
    api, url = api_of(world.firm_staff), reverse("matching-api:need", args=[need.public_id])
    assert api.get(url).json()["revision"] == 1
    done = api.patch(url, {"title": "새 제목", "revision": 1}, format="json")
    assert (done.status_code, done.json()["title"], done.json()["revision"]) == (200, "새 제목", 2)
    late = api.patch(url, {"title": "더 새 제목", "revision": 1}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert api.patch(url, {"title": "x"}, format="json").status_code == 400
    need.refresh_from_db()
    assert need.title == "새 제목"


@time_machine.travel(POSTED, tick=False)
def test_a_queue_that_is_down_costs_only_a_delay(world, django_capture_on_commit_callbacks, monkeypatch):
    def down(*args, **kwargs):
        raise ConnectionError

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr("matching.tasks.match_needs.apply_async", down)
        need = look(world).need
    need.refresh_from_db()
    assert need.due_at == POSTED
    assert len(mail.outbox) == 1

    from matching.tasks import match_needs

    assert match_needs() == 1
    need.refresh_from_db()
    assert need.due_at is None


def test_a_form_that_was_open_when_mail_was_stopped_does_not_put_the_old_rate_back(client, world):
    need = NeedFactory(organization=world.firm, owner=world.firm_staff, rate="daily")
    stop_mail(user=world.firm_staff, searches=[], needs=[need.public_id])
    content = CONTENT | {"answer_by": need.answer_by, "rate": "daily"}
    with pytest.raises(ChangedMeanwhile):
        edit(need=need, content=content, seen_revision=need.revision, by=world.firm_staff, at=POSTED)
    need.refresh_from_db()
    assert (need.rate, need.revision) == ("off", 2)
    assert stop_mail(user=world.firm_staff, searches=[], needs=[need.public_id]) == 0
    need.refresh_from_db()
    assert need.revision == 2, "twice is once"
