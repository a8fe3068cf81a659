"""Pages and API of the duties as people and programs use them."""

import datetime
import uuid

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from brokers.models import BrokeredDeal, BrokerWarning, ChangeNotice, DealReport, Qualification, StaffEntry
from brokers.services.duties.nightly import run_broker_duties
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.duties import DEAL, NOW, TODAY, counted, platform_deal, submitted
from tests.factories.brokers.register import agency, trader

TYPED = {name: str(value) for name, value in DEAL.items()} | {"value_won": "30,000,000"}


def as_(client, house, who):
    return sign_in(client, house.people[who])


def test_a_person_enters_a_licence_and_sees_its_state(client, house):
    person = house.people["stranger"]
    sign_in(client, person)
    address = reverse("brokers:qualifications")
    assert "No licence yet" in client.get(address).text
    got = client.post(address, {"kind": "lawyer", "number": "", "issued_on": "2027-01-01"})
    assert got.status_code == 422
    got = client.post(address, {"kind": "lawyer", "number": "L-77", "issued_on": "2015-01-01"}, follow=True)
    assert "L-77" in got.text
    assert "Not yet verified" in got.text
    trader(person)
    assert "By your registration" in client.get(address).text


def test_an_officer_verifies_and_rejects_with_a_reason(client, house):
    as_(client, house, "officer")
    queue = reverse("brokers:qualification_queue")
    assert "Canary-1" in client.get(queue).text
    decide = reverse("brokers:qualification_decide", args=[house.licence.public_id])
    got = client.post(decide, {"accept": "no", "text": " "})
    assert got.status_code == 422
    assert "Say why" in got.text
    assert client.post(decide, {"accept": "no", "text": "No such number"}).status_code == 302
    assert "No such number" in client.get(queue, {"show": "decided"}).text
    assert Qualification.objects.get(pk=house.licence.pk).state == "rejected"


def test_the_staff_page_counts_against_the_minimum(client, house):
    as_(client, house, "manager")
    page = client.get(reverse("brokers:staff"))
    assert "1 count, 3 are needed" in page.text
    assert "Below the minimum" in page.text
    assert "60 days" in page.text
    person = house.people["viewer"]
    given = {"user": str(person.public_id), "from_on": "2026-06-01"}
    got = client.post(reverse("brokers:staff"), given, follow=True)
    assert "The person is told" in got.text
    entry = StaffEntry.objects.get(user=person)
    client.logout()
    sign_in(client, person)
    assert house.broker.name in client.get(reverse("brokers:qualifications")).text
    assert house.broker.name in client.get("/").text
    client.post(reverse("brokers:staff_answer", args=[entry.public_id]), {"accept": "yes"})
    entry.refresh_from_db()
    assert entry.state == "confirmed"
    client.post(reverse("brokers:staff_end", args=[entry.public_id]), {"until_on": "2020-01-01"})
    entry.refresh_from_db()
    assert entry.state == "confirmed"
    client.post(reverse("brokers:staff_end", args=[entry.public_id]), {"until_on": "2026-06-30"})
    entry.refresh_from_db()
    assert (entry.state, entry.until_on) == ("ended", datetime.date(2026, 6, 30))


def test_a_wrong_last_day_is_said_where_it_was_typed(client, house):
    as_(client, house, "manager")
    got = client.post(reverse("brokers:staff_end", args=[house.counted.public_id]), {"until_on": "2020-01-01"})
    assert got.status_code == 422
    assert "not before the first one" in got.text


def test_a_stranger_agency_reads_only_the_kind_of_reason(client, house):
    other = house.people["other_broker"]
    organization = other.active_organizations().get()
    MembershipFactory(organization=organization, user=house.counted.user)
    sign_in(client, other)
    given = {"user": str(house.counted.user.public_id), "from_on": "2026-06-01"}
    got = client.post(reverse("brokers:staff"), given)
    assert got.status_code == 409
    assert "another agency" in got.text
    assert house.broker.name not in got.text


def test_a_report_from_prefilled_to_submitted_and_corrected(client, house):
    as_(client, house, "staff")
    address = reverse("brokers:report", args=[house.due.public_id])
    page = client.get(address)
    assert "Missed" in page.text
    assert "Canary deal" in page.text
    new = reverse("brokers:reported_deal_new")
    assert client.post(new, TYPED | {"value_won": "1.5"}).status_code == 422
    assert client.post(new, TYPED | {"technology": "Second deal"}).headers["Location"] == address
    seen = page.context["submit_form"]["seen"].value()
    submit = reverse("brokers:report_submit", args=[house.due.public_id])
    assert client.post(submit, {"seen": seen}).status_code == 409
    seen = client.get(address).context["submit_form"]["seen"].value()
    got = client.post(submit, {"seen": seen, "nothing": "on"})
    assert got.status_code == 422
    got = client.post(submit, {"seen": seen}, follow=True)
    assert "Submitted late" in got.text
    assert "Second deal" in got.text
    assert client.post(new, TYPED).status_code == 409
    platform_deal(house.broker)
    assert "does not stand in the report" in client.get(address).text
    correct = reverse("brokers:report_correct", args=[house.due.public_id])
    assert client.post(correct, {"reason": ""}).status_code == 422
    got = client.post(correct, {"reason": "One was missing"}, follow=True)
    assert "Correction is open" in got.text
    assert DealReport.objects.filter(first_on=house.due.first_on).count() == 2


