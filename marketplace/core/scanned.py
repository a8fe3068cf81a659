"""Documents that people send to be kept: taken for what their content is, and scanned before they are kept."""

from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.core.clamd import Unanswered, scan
from marketplace.core.errors import Conflict
from marketplace.core.files import Document, NotTaken, read_document

MOST_BYTES = 20 * 1024 * 1024


class ScannerAway(Conflict):
    """Nothing is kept that was not scanned where a scanner is set up."""

    code = "scanner_away"


def read_clean(*, file: BinaryIO, name: str, field: str) -> Document:
    """Look at the content, and let the scanner look. Before anything is locked: both take a moment.

    Raises `NotTaken` (kind, size, infected) naming `field`, and `ScannerAway`.
    """
    sent = read_document(file=file, name=name, most_bytes=MOST_BYTES, field=field)
    if not settings.CLAMD_ADDRESS:
        return sent
    sent.file.seek(0)
    try:
        verdict = scan(sent.file, address=settings.CLAMD_ADDRESS, timeout=settings.CLAMD_TIMEOUT)
    except Unanswered:
        raise ScannerAway(_("The virus scanner does not answer. The file was not kept; send it again later.")) from None
    if not verdict.is_clean:
        raise NotTaken(_("The virus scanner found something in this file. It was not kept."), field=field)
    sent.file.seek(0)
    return sent
