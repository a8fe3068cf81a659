"""Files that institutes send as evidence: taken for what their content is, kept privately under an id."""

from typing import BinaryIO

from django.utils.translation import gettext as _

from marketplace.core.files import PIECE, DocumentType, NotTaken, read_document
from marketplace.core.files import Document as Evidence
from marketplace.core.watermark import NotMarkable, check_markable

__all__ = ["MOST_BYTES", "PIECE", "Evidence", "NotEvidence", "read_evidence"]

MOST_BYTES = 20 * 1024 * 1024


class NotEvidence(NotTaken):
    """The file cannot be taken: too large, empty, or of a kind that is not on the list, whatever its name says."""

    code = "not_evidence"


def read_evidence(*, file: BinaryIO, name: str) -> Evidence:
    """Look at the content. The name is kept for people, composed (NFC) and without folders. Raises `NotEvidence`.

    Of a PDF also whether it opens: who decides has to read it, and the asker hears of it now and not in a refusal.
    """
    try:
        sent = read_document(file=file, name=name, most_bytes=MOST_BYTES, field="evidence")
        if sent.type == DocumentType.PDF:
            check_markable(sent.file, sent.type, field="evidence")
    except NotTaken as refusal:
        raise NotEvidence(refusal, field="evidence") from None
    except NotMarkable:
        raise NotEvidence(
            _("This PDF does not open: it is damaged or protected by a password. Print it to a new PDF and send that."),
            field="evidence",
        ) from None
    return sent
