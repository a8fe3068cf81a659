"""Partners: a key, a webhook, a reported deal."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from open_data.delivery.signing import new_salt
from open_data.enums import EventKind, Scope
from open_data.models import FeedPosition, WebhookEndpoint, WebhookMessage
from open_data.services.keys import create_key
from open_data.services.messages import body_of
from open_data.services.partner_deals import report_deal
from tests.factories.accounts import MembershipFactory


def partner():
    """The manager of a company that mirrors the market."""
    return MembershipFactory(company=True, role=Role.MANAGER)


def key_of(membership, *scopes, at=None, days=30):
    """(key, its text)."""
    return create_key(
        organization=membership.organization, name="Mirror", scopes=scopes or Scope.values, days=days,
        by=membership.user, at=at or timezone.now(),
    )  # fmt: skip


def program(text):
    """A client that sends this key."""
    return Client(headers={"Authorization": f"Token {text}"})


def endpoint_of(membership, *, url="https://hooks.partner.example/in", kinds=tuple(EventKind.values), **also):
    made = WebhookEndpoint.objects.create(
        organization=membership.organization, url=url, kinds=list(kinds), salt=new_salt(), **also
    )
    for collection in ("listings", "brokers"):
        FeedPosition.objects.create(endpoint=made, collection=collection, xid=0, object_id="0" * 32)
    return made


def message_to(endpoint, *, at=None, kind="webhook.test", **also):
    at = at or timezone.now()
    also.setdefault("next_at", at)
    return WebhookMessage.objects.create(
        endpoint=endpoint, kind=kind, body=body_of(kind, {"text": "It works."}, at=at), made_at=at, **also
    )


def reported(membership, listing, *, own_number="P-1", at=None, **also):
    at = at or timezone.now()
    said = {
        "kind": "non_exclusive_licence", "happened_on": timezone.localdate(at - timedelta(days=1)), "amount_won": None,
        "firm_size": "sme", "firm_region": "",
    }  # fmt: skip
    return report_deal(
        organization=membership.organization, own_number=own_number, listing=listing, by=None, at=at, **(said | also)
    )[0]
