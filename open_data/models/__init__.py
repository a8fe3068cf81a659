from open_data.models.deposits import Deposit
from open_data.models.feed import BulkFile, Change, Era, Seal
from open_data.models.keys import OrganizationKey
from open_data.models.webhooks import FeedPosition, WebhookEndpoint, WebhookMessage

__all__ = [
    "BulkFile",
    "Change",
    "Deposit",
    "Era",
    "FeedPosition",
    "OrganizationKey",
    "Seal",
    "WebhookEndpoint",
    "WebhookMessage",
]
