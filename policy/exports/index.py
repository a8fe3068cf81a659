"""A ranking as rows for CSV and XLSX: basis points as numbers."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from policy.enums.index import PeerGroup
from policy.models import Ranking, RankingLine


def ranking_cells(ranking: Ranking, lines: Iterable[RankingLine]) -> Iterator[list[Any]]:
    """One line per institute, with the version of ranking and weights: figures are not in it."""
    yield [
        _("Year"), pgettext("ranking", "Version"), _("Version of the weights"), _("Peer group"), _("Rank"), _("Of"),
        _("Institute"), _("Score (bp)"), _("Support (bp)"), _("Management (bp)"), _("Results (bp)"),
        _("Complete data (bp)"), _("Incentive on indirect cost (bp)"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for line in lines:
        yield [
            ranking.year, ranking.version, ranking.weights.version, str(PeerGroup(line.group).label), line.rank,
            line.of, line.institute.name_in(language), line.score_bp, line.support_bp, line.management_bp,
            line.results_bp, line.complete_bp, line.points_bp,
        ]  # fmt: skip
