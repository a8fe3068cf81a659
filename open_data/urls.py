from django.urls import path

from open_data.views import deals, keys, oai, pages, webhooks

app_name = "open_data"
urlpatterns: list = [
    path("oai/", oai.oai, name="oai"),
    path("open-data/", pages.index, name="index"),
    path("open-data/keys/", keys.keys, name="keys"),
    path("open-data/keys/<uuid:public_id>/rotate/", keys.rotate, name="key_rotate"),
    path("open-data/keys/<uuid:public_id>/revoke/", keys.revoke, name="key_revoke"),
    path("open-data/webhooks/", webhooks.webhooks, name="webhooks"),
    path("open-data/webhooks/<uuid:public_id>/", webhooks.webhook, name="webhook"),
    path("open-data/webhooks/<uuid:public_id>/rotate/", webhooks.rotate, name="webhook_rotate"),
    path("open-data/webhooks/<uuid:public_id>/on/", webhooks.act, {"what": "on"}, name="webhook_on"),
    path("open-data/webhooks/<uuid:public_id>/off/", webhooks.act, {"what": "off"}, name="webhook_off"),
    path("open-data/webhooks/<uuid:public_id>/remove/", webhooks.act, {"what": "remove"}, name="webhook_remove"),
    path("open-data/webhooks/<uuid:public_id>/test/", webhooks.act, {"what": "test"}, name="webhook_test"),
    path("open-data/webhooks/messages/<uuid:public_id>/replay/", webhooks.message_replay, name="message_replay"),
    path("open-data/deals/", deals.deals, name="deals"),
    path("open-data/deals/<uuid:public_id>/", deals.deal, name="deal"),
]
