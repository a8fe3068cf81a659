"""The queue of cases as a file, and documents as downloads."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokers.models import CancellationCase, CaseDocument
from brokers.queries.cases import broker_of, hearing_of
from marketplace.core.files import ENDINGS, DocumentType


def rows_of(cases: Iterable[CancellationCase]) -> Iterator[list[Any]]:
    """A line of titles, then one line per case from `for_list`."""
    yield [
        _("Number"), pgettext("broker", "Registration"), _("Broker"), _("Kind"), pgettext("case", "Ground"), _("State"),
        pgettext("case", "Opened"), _("Hearing"), _("Decision"), _("Decided"), _("Suspended until"),
    ]  # fmt: skip
    for case in cases:
        hearing, registration = hearing_of(case), case.registration
        yield [
            case.number, registration.number, broker_of(registration), registration.get_kind_display(),
            case.get_ground_display(), case.get_state_display(), _moment(case.opened_at),
            _moment(hearing.starts_at) if hearing else "", case.get_decision_display(), _moment(case.decided_at),
            case.suspended_until.isoformat() if case.suspended_until else "",
        ]  # fmt: skip


def _moment(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def document_response(document: CaseDocument) -> FileResponse:
    """The file as it was sent, as a download and never shown in the browser. Raises `Http404` where it is gone."""
    try:
        with document.file.open("rb") as stored:
            file = io.BytesIO(stored.read())  # some megabytes at most, see `services.cases.statement`
    except FileNotFoundError:
        raise Http404 from None
    kind, name = DocumentType(document.type), document.name
    if not name.lower().endswith(ENDINGS[kind]):
        name += ENDINGS[kind][0]  # what it is, not what its sender called it
    response = FileResponse(file, as_attachment=True, filename=name, content_type=str(kind))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
