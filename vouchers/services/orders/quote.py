"""A provider answers a quotation that a firm asked for; brokerage is held against the fee guideline."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from brokers import fees
from brokers.enums.fees import FeeBasis
from brokers.models import FeeSchedule
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from marketplace.core.money import share_rounded_down, won
from programmes.scheme import Service
from vouchers.enums.orders import QUOTATION_STATES, QuotationState
from vouchers.models import Quotation
from vouchers.notices import orders as notices
from vouchers.queries.orders import scheme_of
from vouchers.services.orders.asking import reason_given, refuse_related, require, text_given, won_given
from vouchers.services.orders.choose import lock_choice

MOST_DAYS = 730
VAT_BP = 1_000


class AboveTheGuideline(Conflict):
    """The fee lies above the band of the fee guideline."""

    code = "above_fee_guideline"


def lock_quotation(quotation: Quotation) -> Quotation:
    """After voucher and choice."""
    choice = lock_choice(quotation.choice)
    locked = Quotation.objects.select_for_update(of=["self"]).select_related("provider").get(pk=quotation.pk)
    locked.choice = choice
    return locked


@transaction.atomic
def give_quotation(
    *, quotation: Quotation, supply_won: int, vat_won: int, days: int, text: str, by: User, at: datetime
) -> Quotation:
    """Name a price without VAT, the VAT and how long it takes. Given once.

    Raises `NotAllowed`, `NotPossibleNow` (the day has passed, the choice was made), `AboveTheGuideline`,
    `SelfDealing`, `IllegalTransition`, `DomainError` naming the field.
    """
    locked = lock_quotation(quotation)
    require(by, Permission.PROVIDE_SERVICES, locked.provider)
    QUOTATION_STATES.check(locked, QuotationState.GIVEN)
    if not locked.choice.is_open:
        raise NotPossibleNow(_("The firm has chosen meanwhile."))
    if locked.answer_by < timezone.localdate(at):
        raise NotPossibleNow(_("The day by which the firm wanted an answer has passed."))
    supply, vat = won_given(supply_won, "supply_won", least=1), won_given(vat_won, "vat_won")
    if vat > share_rounded_down(supply, VAT_BP) + 1:
        raise DomainError(_("VAT is at most a tenth of the price."), field="vat_won")
    if not 1 <= days <= MOST_DAYS:
        raise DomainError(_("Give a number of days from 1 to %(most)d.") % {"most": MOST_DAYS}, field="days")
    said = text_given(text, "text")
    refuse_related(locked.choice.voucher.holder, locked.provider)
    service = scheme_of(locked.choice.voucher).service(locked.choice.service)
    schedule = hold_against_the_guideline(service, supply_won=supply, vat_won=vat, deal_won=locked.deal_won, at=at)
    QUOTATION_STATES.move(
        locked, QuotationState.GIVEN, supply_won=supply, vat_won=vat, days=days, text=said, given_by=by, given_at=at,
        fee_schedule=schedule,
    )  # fmt: skip
    notices.quotation_given(locked, at)
    return locked


def hold_against_the_guideline(
    service: Service | None, *, supply_won: int, vat_won: int, deal_won: int | None, at: datetime
) -> FeeSchedule | None:
    """The guideline of the day, where the service is brokerage. Raises `AboveTheGuideline`, `NotPossibleNow`."""
    if service is None or not service.is_brokerage:
        return None
    schedule = FeeSchedule.objects.in_force_on(timezone.localdate(at)).with_tiers().first()
    if schedule is None or deal_won is None:
        raise NotPossibleNow(_("No fee guideline is in force, so a brokerage fee cannot be checked. Ask the office."))
    if schedule.basis != FeeBasis.CONTRACT_VALUE:
        raise NotPossibleNow(
            _("The fee guideline in force counts by royalties received, which are not known yet. Ask the office.")
        )
    plan = schedule.plan
    fee_won = supply_won + vat_won if plan.vat_included else supply_won
    upper_won = fees.quote(plan, value_won=deal_won).upper_won
    if fee_won > upper_won:
        raise AboveTheGuideline(
            _(
                "For a deal of %(deal)s the fee guideline (%(name)s) allows at most %(most)s; this is %(fee)s. "
                "A voucher pays no more than that."
            )
            % {"deal": won(deal_won), "name": schedule.display_name, "most": won(upper_won), "fee": won(fee_won)},
            field="supply_won",
        )
    return schedule


@transaction.atomic
def decline_quotation(*, quotation: Quotation, reason: str, by: User, at: datetime) -> Quotation:
    """The provider names no price, and says why. Raises `NotAllowed`, `IllegalTransition`."""
    locked = lock_quotation(quotation)
    require(by, Permission.PROVIDE_SERVICES, locked.provider)
    QUOTATION_STATES.move(locked, QuotationState.DECLINED, closed_text=reason_given(reason))
    notices.quotation_declined(locked, at)
    return locked


@transaction.atomic
def withdraw_quotation(*, quotation: Quotation, reason: str, by: User, at: datetime) -> Quotation:
    """The firm asks no more, or the provider takes back what it gave. Raises `NotAllowed`, `IllegalTransition`."""
    locked = lock_quotation(quotation)
    by_firm = locked.state == QuotationState.ASKED
    side = locked.choice.voucher.holder if by_firm else locked.provider
    require(by, Permission.USE_VOUCHERS if by_firm else Permission.PROVIDE_SERVICES, side)
    QUOTATION_STATES.move(locked, QuotationState.WITHDRAWN, closed_text=reason_given(reason))
    notices.quotation_withdrawn(locked, at, by_firm=by_firm)
    return locked
