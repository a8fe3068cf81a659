from royalties.models.calendar import Due, SalesStatement, UsageReport
from royalties.models.rules import GovernmentRule, SharingRule

__all__ = ["Due", "GovernmentRule", "SalesStatement", "SharingRule", "UsageReport"]
