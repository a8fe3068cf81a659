"""A list of applications as rows for CSV. Times as in ISO 8601, sums in won."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from programmes.models import Application
from programmes.wording.applications import label_for


def application_cells(applications: Iterable[Application]) -> Iterator[list[Any]]:
    yield [
        _("Receipt number"), _("State"), pgettext("programme", "Call"), _("Title"), _("Firm"), _("Submitted"),
        pgettext("programme", "Government money (won)"), _("Own share (won)"),
    ]  # fmt: skip
    for each in applications:
        submitted = f"{timezone.localtime(each.submitted_at):%Y-%m-%d %H:%M}" if each.submitted_at else ""
        yield [
            each.number or "", label_for(each, is_applicant=True), each.call.number, each.call.title,
            each.organization.display_name, submitted,
            "" if each.government_won is None else each.government_won, "" if each.own_won is None else each.own_won,
        ]  # fmt: skip
