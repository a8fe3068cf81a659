"""Orders of the demo on issued vouchers, by the services: one in every state, claims on their way, a file that was paid
and one that waits to be sent. Days are counted back from the loading."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.demo.days import afternoon
from marketplace.core.exports import csv_lines
from programmes.demo.applications import PDF
from programmes.demo.calls import PUBLISHER, WRITER
from vouchers.demo.granted import manager_of
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Order, PaymentBatch, Quotation, Voucher
from vouchers.services.claims.answer import accept_claim, submit_claim
from vouchers.services.claims.check import approve_claim, check_claim
from vouchers.services.claims.documents import add_document
from vouchers.services.claims.draft import begin_claim
from vouchers.services.claims.pay import prepare_batch, send_batch
from vouchers.services.claims.results import read_results
from vouchers.services.orders.answer import accept_order, cancel_order, decline_order, withdraw_order
from vouchers.services.orders.choose import ask_quotations, keep_search
from vouchers.services.orders.place import place_order
from vouchers.services.orders.quote import give_quotation

TASKS = {
    "business_plan": "고객사 열 곳 조사와 사업화 계획서",
    "prototype": "시제품 열 개 제작과 시험 성적서",
    "marketing": "전시회 참가와 홍보물 제작",
}
PAPERS = ("deliverable", "report", "invoice")


class Wanted(NamedTuple):
    """An order: of which office, for how much, how many days ago, how long the work takes, and what came of it.

    `also` are offices that were asked too and quoted a tenth more. `part_won` is claimed of a running order.
    """

    firm: str
    service: str
    provider: str
    supply_won: int
    ago: int
    days: int
    end: str
    also: tuple[str, ...] = ()
    part_won: int | None = None


GAGYO, MULKKO, NARU, HANEUL = (
    "gagyo-technology-transfer", "mulkko-commercialization", "naru-bio-bridge", "haneul-aero-link",
)  # fmt: skip
WANTED = (
    Wanted("pureunsol-battery", "business_plan", GAGYO, 14_000_000, 140, 60, "paid", (MULKKO, NARU)),
    Wanted("pureunsol-battery", "marketing", HANEUL, 9_000_000, 120, 90, "cancelled"),
    Wanted("pureunsol-battery", "prototype", MULKKO, 28_000_000, 70, 90, "submitted", (HANEUL,), 12_000_000),
    Wanted("pureunsol-battery", "marketing", NARU, 8_800_000, 6, 30, "quoted", (HANEUL,)),
    Wanted("solhyang-precision", "marketing", HANEUL, 7_000_000, 130, 60, "withdrawn"),
    Wanted("solhyang-precision", "business_plan", NARU, 12_000_000, 100, 60, "checked", (GAGYO,)),
    Wanted("solhyang-precision", "prototype", GAGYO, 24_000_000, 90, 60, "prepared"),
    Wanted("solhyang-precision", "marketing", MULKKO, 8_000_000, 20, 30, "declined", (HANEUL,)),
    Wanted("solhyang-precision", "marketing", HANEUL, 8_000_000, 3, 30, "placed"),
    # The fifth that runs under its call: from then on the desk names a provider that has much of it.
    Wanted("nurisaem-soft", "marketing", NARU, 6_000_000, 9, 60, "running"),
    Wanted("nurisaem-soft", "prototype", GAGYO, 20_000_000, 1, 60, "asked"),
)


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Order what is not ordered yet, on issued vouchers nobody has ordered with. Returns how many orders are new."""
    officers = {user.email: user for user in User.objects.filter(email__in=[WRITER, PUBLISHER])}
    fresh = Voucher.objects.filter(state=VoucherState.ISSUED, choices__isnull=True).select_related("line__call")
    vouchers = {voucher.holder_id: voucher for voucher in fresh.order_by("pk")}
    before = Order.objects.count()
    for wanted in WANTED:
        voucher = vouchers.get(organizations[wanted.firm].pk)
        if voucher is not None:
            _carry_out(wanted, voucher, organizations, officers[WRITER], officers[PUBLISHER], at)
    return Order.objects.count() - before


