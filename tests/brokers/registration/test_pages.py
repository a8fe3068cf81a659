"""What the pages say, and what they do with what is typed."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from brokers.models import Application
from brokers.services.registration.load_requirements import load_requirements, read_product
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.register import agency
from tests.factories.brokers.registration import (
    LESSON,
    WORK,
    agency_draft,
    application_in,
    handed_in,
    in_completion,
    manager,
    refused,
    shipped_requirements,
    staff,
    trader_draft,
)
from tests.factories.disclosures import pdf

pytestmark = pytest.mark.usefixtures("at_now")
ROWS = {"career": WORK, "training": LESSON}


def plain(response):
    return " ".join(re.sub("<[^>]+>", " ", response.text).split())


def edit_of(found):
    return reverse("brokers:application_edit", args=[found.public_id])


def page_of(found):
    return reverse("brokers:application", args=[found.public_id])


def rows(name, *given):
    """What a browser sends of rows."""
    sent = {f"{name}-TOTAL_FORMS": len(given), f"{name}-INITIAL_FORMS": 0}
    for place, row in enumerate(given):
        sent |= {f"{name}-{place}-{field}": "" if value is None else value for field, value in row.items()}
    return sent


def trader_form(found, *, career=(), training=(), **given):
    found.refresh_from_db()
    start = {"revision": found.revision, "speciality": found.speciality, "career_route": found.career_route}
    return start | rows("career", *career) | rows("training", *training) | given


def file(words="proof", name="proof.pdf"):
    return SimpleUploadedFile(name, pdf(words=words))


# --- before one begins ------------------------------------------------------------------------------------------------


def test_everybody_reads_what_is_needed_before_beginning(client):
    assert "No requirements are published yet" in plain(client.get("/brokers/apply/"))
    shipped_requirements()
    text = plain(client.get("/brokers/apply/"))
    for words in (
        "3 people", "36 months", "40 hours", "6 months", "Act art. 10, decree art. 16(1)", "decree art. 21(6)",
        "Public official of grade 5 or higher", "contains assumptions", "Sign in to begin",
        "The resident registration number.",
    ):  # fmt: skip
        assert words in text
    assert not re.search(r'name="[^"]*resident', client.get("/brokers/apply/").text)


def test_what_one_may_begin_and_what_is_under_way(client):
    shipped_requirements()
    sign_in(client, UserFactory())
    text = plain(client.get("/brokers/apply/"))
    assert "Only a manager of a broker’s corporation can apply" in text
    assert "Begin the application of a trader" in text

    sign_in(client, by := manager())
    assert "Begin the application of an agency" in plain(client.get("/brokers/apply/"))
    got = client.post(
        "/brokers/apply/start/", {"kind": "agency", "organization": by.active_organizations()[0].public_id}
    )
    made = Application.objects.get()
    assert got.url == edit_of(made)
    text = plain(client.get("/brokers/apply/"))
    assert "Go on with your application" in text
    assert "Draft of" in text
    assert client.post("/brokers/apply/start/", {"kind": "nothing"}).status_code == 422

    registered = agency()
    sign_in(client, registered.organization.memberships.first().user)
    assert f"You are registered: {registered.number}" in plain(client.get("/brokers/apply/"))


def test_who_manages_two_brokers_says_for_which(client):
    by = manager()
    second = OrganizationFactory(broker=True)
    MembershipFactory(organization=second, user=by, manager=True)
    sign_in(client, by)
    refused_form = client.post("/brokers/apply/start/", {"kind": "agency"})
    assert refused_form.status_code == 422
    assert "Choose the organization for which you apply." in refused_form.text
    client.post("/brokers/apply/start/", {"kind": "agency", "organization": second.public_id})
    assert Application.objects.get().organization == second


# --- the form ---------------------------------------------------------------------------------------------------------


def test_saved_incomplete_and_there_again(client):
    found = trader_draft()
    sign_in(client, found.applicant)
    half = {"employer": "", "position": "Researcher", "from_on": "", "to_on": ""}
    got = client.post(edit_of(found), trader_form(found, career=[half], training=[{"subject": "law"}]))
    assert got.url == edit_of(found)
    again = client.get(edit_of(found)).text
    assert 'value="Researcher"' in again
    assert '<option value="law" selected>' in again
    assert client.get(edit_of(found)).headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_an_error_keeps_everything_that_was_typed_and_saves_nothing(client):
    found = trader_draft()
    sign_in(client, found.applicant)
    sent = trader_form(
        found, career=[{**WORK, "from_on": "2099-01-01", "to_on": ""}], training=[{**LESSON, "hours": "many"}],
        speciality="Membranes",
    )  # fmt: skip
    got = client.post(edit_of(found), sent)
    assert got.status_code == 422
    for words in ("This day has not come yet.", 'value="Membranes"', 'value="2099-01-01"', 'value="many"'):
        assert words in got.text
    found.refresh_from_db()
    assert (found.speciality, found.career.count()) == ("", 0)


def test_a_row_more_and_a_row_less(client):
    found = trader_draft(complete=True)
    sign_in(client, found.applicant)
    sent = trader_form(found, career=[WORK], training=[LESSON], add_career="1", speciality="Typed")
    more = client.post(edit_of(found), sent)
    assert (more.status_code, 'name="career-1-employer"' in more.text, 'value="Typed"' in more.text) == (
        200,
        True,
        True,
    )
    found.refresh_from_db()
    assert found.speciality == "Batteries"
    client.post(edit_of(found), trader_form(found, career=[{**WORK, "DELETE": "on"}], training=[LESSON]))
    assert (found.career.count(), found.training.count()) == (0, 1)
    assert client.post(edit_of(found), trader_form(found, add_training="1")).status_code == 200


def test_an_old_page_is_answered_with_the_typed_text(client):
    found = agency_draft(speciality="First")
    sign_in(client, found.applicant)
    client.post(edit_of(found), {"revision": found.revision, "speciality": "Second"})
    got = client.post(edit_of(found), {"revision": found.revision, "speciality": "Third"})
    assert got.status_code == 409
    assert 'value="Third"' in got.text
    assert "Somebody saved this application after you opened it" in got.text
    found.refresh_from_db()
    assert found.speciality == "Second"
    revision = re.search(r'name="revision" value="(\d+)"', got.text)[1]
    client.post(edit_of(found), {"revision": revision, "speciality": "Third"})
    found.refresh_from_db()
    assert found.speciality == "Third"


def test_files_are_added_with_what_was_typed_and_removed(client):
    found = agency_draft()
    sign_in(client, found.applicant)
    sent = {"revision": found.revision, "speciality": "Typed", "document_kind": "articles", "document": file()}
    got = client.post(edit_of(found), {**sent, "add_document": "1"}, follow=True)
    assert "Saved, with the file “proof.pdf”." in got.text
    found.refresh_from_db()
    assert (found.speciality, found.documents.count()) == ("Typed", 1)

    bad = SimpleUploadedFile("program.pdf", b"MZ")
    refused_file = client.post(
        edit_of(found), {**sent, "revision": found.revision, "speciality": "More", "document": bad}
    )
    assert refused_file.status_code == 422
    assert "Send a PDF, a picture" in refused_file.text
    found.refresh_from_db()
    assert (found.speciality, found.documents.count()) == ("More", 1)
    assert f'name="revision" value="{found.revision}"' in refused_file.text

    none = client.post(edit_of(found), {"revision": found.revision, "speciality": "More", "add_document": "1"})
    assert (none.status_code, "Choose a file first." in none.text) == (422, True)
    found.refresh_from_db()
    kept = found.documents.get()
    client.post(
        edit_of(found), {"revision": found.revision, "speciality": "Last", "remove_document": str(kept.public_id)}
    )
    found.refresh_from_db()
    assert (found.speciality, found.documents.count()) == ("Last", 0)


def test_the_check_beside_the_form_follows_what_is_typed_without_saving(client):
    found = trader_draft()
    sign_in(client, found.applicant)
    url = reverse("brokers:application_check", args=[found.public_id])
    before = Application.objects.values().get()
    part = client.post(url, trader_form(found, career=[WORK], training=[LESSON], career_route="official"))
    text = plain(part)
    assert "<html" not in part.text
    assert "Nothing proves it yet: add a proof of career." in text
    assert "40 of 40 hours, without a certificate" in text
    half = client.post(url, trader_form(found, career=[{**WORK, "from_on": "?"}], career_route="official"))
    assert "0 months of 36 months" in plain(half)
    assert Application.objects.values().get() == before
    assert found.career.count() == 0


def test_staff_of_the_agency_stand_beside_it(client):
    found = agency_draft()
    staff(found.organization, verified=False)
    sign_in(client, found.applicant)
    text = plain(client.get(edit_of(found)))
    assert "Lawyer" in text
    assert "Not yet verified" in text
    assert "0 of 3 qualified full-time people are certain and 1 wait" in text
    assert "Requirements met 2 / 7" in text


# --- handing in and afterwards ----------------------------------------------------------------------------------------


def test_saved_then_handed_in_with_a_number_and_a_second_click(client):
    found = agency_draft(complete=True)
    sign_in(client, found.applicant)
    sent = {name: getattr(found, name) for name in ("revision", "representative", "speciality", "network_url")}
    go_on = client.post(edit_of(found), {**sent, "network_text": found.network_text, "review": "1"})
    assert go_on.url == page_of(found)
    found.refresh_from_db()
    url = reverse("brokers:application_hand_in", args=[found.public_id])
    undeclared = client.post(url, {"revision": found.revision})
    assert undeclared.status_code == 422
    assert "Declare that everything is true and complete." in undeclared.text
    given = {"revision": found.revision, "declared": "on"}
    assert "Your receipt number is A2026000001." in client.post(url, given, follow=True).text
    again = client.post(url, given, follow=True)
    assert "Your receipt number is A2026000001." in again.text
    text = plain(again)
    for words in (
        "An officer takes it up.",
        "No rule names a day for this step.",
        "Handed in",
        "Withdraw the application",
    ):
        assert words in text
    assert Application.objects.count() == 1
    assert client.get(edit_of(found)).url == page_of(found)


def test_what_is_missing_stands_where_it_is_handed_in(client):
    found = agency_draft()
    sign_in(client, found.applicant)
    assert "Something is missing before it can be handed in" in client.get(page_of(found)).text
    got = client.post(
        reverse("brokers:application_hand_in", args=[found.public_id]), {"revision": found.revision, "declared": "on"}
    )
    assert (got.status_code, "Fill in “Representative”." in got.text) == (422, True)


def test_an_old_page_hands_nothing_in_and_withdraws_nothing(client):
    found = agency_draft(complete=True)
    sign_in(client, found.applicant)
    for name in ("application_hand_in", "application_withdraw"):
        got = client.post(
            reverse(f"brokers:{name}", args=[found.public_id]), {"revision": found.revision - 1, "declared": "on"}
        )
        assert got.status_code == 409
        assert "Nothing was done: this changed while you had it open" in got.text
    found.refresh_from_db()
    assert found.state == "draft"


def test_completion_names_the_parts_and_the_day(client):
    found = in_completion()
    sign_in(client, found.applicant)
    text = plain(client.get(page_of(found)))
    assert "Complete what is named, and hand it in again." in text
    assert "Last day:" in text
    form = client.get(edit_of(found))
    assert "Say who keeps it" in form.text
    assert 'name="network_text"' in form.text
    assert 'name="representative"' not in form.text
    sent = {"revision": found.revision, "network_url": found.network_url, "network_text": "Kept by two people."}
    client.post(edit_of(found), sent)
    found.refresh_from_db()
    done = client.post(
        reverse("brokers:application_hand_in", args=[found.public_id]),
        {"revision": found.revision, "declared": "on"}, follow=True,
    )  # fmt: skip
    assert found.number in done.text
    found.refresh_from_db()
    assert (found.state, found.network_text) == ("doc_check", "Kept by two people.")


def test_a_refusal_can_be_objected_to_in_time(client):
    found = refused()
    sign_in(client, found.applicant)
    page = client.get(page_of(found))
    assert "The staff do not suffice" in page.text
    assert "is an assumption" in page.text
    url = reverse("brokers:application_object", args=[found.public_id])
    assert client.post(url, {"text": " "}).status_code == 422
    assert "Your objection was sent." in client.post(url, {"text": "They do"}, follow=True).text
    assert "Send the objection" not in client.get(page_of(found)).text


def test_a_newer_version_is_named_and_does_not_count(client):
    found = handed_in()
    newer = read_product()[0] | {"version": 2, "valid_from": TODAY}
    load_requirements(versions=[newer], at=found.applied_at)
    sign_in(client, found.applicant)
    text = plain(client.get(page_of(found)))
    assert "Judged by version 1 of the requirements" in text
    assert "This one keeps its own." in text


@pytest.mark.parametrize("state", ["draft", "applied", "completion", "training", "designated", "refused", "withdrawn"])
def test_every_state_has_its_page_for_the_applicant_and_the_officer(client, state):
    found = application_in(state, make=lambda: trader_draft(complete=True))
    sign_in(client, found.applicant)
    page = client.get(page_of(found))
    assert page.status_code == 200
    assert found.get_state_display() in page.text
    if state != "draft":
        sign_in(client, MembershipFactory(government=True, user__second_factor=True).user)
        seen = client.get(page_of(found))
        assert seen.status_code == 200
        assert "Hand in again" not in seen.text
        assert "Withdraw the application" not in seen.text


def test_a_draft_is_thrown_away_with_a_word_before(client):
    found = trader_draft(complete=True)
    sign_in(client, found.applicant)
    assert "Throw this draft away, with its documents?" in client.get(page_of(found)).text
    client.post(reverse("brokers:application_withdraw", args=[found.public_id]), {"revision": found.revision})
    found.refresh_from_db()
    assert (found.state, found.documents.count()) == ("withdrawn", 0)
    assert client.post(reverse("brokers:application_withdraw", args=[found.public_id]), {}).status_code == 200


def test_home_says_what_waits_on_the_applicant(client):
    found = in_completion()
    sign_in(client, found.applicant)
    assert f"Complete application {found.number}" in client.get("/").text
