"""What the pages and the API say and do, beyond who may: filters, CSV, forms with errors, notices to print, files."""

import csv
import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from brokers.demo.cases import load as load_demo
from brokers.models import CancellationCase, CaseStatement, HandOver
from brokers.queries.cases import waiting_kinds
from brokers.tasks import look_after_cases
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.cases import (
    DAY,
    DECIDED,
    HEARD,
    NOW,
    accept,
    broker_person,
    cancelled,
    chosen,
    closed,
    fresh,
    handed_over,
    held,
    noticed,
    opened,
    stated,
)
from tests.factories.brokers.fees import officer
from tests.factories.brokers.mandates import manager_of
from tests.factories.brokers.register import agency
from tests.waiting import asks

waiting_on = asks(waiting_kinds)

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def by(client):
    """An officer, signed in."""
    person = officer(user__second_factor=True)
    sign_in(client, person)
    return person


@pytest.fixture
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path


def test_the_queue_by_tabs_filters_and_as_csv(client, by, at_hearing):
    named = agency(OrganizationFactory(broker=True, name="물길중개"))
    cases = {
        "opened": opened(),
        "ahead": noticed(registration=named, ground="no_deal"),
        "to_decide": held(),
        "over": closed(),
    }
    for stage, case in cases.items():
        page = client.get(reverse("brokers:cases"), {"stage": stage})
        assert [row.number for row in page.context["page"]] == [case.number]
    counts = {value: count for value, _, count in page.context["tabs"]}
    assert counts == {"opened": 1, "ahead": 1, "to_decide": 1, "over": None}
    for narrowed in ({"q": "물길"}, {"q": cases["ahead"].number}, {"ground": "no_deal"}, {"q": named.number}):
        assert [row.pk for row in client.get(reverse("brokers:cases"), narrowed).context["page"]] == [cases["ahead"].pk]
        answer = client.get(reverse("brokers:case_export"), narrowed)
        lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert [line[0] for line in lines[1:]] == [cases["ahead"].number]
        assert "물길중개" in lines[1]
    none = client.get(reverse("brokers:cases"), {"q": "없음"})
    assert "No case has all of this" in none.text
    assert client.get(reverse("brokers:cases"), {"kind": "trader"}).context["page"].paginator.count == 0
    part = client.get(reverse("brokers:cases"), headers={"HX-Request": "true"})
    assert "<h1" not in part.text
    assert api_of(by).get(reverse("brokers-api:cases"), {"stag": "x"}).status_code == 400


def test_opening_a_case_says_what_is_wrong_and_keeps_what_was_typed(client, by, at_hearing):
    found = agency(OrganizationFactory(broker=True, name="물길중개"))
    address, form = (
        reverse("brokers:case_new"),
        {"registration": "물길", "ground": "no_deal", "text": "None since 2024"},
    )
    for wrong, said in (
        ({"registration": "nobody"}, "No registration has this number or name."),
        ({"ground": "name_lending"}, "This is no ground to cancel such a registration."),
        ({"text": ""}, "This field is required."),
    ):
        page = client.post(address, form | wrong)
        assert page.status_code == 422
        assert said in page.text
    assert "None since 2024" in client.post(address, form | {"ground": ""}).text
    done = client.post(address, form)
    case = CancellationCase.objects.get()
    assert done.url == reverse("brokers:case", args=[case.public_id])
    assert case.registration == found
    assert client.post(address, form).status_code == 409  # open already
    assert client.get(address, {"registration": found.number}).context["form"]["registration"].value() == found.number


