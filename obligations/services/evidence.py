"""Files that institutes send as evidence: taken for what their content is, kept privately under an id."""

from typing import BinaryIO

from marketplace.core.files import PIECE, NotTaken, read_document
from marketplace.core.files import Document as Evidence

__all__ = ["MOST_BYTES", "PIECE", "Evidence", "NotEvidence", "read_evidence"]

MOST_BYTES = 20 * 1024 * 1024


class NotEvidence(NotTaken):
    """The file cannot be taken: too large, empty, or of a kind that is not on the list, whatever its name says."""

    code = "not_evidence"


def read_evidence(*, file: BinaryIO, name: str) -> Evidence:
    """Look at the content. The name is kept for people, composed (NFC) and without folders. Raises `NotEvidence`."""
    try:
        return read_document(file=file, name=name, most_bytes=MOST_BYTES, field="evidence")
    except NotTaken as refusal:
        raise NotEvidence(refusal, field="evidence") from None
