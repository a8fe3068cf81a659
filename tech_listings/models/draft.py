"""What helps to complete a draft: where its values came from, and the link by which an inventor fills in his part."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import INVENTOR_STATES, InventorState
from tech_listings.models.listing import Listing
from tech_listings.querysets import InventorInvitationQuerySet

LANGUAGES = [("ko", "한국어"), ("en", "English"), ("zh-hans", "简体中文")]


def nobody() -> list[dict[str, str]]:
    return []


class Prefill(models.Model):
    """What a draft began with. Written once, when it is made.

    `origins`: name of a field → {"from": `enums.Origin`, "value": what was put there}, so that a value that was
    changed since is not said to come from anywhere. `people`: the inventors, a list of {"name", "email"}; never public.
    """

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="prefill")
    origins = models.JSONField(default=dict)
    people = models.JSONField(default=nobody)
    made_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.ReadOnly(name="prefilled_once", fields=["listing", "origins"])]

    def __str__(self) -> str:
        return f"{self.listing_id}"


class InventorInvitation(PublicId, TimeStamped):
    """A link for one person to complete one draft, without an account. Only a digest of its token is kept.

    `given` is what the inventor typed, by field; `given_revision` counts how often it was saved, so that of two tabs
    the older one is told. `mailed_at` is empty until the mail server has taken the mail with the token in use.
    """

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="inventor_invitations")
    name = models.CharField(_("Name"), max_length=80)
    email = models.EmailField(_("E-mail"))
    language = models.CharField(_("Language of the mail and the page"), max_length=10, choices=LANGUAGES)
    token_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(_("State"), max_length=20, choices=InventorState, default=InventorState.OPEN)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("Works until"))
    mailed_at = models.DateTimeField(null=True, blank=True)
    given: Any = models.JSONField(default=dict, blank=True)
    given_revision = models.PositiveIntegerField(default=0)
    given_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = InventorInvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="inventor_state_known", condition=Q(state__in=InventorState.values)),
            models.CheckConstraint(name="inventor_email_lower", condition=Q(email=Lower("email")) & ~Q(email="")),
            models.CheckConstraint(name="inventor_token_is_digest", condition=Q(token_digest__regex="^[0-9a-f]{64}$")),
            models.UniqueConstraint(
                fields=["listing", "email"], name="one_open_link_per_inventor", condition=Q(state=InventorState.OPEN)
            ),
            models.CheckConstraint(
                name="inventor_sent_says_when",
                condition=Q(state__in=[InventorState.OPEN, InventorState.ENDED], sent_at__isnull=True)
                | (~Q(state__in=[InventorState.OPEN, InventorState.ENDED]) & Q(sent_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="inventor_ended_says_when",
                condition=Q(state=InventorState.ENDED, ended_at__isnull=False)
                | (~Q(state=InventorState.ENDED) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="inventor_decided_says_who",
                condition=Q(
                    state__in=[InventorState.ACCEPTED, InventorState.SET_ASIDE],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                | (
                    ~Q(state__in=[InventorState.ACCEPTED, InventorState.SET_ASIDE])
                    & Q(decided_at__isnull=True, decided_by__isnull=True)
                ),
            ),
        ]
        indexes = [models.Index(F("listing"), F("id").desc(), name="inventor_of_listing")]
        triggers = [
            pgtrigger.FSM(name="inventor_moves", field="state", transitions=INVENTOR_STATES.pairs()),
            pgtrigger.ReadOnly(name="whose_link", fields=["listing", "email"]),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.state}"
