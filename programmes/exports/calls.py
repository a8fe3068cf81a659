"""A list of calls as rows for CSV, and their deadlines as a calendar (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.models import Call
from programmes.wording.calls import phase_label

MOST_OCTETS = 75


def call_cells(calls: Iterable[Call], at: datetime) -> Iterator[list[Any]]:
    """The list as shown; money in won, moments in Korea."""
    yield [_("Number"), _("Title"), _("Kind"), _("Office"), _("State"), _("Budget (won)"), _("Opens"), _("Closes")]
    for call in calls:
        yield [
            call.number, call.title, call.get_kind_display(), call.office.display_name, phase_label(call, at),
            call.budget_won, _moment(call.opens_at), _moment(call.closes_at),
        ]  # fmt: skip


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M} KST"


def deadlines(calls: Iterable[tuple[Call, str]], at: datetime) -> str:
    """A calendar with the end of each call's window; each comes with the address of its page."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ieum//Calls//KO", "METHOD:PUBLISH"]
    for call, address in calls:
        lines += [
            "BEGIN:VEVENT", f"UID:{call.public_id}@ieum", f"DTSTAMP:{_utc(at)}", f"DTSTART:{_utc(call.closes_at)}",
            f"DTEND:{_utc(call.closes_at)}",
            f"SUMMARY:{_text(_('Closes: %(title)s') % {'title': call.title})}", f"URL:{address}", "END:VEVENT",
        ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line; what follows begins with a blank. A letter is never cut."""
    parts: list[str] = []
    now = ""
    for letter in line:
        if len((now + letter).encode()) > MOST_OCTETS - (1 if parts else 0):
            parts.append(now)
            now = ""
        now += letter
    return "\r\n ".join([*parts, now])
