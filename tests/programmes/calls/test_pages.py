"""The pages: writing by section, publishing by a colleague, and what everybody sees."""

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from programmes.enums.calls import CallState
from programmes.forms.call_sections import BY_KEY, SECTIONS
from programmes.models import Call
from programmes.wording.calls import differences
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.programmes.calls import DAY, SCHEME, call_in, draft_call, next_draft, published_call


@pytest.fixture
def office():
    return OrganizationFactory(government=True)


def of(office, role=Role.STAFF):
    person = MembershipFactory(organization=office, role=role, user__second_factor=True).user
    return sign_in(Client(), person), person


def url(name, call, *more):
    return reverse(f"programmes:{name}", args=[call.public_id, *more])


def typed(page):
    """What a browser would send of the form that the page shows."""
    data = {}
    form = page.content.decode().partition("<h1")[2].partition('<form method="post"')[2].partition("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or "checked" in tag):
            data[name[1]] = value[1] if value else "on" if 'type="checkbox"' in tag else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s*(.*?)</textarea>', form, re.S):
        data[name] = text
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', options)
        data[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', options)[1]
    data.pop("csrfmiddlewaretoken", None)
    return data


@pytest.mark.parametrize("section", [section.key for section in SECTIONS])
def test_a_section_saved_as_shown_changes_nothing(office, section):
    client, _person = of(office)
    call = draft_call(office=office)
    page = client.get(url("call_edit", call, section))
    assert page.status_code == 200
    answer = client.post(url("call_edit", call, section), typed(page))
    assert answer.status_code == 302
    version = call.versions.get()
    assert (version.scheme, version.revision) == (SCHEME, 2)
    before = Call.objects.get(pk=call.pk)
    assert (before.opens_at, before.closes_at, before.budget_won) == (call.opens_at, call.closes_at, call.budget_won)


@pytest.mark.parametrize("section", [section.key for section in SECTIONS if section.tables])
def test_lines_come_go_and_rise_without_saving(office, section):
    client, _person = of(office)
    call = draft_call(office=office)
    address = url("call_edit", call, section)
    data = typed(client.get(address))
    table = BY_KEY[section].tables[0]
    count = int(data[f"{table.name}-count"])

    more = client.post(address, data | {"act": f"add:{table.name}"})
    assert typed(more)[f"{table.name}-count"] == str(count + 1)
    fewer = typed(client.post(address, data | {"act": f"remove:{table.name}:0"}))
    assert fewer[f"{table.name}-count"] == str(count - 1)
    if table.ordered:
        risen = typed(client.post(address, data | {"act": f"up:{table.name}:1"}))
        assert risen[f"{table.name}-0-key"] == data[f"{table.name}-1-key"]
    assert call.versions.get().revision == 1
    assert call.versions.get().scheme == SCHEME


def test_a_removed_line_is_gone_once_saved_and_a_new_one_gets_a_key(office):
    client, _person = of(office)
    call = draft_call(office=office)
    address = url("call_edit", call, "menu")
    data = typed(client.post(address, typed(client.get(address)) | {"act": "remove:menu:0"}))
    data = typed(client.post(address, data | {"act": "add:menu"}))
    data |= {"menu-2-ko": "번역", "menu-2-en": "Translation", "menu-2-zh": "翻译", "menu-2-area": "marketing"}
    assert client.post(address, data).status_code == 302
    assert [service.key for service in call.versions.get().scheme.menu] == ["prototype", "brokerage", "service_1"]


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_saved(office):
    client, _person = of(office)
    call = draft_call(office=office)
    address = url("call_edit", call, "bands")
    data = typed(client.get(address)) | {"award_won": "12.5", "bands-0-own_bp": "lots"}
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert "Write whole won" in answer.content.decode()
    assert "Write a percentage" in answer.content.decode()
    assert call.versions.get().revision == 1


def test_who_saves_over_a_newer_draft_keeps_the_typed_text_and_is_told(office):
    client, _person = of(office)
    call = draft_call(office=office)
    address = url("call_edit", call, "notice")
    data = typed(client.get(address)) | {"title_en": "Mine"}
    assert client.post(address, typed(client.get(address)) | {"title_en": "Theirs"}).status_code == 302
    answer = client.post(address, data)
    assert answer.status_code == 409
    assert "Mine" in answer.content.decode()
    assert call.versions.get().title_en == "Theirs"
    assert client.post(address, typed(answer)).status_code == 302
    assert call.versions.get().title_en == "Mine"


def test_the_writer_is_refused_and_a_colleague_publishes(office):
    writer, person = of(office)
    colleague, _other = of(office, Role.MANAGER)
    call = draft_call(by=person, office=office, at=timezone.now())
    assert "a colleague of your office" in writer.get(url("call_publish", call)).content.decode()
    assert writer.post(url("call_publish", call), {"revision": 1}).status_code == 403
    assert Call.objects.get().state == CallState.DRAFT
    assert colleague.get(url("call_preview", call)).status_code == 200
    assert colleague.post(url("call_publish", call), typed(colleague.get(url("call_publish", call)))).status_code == 302
    assert Call.objects.get().state == CallState.PUBLISHED
    assert colleague.post(url("call_publish", call), {"revision": 1}).status_code == 404


def test_a_call_begins_once_from_one_form_and_from_an_older_call(office):
    client, _person = of(office)
    old = published_call(office=office)
    address = url("call_copy", old)
    data = typed(client.get(address)) | {"opens_at": "2027-01-04T09:00", "closes_at": "2027-01-29T18:00"}
    first, second = (client.post(address, data) for _ in range(2))
    assert first.status_code == 302
    assert first.url == second.url
    assert client.post(address, data | {"title_en": "Other"}).status_code == 409
    copy = Call.objects.exclude(pk=old.pk).get()
    assert (copy.state, copy.title_ko, copy.versions.get().scheme) == (CallState.DRAFT, old.title_ko, SCHEME)
    assert f"{copy.closes_at:%Y-%m-%d %H:%M}" == "2027-01-29 09:00"  # 18:00 in Korea


def test_a_later_version_shows_what_changes(office):
    client, _person = of(office)
    call = published_call(office=office)
    assert client.post(url("call_next", call)).status_code == 302
    next_draft(call, title_en="Another title", closes_at=call.closes_at + DAY)
    page = client.get(url("office_call", call)).content.decode()
    assert "Another title" in page
    assert client.get(url("call", call)).content.decode().count("Another title") == 0


def test_everybody_sees_what_was_published_and_nobody_outside_a_draft_or_rehearsal(office, client):
    shown, hidden = published_call(title_ko="Canary shown"), draft_call(title_ko="Canary draft")
    rehearsal = published_call(is_rehearsal=True, title_ko="Canary rehearsal")
    for address in ("programmes:calls", "programmes:calls_export", "programmes:calls_calendar"):
        answer = client.get(reverse(address))
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200
        for canary in (b"Canary draft", b"Canary rehearsal"):
            assert canary not in text
    assert client.get(url("call", shown)).status_code == 200
    for call in (hidden, rehearsal):
        assert client.get(url("call", call)).status_code == 404
    officer, _person = of(office)
    assert officer.get(url("call", rehearsal)).status_code == 200


def test_a_cancelled_call_says_why_and_an_empty_reason_is_refused(office):
    client, _person = of(office)
    call = published_call(office=office)
    assert client.post(url("call_cancel", call), {"reason": ""}).status_code == 422
    assert client.post(url("call_cancel", call), {"reason": "The budget was cut."}).status_code == 302
    assert "The budget was cut." in Client().get(url("call", call)).content.decode()
    decided = call_in(CallState.DECIDED)
    closer, _person = of(decided.office)
    assert closer.post(url("call_close", decided)).status_code == 302
    decided.refresh_from_db()
    assert decided.state == CallState.CLOSED


PAGES = ("office_call", "call_preview", "call_publish", "call_copy")
ACTS = ("call_next", "call_cancel", "call_close", "call_publish")


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: MembershipFactory(company=True, role=Role.MANAGER).user, 403),
        (lambda: MembershipFactory(institute=True).user, 403),
        (lambda: MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user, 403),
    ],
)
def test_others_get_nowhere(make, status):
    client = sign_in(Client(), make())
    call = draft_call()
    before = list(Call.objects.values())
    answers = [client.get(url(name, call)) for name in PAGES] + [client.post(url(name, call)) for name in ACTS]
    answers += [client.get(url("call_edit", call, "menu")), client.post(url("call_edit", call, "menu"), {})]
    assert {answer.status_code for answer in answers} == {status}
    assert list(Call.objects.values()) == before


