"""A list of contracts as rows for CSV, and the PDF of a document. Days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from deals.enums.terms import Method
from deals.models import Contract, ContractVersion
from deals.wording.documents import pdf_of


def contract_cells(contracts: Iterable[Contract]) -> Iterator[list[Any]]:
    """`contracts` come from `with_method`."""
    yield [
        _("Number"), _("State"), _("Technology title"), _("Listing number"), _("Holder"), _("Firm"), _("Deal type"),
        _("How it is paid"), _("Drafted"), pgettext("contract", "Signed"), _("First day"),
        pgettext("contract", "Last day"), _("Ended on"), _("Why it ended"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for contract in contracts:
        yield [
            contract.number, contract.get_state_display(), contract.listing.text_in("title", language),
            contract.listing.number, contract.holder.display_name, contract.firm.display_name,
            contract.get_deal_kind_display(), Method(contract.method).label,  # type: ignore[attr-defined]
            f"{timezone.localtime(contract.drafted_at):%Y-%m-%d}", _day(contract.signed_on), _day(contract.starts_on),
            _day(contract.ends_on), _day(contract.ended_on), contract.get_end_reason_display(),
        ]  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def document_response(version: ContractVersion, language: str) -> HttpResponse:
    """The PDF of the stored document; the same version always gives the same bytes."""
    number = version.contract.number
    content = pdf_of(
        version.documents[language],
        number=number,
        serial=version.serial,
        digest=version.document_hash,
        language=language,
    )
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{number}-v{version.serial}-{language}.pdf"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
