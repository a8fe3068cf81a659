"""A list of negotiations as rows for CSV. Days as in ISO 8601; nothing of what was said or offered."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts.models import User
from deals.models import Negotiation
from deals.queries.seats import sides_of
from deals.wording.negotiation import side_name, waits_for


def negotiation_cells(rows: Iterable[Negotiation], user: User, day: date) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Listing number"), _("Technology title"), _("Holder"), _("Firm"), _("Brokers"),
        _("Deal type"), pgettext("negotiation", "Opened"), _("Whose answer is waited for"), _("Answer by"), _("Late"),
        pgettext("negotiation", "Outcome"), pgettext("negotiation", "Closed"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for row in rows:
        brokers = row.brokers_now  # type: ignore[attr-defined]  # of `with_brokers`
        own = sides_of(row, user, brokers)
        yield [
            row.number, row.get_state_display(), row.listing.number, row.listing.text_in("title", language),
            row.holder.name_in(language), row.firm.name_in(language),
            ", ".join(part.organization.name_in(language) for part in brokers), row.get_deal_kind_display(),
            f"{timezone.localtime(row.opened_at):%Y-%m-%d}",
            side_name(row, row.turn) if waits_for(row, day, own) else "",
            row.answer_due_on.isoformat() if row.answer_due_on else "", _("Yes") if row.is_late_on(day) else _("No"),
            row.get_outcome_display(), f"{timezone.localtime(row.closed_at):%Y-%m-%d}" if row.closed_at else "",
        ]  # fmt: skip
