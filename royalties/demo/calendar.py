"""Calendars of the demo's contracts: reports accepted, waiting and questioned, milestones, something waived.

What is done to a contract follows from its place among them, so that each state is met wherever contracts come from.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from deals.models import Contract, Negotiation
from matching.models import Need
from royalties.demo import older_contract
from royalties.enums.calendar import DueKind, DueState
from royalties.models import Due, UsageReport
from royalties.queries.calendar import years_of_use, years_to_report
from royalties.services.calendar.check_sales import accept, question
from royalties.services.calendar.reach import confirm_reached, report_reached
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.report_usage import report_usage
from royalties.services.calendar.settle import settle
from royalties.services.calendar.waive import waive
from royalties.services.rules.load import load_late, read_late
from tech_listings.demo import public_id_of
from tech_listings.models import Listing

SOLD_WON = (182_400_000, 231_000_000, 96_500_000)
STATES = ("reported", "questioned", "accepted")


@cache
def contract_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "calendar.json").read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load(*, at: datetime) -> int:
    """Write older contracts that are not there; settle all; report, check and waive where nobody did anything yet.

    How many dues are new.
    """
    before = Due.objects.count()
    load_late(rows=read_late())
    for row in contract_rows():
        _contract(row, at)
    for place, contract in enumerate(Contract.objects.concluded().for_page().order_by("number")):
        settle(contract=contract, at=at)
        firm, holder = _person(contract.firm, Permission.REPORT_SALES), _person(contract.holder, Permission.AGREE_TERMS)
        if firm is None or holder is None or _has_acts(contract):
            continue
        _sales(contract, place, firm, holder, at)
        _use(contract, firm, at)
        _reach(contract, place, firm, holder, at)
        if place % 4 == 3:
            _waive(contract, holder, at)
    return Due.objects.count() - before


def _contract(row: Mapping[str, Any], at: datetime) -> None:
    key = public_id_of(f"calendar/{row['need']}")
    listing = Listing.objects.filter(public_id=public_id_of(row["technology"])).select_related("holder").first()
    need = Need.objects.filter(idempotency_key=public_id_of(f"need/{row['need']}")).first()
    if Negotiation.objects.filter(public_id=key).exists() or listing is None or need is None:
        return
    by = _person(listing.holder, Permission.AGREE_TERMS)
    if by is not None:
        moment = at - timedelta(days=row["signed_days_ago"])
        older_contract(row, key=key, listing=listing, firm=need.organization, by=by, at=moment)


def _person(organization: Organization, permission: Permission) -> User | None:
    return users_with_permission(organization, permission).order_by("pk").first()


def _has_acts(contract: Contract) -> bool:
    said = UsageReport.objects.filter(contract=contract, reported_by__isnull=False).exists()
    return said or contract.statements.exists() or contract.dues.filter(waived_by__isnull=False).exists()


def _sales(contract: Contract, place: int, firm: User, holder: User, at: datetime) -> None:
    """All years but the newest are accepted; the newest is in one of three states."""
    years = years_to_report(contract, timezone.localdate(at))[::-1]
    for serial, year in enumerate(years):
        sold = SOLD_WON[(place + serial) % len(SOLD_WON)]
        lines = [
            {"product": "모듈 A", "quantity": 1_200, "sales_won": sold, "deductions_won": sold // 50},
            {"product": "모듈 B", "quantity": 310, "sales_won": sold // 4, "deductions_won": 0},
        ]
        moment = at - timedelta(days=3, hours=len(years) - serial)
        given = {"contract": contract, "year": year, "gross_won": 0, "lines": lines, "by": firm, "at": moment}
        statement = report_sales(**given).statement  # type: ignore[arg-type]
        state = STATES[place % len(STATES)] if year == years[-1] else "accepted"
        if state == "accepted":
            accept(statement=statement, text="세금계산서 합계표와 대조함", by=holder, at=moment + timedelta(hours=1))
        elif state == "questioned":
            text = "반품 공제의 근거 자료를 보내 주십시오."
            question(statement=statement, text=text, by=holder, at=moment + timedelta(hours=1))


def _use(contract: Contract, firm: User, at: datetime) -> None:
    """The newest year stays to be reported."""
    for year in years_of_use(contract)[1:]:
        report_usage(contract=contract, year=year, usage="in_use", text="", by=firm, at=at - timedelta(days=2))


def _reach(contract: Contract, place: int, firm: User, holder: User, at: datetime) -> None:
    dues = contract.dues.filter(kind=DueKind.MILESTONE, state=DueState.EXPECTED, is_owed=False).order_by("due_on", "pk")
    due = dues.first()
    if due is None or contract.signed_on is None:
        return
    given = {"reached_on": contract.signed_on, "text": "시제품 시험 성적서 제출", "by": firm}
    report = report_reached(due=due, at=at - timedelta(days=1), **given)  # type: ignore[arg-type]
    if place % 2:
        confirm_reached(report=report, by=holder, at=at)


def _waive(contract: Contract, holder: User, at: datetime) -> None:
    dues = (
        Due.objects.filter(contract=contract)
        .money()
        .filter(state=DueState.EXPECTED, paid_won=0, amount_won__gt=0, is_owed=True)
    )
    due = dues.order_by("-due_on", "-pk").first()
    if due is not None:
        reason = "수해로 생산이 멈춘 기간을 고려함"
        waive(due=due, reason=reason, seen_won=due.amount_won, by=holder, at=at)
