"""A version of a contract: what it freezes, and the document that is made of it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.fees import QuoteState
from brokers.models import Quote
from deals.clauses import Clauses, refuse_faults
from deals.enums.contracts import Improvements, Sublicence
from deals.enums.negotiation import Side
from deals.models import Contract, ContractVersion, NegotiationBroker, Option
from deals.terms import Terms, digest, refusals
from deals.wording.documents import write_documents
from deals.wording.terms import facts
from marketplace.core.errors import DomainError
from tech_listings.clocks import exclusivity_rule
from tech_listings.enums import DealKind

RULES = 1
EXCLUSIVE = (DealKind.EXCLUSIVE_LICENCE, DealKind.ASSIGNMENT)
LICENCES = (DealKind.EXCLUSIVE_LICENCE, DealKind.NON_EXCLUSIVE_LICENCE)


def propose(
    *, contract: Contract, terms: Terms, clauses: Clauses, option: Option | None = None, reason: str = "",
    holds_from: date | None = None, amends: ContractVersion | None = None, by: User, at: datetime,
) -> ContractVersion:  # fmt: skip
    """Freeze what is proposed as the next version of a locked contract, with its document in both languages.

    An amendment keeps the rules and the fee quote of the version that it `amends`.

    Raises `DomainError` naming the field where terms or clauses cannot be agreed so.
    """
    clauses = clauses.tidied()
    refuse_faults(clauses)
    for problem in refusals(terms):
        raise DomainError(problem.text, field=problem.field)
    serial = contract.versions.count() + 1
    if amends:
        rules, quote = amends.rules, amends.fee_quote
    else:
        rules, quote = frozen_rules(contract, timezone.localdate(at))
    documents = write_documents(_document(contract, serial, terms, clauses, reason, holds_from))
    made = ContractVersion.objects.create(
        contract=contract, serial=serial, option=option, method=terms.method, terms=terms.to_json(),
        clauses=clauses.to_json(), rules=rules, fee_quote=quote, reason=reason, holds_from=holds_from,
        documents=documents, document_hash=digest(documents), proposed_at=at, proposed_by=by,
    )  # fmt: skip
    made.contract = contract
    return made


def frozen_rules(contract: Contract, day: date) -> tuple[dict[str, Any], Quote | None]:
    """Which versions of rules hold for a locked contract whatever comes after, and the first fee quote of it.

    Each of `fees` is owed by the `side` that accepted it (docs/adr/0052). The rule of distribution depends on the day
    of signing (domain-facts.md §4.4), so only how it is chosen is known.
    """
    quotes = accepted_quotes(contract, day)
    registered = contract.listing.registered_at
    rules: dict[str, Any] = {
        "version": RULES,
        "fees": [
            {"quote": quote.number, "schedule": str(quote.schedule.public_id), "side": side} for side, quote in quotes
        ],
        "exclusivity": (
            exclusivity_rule(timezone.localdate(registered)).effective_from.isoformat() if registered else None
        ),
        "distribution": "by_contract_date",
    }
    return rules, quotes[0][1] if quotes else None


def accepted_quotes(contract: Contract, day: date) -> list[tuple[str, Quote]]:
    """Of each broker who takes part, the newest fee that its side accepted; the holder's broker first.

    A fee goes with one contract only: what another one froze that was not cancelled is left out. The quotes are locked,
    all at once, so that of two contracts that are written at once the second sees what the first took.
    """
    negotiation = contract.negotiation
    parts = list(negotiation.brokers.acting_on(day).for_page())
    asked = Q(pk__in=[])
    for part in parts:
        by = Q(mandate=part.mandate) | Q(mandate__isnull=True, broker=part.organization)
        asked |= by & Q(client=negotiation.organization_of(part.side))
    rows = Quote.objects.filter(asked, state=QuoteState.ACCEPTED).select_related("schedule")
    quotes = list(rows.select_for_update(of=["self"], no_key=True).order_by("pk"))
    taken, found = _frozen_elsewhere(contract, quotes), list[tuple[str, Quote]]()
    for part in sorted(parts, key=lambda each: (each.side != Side.HOLDER, each.pk)):
        client = negotiation.organization_of(part.side)
        own = [quote for quote in quotes if quote.client_id == client.pk and _is_of(part, quote)]
        if free := [quote for quote in own if quote.number not in taken]:
            newest = max(free, key=lambda quote: (quote.accepted_at, quote.pk))
            found.append((part.side, newest))
            taken.add(newest.number)
    return found


def _is_of(part: NegotiationBroker, quote: Quote) -> bool:
    """Whether the broker quoted it under the mandate by which it takes part, or under none."""
    return quote.mandate_id == part.mandate_id if quote.mandate_id else quote.broker_id == part.organization_id


def _frozen_elsewhere(contract: Contract, quotes: list[Quote]) -> set[str]:
    """Which of them another contract froze, by number. The trigger `deals_guard_fees` asks the same."""
    found: set[str] = set()
    for quote in quotes:
        if ContractVersion.objects.freezing(quote).exclude(contract=contract).exists():
            found.add(quote.number)
    return found


def _document(
    contract: Contract, serial: int, terms: Terms, clauses: Clauses, reason: str, holds_from: date | None
) -> dict[str, Any]:
    """What the templates of the document read. Functions are called in the language of the document."""
    listing, kind = contract.listing, DealKind(contract.deal_kind)
    rights = list(listing.rights.order_by("pk"))

    def in_language(of: Callable[[str], Any]) -> Callable[[], Any]:
        return lambda: of((get_language() or "ko")[:2])

    return {
        "number": contract.number,
        "serial": serial,
        "amends": contract.signed_on is not None,
        "signed_on": contract.signed_on and contract.signed_on.isoformat(),
        "holds_from": holds_from and holds_from.isoformat(),
        "reason": reason,
        "holder": in_language(contract.holder.name_in),
        "holder_number": contract.holder.business_number_text,
        "firm": in_language(contract.firm.name_in),
        "firm_number": contract.firm.business_number_text,
        "title": in_language(lambda language: listing.text_in("title", language)),
        "listing_number": listing.number or "",
        "deal_kind": in_language(lambda language: str(kind.label)),
        "assigns": kind == DealKind.ASSIGNMENT,
        "exclusive": kind == DealKind.EXCLUSIVE_LICENCE,
        "licensed": kind in LICENCES,
        "ground": in_language(lambda language: _ground_of(contract)),
        "rights": in_language(lambda language: [_right(right) for right in rights]),
        "payment": in_language(lambda language: facts(terms)),
        "reports_sales": terms.has_running,
        "territory": clauses.territory,
        "field_of_use": clauses.field_of_use,
        "term_months": clauses.term_months,
        "sublicence": in_language(lambda language: str(Sublicence(clauses.sublicence).label)),
        "improvements": in_language(lambda language: str(Improvements(clauses.improvements).label)),
        "confidential_years": clauses.confidential_years,
        "cure_days": clauses.cure_days,
        "court": clauses.court,
        "special": clauses.special,
    }


def _ground_of(contract: Contract) -> str:
    ground = contract.exclusive_ground
    return f"{ground.get_ground_display()}: {ground.text}" if ground else ""


def _right(right: Any) -> str:
    """`Patent KR 10-2021-0012345, registered 10-2412345`, in the language of the document."""
    parts = [f"{right.get_kind_display()} {right.country} {right.application_number_text or right.title}".strip()]
    if right.registration_number:
        parts.append(_("registered %(number)s") % {"number": right.registration_number_text})
    return ", ".join([*parts, str(right.get_status_display())])
