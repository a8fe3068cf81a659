"""What a fee is quoted by, and what a mandate fixes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers import fees
from brokers.enums.fees import ScheduleState
from brokers.models import FeeSchedule, Mandate
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.money import BASIS_POINTS, share_rounded_down


@dataclass(frozen=True)
class Terms:
    """`shares` are basis points by broker, 10,000 together; `fee_bp` is the part of the guideline's fee."""

    schedule: FeeSchedule
    shares: Mapping[Organization, int]
    fee_bp: int = BASIS_POINTS

    @property
    def shares_by_id(self) -> dict[str, int]:
        return {str(organization.public_id): share_bp for organization, share_bp in self.shares.items()}

    def fee_on(self, value_won: int) -> int:
        """`fee_bp` of the guideline's fee on a deal of `value_won`, fractions of a won dropped."""
        guideline_won = fees.quote(self.schedule.plan, value_won=value_won).guideline_won
        return share_rounded_down(guideline_won, self.fee_bp)


def terms_under(mandate: Mandate, *, broker: Organization, client: Organization, at: datetime) -> Terms:
    """The terms of `mandate` for a fee of its client, quoted by one of its brokers while it holds or in its tail.

    Raises `DomainError` and `NotPossibleNow`.
    """
    parts = {part.organization: part.share_bp for part in mandate.partners.select_related("organization")}
    if broker not in parts:
        raise DomainError(_("Only a broker of the mandate quotes under it."), field="mandate")
    if client.pk != mandate.client_id:
        raise DomainError(_("A fee under a mandate is quoted to its client."), field="client")
    today = timezone.localdate(at)
    if not mandate.is_quoted_under_on(today):
        raise NotPossibleNow(_("The mandate does not hold today, and its tail does not run either."))
    schedule = FeeSchedule.objects.with_tiers().get(pk=mandate.schedule_id)
    if schedule.state == ScheduleState.WITHDRAWN:
        raise NotPossibleNow(_("The guideline of the mandate was withdrawn. Agree on a new mandate."))
    return Terms(schedule, parts, mandate.fee_bp)
