"""A broker puts a fee to a client, computed by the guideline in force."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers import fees
from brokers.enums.fees import DAYS_A_QUOTE_HOLDS, QuoteState
from brokers.models import FeeSchedule, Mandate, Quote, QuoteShare
from brokers.notices import fees as notices
from brokers.numbers import quote_number
from brokers.services.asking import text_of
from brokers.services.cases.closed_to_work import refuse_if_closed_to_work
from brokers.services.fees.under_mandate import Terms, terms_under
from marketplace.core.counters import take_numbers
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import BASIS_POINTS

COUNTER = "fee_quote"
KEY_CONSTRAINT = "quote_once_per_key"
SUBJECT_LENGTH = 200
CLIENT_KINDS = (OrganizationKind.INSTITUTE, OrganizationKind.COMPANY)
Shares = Mapping[Organization, int]


class Quoted(NamedTuple):
    """`is_new` is False when the same quote was open already."""

    quote: Quote
    is_new: bool


@transaction.atomic
def quote_fee(
    *,
    broker: Organization,
    client: Organization,
    subject: str,
    value_won: int,
    fee_won: int | None = None,
    shares: Shares | None = None,
    mandate: Mandate | None = None,
    seen: FeeSchedule | None = None,
    by: User,
    at: datetime,
    key: UUID | None = None,
) -> Quoted:
    """Quote the guideline's fee on `value_won`, or `fee_won` instead of it.

    Outside of the band the quote waits: the broker gives a reason (`ask_outside_band`) and an officer decides. `shares`
    are basis points by broker, `broker` among them, 10,000 together. `seen` is the version the person looked at. The
    same quote, while it is open, is the same quote; so is the same `key` of the same person. Under a `mandate` version,
    part of the guideline's fee and shares are the mandate's, and neither `fee_won` nor `shares` can be given.

    Who is suspended or cancelled quotes nothing; who was never registered does (docs/adr/0028).

    Raises `NotAllowed`, `NotPossibleNow` (no guideline, or closed to new work), `ChangedMeanwhile` (another guideline
    than seen), `KeyReused`, and `DomainError` naming the field.
    """
    # Everybody who quotes for this broker passes here one by one: a double click meets what the first click wrote.
    locked = Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=broker.pk)
    require_member(by, Permission.QUOTE_FEES, locked)
    subject = text_of(subject, most=SUBJECT_LENGTH, field="subject", missing=_("Say what the deal is about."))
    _check_client(locked, client)
    if mandate is None:
        terms = Terms(_in_force(at, seen), shares or {locked: BASIS_POINTS})
    else:
        terms = terms_under(mandate, broker=locked, client=client, at=at)
        _refuse_own_terms(fee_won, shares)
        fee_won = terms.fee_on(value_won)
    _check_brokers(locked, client, terms.shares)
    refuse_if_closed_to_work(list(terms.shares), in_a_mandate=mandate is not None, field="brokers")
    made = fees.quote(terms.schedule.plan, value_won=value_won, fee_won=fee_won, brokers=terms.shares_by_id)
    quote = Quote(
        broker=locked, client=client, mandate=mandate, subject=subject, schedule=terms.schedule,
        quoted_by=by, quoted_at=at, idempotency_key=key, **_computed(made),
    )  # fmt: skip
    if earlier := _earlier(quote, terms.shares_by_id):
        return Quoted(earlier, False)
    _write(quote, terms.shares, made)
    if made.is_inside:
        notices.offered(quote, at)
    return Quoted(quote, True)


def terms_of(schedule: FeeSchedule) -> dict[str, Any]:
    """What the version said that day, for whoever reads the quote later."""
    names = (
        "name_ko", "name_en", "name_zh", "basis", "method", "minimum_won", "floor_won", "ceiling_won", "retainer_won",
        "retainer_credited", "vat_bp", "vat_included", "paid_by", "holder_share_bp", "tail_months", "below_bp",
        "above_bp",
    )  # fmt: skip
    tiers = [asdict(tier) for tier in schedule.plan.tiers]
    day = schedule.valid_from.isoformat() if schedule.valid_from else None
    return {name: getattr(schedule, name) for name in names} | {"valid_from": day, "tiers": tiers}


def _computed(made: fees.Calculation) -> dict[str, Any]:
    names = ("value_won", "guideline_won", "lower_won", "upper_won", "fee_won", "start_won", "net_won", "vat_won")
    return {name: getattr(made, name) for name in (*names, "total_won")} | {
        "lines": [asdict(line) for line in made.lines],
        "payers": [asdict(portion) for portion in made.payers],
        "state": QuoteState.OFFERED if made.is_inside else QuoteState.OUTSIDE,
    }


def _refuse_own_terms(fee_won: int | None, shares: Shares | None) -> None:
    if fee_won is not None or shares:
        field = "fee_won" if fee_won is not None else "brokers"
        raise DomainError(_("Under a mandate its fee and shares hold. Leave this empty."), field=field)


def _in_force(at: datetime, seen: FeeSchedule | None) -> FeeSchedule:
    schedule = FeeSchedule.objects.in_force_on(timezone.localdate(at)).with_tiers().first()
    if schedule is None:
        raise NotPossibleNow(_("No fee guideline is in force, so no fee can be quoted by it."))
    if seen is not None and seen.pk != schedule.pk:
        raise ChangedMeanwhile(
            _("Another version of the guideline is in force now. Look at its fee before you quote it.")
        )
    return schedule


def _check_client(broker: Organization, client: Organization) -> None:
    if client.pk == broker.pk:
        raise DomainError(_("Your own organization cannot be the client."), field="client")
    if client.kind not in CLIENT_KINDS:
        raise DomainError(_("The client must be an institute or a company."), field="client")


def _check_brokers(broker: Organization, client: Organization, shares: Shares) -> None:
    if broker not in shares:
        raise DomainError(_("Your own organization must have a share."), field="brokers")
    if client in shares:
        raise DomainError(_("The client gets no share of the fee."), field="brokers")
    if any(organization.kind != OrganizationKind.BROKER for organization in shares):
        raise DomainError(_("Only brokers share a fee."), field="brokers")


def _earlier(quote: Quote, shares_bp: Mapping[str, int]) -> Quote | None:
    """The same, quoted before and still open, or what the same person quoted with the same key."""
    rows = Quote.objects.filter(broker=quote.broker).for_page()
    same_keys = Quote.objects.filter(quoted_by=quote.quoted_by, idempotency_key=quote.idempotency_key)
    if quote.idempotency_key and (same_key := same_keys.for_page().first()):
        if not _is_same(same_key, quote, shares_bp):
            raise KeyReused(_("This Idempotency-Key was used for another request."))
        return same_key
    same = rows.open().filter(
        client=quote.client, mandate=quote.mandate, schedule=quote.schedule, subject=quote.subject,
        value_won=quote.value_won, fee_won=quote.fee_won, valid_until__gte=timezone.localdate(quote.quoted_at),
    )  # fmt: skip
    found = [row for row in same.order_by("-quoted_at", "-pk") if _is_same(row, quote, shares_bp)]
    return found[0] if found else None


def _is_same(row: Quote, quote: Quote, shares_bp: Mapping[str, int]) -> bool:
    names = ("broker_id", "client_id", "mandate_id", "subject", "value_won", "fee_won")
    its_shares = {str(share.organization.public_id): share.share_bp for share in row.shares.all()}
    return its_shares == shares_bp and all(getattr(row, name) == getattr(quote, name) for name in names)


def _write(quote: Quote, shares: Shares, made: fees.Calculation) -> None:
    """Number, frozen terms and shares: from here on the quote never changes what it says."""
    year, day = timezone.localtime(quote.quoted_at).year, timezone.localdate(quote.quoted_at)
    quote.number = quote_number(year, take_numbers(kind=COUNTER, year=year)[0])
    quote.terms = terms_of(quote.schedule)
    quote.valid_until = day + timedelta(days=DAYS_A_QUOTE_HOLDS)
    _save(quote)
    organizations = {str(organization.public_id): organization for organization in shares}
    QuoteShare.objects.bulk_create(
        QuoteShare(
            quote=quote, organization=organizations[portion.key], share_bp=portion.share_bp, net_won=portion.net_won,
            vat_won=portion.vat_won,
        )
        for portion in made.brokers
    )  # fmt: skip


def _save(quote: Quote) -> None:
    """For two brokers of one person at the same moment with one key: they meet only here."""
    try:
        with transaction.atomic():
            quote.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        raise KeyReused(_("This Idempotency-Key was used for another request.")) from error