def test_a_case_from_notice_to_decision_on_its_page(client, at_hearing):
    chair, decider = (officer(user__second_factor=True) for _ in range(2))
    case = opened(at=HEARD)
    sign_in(client, chair)

    def act(name, **form):
        return client.post(reverse(f"brokers:{name}", args=[case.public_id]), form)

    form = {"on": (HEARD + 9 * DAY).date(), "hour": "10:30", "place": "Room 3", "chair": chair.public_id}
    early = act("case_notice", **form)
    assert early.status_code == 422
    assert early.context["notice_form"].errors == {"on": ["A hearing is at least 10 days after its notice."]}
    assert act("case_notice", **form | {"on": (HEARD + 10 * DAY).date()}).status_code == 302
    hearing = case.hearings.get()
    assert (hearing.starts_at.astimezone(HEARD.tzinfo).isoformat()[:16], hearing.chair) == ("2026-06-30T10:30", chair)
    assert "Write and sign the record" not in client.get(reverse("brokers:case", args=[case.public_id])).text

    with time_machine.travel(hearing.starts_at, tick=False):
        record = {"attendance": "appeared", "record_text": "Heard"}
        assert act("case_record", **record).status_code == 422  # nobody named
        assert act("case_record", **record, appeared="Kim").status_code == 302
        page = client.get(reverse("brokers:case", args=[case.public_id]))
        assert "It waits for an officer who neither opened the case nor held the chair." in page.text
        sign_in(client, decider)
        seen = client.get(reverse("brokers:case", args=[case.public_id])).context["decision_form"]
        decision = {"decision": "suspended", "text": "Because", "revision": seen["revision"].value(), "is_sure": "on"}
        assert act("case_decide", **decision).status_code == 422  # until when
        unsure = {name: value for name, value in decision.items() if name != "is_sure"}
        assert act("case_decide", **unsure | {"decision": "warned"}).status_code == 422
        stated(case, at=hearing.starts_at)
        late = act("case_decide", **decision | {"decision": "warned"})
        assert late.status_code == 409
        assert fresh(case).state == "held"
        decision["revision"] = fresh(case).revision
        assert act("case_decide", **decision | {"suspended_until": "2026-07-31"}).status_code == 302
    assert fresh(case.registration).suspended_until.isoformat() == "2026-07-31"
    page = client.get(reverse("brokers:case", args=[case.public_id]))
    assert "What you can do" not in page.text
    assert "Because" in page.text


def test_a_must_ground_offers_two_decisions_and_no_suspension(client, by, at_hearing):
    case = held(ground="fraud")
    form = client.get(reverse("brokers:case", args=[case.public_id])).context["decision_form"]
    assert [value for value, _ in form.fields["decision"].choices] == ["cancelled", "not_proven"]
    assert "suspended_until" not in form.fields


def test_postponed_and_closed_on_the_page(client, by, at_hearing):
    case = noticed(at=HEARD)
    form = {"on": (HEARD + 20 * DAY).date(), "hour": "09:00", "place": "Room 4", "chair": by.public_id}
    address = reverse("brokers:case_postpone", args=[case.public_id])
    assert client.post(address, form).status_code == 422
    assert client.post(address, form | {"reason": "Ill"}).status_code == 302
    assert client.post(reverse("brokers:case_close", args=[case.public_id]), {"reason": "They came"}).status_code == 302
    page = client.get(reverse("brokers:case", args=[case.public_id]))
    for said in ("Hearing postponed", "Hearing called off", "Ill", "They came"):
        assert said in page.text


def test_the_broker_reads_when_and_where_and_sends_a_statement_with_a_document(client, at_hearing, private):
    case = noticed(at=HEARD, place="Sejong, room 3")
    person = broker_person(case.registration)
    sign_in(client, person)
    page = client.get(reverse("brokers:my_case", args=[case.public_id]))
    assert "Sejong, room 3" in page.text
    assert str(case.opened_by) not in page.text  # of officers only the chair is named
    assert str(case.hearings.get().chair) in page.text
    address = reverse("brokers:case_say", args=[case.public_id])
    file = SimpleUploadedFile("보고서.pdf", PDF)
    assert client.post(address, {"text": "", "files": [file]}).status_code == 422
    wrong = client.post(address, {"text": "x", "files": [SimpleUploadedFile("a.pdf", b"MZ")]})
    assert wrong.status_code == 422
    assert not CaseStatement.objects.exists()
    files = [SimpleUploadedFile("보고서.pdf", PDF), SimpleUploadedFile("two.pdf", PDF)]
    assert client.post(address, {"text": "We sent them", "files": files}).status_code == 302
    document = CaseStatement.objects.get().documents.order_by("pk").first()
    got = client.get(reverse("brokers:case_document", args=[document.public_id]))
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Disposition"].startswith("attachment")
    sign_in(client, MembershipFactory(broker=True, manager=True).user)
    assert client.get(reverse("brokers:case_document", args=[document.public_id])).status_code == 404
    assert api_of(person).get(reverse("brokers-api:case-document", args=[document.public_id])).status_code == 200


