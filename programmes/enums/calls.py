"""Calls: what a government office offers, to whom, and until when."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class SchemeKind(models.TextChoices):
    """What those who are selected get. A voucher is the first that is paid through the platform."""

    VOUCHER = "voucher", _("Commercialization voucher")
    BUSINESS_RND = "business_rnd", _("R&D that begins with a business model")
    PROMOTION_FUND = "promotion_fund", _("Technology promotion fund")
    BI_CERTIFICATION = "bi_certification", _("Certification of good business ideas")


class CallState(models.TextChoices):
    """Whether applications are taken is asked by the clock (`Call.accepts_at`) and never stored."""

    DRAFT = "draft", pgettext_lazy("call", "Draft")
    PUBLISHED = "published", pgettext_lazy("call", "Published")
    DECIDED = "decided", pgettext_lazy("call", "Decided")
    CLOSED = "closed", pgettext_lazy("call", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("call", "Cancelled")


C = CallState
CALL_STATES = StateMachine(
    field="state",
    moves={
        C.DRAFT: frozenset({C.PUBLISHED, C.CANCELLED}),
        C.PUBLISHED: frozenset({C.DECIDED, C.CANCELLED}),
        C.DECIDED: frozenset({C.CLOSED}),
    },
)


class VersionState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("call version", "Draft")
    PUBLISHED = "published", pgettext_lazy("call version", "Published")


VERSION_STATES = StateMachine(field="state", moves={VersionState.DRAFT: frozenset({VersionState.PUBLISHED})})
