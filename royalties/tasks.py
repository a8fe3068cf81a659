import structlog
from celery import shared_task
from django.utils import timezone

from royalties.services.calendar.nightly import run_calendar
from royalties.services.calendar.remind import remind_all
from royalties.services.government.remind import remind_of_government
from royalties.services.income.agree import disagreements

log = structlog.get_logger(__name__)


@shared_task
def check_royalty_ledger() -> int:
    """Every night: how many sums do not agree with the ledger. Each is logged as an error."""
    found = list(disagreements())
    for each in found:
        log.error(
            "royalty_ledger_disagrees",
            what=each.what,
            number=each.number,
            kept_won=each.kept_won,
            counted_won=each.counted_won,
        )
    return len(found)


@shared_task
def settle_calendars() -> int | None:
    """Every night: what is due under every contract. None where another run is under way."""
    run = run_calendar(at=timezone.now())
    return None if run is None else run.written


@shared_task
def remind_of_dues() -> int:
    """In the morning: what comes, what is overdue, and managers where it stays so; of contracts, and of what companies
    owe the government.
    """
    at = timezone.now()
    return remind_all(at=at) + remind_of_government(at=at)
