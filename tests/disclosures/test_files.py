"""What may be sent as a confidential file, and what is kept of it."""

import io
import unicodedata
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from disclosures.enums import ScanState
from disclosures.models import ConfidentialFile
from disclosures.services.files import MOST_FILES, FileGone, NoReason, remove_file
from marketplace.core.errors import Conflict, NotAllowed
from marketplace.core.files import NotTaken, private_storage
from marketplace.core.watermark import MOST_PIXELS, NotMarkable
from tests.disclosures.conftest import send, traces
from tests.factories.accounts import sign_in
from tests.factories.disclosures import ConfidentialFileFactory, pdf, picture


def archive(**parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(zipfile.ZipInfo(name.replace("__", "/")), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def docx():
    return archive(**{"[Content_Types].xml": "<x/>", "word__document.xml": "<x/>"})


def locked_pdf():
    writer, made = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(1)))), io.BytesIO()
    writer.encrypt("secret")
    writer.write(made)
    return made.getvalue()


def test_a_file_is_kept_privately_under_an_id_with_its_name_composed(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    name = unicodedata.normalize("NFD", "배합표 최종.pdf")

    file = send(world, pdf(1, "x"), f"C:\\비밀\\{name}")

    assert file.name == "배합표 최종.pdf"
    assert file.content.name == f"confidential/{file.public_id}"
    assert (tmp_path / file.content.name).read_bytes() == pdf(1, "x")
    assert not settings.MEDIA_ROOT.exists()
    assert (tmp_path / file.content.name).stat().st_mode & 0o777 == 0o600
    assert file.scan_state == ScanState.NOT_SCANNED
    with pytest.raises(ValueError, match="no address"):
        file.content.url  # noqa: B018


HWP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64 + "HwpSummaryInformation".encode("utf-16-le")
KINDS = {
    "application/pdf": (lambda: pdf(1), True),
    "image/png": (lambda: picture("PNG"), True),
    "image/jpeg": (lambda: picture("JPEG"), True),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (docx, False),
    "application/hwp+zip": (lambda: archive(mimetype="application/hwp+zip"), False),
    "application/x-hwp": (lambda: HWP, False),
}


@pytest.mark.parametrize("type", KINDS)
def test_its_kind_is_told_by_its_content_and_its_name_gets_the_ending_of_that(world, type):
    made, marked = KINDS[type]

    file = send(world, made(), "report.exe")

    assert (file.type, file.is_marked) == (type, marked)
    assert file.name.startswith("report.exe.")


MACRO = {"[Content_Types].xml": "x", "word__document.xml": "x", "word__vbaProject.bin": "x"}
HOSTILE = {
    "empty": (lambda: b"", NotTaken),
    "program": (lambda: b"MZ\x90\0" + b"\0" * 100, NotTaken),
    "page": (lambda: b"<html><script>alert(1)</script>", NotTaken),
    "zip bomb": (lambda: archive(bomb="0" * 20_000_000), NotTaken),
    "macro": (lambda: archive(**MACRO), NotTaken),
    "damaged archive": (lambda: b"PK\x03\x04" + b"\xff" * 200, NotTaken),
    "beginning of a PDF": (lambda: b"%PDF-1.7\nnothing more", NotMarkable),
    "cut PDF": (lambda: pdf(1)[:300], NotMarkable),
    "locked PDF": (locked_pdf, NotMarkable),
    "beginning of a PNG": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, NotMarkable),
    "cut JPEG": (lambda: picture("JPEG")[:200], NotMarkable),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_document_or_could_not_be_marked_is_refused(world, what, tmp_path):
    made, refusal = HOSTILE[what]
    before = traces()

    with pytest.raises(refusal) as refused:
        send(world, made(), "자료.pdf")

    assert refused.value.field == "file"
    assert traces() == before
    assert [p for p in (tmp_path / "confidential").iterdir() if p.name != str(world.file.public_id)] == []


def test_a_large_file_and_a_picture_that_would_fill_the_memory_are_refused(world, settings):
    settings.CONFIDENTIAL_MAX_BYTES = 1000
    with pytest.raises(NotTaken, match="At most"):
        send(world, pdf(3))
    settings.CONFIDENTIAL_MAX_BYTES = 1 << 20
    with pytest.raises(NotMarkable, match="million pixels"):
        send(world, picture(size=(MOST_PIXELS // 1000 + 1, 1000)), "x.png")


def test_a_huge_or_turned_name_becomes_a_name_people_can_read(world):
    assert len(send(world, name="가" * 5000 + ".pdf").name) <= 255
    assert send(world, pdf(1, "a"), "\u202efdp.exe\n=1+1.pdf").name == "fdp.exe =1+1.pdf"
    assert send(world, pdf(1, "b"), "../../etc/passwd").name == "passwd.pdf"
    assert send(world, pdf(1, "c"), "").name == "–.pdf"


def test_the_same_content_twice_is_one_file(world):
    content = pdf(1, "same")

    assert send(world, content).pk == send(world, content, "other name.pdf").pk


def test_a_part_that_says_not_why_it_is_closed_takes_no_file(world):
    world.listing.confidential_reason = world.listing.confidential_text = ""
    world.listing.save()

    with pytest.raises(NoReason):
        send(world)


def test_no_more_than_so_many_files(world):
    for _ in range(MOST_FILES - 1):
        ConfidentialFileFactory(listing=world.listing, uploaded_by=world.holder_staff)

    with pytest.raises(Conflict, match="At most"):
        send(world)
    assert ConfidentialFile.objects.count() == MOST_FILES


@pytest.mark.parametrize("who", ["holder_viewer", "company_manager", "other_institute", "officer"])
def test_only_the_holders_staff_send_and_remove(world, who):
    by, before = world.person(who), traces()

    with pytest.raises(NotAllowed):
        send(world, by=by)
    with pytest.raises(NotAllowed):
        remove_file(file=world.file, by=by, at=timezone.now())
    assert traces() == before


def test_removed_the_content_is_gone_and_the_row_stays(world, django_capture_on_commit_callbacks):
    place = world.file.content.name

    with django_capture_on_commit_callbacks(execute=True):
        removed = remove_file(file=world.file, by=world.holder_staff, at=timezone.now())

    assert not private_storage().exists(place)
    assert (removed.content, removed.removed_by) == ("", world.holder_staff)
    with pytest.raises(FileGone):
        remove_file(file=world.file, by=world.holder_staff, at=timezone.now())
    assert send(world).pk != world.file.pk


@pytest.mark.parametrize(
    "changes",
    [{"content": ""}, {"scan_state": "moon"}, {"type": "text/html"}, {"size": 0}, {"removed_at": "2026-01-01T00:00Z"}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_database_keeps_a_file_whole(world, changes):
    with pytest.raises(Exception) as refused, transaction.atomic():
        ConfidentialFile.objects.filter(pk=world.file.pk).update(**changes)
    assert isinstance(refused.value, IntegrityError) or refused.type.__name__ in {"InternalError", "ProgrammingError"}


@pytest.mark.parametrize("name", ["name", "checksum", "uploaded_at", "uploaded_by"])
def test_what_was_sent_never_changes(world, name):
    value = {"uploaded_at": timezone.now(), "uploaded_by": world.holder_manager, "checksum": "0" * 64}.get(name, "x")
    with pytest.raises(Exception, match=r"(?i)update"), transaction.atomic():
        ConfidentialFile.objects.filter(pk=world.file.pk).update(**{name: value})


def test_the_page_says_that_nothing_is_scanned_and_takes_a_file(client, world):
    sign_in(client, world.holder_staff)
    url = reverse("disclosures:files", args=[world.listing.reference])

    assert "files are not scanned" in client.get(url).text
    sent = client.post(url, {"file": SimpleUploadedFile("x.pdf", pdf(1, "new"), "text/html")}, follow=True)
    refused = client.post(url, {"file": SimpleUploadedFile("x.pdf", b"MZ", "application/pdf")})
    nothing = client.post(url, {})

    assert "Each download carries a watermark" in sent.text
    assert refused.status_code == nothing.status_code == 422
    assert "Send a PDF" in refused.text
    assert ConfidentialFile.objects.count() == 2
