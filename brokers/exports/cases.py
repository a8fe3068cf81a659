"""The queue of cases as a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokers.models import CancellationCase
from brokers.queries.cases import broker_of, hearing_of


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