def test_a_program_sends_a_statement_with_files(at_hearing, private):
    case = opened()
    api, address = (
        api_of(broker_person(case.registration)),
        reverse("brokers-api:case-statements", args=[case.public_id]),
    )
    sent = api.post(address, {"text": "x", "files": [SimpleUploadedFile("a.pdf", PDF)]}, format="multipart")
    assert sent.status_code == 200
    assert sent.json()["statements"][0]["documents"][0]["name"] == "a.pdf"
    assert api.post(address, {"text": "x", "fils": []}, format="json").status_code == 400


def test_after_a_cancellation_the_broker_reads_how_to_object_and_when_to_apply(client):
    case = cancelled()
    with time_machine.travel(DECIDED, tick=False):
        sign_in(client, broker_person(case.registration))
        page = client.get(reverse("brokers:my_case", args=[case.public_id]))
        assert "within 90 days" in page.text
        assert "You can apply for a new registration from" in page.text
        assert "22 Dec 2026" in page.text
        assert "You can apply for a new registration from" in client.get(reverse("brokers:my_cases")).text


def test_the_notice_is_a_page_to_print(client, by, at_hearing):
    case = noticed(registration=agency(OrganizationFactory(broker=True, name="물길중개")), place="Room 3", at=HEARD)
    page = client.get(reverse("brokers:hearing_notice", args=[case.hearings.get().public_id]))
    for said in ("물길중개", "Room 3", case.number, "KST", "art. 37"):
        assert said in page.text


def test_a_hand_over_is_chosen_on_its_page(client):
    found, to = handed_over(decision="cancelled"), agency(OrganizationFactory(broker=True, name="물길중개"))
    address = reverse("brokers:hand_over_choose", args=[found.public_id])
    with time_machine.travel(DECIDED, tick=False):
        sign_in(client, manager_of(found.mandate.client))
        page = client.get(reverse("brokers:hand_over", args=[found.public_id]))
        assert [value for value, _ in page.context["choose_form"].fields["choice"].choices] == ["move", "end"]
        assert client.post(address, {"choice": "keep"}).status_code == 422
        assert client.post(address, {"choice": "move", "to_broker": "nobody"}).status_code == 422
        assert client.post(address, {"choice": "move", "to_broker": ""}).status_code == 422
        assert client.post(address, {"choice": "move", "to_broker": "물길중개"}).status_code == 302
        assert fresh(found).to_broker == to.organization
        assert "물길중개" in client.get(reverse("brokers:hand_over", args=[found.public_id])).text
        assert found.mandate.number in client.get(reverse("brokers:hand_overs")).text


@pytest.mark.parametrize("answer", [False, True])
def test_the_broker_it_goes_away_from_does_not_read_to_whom(client, at_hearing, answer):
    found, to = handed_over(), agency(OrganizationFactory(broker=True, name="물길중개", name_en="", name_zh=""))
    found = chosen(found, "move", to=to.organization)
    if answer:
        accept(found.new_mandate)
    left, customer = manager_of(found.from_broker), manager_of(found.mandate.client)
    page = reverse("brokers:hand_over", args=[found.public_id])
    for person, reads in ((left, False), (customer, True)):
        sign_in(client, person)
        for address in (page, reverse("brokers:hand_overs")):
            assert ("물길중개" in client.get(address).text) == reads
        told = api_of(person).get(reverse("brokers-api:hand-over", args=[found.public_id])).json()
        assert (told["to_broker"] == str(to.organization.public_id)) == reads
        assert (told["new_mandate"] is not None) == reads


