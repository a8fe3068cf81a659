from open_data.models.feed import BulkFile, Change, Era, Seal
from open_data.models.keys import OrganizationKey
from open_data.models.partner_deals import PartnerDeal
from open_data.models.totals import CallTotal
from open_data.models.webhooks import FeedPosition, WebhookEndpoint, WebhookMessage

__all__ = [
    "BulkFile",
    "CallTotal",
    "Change",
    "Era",
    "FeedPosition",
    "OrganizationKey",
    "PartnerDeal",
    "Seal",
    "WebhookEndpoint",
    "WebhookMessage",
]
