"""Documents that people send: taken for what their content is, never for what their name says."""

import os
import zipfile
import zlib
from hashlib import sha256
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import DomainError
from marketplace.core.text import tidy

PIECE = 1 << 20
LONGEST_NAME = 200
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.hwp,.hwpx,.docx"


class DocumentType(models.TextChoices):
    """What a document may be. The value is its content type."""

    PDF = "application/pdf", gettext_lazy("PDF")
    PNG = "image/png", gettext_lazy("Picture (PNG)")
    JPEG = "image/jpeg", gettext_lazy("Picture (JPEG)")
    HWP = "application/x-hwp", gettext_lazy("Hangul document (HWP)")
    HWPX = "application/hwp+zip", gettext_lazy("Hangul document (HWPX)")
    DOCX = (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        gettext_lazy("Word document (DOCX)"),
    )


ENDINGS = {
    DocumentType.PDF: (".pdf",),
    DocumentType.PNG: (".png",),
    DocumentType.JPEG: (".jpg", ".jpeg"),
    DocumentType.HWP: (".hwp",),
    DocumentType.HWPX: (".hwpx",),
    DocumentType.DOCX: (".docx",),
}
BEGINNINGS = (
    (b"%PDF-", DocumentType.PDF),
    (b"\x89PNG\r\n\x1a\n", DocumentType.PNG),
    (b"\xff\xd8\xff", DocumentType.JPEG),
)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HWP_STREAM = "HwpSummaryInformation".encode("utf-16-le")
"""Old Word and Excel files begin as HWP files do, and may hold macros: the name of this stream tells them apart."""

TURNS_TEXT_ROUND = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Characters that show `…fdp.exe` as `…exe.pdf`."""

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    RuntimeError,  # zipfile's word for an archive with a password, or a compression or encryption it does not know
)
"""What reading an archive that somebody sent may raise: whatever it is, it is no document of ours."""


class NotTaken(DomainError):
    """The file cannot be taken: too large, empty, or of a kind that is not on the list, whatever its name says."""

    code = "file_not_taken"


class Document(NamedTuple):
    """`checksum` is the SHA-256 of the content in hex, `size` in bytes; `file` stands at its beginning."""

    file: BinaryIO
    name: str
    type: DocumentType
    checksum: str
    size: int


class PrivateStorage(FileSystemStorage):
    """Files under `PRIVATE_ROOT`: no address leads to them, views hand them out after asking permission."""

    def __init__(self) -> None:
        super().__init__(base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:  # type: ignore[override]
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:  # type: ignore[override]
        return os.path.abspath(self.base_location)

    def url(self, name: str | None) -> str:
        raise ValueError("A private file has no address.")


def private_storage() -> Storage:
    return PrivateStorage()


def delete_after_commit(storage: Storage, name: str) -> None:
    """A file is not part of the transaction: while that may still fail, the file stays."""

    def delete() -> None:  # a named function: Django logs `__qualname__` of a robust hook that failed
        storage.delete(name)

    transaction.on_commit(delete, robust=True)


def read_document(*, file: BinaryIO, name: str, most_bytes: int, field: str = "file") -> Document:
    """Look at the content. The name is kept for people, composed (NFC) and without folders. Raises `NotTaken`."""
    digest, size, head, is_hwp, end = sha256(), 0, b"", False, b""
    file.seek(0)
    while piece := file.read(PIECE):
        # With the end of the piece before: the name may lie across both.
        head, is_hwp, end = head or piece[:16], is_hwp or HWP_STREAM in end + piece, piece[-len(HWP_STREAM) :]
        digest.update(piece)
        size += len(piece)
        if size > most_bytes:
            raise NotTaken(_("At most %(most)d MB.") % {"most": most_bytes >> 20}, field=field)
    file.seek(0)
    if not size:
        raise NotTaken(_("The file is empty."), field=field)
    found = next((kind for start, kind in BEGINNINGS if head.startswith(start)), None)
    if head.startswith(COMPOUND) and is_hwp:
        found = DocumentType.HWP
    if head.startswith(b"PK\x03\x04"):
        found = _of_archive(file)
        file.seek(0)
    if found is None:
        raise NotTaken(_("Send a PDF, a picture (PNG, JPEG), or a Hangul or Word document."), field=field)
    return Document(file, plain_name(name, found), found, digest.hexdigest(), size)


def plain_name(name: str, type: DocumentType) -> str:
    """The name for people: composed, no folders, nothing that turns text round, with the ending of what it is."""
    plain = tidy(PurePath(name.replace("\\", "/")).name.translate(TURNS_TEXT_ROUND)).replace("\n", " ")
    plain = plain.strip(" .") or "–"
    ending = next((e for e in ENDINGS[type] if plain.lower().endswith(e)), "")
    stem = plain[: len(plain) - len(ending)] if ending else plain
    return stem[:LONGEST_NAME] + (ending or ENDINGS[type][0])


def _of_archive(file: BinaryIO) -> DocumentType | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if any("vbaproject" in name.lower() for name in names):
                return None
            if "word/document.xml" in names and "[Content_Types].xml" in names:
                return DocumentType.DOCX
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= 100:
                return DocumentType.HWPX if archive.read("mimetype").strip() == b"application/hwp+zip" else None
    except UNREADABLE:
        return None
    return None