def test_deals_are_changed_and_taken_out_until_then(client, house):
    as_(client, house, "staff")
    edit = reverse("brokers:reported_deal_edit", args=[house.deal.public_id])
    assert "Canary deal" in client.get(edit).text
    assert client.post(edit, TYPED | {"technology": ""}).status_code == 422
    client.post(edit, TYPED | {"technology": "Renamed"})
    assert BrokeredDeal.objects.get(pk=house.deal.pk).technology == "Renamed"
    client.post(reverse("brokers:reported_deal_remove", args=[house.deal.public_id]))
    assert not BrokeredDeal.objects.filter(pk=house.deal.pk).exists()


def test_the_export_has_deals_and_no_formula(client, house):
    BrokeredDeal.objects.filter(pk=house.deal.pk).update(technology="=1+1")
    as_(client, house, "viewer")
    got = client.get(reverse("brokers:report_export", args=[house.due.public_id]))
    text = b"".join(got.streaming_content).decode("utf-8-sig")
    assert "'=1+1" in text
    assert "30000000" in text
    assert house.agency.number in text


def test_a_change_with_a_document_is_told_and_acknowledged(client, house, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    as_(client, house, "staff")
    new = reverse("brokers:change_new")
    assert client.get(new).status_code == 200
    given = {"kind": "articles", "text": "Second office", "happened_on": "2026-06-01"}
    bad = SimpleUploadedFile("a.pdf", b"MZ")
    assert client.post(new, given | {"evidence": bad}).status_code == 422
    sent = SimpleUploadedFile("articles.png", b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    got = client.post(new, given | {"evidence": sent}, follow=True)
    assert "Second office" in got.text
    notice = ChangeNotice.objects.get(kind="articles")
    document = reverse("brokers:change_evidence", args=[notice.public_id])
    response = client.get(document)
    assert response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")
    client.logout()
    as_(client, house, "other_broker")
    assert client.get(document).status_code == 404
    client.logout()
    as_(client, house, "officer")
    assert "Changes of brokers to acknowledge" in client.get("/").text
    client.post(reverse("brokers:change_acknowledge", args=[notice.public_id]), {"text": "Seen"})
    notice.refresh_from_db()
    assert (notice.state, notice.closing_text) == ("acknowledged", "Seen")


def test_a_suggestion_is_prefilled_and_told(client, house):
    as_(client, house, "staff")
    address = reverse("brokers:change", args=[house.suggested.public_id])
    assert "became" in client.get(address).text
    given = {"kind": "name", "text": "As registered", "happened_on": "2026-06-10"}
    file = reverse("brokers:change_file", args=[house.suggested.public_id])
    assert client.post(file, given | {"text": ""}).status_code == 422
    assert client.post(file, given).status_code == 302
    house.suggested.refresh_from_db()
    assert house.suggested.state == "filed"


def test_a_warning_goes_back_and_forth(client, house):
    as_(client, house, "officer")
    page = reverse("brokers:duties_of_broker", args=[house.agency.public_id])
    assert "Warn this broker" in client.get(page).text
    warn = reverse("brokers:warn", args=[house.agency.public_id])
    assert client.post(warn, {"ground": "", "text": ""}).status_code == 422
    client.post(warn, {"ground": "no_deal", "text": "No deal for long"})
    made = BrokerWarning.objects.get(ground="no_deal")
    client.logout()
    as_(client, house, "staff")
    assert "Answer the warning" in client.get("/").text
    address = reverse("brokers:warning", args=[made.public_id])
    assert house.people["officer"].name not in client.get(address).text
    assert client.post(reverse("brokers:warning_answer", args=[made.public_id]), {"text": ""}).status_code == 422
    client.post(reverse("brokers:warning_answer", args=[made.public_id]), {"text": "One is near"})
    client.logout()
    as_(client, house, "officer")
    assert "One is near" in client.get(address).text
    client.post(reverse("brokers:warning_lift", args=[made.public_id]), {"reason": "Good"})
    made.refresh_from_db()
    assert made.state == "lifted"


@pytest.mark.parametrize(
    ("show", "shown"),
    [("open", 1), ("missed", 1), ("late", 0), ("below", 1), ("changes", 1), ("warned", 1), ("all", 2)],
)
def test_the_officers_list_by_what_is_open(client, house, show, shown):
    as_(client, house, "officer")
    got = client.get(reverse("brokers:duties"), {"show": show})
    listed = [row.number for row in got.context["page"]]
    assert len(listed) == shown
    export = client.get(reverse("brokers:duties_export"), {"show": show})
    text = b"".join(export.streaming_content).decode("utf-8-sig")
    assert sum(number in text for number in listed) == shown
    api = api_of(house.people["officer"]).get(reverse("brokers-api:duties"), {"show": show})
    assert [row["number"] for row in api.json()["results"]] == listed


def test_the_night_shows_on_the_home_page(client, house):
    run_broker_duties(at=NOW)
    as_(client, house, "staff")
    home = client.get("/").text
    assert "Submit the deal report" in home
    assert "Tell the office" in home
    as_(client, house, "officer")
    assert "Licences to verify: 1" in client.get("/").text


def test_programs_do_the_same(house):
    manager, officer = api_of(house.people["manager"]), api_of(house.people["officer"])
    staff = house.people["staff"]
    named = manager.post(
        reverse("brokers-api:staff"), {"email": staff.email.upper(), "from_on": "2026-06-01"}, format="json"
    )
    assert (named.status_code, named.json()["state"]) == (201, "named")
    unknown = manager.post(
        reverse("brokers-api:staff"), {"email": "a@b.example", "from_on": "2026-06-01"}, format="json"
    )
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "email")
    confirmed = api_of(staff).post(
        reverse("brokers-api:staff-answer", args=[named.json()["id"]]), {"accept": True}, format="json"
    )
    assert confirmed.json()["state"] == "confirmed"

    deal = TYPED | {"value_won": 5, "reference": "mine-1"}
    for _ in range(2):
        made = manager.post(reverse("brokers-api:reported-deals"), deal, format="json")
        assert made.status_code == 201
    assert BrokeredDeal.objects.filter(reference="mine-1").count() == 1
    report = manager.get(reverse("brokers-api:report", args=[house.due.public_id])).json()
    assert (report["is_missed"], len(report["deals"])) == (True, 2)
    submit = reverse("brokers-api:report-submit", args=[house.due.public_id])
    stale = manager.post(submit, {"seen": "0"}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    done = manager.post(submit, {"seen": report["seen"]}, format="json").json()
    assert (done["state"], done["deal_count"], done["was_late"]) == ("submitted", 2, True)
    late = manager.post(reverse("brokers-api:reported-deals"), deal | {"reference": "mine-2"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "not_possible_now")

    told = manager.post(
        reverse("brokers-api:changes"),
        {"kind": "staff", "text": "One more", "happened_on": "2026-06-02"},
        format="json",
    )
    assert told.status_code == 201
    waiting = officer.get(reverse("brokers-api:qualification-queue")).json()["results"]
    assert [row["number"] for row in waiting] == ["Canary-1"]
    mine = api_of(house.people["person"]).get(reverse("brokers-api:qualifications")).json()["results"]
    assert [row["number"] for row in mine] == ["Canary-1"]
    wrong = officer.get(reverse("brokers-api:duties"), {"show": "nothing"})
    assert wrong.status_code == 400


def test_a_deal_sent_again_with_its_key_is_entered_once(house):
    manager, address = api_of(house.people["manager"]), reverse("brokers-api:reported-deals")
    key, deal = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}, TYPED | {"value_won": 5, "signed_on": TODAY.isoformat()}
    there = BrokeredDeal.objects.count()
    first, again = (manager.post(address, deal, format="json", **key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert BrokeredDeal.objects.count() == there + 1
    other = manager.post(address, deal | {"value_won": 6}, format="json", **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert BrokeredDeal.objects.count() == there + 1


def test_who_belongs_to_no_broker_can_enter_nothing(client, house):
    as_(client, house, "firm")
    for name in ("staff", "reported_deal_new", "change_new"):
        assert client.get(reverse(f"brokers:{name}")).status_code == 403
    api = api_of(house.people["firm"])
    for name, body in (
        ("staff", {"email": "a@b.example", "from_on": "2026-06-01"}),
        ("reported-deals", TYPED | {"value_won": 5}),
        ("changes", {"kind": "staff", "text": "x", "happened_on": "2026-06-02"}),
    ):
        assert api.post(reverse(f"brokers-api:{name}"), body, format="json").status_code == 403


@pytest.mark.django_db
def test_a_trader_tells_changes_and_owes_no_report(client):
    with time_machine.travel(NOW, tick=False):
        person = trader(at=NOW)
        agency()
        sign_in(client, person.user)
        given = {"kind": "address", "text": "Moved", "happened_on": TODAY.isoformat()}
        got = client.post(reverse("brokers:change_new"), given, follow=True)
        assert "Moved" in got.text
        assert client.get(reverse("brokers:reports")).context["page"].paginator.count == 0


@pytest.mark.django_db
def test_the_numbers_of_a_submitted_report_stand_in_the_list(client):
    with time_machine.travel(NOW, tick=False):
        report = submitted(deals=2)
        counted(report.registration.organization)
        sign_in(client, report.submitted_by)
        assert "60,000,000" in client.get(reverse("brokers:reports")).text
