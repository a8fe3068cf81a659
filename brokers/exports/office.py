"""The queue, the register and the gazette as rows for CSV."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokers.models import Application, ApplicationStep, Registration


def _day(moment: datetime | None) -> str:
    return timezone.localdate(moment).isoformat() if moment else ""


def application_cells(rows: Iterable[Application], now: datetime) -> Iterator[list[Any]]:
    """As the queue shows them. Days are those in Korea."""
    yield [
        _("Receipt number"), _("Kind"), pgettext("application", "Applicant"), _("State"),
        pgettext("application", "Handed in"), _("Waits since"), pgettext("waiting", "Days"), _("Taken up by"),
        _("Complete by"),
    ]  # fmt: skip
    for row in rows:
        since = row.waits_since  # type: ignore[attr-defined]  # of `queries.office.queue`
        due_on = row.completion_due_on
        yield [
            row.number, row.get_kind_display(), str(row.of_whom), row.get_state_display(), _day(row.applied_at),
            _day(since), (timezone.localdate(now) - timezone.localdate(since)).days,
            row.taken_by_name or "", due_on.isoformat() if due_on else "",  # type: ignore[attr-defined]
        ]  # fmt: skip


def registration_cells(rows: Iterable[Registration]) -> Iterator[list[Any]]:
    """As the officers' register shows them."""
    yield [
        pgettext("broker", "Registration number"), _("Kind"), _("Broker"), _("State"), _("Registered"), _("Speciality"),
        _("Conditions"), pgettext("registration", "Cancelled"),
    ]  # fmt: skip
    for row in rows:
        yield [
            row.number, row.get_kind_display(), str(row.user or row.organization), row.get_state_display(),
            _day(row.registered_at), row.speciality, row.conditions, _day(row.cancelled_at),
        ]  # fmt: skip


GAZETTE = ("number", "name", "name_en", "representative", "speciality", "conditions")


def gazette_cells(rows: Iterable[ApplicationStep]) -> Iterator[list[Any]]:
    """What was published of each registration (decree art. 16)."""
    yield [
        _("Published"), _("Kind"), pgettext("broker", "Registration number"), pgettext("agency or firm", "Name"),
        _("Name in English"), _("Representative"), _("Speciality"), _("Conditions"),
    ]  # fmt: skip
    for row in rows:
        line = [row.data.get(name, "") for name in GAZETTE]
        yield [_day(row.at), row.application.get_kind_display(), *line]
