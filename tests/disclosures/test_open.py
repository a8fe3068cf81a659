"""Opening the text and files: each asked for anew, each written down; files by a link for one person and 5 minutes."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from disclosures.enums import OpeningKind, ScanState
from disclosures.models import ConfidentialFile, Opening
from disclosures.services.files import remove_file
from disclosures.services.links import MINUTES
from disclosures.services.offer import offer, revoke
from disclosures.services.open import NotDeliverable, NotOpen, open_file, open_text
from marketplace.core.errors import NotAllowed, NotPossibleNow
from obligations.models import DutyDraft, RnDProject
from tech_listings.services.publish import withdraw
from tests.deals.requests.conftest import api_of
from tests.disclosures.conftest import send, traces
from tests.disclosures.test_files import docx
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.disclosures import SECRET, ConfidentialFileFactory, DisclosureFactory, OpeningFactory, pdf
from tests.factories.obligations import duty


def link(client, world, who, file=None):
    sign_in(client, who)
    file = file or world.file
    return client.post(reverse("disclosures:link", args=[world.request.public_id, file.public_id]))


def body(response):
    """What was sent. Read to its end, the client closes the file behind it as the server does."""
    return b"".join(response.streaming_content)


def test_the_text_is_written_down_with_person_request_and_version(client, world, accepted):
    sign_in(client, world.company_staff)

    response = client.get(reverse("disclosures:text", args=[world.request.public_id]))

    assert SECRET in response.text
    assert "no-store" in response["Cache-Control"]
    assert world.company_staff.email in response.text
    opened = Opening.objects.get()
    assert (opened.by, opened.organization, opened.request, opened.disclosure, opened.kind, opened.revision) == (
        world.company_staff, world.company, world.request, accepted, OpeningKind.TEXT, world.listing.revision,
    )  # fmt: skip


def test_a_download_carries_who_for_whom_when_and_which_request(client, world, accepted):
    with time_machine.travel("2026-11-26T03:04:05Z", tick=False):
        accepted.__class__.objects.filter(pk=accepted.pk).update(ends_on="2027-01-01")
        asked = link(client, world, world.company_staff)
        response = client.get(asked.url)
        content = body(response)

    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%EB%B0%B0")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    for page in PdfReader(io.BytesIO(content)).pages:
        text = page.extract_text()
        for said in (world.company.name, world.company_staff.name, world.company_staff.email, world.request.number):
            assert said in text
        assert "2026-11-26 12:04:05 KST" in text
    opened = Opening.objects.get()
    assert (opened.file, opened.checksum, opened.is_marked) == (world.file, world.file.checksum, True)


def test_what_cannot_be_marked_is_given_as_it_is_and_logged_so(client, world, accepted):
    file = send(world, docx(), "배합.docx")

    response = client.get(link(client, world, world.company_staff, file).url)

    assert body(response) == docx()
    assert response["Content-Type"] == file.type
    assert Opening.objects.get().is_marked is False


@pytest.mark.parametrize("minutes", [MINUTES - 1, MINUTES + 1])
def test_a_link_is_good_for_five_minutes(client, world, accepted, minutes):
    address = link(client, world, world.company_staff).url

    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        response = client.get(address)

    if response.streaming:
        body(response)
    assert response.status_code == (200 if minutes < MINUTES else 410)
    if minutes > MINUTES:
        assert reverse("disclosures:detail", args=[world.request.public_id]) in response.text
        assert not Opening.objects.exists()


def test_a_link_is_no_use_to_another_person_or_in_another_session(client, world, accepted):
    address = link(client, world, world.company_staff).url
    before = traces()

    sign_in(client, world.company_manager)
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
    sign_in(client, world.company_staff)
    assert client.get(address).status_code == 404  # signed in anew
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        sign_in(client, world.company_manager)
        assert client.get(address).status_code == 404  # nor does it say that it was one
    assert traces() == before


@pytest.mark.parametrize("content", [None, ["a"], ["a", "b", "c"]])
@pytest.mark.parametrize("salt", ["disclosures.links", "another"])
def test_a_made_up_link_is_none(client, world, content, salt):
    token = signing.dumps(content, salt=salt) if content else "x"
    sign_in(client, world.company_staff)

    assert client.get(reverse("disclosures:download", args=[token])).status_code == 404


@pytest.mark.parametrize("what", ["revoked", "over", "left", "removed", "infected", "waiting"])
def test_what_a_link_allows_is_asked_again_when_it_is_used(client, world, accepted, what, settings):
    address = link(client, world, world.company_staff).url
    if what == "revoked":
        revoke(request=world.request, by=world.holder_staff, at=timezone.now())
    elif what == "over":
        type(accepted).objects.filter(pk=accepted.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    elif what == "left":
        world.company_staff.memberships.update(state="ended")
    elif what == "removed":
        gone = {"removed_at": timezone.now(), "removed_by": world.holder_staff, "content": ""}
        ConfidentialFile.objects.filter(pk=world.file.pk).update(**gone)
    elif what == "infected":
        ConfidentialFile.objects.filter(pk=world.file.pk).update(scan_state=ScanState.WAITING)
        bad = {"scan_state": ScanState.INFECTED, "scanned_at": timezone.now(), "content": ""}
        ConfidentialFile.objects.filter(pk=world.file.pk).update(**bad)
    else:
        settings.CLAMD_ADDRESS = "127.0.0.1:1"  # not scanned, and now there is a scanner

    response = client.get(address)

    assert response.status_code == (404 if what == "left" else 410)
    if what != "left":  # the page says why, and leads back to where the next step is
        assert "This link is over" in response.text
        assert reverse("disclosures:detail", args=[world.request.public_id]) in response.text
    assert not Opening.objects.exists()


def test_a_newer_text_shown_beside_what_was_typed_is_written_down(client, world):
    """Whoever takes the text out of a form of an older revision reads the newer one: an opening like any other."""
    sign_in(client, world.holder_staff)
    data = {
        "title_ko": "제목",
        "revision": "0",
        "confidential_text": "",
        "rights-TOTAL_FORMS": "0",
        "rights-INITIAL_FORMS": "0",
    }
    page = client.post(reverse("tech_listings:edit", args=[world.listing.reference]), data)
    assert page.status_code == 409
    assert "kanarienvogel" in page.text
    assert Opening.objects.get().kind == OpeningKind.EDIT


def test_of_a_security_project_nothing_is_opened_any_more(client, world, accepted):
    """Its project became one after the firm had accepted the terms."""
    owed = duty(owner=world.listing.holder)
    DutyDraft.objects.create(obligation=owed, listing=world.listing, made_at=timezone.now(), made_by=world.holder_staff)
    address = link(client, world, world.company_staff).url
    withdraw(listing=world.listing, reason="No more", by=world.holder_staff, at=timezone.now())
    RnDProject.objects.filter(pk=owed.project_id).update(is_security=True)

    assert client.get(address).status_code == 410
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_staff, at=timezone.now())
    page = client.get(reverse("disclosures:detail", args=[world.request.public_id])).text
    assert world.file.name not in page
    assert not Opening.objects.exists()
    revoke(request=world.request, by=world.holder_staff, at=timezone.now())
    with pytest.raises(NotPossibleNow):
        offer(
            request=world.request, terms=world.terms, ends_on=timezone.localdate(), by=world.holder_staff,
            at=timezone.now(),
        )  # fmt: skip


def test_the_same_file_and_an_empty_one_are_said_to_be_so(client, world):
    sign_in(client, world.holder_staff)
    address = reverse("disclosures:files", args=[world.listing.reference])
    for _again in range(2):
        said = client.post(address, {"file": SimpleUploadedFile("x.pdf", pdf())}, follow=True).text
    assert "This file is there already, as “x.pdf”" in said
    assert "The file was saved" not in said
    empty = client.post(address, {"file": SimpleUploadedFile("y.pdf", b"")})
    assert empty.status_code == 422
    assert "The file is empty." in empty.text


def test_an_own_link_to_what_was_removed_leads_back_to_the_files(client, world):
    sign_in(client, world.holder_staff)
    address = client.post(reverse("disclosures:own_link", args=[world.file.public_id])).url
    remove_file(file=world.file, by=world.holder_staff, at=timezone.now())
    response = client.get(address)
    assert response.status_code == 410
    assert reverse("disclosures:files", args=[world.listing.reference]) in response.text


def test_a_file_of_another_technology_is_not_had_through_this_request(client, world, accepted):
    other = ConfidentialFileFactory()

    assert link(client, world, world.company_staff, other).status_code == 404
    with pytest.raises(NotAllowed):
        open_file(file=other, request=world.request, by=world.company_staff)


def test_a_second_request_of_the_same_firm_opens_nothing_by_the_first(world, accepted):
    from tests.factories.deals.requests import TransferRequestFactory

    second = TransferRequestFactory(
        listing=world.listing, requester=world.company, requested_by=world.company_staff, intended_use="else"
    )
    with pytest.raises(NotOpen):
        open_text(request=second, by=world.company_staff, at=timezone.now())


def test_head_and_post_do_not_open(client, world, accepted):
    address = link(client, world, world.company_staff).url

    for method in ("head", "post"):
        assert getattr(client, method)(address).status_code == 405
        assert getattr(client, method)(reverse("disclosures:text", args=[world.request.public_id])).status_code == 405
    assert not Opening.objects.exists()


def test_a_file_that_was_damaged_on_our_disk_is_an_error_with_words(client, world, accepted):
    with world.file.content.open("r+b") as content:
        content.truncate(100)

    response = client.get(link(client, world, world.company_staff).url)

    assert response.status_code == 400
    assert "damaged" in response.text
    assert not Opening.objects.exists()


def test_lost_on_our_disk_it_is_gone(world, accepted):
    world.file.content.storage.delete(world.file.content.name)

    with pytest.raises(Exception, match="removed this file"):
        open_file(file=world.file, request=world.request, by=world.company_staff)


def test_the_holders_own_people_are_written_down_too(client, world):
    sign_in(client, world.holder_staff)
    reference = world.listing.reference
    detail = client.get(reverse("tech_listings:detail", args=[reference])).text
    assert "kanarienvogel" not in detail  # seen by going on, which is written down

    assert SECRET in client.get(reverse("disclosures:own_text", args=[reference])).text
    assert "kanarienvogel" in client.get(reverse("tech_listings:edit", args=[reference])).text
    answer = api_of(world.holder_staff).get(reverse("tech_listings-api:my-detail", args=[reference])).json()
    assert answer["confidential_text"] == SECRET
    taken = client.post(reverse("disclosures:own_link", args=[world.file.public_id]))
    content = body(client.get(taken.url))

    kinds = list(Opening.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [OpeningKind.TEXT, OpeningKind.EDIT, OpeningKind.API, OpeningKind.FILE]
    assert set(Opening.objects.values_list("by", "organization", "request")) == {
        (world.holder_staff.pk, world.listing.holder_id, None)
    }
    assert reference in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_an_own_link_after_its_minutes_leads_back_to_the_files(client, world):
    sign_in(client, world.holder_staff)
    taken = client.post(reverse("disclosures:own_link", args=[world.file.public_id]))
    with time_machine.travel(timezone.now() + timedelta(minutes=MINUTES + 1)):
        response = client.get(taken.url)
    assert response.status_code == 410
    assert reverse("disclosures:files", args=[world.listing.reference]) in response.text


def test_not_deliverable_names_the_state(world, accepted, settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"

    with pytest.raises(NotDeliverable, match="Not scanned"):
        open_file(file=world.file, request=world.request, by=world.company_staff)


def test_the_holder_reads_and_exports_the_record(client, world, accepted):
    person = MembershipFactory(organization=world.company, user__name="=HYPERLINK(1)").user
    OpeningFactory(disclosure=accepted, by=person)
    OpeningFactory(listing=world.listing, by=world.holder_staff)
    DisclosureFactory(accepted=True)
    OpeningFactory()  # of another technology
    sign_in(client, world.holder_staff)
    address = [world.listing.reference]

    page = client.get(reverse("disclosures:openings", args=address))
    narrowed = client.get(reverse("disclosures:openings", args=address), {"request": world.request.number})
    none = client.get(reverse("disclosures:openings", args=address), {"request": "R2020000001"})
    export = body(client.get(reverse("disclosures:openings_export", args=address))).decode()
    api = api_of(world.holder_staff).get(reverse("disclosures-api:openings", args=address)).json()

    assert page.context["page"].paginator.count == 2
    assert narrowed.context["page"].paginator.count == 1
    assert "No opening fits" in none.text
    assert len(export.splitlines()) == 3
    assert "'=HYPERLINK(1)" in export
    assert api["count"] == 2
    assert {row["request"] for row in api["results"]} == {world.request.number, None}


def test_what_a_person_opened_and_accepted_is_in_their_data(client, world, accepted):
    open_text(request=world.request, by=world.company_manager, at=timezone.now())
    sign_in(client, world.company_manager)

    data = client.get(reverse("accounts:data")).json()

    assert data["confidential_openings"][0]["request__number"] == world.request.number
    assert data["confidentiality_terms_accepted"][0]["accepted_hash"] == world.terms.text_hash


def test_a_program_takes_the_same_way(world):
    holder, staff = api_of(world.holder_staff), api_of(world.company_staff)
    manager, stranger = api_of(world.company_manager), api_of(UserFactory())
    at = [world.request.public_id]

    assert staff.get(reverse("disclosures-api:part", args=at)).json()["status"] == "none"
    past = {"ends_on": "2020-01-01"}
    assert holder.post(reverse("disclosures-api:offer", args=at), past, format="json").status_code == 400
    offered = holder.post(reverse("disclosures-api:offer", args=at), {}, format="json").json()
    assert (offered["status"], offered["files"]) == ("offered", [])
    assert staff.get(reverse("disclosures-api:text", args=at)).json()["code"] == "not_open"
    text_hash = offered["disclosure"]["terms"]["text_hash"]
    manager.post(reverse("disclosures-api:accept", args=at), {"text_hash": text_hash}, format="json")
    part = staff.get(reverse("disclosures-api:part", args=at)).json()
    assert (part["status"], [f["name"] for f in part["files"]]) == ("open", [world.file.name])
    assert staff.get(reverse("disclosures-api:text", args=at)).json() == {"text": SECRET}
    given = staff.post(reverse("disclosures-api:link", args=[*at, world.file.public_id])).json()
    assert stranger.get(given["url"]).status_code == manager.get(given["url"]).status_code == 404
    assert PdfReader(io.BytesIO(body(staff.get(given["url"])))).pages[0].extract_text()
    with time_machine.travel(timezone.now() + timedelta(minutes=MINUTES + 1)):
        late = staff.get(given["url"])
    assert (late.status_code, late.json()["code"]) == (410, "link_over")
    end = {"ends_on": timezone.localdate().isoformat()}
    assert holder.post(reverse("disclosures-api:end", args=at), end, format="json").status_code == 200
    closed = holder.post(reverse("disclosures-api:revoke", args=at), {"reason": "done"}, format="json").json()
    assert closed["status"] == "revoked"
    assert staff.get(given["url"]).status_code == 409
