"""What programs of others may have, and in which states it stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class Collection(models.TextChoices):
    """What the feed and the bulk files hold."""

    LISTINGS = "listings", pgettext_lazy("open data", "Technologies")
    BROKERS = "brokers", pgettext_lazy("open data", "Register of brokers")


class BulkFormat(models.TextChoices):
    """Both are packed with gzip."""

    JSONL = "jsonl", _("JSON lines")
    CSV = "csv", _("CSV")


class Scope(models.TextChoices):
    """What a key is good for."""

    READ = "read", _("Read the change feed and the totals")
    BULK = "bulk", _("Download bulk files")
    DEALS = "deals", _("Report deals of mirrored technologies")
    WEBHOOKS = "webhooks", _("Say where messages are sent to, and send them again")


class EventKind(models.TextChoices):
    """What a webhook can be told."""

    LISTINGS_CHANGED = "listings.changed", _("Technologies changed or are not offered any more")
    BROKERS_CHANGED = "brokers.changed", _("Entries of the register of brokers changed")
    BULK_READY = "bulk.ready", _("New bulk files are there")
    DEAL_DECIDED = "deal.decided", _("A holder confirmed or rejected a deal that you reported")


FEED_KINDS = {Collection.LISTINGS: EventKind.LISTINGS_CHANGED, Collection.BROKERS: EventKind.BROKERS_CHANGED}
TEST_KIND = "webhook.test"


class EndpointState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("webhook", "Active")
    FAILED = "failed", pgettext_lazy("webhook", "Switched off: nobody answered")
    OFF = "off", pgettext_lazy("webhook", "Switched off")
    REMOVED = "removed", pgettext_lazy("webhook", "Removed")


E = EndpointState
ENDPOINT_STATES = StateMachine(
    field="state",
    moves={
        E.ACTIVE: frozenset({E.FAILED, E.OFF, E.REMOVED}),
        E.FAILED: frozenset({E.ACTIVE, E.OFF, E.REMOVED}),
        E.OFF: frozenset({E.ACTIVE, E.REMOVED}),
    },
)


class MessageState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("webhook message", "Waits")
    DELIVERED = "delivered", pgettext_lazy("webhook message", "Delivered")
    GIVEN_UP = "given_up", pgettext_lazy("webhook message", "Given up")


M = MessageState
MESSAGE_STATES = StateMachine(
    field="state",
    moves={
        M.WAITING: frozenset({M.DELIVERED, M.GIVEN_UP}),
        # Played again by its organization.
        M.DELIVERED: frozenset({M.WAITING}),
        M.GIVEN_UP: frozenset({M.WAITING}),
    },
)


class PartnerDealState(models.TextChoices):
    REPORTED = "reported", pgettext_lazy("reported deal", "Waits for the holder")
    CONFIRMED = "confirmed", pgettext_lazy("reported deal", "Confirmed by the holder")
    REJECTED = "rejected", pgettext_lazy("reported deal", "Rejected by the holder")


D = PartnerDealState
PARTNER_DEAL_STATES = StateMachine(field="state", moves={D.REPORTED: frozenset({D.CONFIRMED, D.REJECTED})})
