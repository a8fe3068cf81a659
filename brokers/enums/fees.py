"""Kinds and state tables of the fee guideline and of quotes (domain-facts.md §3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from marketplace.core.states import StateMachine


class ScheduleUse(models.TextChoices):
    """A guideline can be in force, one at a time; the other kind is only computed with beside it."""

    GUIDELINE = "guideline", _("Guideline")
    COMPARISON = "comparison", _("For comparison")


class FeeBasis(models.TextChoices):
    CONTRACT_VALUE = "contract_value", _("Value of the contract")
    RECEIVED_ROYALTY = "received_royalty", _("Royalty received, at each payment")


class FeeMethod(models.TextChoices):
    """The two ways in use to read a table of rates (domain-facts.md §3)."""

    MARGINAL = "marginal", _("Each bracket at its own rate")
    FLAT = "flat", _("One rate on the whole, by the bracket it falls in")


class PayingSide(models.TextChoices):
    HOLDER = "holder", _("Holder of the technology")
    FIRM = "firm", _("Firm that takes it")
    BOTH = "both", pgettext_lazy("who pays", "Both sides")


class ScheduleState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


SCHEDULE_STATES = StateMachine(
    field="state",
    moves={
        ScheduleState.DRAFT: frozenset({ScheduleState.PUBLISHED, ScheduleState.WITHDRAWN}),
        ScheduleState.PUBLISHED: frozenset({ScheduleState.SUPERSEDED, ScheduleState.WITHDRAWN}),
    },
)


class QuoteState(models.TextChoices):
    OUTSIDE = "outside", _("Outside the band, not yet decided")
    OFFERED = "offered", _("Offered to the client")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", pgettext_lazy("quote", "Declined by the client")
    WITHDRAWN = "withdrawn", pgettext_lazy("quote", "Taken back by the broker")
    REFUSED = "refused", pgettext_lazy("quote", "Refused by an officer")


QUOTE_STATES = StateMachine(
    field="state",
    moves={
        QuoteState.OUTSIDE: frozenset({QuoteState.OFFERED, QuoteState.REFUSED, QuoteState.WITHDRAWN}),
        QuoteState.OFFERED: frozenset({QuoteState.ACCEPTED, QuoteState.DECLINED, QuoteState.WITHDRAWN}),
    },
)
OPEN_QUOTES = (QuoteState.OUTSIDE, QuoteState.OFFERED)
CLOSED_BY_SOMEBODY = (QuoteState.DECLINED, QuoteState.WITHDRAWN)


class BandState(models.TextChoices):
    ASKED = "asked", _("Waits for a decision")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", pgettext_lazy("band", "Refused")
    TAKEN_BACK = "taken_back", pgettext_lazy("band", "Taken back")


BAND_STATES = StateMachine(
    field="state",
    moves={BandState.ASKED: frozenset({BandState.GRANTED, BandState.REFUSED, BandState.TAKEN_BACK})},
)
DECIDED_BANDS = (BandState.GRANTED, BandState.REFUSED)


class LineKind(models.TextChoices):
    """What a line of a calculation is; the amounts of all lines add up to the total."""

    BRACKET = "bracket", _("Bracket")
    FLAT = "flat", _("Rate on the whole")
    MINIMUM = "minimum", _("Minimum fee")
    FLOOR = "floor", _("Floor")
    CEILING = "ceiling", _("Ceiling")
    AGREED = "agreed", _("Agreed fee")
    RETAINER = "retainer", _("Retainer on top")
    RETAINER_KEPT = "retainer_kept", _("Retainer above the fee")
    VAT = "vat", _("VAT")
    VAT_INCLUDED = "vat_included", _("VAT, included")


DAYS_A_QUOTE_HOLDS = 30
"""An assumption: the sources say nothing of how long a quotation binds (ADR on fee schedules)."""
MOST_WON = 10**15 - 1
MOST_TIERS = 12
MOST_BROKERS = 10

# What `data/fee_schedules.json` says of each schedule's source, for the message catalogues.
SCHEDULE_SOURCES = (
    gettext_noop(
        "Plan of the Korea Technology Transfer Center of 2001: 1 to 5 % by the amount of the transaction. Its table "
        "was not found. Assumed here: the steps of 100 million won, that the rate falls as the amount grows, that the "
        "holder pays, and VAT on top."
    ),
    gettext_noop(
        "Lehman formula, bracket by bracket: 5, 4, 3, 2 and 1 percent of each further million, as finance handbooks "
        "give it. It is meant in US dollars; assumed here: the same figures in won, that the holder pays, and no VAT."
    ),
    gettext_noop(
        "To be edited by officers. The table of the guideline itself was not found, so every figure is an assumption: "
        "1 to 5 percent after the plan of 2001, a retainer of 3 million won credited against the fee, VAT on top and a "
        "tail of six months after Korean practice, and a band of 20 percent either way."
    ),
)
