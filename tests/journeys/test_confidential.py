"""An institute opens its confidential part to a request, the firm's manager accepts, staff read, the office sees it."""

from pypdf import PdfReader

from disclosures.models import Opening
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.disclosures import SECRET, SecretListingFactory, pdf, terms


def test_opened_accepted_read_and_recorded(visit, watch, settings, tmp_path):
    settings.PRIVATE_ROOT, settings.CLAMD_ADDRESS = tmp_path, ""
    terms()
    office = MembershipFactory(institute=True, user__name="Minho Office")
    listing = SecretListingFactory(holder=office.organization, title_en="Tank liner")
    staff = MembershipFactory(company=True, organization__name="푸른솔배터리", user__name="김하늘")
    manager = MembershipFactory(organization=staff.organization, manager=True, user__name="이사장")
    request = TransferRequestFactory(listing=listing, requester=staff.organization, requested_by=staff.user)

    seller = visit(office.user, f"/my/listings/{listing.reference}/confidential/")
    document = {"name": "배합표.pdf", "mimeType": "application/pdf", "buffer": pdf(2)}
    seller.get_by_label("File", exact=True).set_input_files(document)
    seller.get_by_role("button", name="Send the file").click()
    seller.get_by_text("Each download carries a watermark.").wait_for()
    seller.goto(f"/requests/{request.public_id}/confidential/")
    seller.get_by_role("button", name="Open to this request").click()
    seller.get_by_text("It opens once a manager of the firm accepts the terms.").wait_for()

    reader = visit(staff.user, f"/requests/{request.public_id}/")
    reader.get_by_role("link", name="Confidential part of this technology").click()
    assert "배합표" not in reader.get_by_role("main").inner_text()
    assert "이사장" in reader.get_by_role("main").inner_text()
    reader.get_by_role("button", name="Ask the manager to accept").click()
    reader.get_by_text("1 manager was asked.").wait_for()

    boss = visit(manager.user, "/inbox/")
    boss.locator(".message", has_text="please accept").get_by_role("button", name="Open").click()
    watch.expects(422)  # the box was not checked
    boss.get_by_role("button", name="Accept the terms").click()
    boss.get_by_role("alert").get_by_role("link").wait_for()
    boss.get_by_label("I have read the terms").check()
    boss.get_by_role("button", name="Accept the terms").click()
    boss.get_by_text("Open to your organization").wait_for()

    reader.reload()
    reader.get_by_role("link", name="Open the confidential text").click()
    reader.get_by_text(SECRET).wait_for()
    reader.go_back()
    with reader.expect_download() as download:
        reader.get_by_role("button", name="Download 배합표.pdf").click()
    assert download.value.suggested_filename == "배합표.pdf"
    for page in PdfReader(download.value.path()).pages:
        text = page.extract_text()
        assert all(words in text for words in ("푸른솔배터리", "김하늘", staff.user.email, request.number, "KST"))

    seller.goto(f"/my/listings/{listing.reference}/confidential/openings/")
    rows = seller.locator("tbody tr")
    assert rows.count() == Opening.objects.count() == 2
    assert "김하늘" in rows.first.inner_text()
    assert "배합표.pdf" in rows.first.inner_text()
    with seller.expect_download() as export:
        seller.get_by_role("link", name="Export CSV").click()
    assert request.number in export.value.path().read_text()
