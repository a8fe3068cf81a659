"""Contracts of the demo in each state, `contracts.json`; days are counted back from the loading.

Each begins with a request of its own, so that nothing else of the demo has to be there; what cannot be made because
somebody tried something between two loads is left out.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from deals.clauses import Clauses
from deals.enums.contracts import EndReason, VersionState
from deals.enums.requests import AnswerKind
from deals.models import Contract, ContractVersion, Negotiation, TransferRequest
from deals.services.contracts.amend import amend
from deals.services.contracts.approve import approve, cancel, refuse
from deals.services.contracts.draft import draft
from deals.services.contracts.end import propose_end
from deals.services.contracts.nightly import look_after_contracts
from deals.services.contracts.sign import sign
from deals.services.negotiation.open import open_from_request
from deals.services.offers.accept import accept
from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.services.requests.answer import answer
from deals.services.requests.send import send
from deals.terms import Instalment, Terms
from deals.wording.documents import pdf_of
from tech_listings.demo import public_id_of
from tech_listings.enums import DealKind
from tech_listings.models import Listing

OTHER_WAY = Terms("lump_sum", upfront_won=60_000_000)
NO_RUNNING = "기업이 정액을 원하였습니다."
Row = Mapping[str, Any]


@cache
def contract_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "contracts.json").read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row["days_ago"])


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Make what is not there yet. Returns how many negotiations with a contract, or one to write, are new."""
    return sum(_load(row, organizations[row["firm"]], at) for row in contract_rows())


def _load(row: Row, firm: Organization, at: datetime) -> bool:
    listing = Listing.objects.select_related("holder").get(public_id=public_id_of(row["technology"]))
    buyer, seller = _manager(firm), _manager(listing.holder)
    key, moment = public_id_of(f"contract/{row['key']}"), at - timedelta(days=row["days_ago"], hours=2)
    kind = row.get("deal_kind", DealKind.NON_EXCLUSIVE_LICENCE)
    known = TransferRequest.objects.filter(requested_by=buyer, idempotency_key=key).exists()
    if known or not listing.is_public or kind not in listing.deal_kinds:
        return False
    asked = {"listing": listing, "requester": firm, "deal_kind": kind, "intended_use": row["use"]}
    request = send(**asked, by=buyer, at=moment, key=key).request
    answer(request=request, kind=AnswerKind.TALK, text="조건을 이야기해 봅시다.", by=seller, at=moment)
    negotiation = open_from_request(request=request, by=seller, at=moment).negotiation
    _agree(row, _terms(row), negotiation, seller, buyer, moment)
    if row["state"] != "agreed":
        _conclude(row, negotiation, seller, buyer, moment + timedelta(hours=1), at)
    return True


def _manager(organization: Organization) -> User:
    found = users_with_permission(organization, Permission.AGREE_TERMS).order_by("pk").first()
    assert found is not None, f"nobody binds {organization}"
    return found


def _terms(row: Row) -> Terms:
    given = dict(row["terms"])
    given["instalments"] = tuple(Instalment(months, won) for months, won in given.get("instalments", ()))
    return Terms(**given)


def conclude(*, negotiation: Negotiation, terms: Terms, at: datetime) -> Contract:
    """Offered, accepted, approved and signed at `at`, for five years: for what the demo shows of older contracts."""
    row = {"state": "in_force", "term_months": 60, "territory": "대한민국", "field": "계약에서 정한 제품"}
    seller, buyer = _manager(negotiation.holder), _manager(negotiation.firm)
    _agree(row, terms, negotiation, seller, buyer, at)
    _conclude(row, negotiation, seller, buyer, at, at)
    return negotiation.contracts.get()


def _agree(row: Row, terms: Terms, negotiation: Negotiation, seller: User, buyer: User, moment: datetime) -> None:
    content = OfferContent(
        deal_kind=negotiation.deal_kind, options=[OptionContent(terms), OptionContent(OTHER_WAY)],
        valid_until=timezone.localdate(moment) + timedelta(days=30), term_months=row["term_months"],
        territory=row["territory"], field_of_use=row["field"], no_running_reason=NO_RUNNING,
    )  # fmt: skip
    offer = make_offer(negotiation=negotiation, content=content, by=seller, at=moment).offer
    accept(offer=offer, option=offer.options.order_by("position")[0], by=buyer, at=moment)


def _conclude(row: Row, negotiation: Negotiation, seller: User, buyer: User, moment: datetime, at: datetime) -> None:
    clauses = Clauses(
        territory=row["territory"], field_of_use=row["field"], term_months=row["term_months"],
        special=row.get("special", ""),
    )  # fmt: skip
    contract = draft(negotiation=negotiation, clauses=clauses, by=seller, at=moment)
    version = contract.versions.get()
    _approve(version, seller, moment)
    if "refusal" in row:
        refuse(version=version, text=row["refusal"], by=buyer, at=moment)
    if "cancelled" in row:
        cancel(contract=contract, text=row["cancelled"], by=buyer, at=moment + timedelta(days=2))
    if row["state"] in {"drafted", "refused", "cancelled"}:
        return
    _approve(version, buyer, moment)
    if row["state"] == "approved":
        return
    day = timezone.localdate(moment)
    copy = pdf_of(
        version.documents["ko"], number=contract.number, serial=1, digest=version.document_hash, language="ko"
    )
    contract = sign(
        contract=contract, file=io.BytesIO(copy), name=f"{contract.number}.pdf", signed_on=day, starts_on=day,
        by=seller, at=moment,
    )  # fmt: skip
    if changed := row.get("amend"):
        _amend(changed, contract, buyer, at)
    if ended := row.get("end"):
        then = at - timedelta(days=ended["days_ago"])
        propose_end(
            contract=contract, reason=EndReason.ABANDONED, last_day=timezone.localdate(then), text=ended["text"],
            by=buyer, at=then,
        )  # fmt: skip
        look_after_contracts(at=then + timedelta(days=1))


def _approve(version: ContractVersion, by: User, moment: datetime) -> None:
    approve(version=version, document_hash=version.document_hash, by=by, at=moment)


def _amend(row: Row, contract: Contract, buyer: User, at: datetime) -> None:
    before = contract.versions.get(state=VersionState.IN_FORCE)
    then = at - timedelta(days=row["days_ago"])
    version = amend(
        contract=contract, terms=replace(Terms.from_json(before.terms), running_bp=row["running_bp"]),
        clauses=replace(Clauses.from_json(before.clauses), term_months=row["term_months"]), reason=row["reason"],
        holds_from=timezone.localdate(at) + timedelta(days=30), by=buyer, at=then,
    )  # fmt: skip
    _approve(version, buyer, then)
