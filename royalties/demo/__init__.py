"""Royalty money of the demo, `income.json`: contracts whose first payments came in and were shared out, one of them
about technology that a firm had donated to the institute (facts §4.4).

They are older than the negotiations of the demo: only those of their own begin as rows.
"""

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from deals.demo.contracts import conclude
from deals.models import Contract, Negotiation
from deals.numbers import negotiation_number
from deals.terms import Terms
from marketplace.core.counters import take_numbers
from matching.models import Need
from royalties.services.income.assign import assign
from royalties.services.income.bank import read_bank_file
from royalties.services.income.issue import issue_invoice
from royalties.services.income.receive import enter_receipt
from royalties.services.rules.load import load_rules, read_government, read_sharing
from royalties.services.share.plan import Given, Part, write_plan
from royalties.services.share.propose import propose
from royalties.services.share.share import share
from tech_listings.demo import public_id_of
from tech_listings.enums import DealKind
from tech_listings.models import Listing


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Write what is not there yet. Returns how many contracts are new."""
    rows = json.loads((Path(__file__).parent / "income.json").read_text(encoding="utf-8"))
    load_rules(sharing=read_sharing(), government=read_government())
    return sum(_load(row, organizations, at) for row in rows)


def _load(row: Mapping[str, Any], organizations: Mapping[str, Organization], at: datetime) -> int:
    key = public_id_of(row["key"])
    if Negotiation.objects.filter(public_id=key).exists():
        return 0
    keeper, decider = (User.objects.get(email=row[name]) for name in ("keeper", "decider"))
    listing = Listing.objects.get(public_id=public_id_of(row["technology"]))
    signed_at = _day(at, -row["signed_days_ago"])
    contract = older_contract(row, key=key, listing=listing, firm=organizations[row["firm"]], by=decider, at=signed_at)
    _plan(row, contract, decider, signed_at)
    _pay(row, contract, keeper, decider, at)
    if "unknown" in row:
        _unknown(row, contract.holder, keeper, at)
    return 1


def older_contract(
    row: Mapping[str, Any], *, key: UUID, listing: Listing, firm: Organization, by: User, at: datetime
) -> Contract:
    """In force since `at`, out of a negotiation that began with a need of the firm."""
    year = timezone.localtime(at).year
    negotiation = Negotiation.objects.create(
        public_id=key,
        number=negotiation_number(year, take_numbers(kind="negotiation", year=year)[0]),
        need=Need.objects.get(idempotency_key=public_id_of(f"need/{row['need']}")),
        listing=listing,
        holder=listing.holder,
        firm=firm,
        deal_kind=DealKind.NON_EXCLUSIVE_LICENCE,
        opened_at=at,
        opened_by=by,
    )
    return conclude(negotiation=negotiation, terms=Terms.from_json(row["terms"]), at=at)


def _plan(row: Mapping[str, Any], contract: Contract, by: User, at: datetime) -> None:
    given = Given(
        shares_bp=row["shares"],
        people=[Part(*part) for part in row["people"]],
        government_won=row["government_won"],
        total_won=row["total_won"],
        is_donated=row.get("is_donated", False),
    )
    write_plan(contract=contract, given=given, seen=0, by=by, at=at)


def _pay(row: Mapping[str, Any], contract: Contract, keeper: User, decider: User, at: datetime) -> None:
    """Asked for some days before, paid; what is paid in full is shared out."""
    for paid in row["paid"]:
        due = contract.dues.get(key=paid["due"])
        moment = _day(at, paid["days"])
        pay_by = max(due.due_on, timezone.localdate(moment))
        invoice = issue_invoice(due=due, pay_by=pay_by, by=keeper, at=moment - timedelta(days=5)).invoice
        receipt = _receipt(contract.holder, paid, keeper, moment)
        allocation = assign(receipt=receipt, invoice=invoice, by=keeper, at=moment)
        if paid["won"] == invoice.total_won:
            seen = propose(allocation, today=timezone.localdate(moment)).digest
            share(allocation=allocation, seen=seen, by=decider, at=moment + timedelta(hours=1))


def _unknown(row: Mapping[str, Any], holder: Organization, by: User, at: datetime) -> None:
    """A deposit that nobody has assigned, and a statement that nobody has booked."""
    _receipt(holder, row["unknown"], by, _day(at, row["unknown"]["days"]))
    text = row["bank"].replace("{today}", f"{timezone.localdate(at):%Y.%m.%d}")
    read_bank_file(holder=holder, file=io.BytesIO(text.encode("cp949")), name="거래내역조회.csv", by=by, at=at)


def _receipt(holder: Organization, said: Mapping[str, Any], by: User, at: datetime) -> Any:
    return enter_receipt(
        holder=holder,
        booked_on=timezone.localdate(at),
        amount_won=said["won"],
        payer=said["payer"],
        memo=said.get("memo", ""),
        by=by,
        at=at,
    ).receipt


def _on(at: datetime, days: int) -> date:
    return timezone.localdate(at) + timedelta(days=days)


def _day(at: datetime, days: int) -> datetime:
    """Some hour of that morning in Korea, never later than `at`."""
    moment = datetime.combine(_on(at, days), time(10, 30), timezone.get_default_timezone())
    return min(moment, at)
