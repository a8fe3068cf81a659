"""Money of the demo that has to come back, by the services: in monthly parts that are kept, overdue, and one that waits
to be decided; a warning that is proposed, and an exclusion with an end. Days are counted back from the loading."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from brokers.demo.days import afternoon
from programmes.demo.calls import OFFICE, PUBLISHER, WRITER
from vouchers.demo.granted import manager_of
from vouchers.enums.recovery import RecoveryGround, SanctionGround, SanctionKind
from vouchers.models import Order, Recovery, Sanction, Voucher
from vouchers.services.recovery.announce import announce, askable_won, decide, object_to
from vouchers.services.recovery.receive import become_delinquent, enter_receipt, set_plan
from vouchers.services.recovery.sanctions import answer_sanction, decide_sanction, propose, propose_for_fraud

HOLDER, CONVICTED = "pureunsol-battery", "bareungyeol-bio"
IN_PARTS, OVERDUE, OPEN = (
    "보고서의 한 장은 지원 대상이 아닌 제품에 관한 것으로, 다른 용도에 쓰였습니다.",
    "확정된 금액보다 많이 지급되었습니다. 단가가 계약과 다릅니다.",
    "제출된 조사 결과 일부가 다른 보고서와 같습니다.",
)


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Ask back of what was paid, where nothing was asked back yet. How many recoveries and sanctions are new."""
    people = {user.email: user for user in User.objects.filter(email__in=[WRITER, PUBLISHER])}
    before = Recovery.objects.count() + Sanction.objects.count()
    paid = Voucher.objects.filter(holder=organizations[HOLDER], paid_won__gte=8_000_000, recoveries__isnull=True)
    voucher = paid.select_related("holder", "line__call__office").order_by("pk").first()
    if voucher is not None:
        head, clerk = people[WRITER], people[PUBLISHER]
        _in_parts(voucher, head, clerk, at)
        _overdue(voucher, head, clerk, at)
        _undecided(voucher, clerk, at)
        _excluded(organizations, head, clerk, at)
    return Recovery.objects.count() + Sanction.objects.count() - before


def _announced(
    voucher: Voucher, debtor: Organization, ground: str, text: str, won: int, by: User, at: datetime
) -> Recovery:
    """With interest from a day on which it had been paid."""
    return announce(
        voucher=voucher, debtor=debtor, ground=ground, text=text, principal_won=won, by=by, at=at,
        interest_from=timezone.localdate(at) - timedelta(days=3), key=uuid5(voucher.public_id, text),
    )  # fmt: skip


def _in_parts(voucher: Voucher, head: User, clerk: User, at: datetime) -> None:
    """Objected to, confirmed, paid in four parts, the first of which came. A warning is proposed for it."""
    firm, confirmed = manager_of(voucher.holder), afternoon(at, 50)
    made = _announced(voucher, voucher.holder, RecoveryGround.OTHER_USE, IN_PARTS, 4_000_000, head, afternoon(at, 60))
    object_to(recovery=made, text="그 장은 부록이며 본문과 함께 쓰였습니다.", by=firm, at=afternoon(at, 55))
    text = "부록도 지급 대상에 들어 있었습니다. 금액은 그대로입니다."
    decide(recovery=made, confirm=True, text=text, by=clerk, at=confirmed)
    first_on = timezone.localdate(at) - timedelta(days=15)
    made = set_plan(recovery=made, first_on=first_on, count=4, by=clerk, at=confirmed)
    part = made.instalments.get(serial=1)
    enter_receipt(
        recovery=made, amount_won=part.amount_won, received_on=part.due_on, reference=f"{made.number}-1", by=clerk,
        key=uuid5(made.public_id, "first part"), at=afternoon(at, 15),
    )  # fmt: skip
    propose(
        recovery=made, kind=SanctionKind.WARNING, reason="지원 대상이 아닌 제품에 바우처를 쓰지 않도록 경고합니다.",
        key=uuid5(made.public_id, "warning"), by=clerk, at=afternoon(at, 4),
    )  # fmt: skip


def _overdue(voucher: Voucher, head: User, clerk: User, at: datetime) -> None:
    """Of the provider, who let its days to object and to pay go by."""
    provider = Order.objects.filter(voucher=voucher, claims__state="paid").order_by("pk").first()
    if provider is None:
        return
    made = _announced(voucher, provider.provider, RecoveryGround.OVERPAID, OVERDUE, 1_000_000, clerk, afternoon(at, 62))
    decide(recovery=made, confirm=True, text="이의가 없었습니다.", by=head, at=afternoon(at, 41))
    become_delinquent(recovery_id=made.pk, at=afternoon(at, 10))


def _undecided(voucher: Voucher, clerk: User, at: datetime) -> None:
    won = min(2_000_000, askable_won(voucher))
    if won:
        _announced(voucher, voucher.holder, RecoveryGround.FALSE, OPEN, won, clerk, afternoon(at, 3))


def _excluded(organizations: Mapping[str, Organization], head: User, clerk: User, at: datetime) -> None:
    """For a forged paper in an application: heard, excluded for a year, published."""
    firm = organizations[CONVICTED]
    made = propose_for_fraud(
        organization=firm, office=organizations[OFFICE], ground=SanctionGround.FALSE, kind=SanctionKind.EXCLUSION,
        evidence="요건검토 기록 제17호", reason="제출된 재무제표가 세무서 자료와 다릅니다.",
        at=afternoon(at, 6), by=clerk,
        until_on=timezone.localdate(at) + timedelta(days=360), key=uuid5(firm.public_id, "exclusion"),
    )  # fmt: skip
    text = "담당자의 실수였고 바로잡겠습니다."
    answer_sanction(sanction=made, text=text, by=manager_of(firm), at=afternoon(at, 4))
    text = "세 해의 숫자가 모두 달라 실수로 볼 수 없습니다."
    decide_sanction(sanction=made, impose=True, text=text, by=head, at=afternoon(at, 2))
