from django.urls import path

from open_data.api import deal_views as deals
from open_data.api import feed_views as feed
from open_data.api import webhook_views as webhooks

app_name = "open_data-api"
urlpatterns: list = [
    path("changes/", feed.Changes.as_view(), name="changes"),
    path("bulk/", feed.Bulk.as_view(), name="bulk"),
    path("bulk/<str:name>/", feed.BulkDownload.as_view(), name="bulk-file"),
    path("totals/", feed.Totals.as_view(), name="totals"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:public_id>/", webhooks.Webhook.as_view(), name="webhook"),
    path("webhooks/<uuid:public_id>/rotate/", webhooks.WebhookRotate.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:public_id>/test/", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path("webhooks/<uuid:public_id>/messages/", webhooks.WebhookMessages.as_view(), name="webhook-messages"),
    path("webhooks/messages/<uuid:public_id>/replay/", webhooks.WebhookReplay.as_view(), name="webhook-replay"),
    path("partner-deals/", deals.PartnerDeals.as_view(), name="partner-deals"),
    path("partner-deals/<uuid:public_id>/", deals.PartnerDealDetail.as_view(), name="partner-deal"),
    path("partner-deals/<uuid:public_id>/decide/", deals.PartnerDealDecide.as_view(), name="partner-deal-decide"),
]