def _carry_out(
    wanted: Wanted, voucher: Voucher, organizations: Mapping[str, Organization], head: User, clerk: User, at: datetime
) -> None:
    firm, ordered = manager_of(voucher.holder), afternoon(at, wanted.ago)
    quotation = _quoted(wanted, voucher, organizations, firm, ordered)
    if wanted.end in ("asked", "quoted"):
        return
    key = uuid5(quotation.public_id, "order")
    order = place_order(quotation=quotation, why="경험이 많고 기간이 맞습니다.", key=key, by=firm, at=ordered)
    provider, later = _of(order.provider), ordered + timedelta(hours=20)
    if wanted.end == "withdrawn":
        withdraw_order(order=order, reason="전시회가 미루어졌습니다.", by=firm, at=later)
    elif wanted.end == "declined":
        decline_order(order=order, reason="그 기간에는 인력이 없습니다.", by=provider, at=later)
    if wanted.end in ("placed", "withdrawn", "declined"):
        return
    accept_order(order=order, by=provider, at=later)
    if wanted.end == "running":
        return
    if wanted.end == "cancelled":
        cancel_order(order=order, reason="전시회가 취소되어 서로 끝내기로 했습니다.", by=provider, at=later)
        return
    claim = _delivered(order, wanted, provider, at)
    if wanted.end != "submitted":
        _on_its_way(claim, wanted.end, firm, head, clerk, at)


def _quoted(
    wanted: Wanted, voucher: Voucher, organizations: Mapping[str, Organization], firm: User, at: datetime
) -> Quotation:
    """Asked of some and given by all, but where they are only asked: the quotation of whom the firm takes."""
    asked = [organizations[key] for key in (wanted.provider, *wanted.also)]
    kept = keep_search(
        voucher=voucher, service=wanted.service, query={}, order_of=timezone.localdate(at), by=firm, at=at,
        key=uuid5(voucher.public_id, f"{wanted.service} {wanted.ago}"),
    )  # fmt: skip
    made = ask_quotations(
        choice=kept, providers=[each.public_id for each in asked], task=TASKS[wanted.service], by=firm, at=at,
        answer_by=timezone.localdate(at) + timedelta(days=7),
    )  # fmt: skip
    for quotation in made if wanted.end != "asked" else []:
        dearer = quotation.provider_id != asked[0].pk
        supply_won = wanted.supply_won * 11 // 10 if dearer else wanted.supply_won
        give_quotation(
            quotation=quotation, supply_won=supply_won, vat_won=supply_won // 10, days=wanted.days,
            text="조사, 보고서, 발표 자료를 포함합니다.", by=_of(quotation.provider), at=at,
        )  # fmt: skip
    return next(each for each in made if each.provider_id == asked[0].pk)


def _of(provider: Organization) -> User:
    found = users_with_permission(provider, Permission.PROVIDE_SERVICES).order_by("pk").first()
    assert found is not None, provider
    return found


def _delivered(order: Order, wanted: Wanted, provider: User, at: datetime) -> Claim:
    """Handed in: of what waits for the firm two days ago, of the others when half of the time had passed."""
    when = afternoon(at, 2 if wanted.end == "submitted" else wanted.ago // 2)
    supply_won = wanted.part_won or wanted.supply_won
    claim = begin_claim(
        order=order, supply_won=supply_won, vat_won=supply_won // 10, text="약속한 것을 모두 드렸습니다.",
        invoice_number=f"{timezone.localdate(when):%Y%m%d}-{order.number}", invoice_on=timezone.localdate(when),
        key=uuid5(order.public_id, "claim"), by=provider, at=when,
    )  # fmt: skip
    for key in PAPERS:
        content = io.BytesIO(PDF + key.encode() + claim.number.encode())
        add_document(claim=claim, key=key, file=content, name=f"{key}.pdf", by=provider, at=when)
    return submit_claim(claim=claim, by=provider, at=when)


def _on_its_way(claim: Claim, end: str, firm: User, head: User, clerk: User, at: datetime) -> None:
    """Accepted and checked; then approved, put into a file, sent and paid, as far as `end` says."""
    assert claim.submitted_at is not None
    when = claim.submitted_at + timedelta(days=1)
    accept_claim(claim=claim, by=firm, at=when)
    check_claim(claim=claim, by=clerk, at=when)
    if end == "checked":
        return
    approve_claim(claim=claim, by=head, at=when)
    call = claim.order.voucher.line.call
    key = uuid5(claim.public_id, "file")
    batch = prepare_batch(call=call, claims=[claim.public_id], key=key, by=clerk, at=when)
    if end == "prepared":
        return
    send_batch(batch=batch, by=head, at=when)
    paid = when + timedelta(days=1)
    read_results(batch=batch, file=_results(batch, paid), name="결과.csv", by=head, at=paid)


def _results(batch: PaymentBatch, at: datetime) -> io.BytesIO:
    rows: list[list[object]] = [["payment", "amount_won", "result", "day", "text"]]
    rows += [[each.public_id, each.total_won, "paid", timezone.localdate(at), ""] for each in batch.payments.all()]
    return io.BytesIO("".join(csv_lines(rows)).encode())