def test_officers_of_another_office_look_and_do_not_write():
    client, _person = of(OrganizationFactory(government=True))
    call = draft_call()
    assert client.get(url("call", call)).status_code == 200
    assert client.get(url("office_call", call)).status_code == 403
    assert client.post(url("call_publish", call), {"revision": 1}).status_code == 403
    assert client.get(url("call_copy", call)).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"), [("grace", 30), ("extension_months", 3), ("barred_years", 2), ("unused_bp", 2_000)]
)
def test_every_clock_goes_through_its_page_and_stays(office, name, value):
    client, _person = of(office)
    days = {name: value} if hasattr(SCHEME.days, name) else {}
    scheme = replace(SCHEME, days=replace(SCHEME.days, **days), **({} if days else {name: value}))
    call, plain = draft_call(office=office, content=scheme), draft_call(office=office)
    address = url("call_edit", call, "clocks")
    assert client.post(address, typed(client.get(address))).status_code == 302
    assert call.versions.get().scheme == scheme
    address = url("call_edit", plain, "clocks")
    typed_value = value // 100 if name == "unused_bp" else value
    assert client.post(address, typed(client.get(address)) | {name: typed_value}).status_code == 302
    assert plain.versions.get().scheme == scheme
    [line] = differences(published_call().current, call.versions.get())
    assert line.after.startswith(str(typed_value))


@pytest.mark.parametrize(
    ("years", "said"), [(0, ""), (1, "in the next 1 calendar year"), (3, "in the next 3 calendar")]
)
def test_what_comes_of_leaving_money_unused_is_said_before(client, years, said):
    call = published_call(content=replace(SCHEME, barred_years=years, unused_bp=2_500))
    text = client.get(url("call", call)).content.decode()
    assert said in text
    assert ("If more than 25 % of the voucher" in text) == bool(said)
