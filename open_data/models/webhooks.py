import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from open_data.enums import (
    ENDPOINT_STATES,
    MESSAGE_STATES,
    TEST_KIND,
    Collection,
    EndpointState,
    EventKind,
    MessageState,
)
from open_data.querysets import EndpointQuerySet, MessageQuerySet

URL_LENGTH = 500


class WebhookEndpoint(PublicId, TimeStamped):
    """Where messages to an organization go. Its secret is not stored: it is computed from `salt`
    (`delivery.signing`). After a rotation the one of `old_salt` signs as well, until `old_until`.

    `failing_since`: nothing has arrived since then.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(pgettext_lazy("webhook", "Address"), max_length=URL_LENGTH)
    kinds = ArrayField(models.CharField(max_length=20, choices=EventKind), verbose_name=_("Told of"))
    state = models.CharField(_("State"), max_length=10, choices=EndpointState, default=EndpointState.ACTIVE)
    salt = models.CharField(max_length=64)
    old_salt = models.CharField(max_length=64, blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="endpoint_state_known", condition=Q(state__in=EndpointState.values)),
            models.CheckConstraint(
                name="endpoint_kinds_known", condition=Q(kinds__contained_by=EventKind.values) & ~Q(kinds=[])
            ),
            models.CheckConstraint(
                name="endpoint_old_secret_ends",
                condition=Q(old_salt="", old_until__isnull=True) | (~Q(old_salt="") & Q(old_until__isnull=False)),
            ),
        ]
        triggers = [pgtrigger.FSM(name="endpoint_moves", field="state", transitions=ENDPOINT_STATES.pairs())]

    def __str__(self) -> str:
        return self.url

    @property
    def kind_labels(self) -> list[str]:
        return [str(EventKind(kind).label) for kind in self.kinds]


class FeedPosition(models.Model):
    """How far an endpoint has been told of a collection: up to and with `(xid, object_id)`."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="positions")
    collection = models.CharField(max_length=10, choices=Collection)
    xid = models.BigIntegerField()
    object_id = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="position_collection_known", condition=Q(collection__in=Collection.values)),
            models.UniqueConstraint(fields=["endpoint", "collection"], name="position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.collection} {self.xid}"


class WebhookMessage(PublicId):
    """One message to one endpoint, the same bytes at every attempt (Standard Webhooks: `webhook-id` stays)."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(_("Kind"), max_length=20, choices=[*EventKind.choices, (TEST_KIND, _("Test"))])
    body = models.TextField()
    state = models.CharField(_("State"), max_length=10, choices=MessageState, default=MessageState.WAITING)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="message_kind_known", condition=Q(kind__in=[*EventKind.values, TEST_KIND])),
            models.CheckConstraint(name="message_state_known", condition=Q(state__in=MessageState.values)),
            models.CheckConstraint(
                name="message_waits_for_a_time",
                condition=Q(state=MessageState.WAITING, next_at__isnull=False)
                | (~Q(state=MessageState.WAITING) & Q(next_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="messages_due", condition=Q(state=MessageState.WAITING)),
            models.Index(fields=["endpoint", "-made_at"], name="messages_of_endpoint"),
        ]
        triggers = [pgtrigger.FSM(name="message_moves", field="state", transitions=MESSAGE_STATES.pairs())]

    def __str__(self) -> str:
        return self.message_id

    @property
    def message_id(self) -> str:
        return f"msg_{self.public_id.hex}"
