"""What leaves the house as a file or a table, the same for pages and the API."""

import io
from dataclasses import dataclass
from datetime import date, datetime

from django.http import FileResponse, Http404

from accounts.models import Organization, User
from obligations.compliance import Choice, PublicLine, public_table
from obligations.enums import EvidenceType
from obligations.models import Exemption
from obligations.services.open_evidence import open_evidence

ENDINGS = {
    EvidenceType.PDF: (".pdf",),
    EvidenceType.PNG: (".png",),
    EvidenceType.JPEG: (".jpg", ".jpeg"),
    EvidenceType.HWP: (".hwp",),
    EvidenceType.HWPX: (".hwpx",),
    EvidenceType.DOCX: (".docx",),
}


def evidence_response(exemption: Exemption, *, by: User, at: datetime) -> FileResponse:
    """The file as it was sent, as a download and never shown in the browser; that `by` opened it is kept.

    For whoever sees the exemption. Raises `Http404` where the file is gone.
    """
    try:
        with exemption.evidence.open("rb") as stored:
            file = io.BytesIO(stored.read())  # some megabytes at most, see `services.evidence`
    except FileNotFoundError:
        raise Http404 from None
    open_evidence(exemption=exemption, by=by, at=at)
    kind = EvidenceType(exemption.evidence_type)
    name = exemption.evidence_name
    if not name.lower().endswith(ENDINGS[kind]):
        name += ENDINGS[kind][0]  # what it is, not what its sender called it
    response = FileResponse(file, as_attachment=True, filename=name, content_type=str(kind))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@dataclass(frozen=True)
class PublicRow:
    """A row of the public table."""

    institute: Organization
    line: PublicLine


def public_lines(choice: Choice, day: date) -> list[PublicRow]:
    """The public table as of `day`, most overdue first. Three questions, however many institutes."""
    lines = public_table(choice=choice, day=day)
    institutes = Organization.objects.in_bulk([line.institute for line in lines])
    rows = [PublicRow(institutes[line.institute], line) for line in lines]
    return sorted(rows, key=lambda row: (-row.line.late, row.line.since, row.institute.name))