def test_officers_see_what_is_open_and_until_when(client, by):
    found, done = handed_over(decision="cancelled"), chosen(handed_over(), "end")
    with time_machine.travel(DECIDED + 31 * DAY, tick=False):
        page = client.get(reverse("brokers:hand_over_queue"))
        assert [row.pk for row in page.context["page"]] == [found.pk]
        assert "Overdue" in page.text
        ended = client.get(reverse("brokers:hand_over_queue"), {"state": "ended"})
        assert [row.pk for row in ended.context["page"]] == [done.pk]
        address = reverse("brokers:hand_over_settle", args=[found.public_id])
        assert client.post(address, {"choice": "end", "text": ""}).status_code == 422
        assert client.post(address, {"choice": "end", "text": "Nobody chose"}).status_code == 302
        assert "Nobody chose" in client.get(reverse("brokers:hand_over", args=[found.public_id])).text


def test_what_waits_on_whom(by):
    office = by.active_organizations().first()
    case = opened()
    held(registration=agency())
    noticed(chair=by)
    titles = [item.title for item in waiting_on(by, office, today=NOW.date())]
    assert [title.split(" ")[0] for title in titles] == ["Hold", "Decide", "Fix"]
    person = broker_person(case.registration)
    assert case.number in waiting_on(person, case.registration.organization, today=NOW.date())[0].title
    found = handed_over()
    client = found.mandate.client
    (item,) = waiting_on(manager_of(client), client, today=NOW.date())
    assert (item.due_on, item.is_overdue) == (found.until_on, False)
    assert waiting_on(manager_of(client), client, today=found.until_on + DAY)[0].is_overdue
    assert waiting_on(UserFactory(), None) == []


def test_the_task_after_midnight_does_all_of_it():
    found = handed_over()
    midnight = (DECIDED + 8 * DAY).replace(hour=0, minute=15)
    with time_machine.travel(midnight, tick=False):
        done = look_after_cases()
        assert done == {"cases_opened": 0, "suspensions_ended": 1, "hand_overs_followed": 1, "hand_overs_reminded": 0}
        assert look_after_cases() == dict.fromkeys(done, 0)
    assert HandOver.objects.get(pk=found.pk).state == "kept"


def test_messages_are_read_in_every_language(at_hearing):
    noticed(opened())
    handed_over()
    for row in Notification.objects.all():
        assert row.dedupe_key


def test_the_demo_has_cases_of_every_kind():
    names = (
        "gagyo-technology-transfer",
        "mulkko-commercialization",
        "eulsuk-marine",
        "biteul-software",
        "sandeul-agro",
        "maru-semicon-partners",
    )
    organizations = {name: OrganizationFactory(broker=True) for name in names}
    for email in ("officer@diffusion.example", "reviewer@diffusion.example"):
        MembershipFactory(government=True, user=UserFactory(email=email))
    for name, organization in organizations.items():
        email = f"manager@{name.partition('-')[0]}.example"
        MembershipFactory(organization=organization, user=UserFactory(email=email), manager=True)
    at = NOW + 100 * DAY
    assert load_demo(organizations=organizations, at=at) == 0  # nobody is registered
    for organization in organizations.values():
        agency(organization)
    assert load_demo(organizations=organizations, at=at) == 6
    assert load_demo(organizations=organizations, at=at) == 0
    stand = {case.registration.organization: case for case in CancellationCase.objects.all()}
    assert stand[organizations[names[0]]].decision == "maintained"
    assert stand[organizations[names[1]]].state == "noticed"
    assert stand[organizations[names[1]]].hearings.get().starts_at > at
    assert stand[organizations[names[2]]].state == "held"
    assert [stand[organizations[name]].decision for name in names[3:5]] == ["suspended", "cancelled"]
    assert (stand[organizations[names[5]]].state, stand[organizations[names[5]]].hearings.count()) == ("opened", 0)
    assert stand[organizations[names[3]]].suspended_until > at.date()
