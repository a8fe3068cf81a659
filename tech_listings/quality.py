"""How well a technology is described, from 0 to 100, and what is missing. One place for pages, lists and the API.

The weights are ours: what firms look for on a listing (docs/domain.md), most for what is missing most often. The score
stops nothing: what a technology must have to be sent is `services.publish.missing_parts`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tech_listings.models import Listing

NUMBER = re.compile(r"(?<![A-Za-z0-9₀-₉])\d")
"""A figure: a digit that does not belong to a name such as CO2 or H2O."""

SHORT_SUMMARY = 80
"""Characters a summary needs before it says more than the title."""


@dataclass(frozen=True)
class Part:
    """Something a reader looks for. `field` is the field of the form where it is filled in, `rights` the table."""

    name: str
    weight: int
    field: str
    label: str | Promise
    why: str | Promise
    is_there: Callable[[Listing], bool]


@dataclass(frozen=True)
class Quality:
    """`score` is 0 to 100; `missing` the parts that are not there, the heaviest first."""

    score: int
    missing: tuple[Part, ...]

    @property
    def tone(self) -> str:
        return "success" if self.score >= 80 else "warning" if self.score >= 50 else "danger"


def _any(listing: Listing, part: str) -> str:
    return listing.text_in(part, "ko")


def _has_number(listing: Listing) -> bool:
    texts = (listing.value_ko, listing.value_en, listing.value_zh, listing.effect)
    return any(NUMBER.search(text) for text in texts)


def _has_summary(listing: Listing) -> bool:
    return any(len(text) >= SHORT_SUMMARY for text in (listing.summary_ko, listing.summary_en, listing.summary_zh))


def _has_rights(listing: Listing) -> bool:
    """Lists bring the answer along (`ListingQuerySet.with_rights`)."""
    known: bool | None = getattr(listing, "has_rights", None)
    return listing.pk is not None and listing.rights.exists() if known is None else known


PARTS: tuple[Part, ...] = (
    Part(
        "value", 15, "value_ko", _("Value in one sentence"),
        _("Firms read this sentence first, and often nothing else."),
        lambda listing: bool(_any(listing, "value")),
    ),
    Part(
        "number", 15, "effect", _("A number"),
        _("“Better” convinces nobody; a number can be compared with what a firm has today."),
        _has_number,
    ),
    Part(
        "rights", 15, "rights", _("Table of rights"),
        _("Without the numbers of its rights a firm cannot see what it would license, or for how long."),
        _has_rights,
    ),
    Part(
        "trl", 10, "trl", _("Technology readiness level"),
        _("A firm plans money and time by how far the technology is developed."),
        lambda listing: listing.trl is not None,
    ),
    Part(
        "field_of_use", 10, "field_of_use", _("Field of use"),
        _("It says which firms it is for; the search and matching use it."),
        lambda listing: bool(listing.field_of_use),
    ),
    Part(
        "effect", 10, "effect", _("Better than what, by how much"),
        _("A firm weighs it against what it uses now."),
        lambda listing: bool(listing.effect),
    ),
    Part(
        "summary", 10, "summary_ko", _("A summary of some length"),
        _("The search finds a technology by the words of its summary."),
        _has_summary,
    ),
    Part(
        "problem", 5, "problem", _("Problem it solves"),
        _("Firms search by their problem, not by the name of a technology."),
        lambda listing: bool(listing.problem),
    ),
    Part(
        "conditions", 5, "conditions_of_use", _("Conditions of use"),
        _("The Decree asks for them, and nobody likes to learn of them late."),
        lambda listing: bool(listing.conditions_of_use),
    ),
    Part(
        "deal_kinds", 5, "deal_kinds", _("Desired deal type"),
        _("A firm has to know what it can ask for."),
        lambda listing: bool(listing.deal_kinds),
    ),
)  # fmt: skip
"""The table of weights; together 100."""


def quality_of(listing: Listing) -> Quality:
    """The score of a listing and what is missing. Asks for its rights where the list has not brought them along."""
    missing = tuple(part for part in PARTS if not part.is_there(listing))
    return Quality(100 - sum(part.weight for part in missing), tuple(sorted(missing, key=lambda part: -part.weight)))
