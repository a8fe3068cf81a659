import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.cases import HAND_OVER_STATES, OPEN_HAND_OVERS, HandOverChoice, HandOverState
from brokers.models.cases import REASON_TEXT, CancellationCase
from brokers.models.mandates import Mandate
from brokers.querysets.cases import HandOverQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class HandOver(PublicId, TimeStamped):
    """What becomes of a running mandate whose broker (`from_broker`) was suspended or cancelled by `case`.

    The client chooses up to and with `until_on`; after that an officer settles it. `new_mandate` is the offer to
    `to_broker` with the terms of the old one, which ends when the offer is accepted.
    """

    case = models.ForeignKey(CancellationCase, on_delete=models.PROTECT, related_name="hand_overs")
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="hand_overs")
    from_broker = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=HandOverState, default=HandOverState.OPEN)
    opened_at = models.DateTimeField()
    until_on = models.DateField(_("To be settled by"))
    reminded_at = models.DateTimeField(null=True, blank=True)
    choice = models.CharField(_("Choice"), max_length=10, choices=HandOverChoice, blank=True)
    chosen_at = models.DateTimeField(pgettext_lazy("hand-over", "Chosen"), null=True, blank=True)
    chosen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_broker = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    new_mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(pgettext_lazy("hand-over", "Settled"), null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_text = models.CharField(_("How it was settled"), max_length=REASON_TEXT, blank=True)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="hand_over_state_known", condition=Q(state__in=HandOverState.values)),
            models.CheckConstraint(
                name="hand_over_choice_known", condition=Q(choice="") | Q(choice__in=HandOverChoice.values)
            ),
            models.CheckConstraint(
                name="hand_over_choice_says_who",
                condition=Q(choice="", chosen_at__isnull=True, chosen_by__isnull=True)
                | (~Q(choice="") & Q(chosen_at__isnull=False, chosen_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="hand_over_offer_says_to_whom",
                condition=Q(
                    state__in=[HandOverState.OFFERED, HandOverState.MOVED],
                    to_broker__isnull=False,
                    new_mandate__isnull=False,
                )
                | ~Q(state__in=[HandOverState.OFFERED, HandOverState.MOVED]),
            ),
            models.CheckConstraint(
                name="hand_over_settled_says_when",
                condition=Q(state__in=OPEN_HAND_OVERS, settled_at__isnull=True)
                | (~Q(state__in=OPEN_HAND_OVERS) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="hand_over_settled_by_says_why",
                condition=Q(settled_by__isnull=True, settled_text="")
                | (
                    Q(settled_by__isnull=False, state__in=[HandOverState.KEPT, HandOverState.ENDED])
                    & ~Q(settled_text="")
                    & Q(choice="")
                ),
            ),
            models.UniqueConstraint(
                fields=["mandate"], name="hand_over_one_open_per_mandate", condition=Q(state__in=OPEN_HAND_OVERS)
            ),
        ]
        indexes = [
            models.Index(
                fields=["until_on"], name="hand_overs_open", condition=Q(state__in=[str(s) for s in OPEN_HAND_OVERS])
            )
        ]
        triggers = [pgtrigger.FSM(name="hand_over_moves", field="state", transitions=HAND_OVER_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_HAND_OVERS

    @property
    def may_be_kept(self) -> bool:
        """Only where the broker comes back: not after a cancellation."""
        return self.case.registration.cancelled_at is None
