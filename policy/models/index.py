import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from policy.enums.index import WEIGHTS_STATES, PeerGroup, WeightsState
from policy.querysets.index import (
    IndexWeightsQuerySet,
    PeerPlacementQuerySet,
    RankingLineQuerySet,
    RankingQuerySet,
)
from policy.scheme.index import Scheme

SOURCE_LENGTH = 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class IndexWeights(PublicId, TimeStamped):
    """A version of the capability index: weights, bands of the incentive, as `scheme.index.Scheme` reads `scheme`.

    One officer writes it, another publishes it; then triggers freeze it. What comes with the product was written by
    nobody. All of it is an assumption (domain-facts §7, §9 no. 6); `source` says whose.
    """

    version = models.PositiveSmallIntegerField(_("Version"), unique=True)
    scheme = models.JSONField()
    source = models.CharField(_("Source"), max_length=SOURCE_LENGTH)
    is_assumption = models.BooleanField(_("Assumption"), default=True)
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    state = models.CharField(_("State"), max_length=10, choices=WeightsState, default=WeightsState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    written_at = models.DateTimeField(null=True, blank=True)
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("Published"), null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = IndexWeightsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="index_weights_state_known", condition=Q(state__in=WeightsState.values)),
            models.CheckConstraint(name="index_weights_have_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="index_weights_four_eyes",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("written_by")),
            ),
            models.CheckConstraint(
                name="index_weights_published_says_when",
                condition=Q(state=WeightsState.PUBLISHED, published_at__isnull=False)
                | (~Q(state=WeightsState.PUBLISHED) & Q(published_at__isnull=True, published_by__isnull=True)),
            ),
        ]
        triggers = [pgtrigger.FSM(name="index_weights_move", field="state", transitions=WEIGHTS_STATES.pairs())]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def plan(self) -> Scheme:
        """What `scheme.index` computes with. Raises `BadScheme`."""
        return Scheme.of(self.scheme)

    @property
    def why(self) -> str:
        """Its source in the reader's language, as far as the catalogues know it."""
        return gettext(self.source)


class PeerPlacement(PublicId):
    """The peer group an officer puts an institute into. Append-only; the newest one counts.

    Who has none is in the group of its kind of institute (`queries.index.DEFAULT_GROUPS`, an assumption).
    """

    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="peer_placements")
    group = models.CharField(_("Peer group"), max_length=20, choices=PeerGroup)
    reason = models.CharField(_("Reason"), max_length=SOURCE_LENGTH)
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = PeerPlacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="peer_placement_group_known", condition=Q(group__in=PeerGroup.values)),
            models.CheckConstraint(name="peer_placement_says_why", condition=~Q(reason="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.institute_id} {self.group}"


class Ranking(PublicId):
    """A published ranking of a year: frozen with its version of the weights and what was computed from. Append-only.

    A recomputation is the next `version`, which says why. `inputs` are `scheme.index.Entry`s with the `public_id` of
    each institute as key; `digest` is `scheme.index.digest_of` them. `line_count` lines belong to it, never more.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    version = models.PositiveSmallIntegerField(_("Version"))
    weights = models.ForeignKey(IndexWeights, on_delete=models.PROTECT, related_name="rankings")
    inputs = models.JSONField()
    digest = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    reason = models.CharField(
        pgettext_lazy("ranking", "Why it was computed anew"), max_length=SOURCE_LENGTH, blank=True
    )
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    published_at = models.DateTimeField(_("Published"))
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = RankingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "version"], name="ranking_version_once"),
            models.CheckConstraint(
                name="ranking_anew_says_why",
                condition=Q(version=1, reason="") | (Q(version__gt=1) & ~Q(reason="")),
            ),
            models.CheckConstraint(name="ranking_digest_form", condition=Q(digest__regex="^[0-9a-f]{64}$")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.year} v{self.version}"


class RankingLine(models.Model):
    """An institute in a ranking, as `scheme.index.Score` says it. Basis points of 10,000. Append-only."""

    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, related_name="lines")
    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="ranking_lines")
    group = models.CharField(_("Peer group"), max_length=20, choices=PeerGroup)
    rank = models.PositiveIntegerField(_("Rank"))
    of = models.PositiveIntegerField()
    score_bp = models.PositiveIntegerField(_("Score"))
    support_bp = models.PositiveIntegerField(pgettext_lazy("capability", "Support"))
    management_bp = models.PositiveIntegerField(pgettext_lazy("capability", "Management"))
    results_bp = models.PositiveIntegerField(pgettext_lazy("capability", "Results"))
    complete_bp = models.PositiveIntegerField(_("Complete data"))
    points_bp = models.PositiveIntegerField(_("Incentive on indirect cost"))
    parts = models.JSONField()

    objects = RankingLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ranking_line_group_known", condition=Q(group__in=PeerGroup.values)),
            models.CheckConstraint(name="ranking_line_rank_in_group", condition=Q(rank__gte=1, rank__lte=F("of"))),
            models.CheckConstraint(
                name="ranking_line_in_bounds",
                condition=Q(score_bp__lte=BASIS_POINTS, complete_bp__lte=BASIS_POINTS, points_bp__lte=BASIS_POINTS),
            ),
            models.UniqueConstraint(fields=["ranking", "institute"], name="ranking_line_once"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.ranking_id}: {self.rank}"
