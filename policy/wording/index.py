"""The capability index in words: indicators by area, and the report of an institute as blocks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from marketplace.core.money import in_percent
from policy.enums.index import Area, Indicator, PeerGroup
from policy.models import RankingLine
from policy.scheme.index import AREA_OF, PARTS

SHIPPED_SOURCE = gettext_noop(
    "Assumption: the formula of the capability index is not published. Areas and peer groups follow the survey of the "
    "year 2016; weights and bands were chosen for this platform."
)
"""Of `data/index_weights.json`, here for the catalogues: `IndexWeights.why` looks it up there."""

FIGURE_WORDS = {
    "new_technologies": lambda: _("Newly acquired technologies"),
    "research_expenditure_won": lambda: _("Research expenditure (won)"),
    "office_staff": lambda: _("Staff of the office"),
    "registered": lambda: _("Technologies registered here"),
    "transfers": lambda: _("Transfers recorded here"),
    "receipts_won": lambda: _("Royalty received here (won)"),
}


def figure_words(name: str) -> str:
    return FIGURE_WORDS[name]()


def percent(bp: int | None) -> str:
    """4285 basis points as `42.85 %`; a dash for None."""
    return "–" if bp is None else f"{in_percent(bp)} %"


def method_rows(weights: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each indicator with its area, what is divided by what, and its weight."""
    return [
        {
            "indicator": name,
            "label": Indicator(name).label,
            "area": Area(AREA_OF[name]).label,
            "numerator": figure_words(above),
            "denominator": figure_words(below),
            "weight_bp": weights[name],
        }
        for name, (above, below) in PARTS.items()
    ]


def part_rows(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The breakdown of a line, with words. Numerator and denominator are for who may read an institute's figures."""
    return [
        {
            **part,
            "label": Indicator(part["indicator"]).label,
            "area": Area(AREA_OF[part["indicator"]]).label,
            "of": figure_words(PARTS[part["indicator"]][0]),
            "by": figure_words(PARTS[part["indicator"]][1]),
        }
        for part in parts
    ]


def report_blocks(line: RankingLine) -> Iterator[list[str]]:
    """The report of an institute as `core.pdf` draws it."""
    ranking = line.ranking
    yield ["title", _("Capability index %(year)d") % {"year": ranking.year}]
    yield ["fact", _("Institute"), line.institute.display_name]
    yield ["fact", _("Peer group"), str(PeerGroup(line.group).label)]
    yield ["fact", _("Rank"), _("%(rank)d of %(of)d") % {"rank": line.rank, "of": line.of}]
    yield ["fact", _("Score"), percent(line.score_bp)]
    yield ["fact", str(Area.SUPPORT.label), percent(line.support_bp)]
    yield ["fact", str(Area.MANAGEMENT.label), percent(line.management_bp)]
    yield ["fact", str(Area.RESULTS.label), percent(line.results_bp)]
    yield ["fact", _("Complete data"), percent(line.complete_bp)]
    yield ["fact", _("Incentive on indirect cost"), percent(line.points_bp)]
    yield ["heading", _("Indicators")]
    for row in part_rows(line.parts):
        said = {
            "above": row["of"],
            "a": _figure(row["numerator"]),
            "below": row["by"],
            "b": _figure(row["denominator"]),
            "weight": percent(row["weight_bp"]),
            "score": percent(row["score_bp"]),
        }
        words = _("%(above)s: %(a)s. %(below)s: %(b)s. Weight %(weight)s, share of the best in the group %(score)s.")
        yield ["fact", str(row["label"]), words % said]
    yield ["heading", _("How it was computed")]
    yield ["text", method_words()]
    yield ["text", ranking.weights.why]


def _figure(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def method_words() -> str:
    """How a score comes about, in plain sentences."""
    return _(
        "Each indicator is one figure divided by another. The best institute of the peer group has 100 percent, the "
        "others their share of it. The score is the weighted sum. What is not known counts as 0 and lowers the "
        "completeness. Equal scores share a rank."
    )
