"""Files that institutes send as evidence: taken for what their content is, kept privately under an id."""

import zipfile
import zlib
from hashlib import sha256
from pathlib import PurePath
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from obligations.enums import EvidenceType

MOST_BYTES = 20 * 1024 * 1024
PIECE = 1 << 20
BEGINNINGS = (
    (b"%PDF-", EvidenceType.PDF),
    (b"\x89PNG\r\n\x1a\n", EvidenceType.PNG),
    (b"\xff\xd8\xff", EvidenceType.JPEG),
)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HWP_STREAM = "HwpSummaryInformation".encode("utf-16-le")
"""Old Word and Excel files begin as HWP files do, and may hold macros: the name of this stream tells them apart."""


UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    NotImplementedError,  # zipfile's word for a compression or an encryption it does not know
    RuntimeError,  # and for an archive with a password
)
"""What reading an archive that somebody sent may raise: whatever it is, it is no document of ours."""


class NotEvidence(DomainError):
    """The file cannot be taken: too large, empty, or of a kind that is not on the list, whatever its name says."""

    code = "not_evidence"


class Evidence(NamedTuple):
    file: BinaryIO
    name: str
    type: EvidenceType
    checksum: str


def read_evidence(*, file: BinaryIO, name: str) -> Evidence:
    """Look at the content. The name is kept for people, composed (NFC) and without folders. Raises `NotEvidence`."""
    digest, size, head, is_hwp, end = sha256(), 0, b"", False, b""
    file.seek(0)
    while piece := file.read(PIECE):
        # With the end of the piece before: the name may lie across both.
        head, is_hwp, end = head or piece[:16], is_hwp or HWP_STREAM in end + piece, piece[-len(HWP_STREAM) :]
        digest.update(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise NotEvidence(_("At most %(most)d MB.") % {"most": MOST_BYTES >> 20}, field="evidence")
    file.seek(0)
    found = next((kind for start, kind in BEGINNINGS if head.startswith(start)), None)
    if head.startswith(COMPOUND) and is_hwp:
        found = EvidenceType.HWP
    if head.startswith(b"PK\x03\x04"):
        found = _of_archive(file)
        file.seek(0)
    if found is None:
        raise NotEvidence(_("Send a PDF, a picture (PNG, JPEG), or a Hangul or Word document."), field="evidence")
    plain = tidy(PurePath(name.replace("\\", "/")).name)[:255]
    return Evidence(file, plain or "–", found, digest.hexdigest())


def _of_archive(file: BinaryIO) -> EvidenceType | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if any("vbaproject" in name.lower() for name in names):
                return None
            if "word/document.xml" in names and "[Content_Types].xml" in names:
                return EvidenceType.DOCX
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= 100:
                return EvidenceType.HWPX if archive.read("mimetype").strip() == b"application/hwp+zip" else None
    except UNREADABLE:
        return None
    return None
