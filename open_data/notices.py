"""What partners and holders are told."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from open_data.models import OrganizationKey, PartnerDeal, WebhookEndpoint


def endpoints_visible_to(user: User) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.visible_to(user)


def keys_visible_to(user: User) -> QuerySet[OrganizationKey]:
    return OrganizationKey.objects.visible_to(user)


def deals_visible_to(user: User) -> QuerySet[PartnerDeal]:
    return PartnerDeal.objects.visible_to(user)


registry.register(
    "webhook_failed",
    title=_("Messages to %(host)s do not arrive"),
    body=_(
        "Nothing has arrived here for three days, or your server said that it is gone. "
        "Mend it and switch it on: it goes on where it stood."
    ),
    targets=endpoints_visible_to,
)
registry.register(
    "key_revoked",
    title=_("The key “%(name)s” was revoked by the office"),
    body=_("Programs that use it are refused from now on. Ask the office why, and make another key if you need one."),
    targets=keys_visible_to,
)
registry.register(
    "deal_reported",
    title=_("%(partner)s reports a deal of %(number)s"),
    body=_("Say whether it is so. Nothing of it is shown to others before."),
    targets=deals_visible_to,
)
registry.register(
    "partner_deal_decided",
    title=_("The holder has decided on your report %(own_number)s"),
    body=_("What it says stands on the page."),
    targets=deals_visible_to,
)


def endpoint_failed(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    notify(
        users=users_with_permission(endpoint.organization, Permission.MANAGE_KEYS),
        kind="webhook_failed",
        dedupe_key=f"webhook_failed:{endpoint.public_id}:{at:%Y-%m-%dT%H%M}",
        params={"host": endpoint.url.partition("://")[2].partition("/")[0]},
        url=reverse("open_data:webhook", args=[endpoint.public_id]),
        target=("open_data.WebhookEndpoint", endpoint.public_id),
        at=at,
    )


def key_revoked(key: OrganizationKey, *, at: datetime) -> None:
    notify(
        users=users_with_permission(key.organization, Permission.MANAGE_KEYS),
        kind="key_revoked",
        dedupe_key=f"key_revoked:{key.public_id}",
        params={"name": key.name},
        url=reverse("open_data:keys"),
        target=("open_data.OrganizationKey", key.public_id),
        at=at,
    )


def deal_reported(deal: PartnerDeal, *, at: datetime) -> None:
    notify(
        users=users_with_permission(deal.listing.holder, Permission.ANSWER_REQUESTS),
        kind="deal_reported",
        dedupe_key=f"deal_reported:{deal.public_id}",
        params={"partner": deal.organization.name, "number": deal.listing.number},
        url=reverse("open_data:deal", args=[deal.public_id]),
        target=("open_data.PartnerDeal", deal.public_id),
        at=at,
    )


def deal_decided(deal: PartnerDeal, *, at: datetime) -> None:
    notify(
        users=users_with_permission(deal.organization, Permission.MANAGE_KEYS),
        kind="partner_deal_decided",
        dedupe_key=f"partner_deal_decided:{deal.public_id}",
        params={"own_number": deal.own_number},
        url=reverse("open_data:deal", args=[deal.public_id]),
        target=("open_data.PartnerDeal", deal.public_id),
        at=at,
    )
