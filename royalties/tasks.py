import structlog
from celery import shared_task

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
