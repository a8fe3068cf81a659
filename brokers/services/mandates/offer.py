"""A holder or a firm offers a broker a mandate, or a broker offers to act for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers.enums.mandates import (
    DAYS_AN_OFFER_HOLDS,
    MOST_PARTNERS,
    MOST_SUBJECTS,
    MOST_YEARS,
    OfferedBy,
    PartnerState,
    Side,
)
from brokers.models import FeeSchedule, Mandate, MandateConsent, MandateListing, MandatePartner
from brokers.models.mandates import LONG_TEXT
from brokers.notices import mandates as notices
from brokers.numbers import mandate_number
from brokers.queries.mandates import SIDES, for_the_other_side, knows_who_asks
from brokers.services.mandates.checks import locked_client, refuse_beside_exclusive, require_open_to_work
from brokers.wording.fees import rate
from marketplace.core.counters import take_numbers
from marketplace.core.days import add_months
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import BASIS_POINTS
from marketplace.core.text import tidy
from matching.models import Need
from tech_listings.models import Listing

COUNTER = "mandate"
KEY_CONSTRAINT = "mandate_once_per_key"
MOST_TAIL_MONTHS = 36
Shares = Mapping[Organization, int]


class Offered(NamedTuple):
    """`is_new` is False when the same offer was there already."""

    mandate: Mandate
    is_new: bool


@dataclass(frozen=True)
class Offer:
    """What is offered. Neither listings nor a need: everything of the client.

    Both days belong to the term. `shares` are basis points by broker, the leading one among them, 10,000 together;
    empty for one broker alone. `fee_bp` is the part of the guideline's fee. `tail_months` None: the guideline's.
    `conflict` is what a broker says about acting for the other side, too.
    """

    starts_on: date
    ends_on: date
    listings: Sequence[Listing] = ()
    need: Need | None = None
    is_exclusive: bool = False
    fee_bp: int = BASIS_POINTS
    tail_months: int | None = None
    shares: Shares | None = None
    terms: str = ""
    conflict: str = ""


@transaction.atomic
def offer(
    *, broker: Organization, client: Organization, offered_by: str, offer: Offer, seen: FeeSchedule | None = None,
    by: User, at: datetime, key: UUID | None = None,
) -> Offered:  # fmt: skip
    """Offer a mandate as `offered_by` (`OfferedBy`); the other side answers within 30 days, and not after its term.

    The guideline in force is frozen with it. Co-brokers are asked for their shares; so are clients of the broker on the
    other side of the same technology, where the broker declares that. The same offer while it is open is the same
    offer; so is the same `key` of the same person.

    Raises `NotAllowed`, `NotPossibleNow` (no guideline, broker takes no new work, an exclusive mandate stands in the
    way), `ChangedMeanwhile` (another guideline than seen), `KeyReused`, and `DomainError` naming the field.
    """
    # All offers to and by this client pass here one by one: a double click meets what the first click wrote.
    locked = locked_client(client.pk)
    by_client = offered_by == OfferedBy.CLIENT
    permission = Permission.GIVE_MANDATES if by_client else Permission.TAKE_MANDATES
    require_member(by, permission, locked if by_client else broker)
    side = _check_sides(broker, locked)
    shares = dict(offer.shares) if offer.shares else {broker: BASIS_POINTS}
    _check_shares(broker, locked, shares)
    _check_subjects(offer, side, locked)
    if offer.need is not None and not by_client and not knows_who_asks(broker, offer.need):
        raise DomainError(_("Who posted this need is not named: only the company can give a mandate."), field="need")
    today = timezone.localdate(at)
    _check_term(offer, today)
    schedule = _in_force(today, seen)
    mandate = Mandate(
        broker=broker, client=locked, side=side, need=offer.need, is_exclusive=offer.is_exclusive,
        starts_on=offer.starts_on, ends_on=offer.ends_on, tail_months=_tail(offer, schedule), schedule=schedule,
        fee_bp=_fee(offer, schedule), terms=_text(offer.terms, "terms"), subject_count=len(offer.listings),
        offered_side=offered_by, offered_at=at, offered_by=by, idempotency_key=key,
        offer_until=min(today + timedelta(days=DAYS_AN_OFFER_HOLDS), offer.ends_on),
    )  # fmt: skip
    if not by_client:
        mandate.conflict = _text(offer.conflict, "conflict")
    if earlier := _earlier(mandate, offer, shares, key, today):
        return Offered(earlier, False)
    require_open_to_work(shares)
    refuse_beside_exclusive(mandate, listings=offer.listings, tell_whose=by_client)
    others = [] if by_client else _declared(mandate, offer)
    _write(mandate, offer, shares, others)
    notices.offered(mandate, at)
    return Offered(mandate, True)


def _write(mandate: Mandate, offer: Offer, shares: Shares, others: Sequence[Mandate]) -> None:
    """The row with its parts. Who offers for the leading broker agrees to its share by that."""
    year = timezone.localtime(mandate.offered_at).year
    mandate.number = mandate_number(year, take_numbers(kind=COUNTER, year=year)[0])
    _save(mandate)
    MandateListing.objects.bulk_create(MandateListing(mandate=mandate, listing=listing) for listing in offer.listings)
    by_broker = mandate.offered_side == OfferedBy.BROKER
    for organization, share_bp in shares.items():
        agrees = by_broker and organization == mandate.broker
        MandatePartner.objects.create(
            mandate=mandate, organization=organization, share_bp=share_bp,
            state=PartnerState.AGREED if agrees else PartnerState.ASKED,
            agreed_at=mandate.offered_at if agrees else None, agreed_by=mandate.offered_by if agrees else None,
        )  # fmt: skip
    MandateConsent.objects.bulk_create(MandateConsent(mandate=mandate, other=other) for other in others)


def _check_sides(broker: Organization, client: Organization) -> str:
    """The side of the client. Raises `DomainError`."""
    if broker.kind != OrganizationKind.BROKER:
        raise DomainError(_("Only a broker takes a mandate."), field="broker")
    side = SIDES.get(OrganizationKind(client.kind))
    if side is None:
        raise DomainError(_("The client must be an institute or a company."), field="client")
    return side


def _check_shares(broker: Organization, client: Organization, shares: Shares) -> None:
    if broker not in shares:
        raise DomainError(_("The leading broker must have a share."), field="brokers")
    if client in shares:
        raise DomainError(_("The client gets no share of the fee."), field="brokers")
    if any(organization.kind != OrganizationKind.BROKER for organization in shares):
        raise DomainError(_("Only brokers share a fee."), field="brokers")
    if len(shares) > MOST_PARTNERS:
        raise DomainError(_("At most %(most)d brokers share a fee.") % {"most": MOST_PARTNERS}, field="brokers")
    if any(share_bp < 1 for share_bp in shares.values()) or sum(shares.values()) != BASIS_POINTS:
        raise DomainError(_("The shares of the brokers must each be more than 0 and make 100 %."), field="brokers")


def _check_subjects(offer: Offer, side: str, client: Organization) -> None:
    """Own and public technologies, or an own and open need."""
    if offer.need is not None:
        if offer.listings or side != Side.FIRM or offer.need.organization_id != client.pk:
            raise DomainError(_("A need belongs to a mandate of the company that posted it."), field="need")
        if not offer.need.is_open:
            raise DomainError(_("This need is closed. Open it again, or choose another one."), field="need")
    if len(offer.listings) > MOST_SUBJECTS:
        most = {"most": MOST_SUBJECTS}
        raise DomainError(_("At most %(most)d technologies. For more, choose everything.") % most, field="listings")
    for listing in offer.listings:
        if side != Side.HOLDER or listing.holder_id != client.pk:
            raise DomainError(_("Only technologies of the client can be in its mandate."), field="listings")
        if not listing.is_public:
            number = {"number": listing.number or ""}
            raise DomainError(_("Technology %(number)s is not public now.") % number, field="listings")
    if len({listing.pk for listing in offer.listings}) != len(offer.listings):
        raise DomainError(_("A technology stands here twice."), field="listings")


def _check_term(offer: Offer, today: date) -> None:
    if offer.starts_on < today:
        raise DomainError(_("The first day cannot lie in the past."), field="starts_on")
    if offer.ends_on < offer.starts_on:
        raise DomainError(_("The last day must not lie before the first."), field="ends_on")
    if offer.starts_on > add_months(today, 12):
        raise DomainError(_("A mandate begins within a year."), field="starts_on")
    if offer.ends_on >= add_months(offer.starts_on, 12 * MOST_YEARS):
        raise DomainError(_("A mandate is for at most %(years)d years.") % {"years": MOST_YEARS}, field="ends_on")


def _in_force(today: date, seen: FeeSchedule | None) -> FeeSchedule:
    schedule = FeeSchedule.objects.in_force_on(today).first()
    if schedule is None:
        raise NotPossibleNow(_("No fee guideline is in force, so no mandate can say its fee."))
    if seen is not None and seen.pk != schedule.pk:
        raise ChangedMeanwhile(_("Another version of the guideline is in force now. Look at it before you offer."))
    return schedule


def _tail(offer: Offer, schedule: FeeSchedule) -> int:
    tail_months = min(schedule.tail_months, MOST_TAIL_MONTHS) if offer.tail_months is None else offer.tail_months
    if not 0 <= tail_months <= MOST_TAIL_MONTHS:
        raise DomainError(_("The tail is at most %(most)d months.") % {"most": MOST_TAIL_MONTHS}, field="tail_months")
    return tail_months


def _fee(offer: Offer, schedule: FeeSchedule) -> int:
    """Inside of the band only: what lies outside is decided fee by fee, when a deal is quoted."""
    lowest, highest = BASIS_POINTS - schedule.below_bp, BASIS_POINTS + schedule.above_bp
    if not max(lowest, 1) <= offer.fee_bp <= highest:
        bounds = {"lowest": rate(lowest), "highest": rate(highest)}
        raise DomainError(
            _("The band of the guideline allows %(lowest)s to %(highest)s of its fee. What lies outside is quoted deal "
              "by deal, with a reason, and decided by an officer.") % bounds, field="fee_bp",
        )  # fmt: skip
    return offer.fee_bp


def _text(given: str, field: str) -> str:
    text = tidy(given)
    if len(text) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field=field)
    return text


def _declared(mandate: Mandate, offer: Offer) -> list[Mandate]:
    """Mandates of the leading broker for the other side. Raises `DomainError` where it does not declare them.

    A fellow broker's own conflicts are asked when it agrees: they are not for the leading broker to read.
    """
    found = list(
        for_the_other_side(
            client=mandate.client, brokers=[mandate.broker_id], listings=offer.listings, need=offer.need,
            first=mandate.starts_on, last=mandate.ends_on,
        )
    )  # fmt: skip
    if found and not mandate.conflict:
        numbers = ", ".join(other.number for other in found)
        raise DomainError(
            _("You act for the other side of the same technology: %(numbers)s. Declare it in words. Both clients read "
              "them and have to agree.") % {"numbers": numbers}, field="conflict",
        )  # fmt: skip
    return found


def _earlier(mandate: Mandate, offer: Offer, shares: Shares, key: UUID | None, today: date) -> Mandate | None:
    """The same offer that is there already."""
    by = mandate.offered_by
    if key and (same_key := Mandate.objects.filter(offered_by=by, idempotency_key=key).for_page().first()):
        if not _is_same(same_key, mandate, offer, shares):
            raise KeyReused(_("This Idempotency-Key was used for another request."))
        return same_key
    rows = Mandate.objects.offered_on(today).filter(
        broker=mandate.broker, client=mandate.client, offered_side=mandate.offered_side
    )
    same = [row for row in rows.for_page().order_by("-offered_at", "-pk") if _is_same(row, mandate, offer, shares)]
    return same[0] if same else None


SAME = (
    "broker_id", "client_id", "need_id", "is_exclusive", "starts_on", "ends_on", "tail_months", "fee_bp", "terms",
    "offered_side", "conflict",
)  # fmt: skip


def _is_same(row: Mandate, mandate: Mandate, offer: Offer, shares: Shares) -> bool:
    subjects = {subject.listing_id for subject in row.subjects.all()}
    parts = {part.organization_id: part.share_bp for part in row.partners.all()}
    return (
        subjects == {listing.pk for listing in offer.listings}
        and parts == {organization.pk: share_bp for organization, share_bp in shares.items()}
        and all(getattr(row, name) == getattr(mandate, name) for name in SAME)
    )


def _save(mandate: Mandate) -> None:
    """For two clients of one person at the same moment with one key: they meet only here."""
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
    except IntegrityError as error:
        if KEY_CONSTRAINT not in str(error):
            raise
        raise KeyReused(_("This Idempotency-Key was used for another request.")) from error
