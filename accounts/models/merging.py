import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import MERGE_STATES, MergeState
from accounts.models.organizations import Organization
from accounts.models.people import User
from accounts.querysets import MergeProposalQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class MergeProposal(PublicId, TimeStamped):
    """An officer says that `gone` is `into` now; another one carries it out or declines. Guarded by triggers."""

    gone = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="merges_from")
    into = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="merges_into")
    reason = models.TextField(_("Reason"), max_length=1000)
    state = models.CharField(max_length=20, choices=MergeState, default=MergeState.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(_("Reason of the decision"), max_length=1000, blank=True)

    objects = MergeProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], name="one_open_merge_per_organization", condition=Q(state=MergeState.PROPOSED)
            ),
            models.CheckConstraint(name="merge_state_known", condition=Q(state__in=MergeState.values)),
            models.CheckConstraint(name="merge_of_two", condition=~Q(gone=F("into"))),
            models.CheckConstraint(name="merge_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="merge_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="merge_decided_pair",
                condition=Q(state=MergeState.PROPOSED, decided_by__isnull=True, decided_at__isnull=True)
                | Q(state=MergeState.WITHDRAWN, decided_by__isnull=True, decided_at__isnull=False)
                | Q(
                    state__in=[MergeState.CARRIED_OUT, MergeState.DECLINED],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
        ]
        triggers = [pgtrigger.FSM(name="merge_moves", field="state", transitions=MERGE_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.gone} → {self.into}"
