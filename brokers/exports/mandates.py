"""A list of mandates as rows for CSV. Days as in ISO 8601, rates in percent."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from brokers.models import Mandate
from brokers.queries.mandates import shows_need_to
from brokers.wording.mandates import about, status_on
from marketplace.core.money import in_percent


def mandate_cells(mandates: Iterable[Mandate], user: User, day: date) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Broker"), _("Client"), pgettext("mandate", "Side"), _("What it is about"),
        pgettext("mandate", "Exclusive"), pgettext("mandate", "First day"), pgettext("mandate", "Last day"),
        _("Tail until"), _("Part of the guideline's fee (%)"), pgettext("mandate", "Offered"),
    ]  # fmt: skip
    for mandate in mandates:
        yield [
            mandate.number, status_on(mandate, day).label, mandate.broker.display_name, mandate.client.display_name,
            mandate.get_side_display(), about(mandate, shows_need=shows_need_to(mandate, user)),
            _("Yes") if mandate.is_exclusive else _("No"), mandate.starts_on.isoformat(), mandate.last_day.isoformat(),
            mandate.tail_until.isoformat(), in_percent(mandate.fee_bp),
            f"{timezone.localtime(mandate.offered_at):%Y-%m-%d}",
        ]  # fmt: skip
