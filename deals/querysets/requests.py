from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import BooleanField, Case, Q, QuerySet, When

from accounts.models import Organization, User
from deals.enums.requests import RequestState

if TYPE_CHECKING:
    from deals.models import TransferRequest  # noqa: F401

Organizations = QuerySet[Organization] | Iterable[Organization]


class TransferRequestQuerySet(models.QuerySet["TransferRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> TransferRequestQuerySet:
        """To the members of both sides and nobody else: who is interested in what is confidential (Act art. 38)."""
        if not user.is_authenticated:
            return self.none()
        mine = Organization.objects.of(user).values("pk")
        return self.filter(Q(holder__in=mine) | Q(requester__in=mine))

    def seen_from(self, organizations: Organizations) -> TransferRequestQuerySet:
        """Those of `organizations`, each with `is_received` and `is_sent` as seen from there."""
        received, sent = Q(holder__in=organizations), Q(requester__in=organizations)
        return self.filter(received | sent).annotate(is_received=_flag(received), is_sent=_flag(sent))

    def waiting(self) -> TransferRequestQuerySet:
        return self.filter(state=RequestState.RECEIVED)

    def for_list(self) -> TransferRequestQuerySet:
        """Newest first with what a row shows, in one query; long texts stay behind."""
        return (
            self.select_related("listing", "requester", "holder")
            .only(
                "public_id", "number", "state", "deal_kind", "requested_at", "answer_due_on", "answer_kind",
                "decline_category", "answered_at", "withdrawn_at",
                "listing__number", "listing__public_id", "listing__title_ko", "listing__title_en", "listing__title_zh",
                "requester__public_id", "requester__name", "requester__name_en", "requester__name_zh",
                "holder__public_id", "holder__name", "holder__name_en", "holder__name_zh",
            )
            .order_by("-requested_at", "-pk")
        )  # fmt: skip

    def for_page(self) -> TransferRequestQuerySet:
        return self.select_related("listing", "requester", "holder", "requested_by", "answered_by", "withdrawn_by")


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())
