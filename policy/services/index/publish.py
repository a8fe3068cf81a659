"""A ranking is published as it was seen: frozen with the figures and the version of the weights."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotPossibleNow
from policy.enums.index import PeerGroup
from policy.models import IndexWeights, PeerPlacement, Ranking, RankingLine, SurveyRound
from policy.models.index import SOURCE_LENGTH
from policy.notices import index as notices
from policy.queries.index import Computed, compute
from policy.scheme.index import Score
from policy.services.once import made_before
from policy.services.survey.acting import locked_institute, require_governor, words_of


class SameRanking(Conflict):
    """It would say what the published one says."""

    code = "same_ranking"


def weights_in_use() -> IndexWeights:
    """Raises `NotPossibleNow` where no version is published."""
    found = IndexWeights.objects.in_use().first()
    if found is None:
        raise NotPossibleNow(_("No version of the index is published. Publish one first."))
    return found


@transaction.atomic
def publish_ranking(
    *, year: int, seen: str, reason: str = "", by: User, at: datetime, key: UUID | None = None
) -> Ranking:
    """Publish the ranking of a year that was surveyed; institutes are told. Published again, it is the next version.

    `seen` is the digest of what was on the page. `reason` is needed from the second version on. The same `key`
    publishes once. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile` where figures, groups or weights changed
    since, `SameRanking`, `KeyReused`, `DomainError`.
    """
    require_governor(by)
    round = SurveyRound.objects.select_for_update(of=["self"]).filter(year=year).first()
    if round is None:
        raise NotPossibleNow(_("There was no survey of this year."))
    if earlier := made_before(Ranking, key, year=year, digest=seen, published_by_id=by.pk):
        return earlier
    # Inside the lock: of two who publish, the second finds the first one's version.
    before = Ranking.objects.filter(year=year).order_by("-version").first()
    weights = weights_in_use()
    made = compute(year, weights)
    if not made.scores:
        raise NotPossibleNow(_("There is no institute to rank."))
    if made.digest != seen:
        raise ChangedMeanwhile(_("Figures, peer groups or weights changed meanwhile. Look at the ranking again."))
    if before and before.digest == made.digest and before.weights_id == weights.pk:
        raise SameRanking(_("The published ranking says the same already."))
    said = ""
    if before:
        said = words_of(reason, field="reason", most=SOURCE_LENGTH, missing=_("Say why it is computed anew."))
    ranking = Ranking.objects.create(
        year=year,
        version=before.version + 1 if before else 1,
        weights=weights,
        inputs=[entry.as_json() for entry in made.entries],
        digest=made.digest,
        line_count=len(made.scores),
        reason=said,
        key=key,
        published_at=at,
        published_by=by,
    )
    RankingLine.objects.bulk_create([_line(ranking, score, made) for score in made.scores])
    notices.published(ranking, at)
    return ranking


def _line(ranking: Ranking, score: Score, made: Computed) -> RankingLine:
    return RankingLine(
        ranking=ranking,
        institute=made.institutes[score.key],
        group=score.group,
        rank=score.rank,
        of=score.of,
        score_bp=score.score_bp,
        complete_bp=score.complete_bp,
        points_bp=score.points_bp,
        parts=[{**asdict(part), "indicator": str(part.indicator)} for part in score.parts],
        **_areas(score.areas),
    )


def _areas(areas: Mapping[str, int]) -> dict[str, int]:
    return {f"{name}_bp": bp for name, bp in areas.items()}


@transaction.atomic
def place_institute(
    *, institute: Organization, group: str, reason: str, by: User, at: datetime, key: UUID | None = None
) -> PeerPlacement:
    """Put an institute into a peer group, from the next ranking on; the same `key` does it once.

    Raises `NotAllowed`, `NotPossibleNow`, `KeyReused`, `DomainError`.
    """
    require_governor(by)
    standing = locked_institute(institute)
    if group not in PeerGroup.values:
        raise DomainError(_("There is no such peer group."), field="group")
    words = words_of(reason, field="reason", missing=_("Say why: the reason stays on record."), most=SOURCE_LENGTH)
    said = {"institute_id": standing.pk, "group": group, "reason": words, "placed_by_id": by.pk}
    if earlier := made_before(PeerPlacement, key, **said):
        return earlier
    return PeerPlacement.objects.create(**said, key=key, placed_at=at)
