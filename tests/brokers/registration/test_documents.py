"""Documents of an application: kept privately, scanned, removed for good; and what is not taken."""

import io

import pytest

from brokers.enums.registration import DocumentKind
from brokers.models import ApplicationDocument
from brokers.services.registration.documents import add_document, remove_document
from marketplace.core.clamd import Unanswered, Verdict
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.files import NotTaken, private_storage
from marketplace.core.scanned import ScannerAway
from tests.brokers.registration.steps import traces
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.registration import (
    agency_draft,
    document,
    paper,
)


def test_a_document_is_kept_privately_once_and_removed_for_good(django_capture_on_commit_callbacks):
    made = agency_draft()
    first = document(made, DocumentKind.ARTICLES, name="C:\\정관.exe")
    assert (first.name, first.type) == ("정관.exe.pdf", "application/pdf")
    assert first.file.name == f"registrations/{first.public_id}"
    assert document(made, DocumentKind.ARTICLES) == first
    with django_capture_on_commit_callbacks(execute=True):
        remove_document(document=first, by=made.applicant, at=NOW)
    assert not private_storage().exists(first.file.name)
    with pytest.raises(Conflict):
        remove_document(document=first, by=made.applicant, at=NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"MZ\x90 a program", "Send a PDF"), (b"%PDF-1.7 broken", "does not open"),
        (b"\xff\xd8\xff" + b"0" * (20 * 1024 * 1024), "At most 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_not_taken(content, words):
    made = agency_draft()
    before = traces()
    given = {"kind": DocumentKind.ARTICLES, "file": io.BytesIO(content), "name": "a.pdf"}
    with pytest.raises(NotTaken, match=words):
        add_document(application=made, **given, by=made.applicant, at=NOW)
    assert traces() == before


def test_a_kind_that_does_not_belong_to_it_and_too_many(monkeypatch):
    made = agency_draft()
    with pytest.raises(DomainError):
        document(made, DocumentKind.CAREER)
    monkeypatch.setattr("brokers.services.registration.documents.MOST_DOCUMENTS", 1)
    document(made, DocumentKind.ARTICLES)
    with pytest.raises(Conflict, match="At most 1 files"):
        document(made, DocumentKind.GUIDELINE)
    assert made.documents.count() == 1


@pytest.mark.parametrize(("said", "error"), [(Verdict("Eicar"), NotTaken), (Unanswered("away"), ScannerAway)])
def test_where_a_scanner_is_set_up_nothing_unclean_is_kept(settings, monkeypatch, said, error, tmp_path):
    """The scanner itself is a system outside; what it says is put in its place."""
    made = agency_draft()
    settings.CLAMD_ADDRESS = "scanner:3310"

    def scan(file, **given):
        assert file.read() == paper("proof articles")
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr("marketplace.core.scanned.scan", scan)
    with pytest.raises(error):
        document(made, DocumentKind.ARTICLES)
    assert ApplicationDocument.objects.count() == 0
    assert not list(tmp_path.rglob("*.*"))
    monkeypatch.setattr("marketplace.core.scanned.scan", lambda file, **given: Verdict(""))
    with document(made, DocumentKind.ARTICLES).file.open("rb") as kept:
        assert kept.read() == paper("proof articles")
