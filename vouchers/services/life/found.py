"""A signed agreement becomes a voucher that waits for the own share."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from programmes.enums.review import AgreementState
from programmes.models import Agreement
from programmes.scheme import Scheme
from vouchers.enums.vouchers import VoucherState
from vouchers.models import BudgetLine, Voucher, VoucherStep
from vouchers.notices import life as notices
from vouchers.numbers import take
from vouchers.services.life.budget import has_money
from vouchers.services.life.issue import issue_if_complete
from vouchers.services.life.reserve import reserve


@transaction.atomic
def found(*, agreement: Agreement, by: User | None, at: datetime) -> Voucher | None:
    """Make the voucher, once. Without an own share it is issued at once. None without money, or unsigned."""
    locked = Agreement.objects.select_for_update(of=["self"]).select_related(
        "application__call", "application__version", "application__organization"
    ).get(pk=agreement.pk)  # fmt: skip
    application = locked.application
    if locked.state != AgreementState.SIGNED or not has_money(application.call):
        return None
    if earlier := Voucher.objects.filter(agreement=locked).first():
        return earlier
    reserve(application=application, by=by, at=at)  # nothing, where it was reserved at the selection
    scheme = Scheme.from_json(application.version.content)
    voucher = Voucher.objects.create(
        line=BudgetLine.objects.get(call=application.call_id),
        agreement=locked,
        holder_id=application.organization.root_id,
        face_won=locked.government_won,
        own_won=locked.own_won,
        own_bp=locked.own_bp,
        deposit_by=timezone.localdate(at) + timedelta(days=scheme.days.deposit),
        number=take("voucher", at),
    )
    VoucherStep.objects.create(voucher=voucher, state=VoucherState.WAITING, by=by, at=at)
    if not issue_if_complete(voucher, by=None, at=at):
        notices.own_share_wanted(voucher, at)
    return voucher
