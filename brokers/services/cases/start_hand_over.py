"""A broker is closed to new work: what becomes of its running mandates is asked of each client."""

from datetime import datetime, timedelta

from django.utils import timezone

from brokers.enums.cases import HAND_OVER_DAYS
from brokers.enums.mandates import MandateState
from brokers.models import CancellationCase, HandOver, Mandate
from brokers.notices import hand_overs as notices
from brokers.queries.open_to_work import is_closed_to_work


def start_hand_overs(*, case: CancellationCase, at: datetime) -> list[HandOver]:
    """One for each running mandate of the broker, alone or with others; clients are told. Part of the decision.

    None where its office may go on, because another trader is in it. What was open since an earlier decision goes on
    under this one, with its days anew.
    """
    office = case.registration.organization
    if office is None or not is_closed_to_work(office):
        return []
    today = timezone.localdate(at)
    until_on = today + timedelta(days=HAND_OVER_DAYS)
    running = Mandate.objects.running_on(today).taken_by([office.pk]).filter(state=MandateState.ACCEPTED)
    open_now = HandOver.objects.open().filter(mandate__in=running, from_broker=office).order_by("pk")
    # Under lock: the client, or the night, may be settling one of them.
    earlier = {row.mandate_id: row for row in open_now.select_for_update(of=["self"])}
    found = []
    for mandate in running.select_related("client").order_by("pk"):
        row = earlier.get(mandate.pk)
        if row is None:
            row = HandOver.objects.create(
                case=case, mandate=mandate, from_broker=office, opened_at=at, until_on=until_on
            )
        else:
            row.case, row.until_on, row.reminded_at = case, until_on, None
            row.save(update_fields=["case", "until_on", "reminded_at", "updated_at"])
        notices.asked(row, at)
        found.append(row)
    return found
