"""A deal report and the officer's list of duties as rows for CSV. Money is a number, in won."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokers.clocks import grace_ends
from brokers.models import BrokeredDeal, DealReport, DealReportLine, Registration
from brokers.notices.duties import name_of
from brokers.queries.duties import half_name


def report_cells(report: DealReport, deals: Iterable[BrokeredDeal | DealReportLine]) -> Iterator[list[Any]]:
    """The deals, then whose report it is and how it stands."""
    yield [
        _("Technology"), _("Holder"), _("Firm"), _("Deal type"), _("Value (won)"), _("Royalty"), _("Signed on"),
        _("Contract until"), _("Origin"),
    ]  # fmt: skip
    for deal in deals:
        yield [
            deal.technology, deal.holder_name, deal.taker_name, deal.get_deal_kind_display(), deal.value_won,
            deal.royalty_text, deal.signed_on, deal.term_until or "", deal.get_origin_display(),
        ]  # fmt: skip
    yield []
    yield [_("Broker"), f"{name_of(report.registration)} ({report.registration.number})"]
    yield [_("Half-year"), half_name(report)]
    yield [pgettext("report", "Revision"), report.revision]
    yield [_("Due"), report.due_on]
    yield [_("State"), report.get_state_display()]
    submitted = report.submitted_at
    yield [pgettext("report", "Submitted"), f"{timezone.localtime(submitted):%Y-%m-%d %H:%M} KST" if submitted else ""]


def duty_cells(rows: Iterable[Registration]) -> Iterator[list[Any]]:
    """Brokers of `queries.duties.with_duties`."""
    yield [
        pgettext("broker", "Registration number"), _("Broker"), _("Kind"), _("State"), _("Reports missed"),
        _("Late changes"), _("Changes to acknowledge"), _("Open warnings"), _("Below the minimum since"),
        _("Time to mend it until"),
        _("Last deal"),
    ]  # fmt: skip
    for row in rows:
        figures = [
            getattr(row, name) for name in ("missed_reports", "late_changes", "changes_waiting", "open_warnings")
        ]
        below = row.below_since
        yield [
            row.number, name_of(row), row.get_kind_display(), row.get_state_display(), *figures, below or "",
            grace_ends(below) if below else "", getattr(row, "last_deal_on") or "",  # noqa: B009 - counted by the query
        ]  # fmt: skip
    yield []
    yield [_("As of"), f"{timezone.localtime():%Y-%m-%d %H:%M} KST"]
