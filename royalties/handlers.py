"""What happens to contracts, and what it means for their calendar."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.events import personal_data_requested
from accounts.models import User
from deals.events import contract_amended, contract_ended, contract_signed
from deals.models import Contract
from royalties.models import ReachedReport, SalesStatement, UsageReport
from royalties.services.calendar.settle import settle


@receiver(contract_signed, dispatch_uid="royalties.contract_signed")
@receiver(contract_amended, dispatch_uid="royalties.contract_amended")
@receiver(contract_ended, dispatch_uid="royalties.contract_ended")
def follow_the_contract(sender: Any, contract: Contract, at: datetime, **kwargs: Any) -> None:
    """In the transaction that changed the contract, whose row it holds."""
    settle(contract=contract, at=at)


@receiver(personal_data_requested, dispatch_uid="royalties.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, dict[str, list[Any]]]:
    sales = SalesStatement.objects.filter(reported_by=user).order_by("reported_at", "pk")
    usage = UsageReport.objects.filter(reported_by=user).order_by("reported_at", "pk")
    reached = ReachedReport.objects.filter(reported_by=user).order_by("reported_at", "pk")
    return "royalty_reports", {
        "sales": list(sales.values("contract__number", "year", "net_sales_won", "text", "reported_at")),
        "usage": list(usage.values("contract__number", "year", "usage", "text", "reported_at")),
        "reached": list(reached.values("due__contract__number", "reached_on", "text", "reported_at")),
    }
