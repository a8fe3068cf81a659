"""The signed copy is sent: the contract is in force, and everything that follows from it happens at once."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from brokers.enums.mandates import DealOrigin
from brokers.services.duties.record_deal import NAME_LENGTH, ROYALTY_LENGTH, TECHNOLOGY_LENGTH, record_deal
from deals.clauses import Clauses
from deals.enums.contracts import CONTRACT_STATES, VERSION_STATES, ContractState, VersionState
from deals.enums.negotiation import NEGOTIATION_STATES, EntryKind, NegotiationState
from deals.events import contract_signed
from deals.models import Contract, ContractVersion, Negotiation, SignedCopy
from deals.notices import contracts as notices
from deals.services.contracts.approve import OtherDocument
from deals.services.contracts.asking import binding_side, require_state, waiting_version
from deals.services.contracts.others import settle_others
from deals.services.contracts.room import require_room
from deals.services.contracts.versions import EXCLUSIVE
from deals.services.negotiation.asking import party_of
from deals.services.negotiation.market import follow
from deals.services.negotiation.thread import NOBODY, add_entry
from deals.terms import Terms
from deals.wording.terms import summary
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.files import Document, DocumentType, NotTaken
from marketplace.core.scanned import read_clean
from marketplace.core.watermark import NotMarkable, check_markable
from tech_listings.enums import DealKind, ListingState, Outcome
from tech_listings.models import Listing
from tech_listings.services.exclusivity import require_ground
from tech_listings.services.lock import lock
from tech_listings.services.market import close, offer_again, start_negotiation
from tech_listings.services.market import contract as put_under_contract

LATEST_START = timedelta(days=366)
TRIES = 3


class _Joined(Exception):
    """Somebody began to negotiate about the technology after the negotiations were locked, before the listing was."""


def sign(
    *, contract: Contract, file: BinaryIO, name: str, signed_on: date, starts_on: date, document_hash: str = "",
    by: User, at: datetime,
) -> Contract:  # fmt: skip
    """Keep the signed copy, a PDF, and put the contract in force from `starts_on`. `document_hash` is that of the
    document that was read, if it is said.

    It is read and scanned before anything is locked. What follows in the same transaction: the negotiation is
    contracted, the listing under contract or on offer again, others who negotiate about it are told (or theirs is
    closed), the deal is written down for each broker, and `contract_signed` is sent. The same copy sent twice is one.

    Raises `NotTaken`, `ScannerAway`, `NotAllowed`, `NotPossibleNow`, `OtherDocument`, `GroundNeeded`, `NoRoom`,
    `DomainError`.
    """
    binding_side(contract.negotiation, by)  # nobody else's file is even read; asked again inside the lock
    sent = _readable(file, name)
    kept: list[FieldFile] = []
    try:
        for _each in range(TRIES):
            with suppress(_Joined):
                return _sign(contract, sent, signed_on, starts_on, document_hash, by, at, kept)
    except BaseException:
        for copy in kept:  # the row it belongs to was rolled back, at commit at the latest
            copy.storage.delete(str(copy.name))
        raise
    raise NotPossibleNow(_("Others begin to negotiate about this technology just now. Send the copy again."))


def _readable(file: BinaryIO, name: str) -> Document:
    sent = read_clean(file=file, name=name, field="signed_copy")
    if sent.type != DocumentType.PDF:
        raise NotTaken(_("Send the signed contract as a PDF."), field="signed_copy")
    try:
        check_markable(sent.file, sent.type, field="signed_copy")
    except NotMarkable:
        raise NotTaken(
            _("This PDF does not open: it is damaged or protected by a password. Print it to a new PDF and send that."),
            field="signed_copy",
        ) from None
    return sent


@transaction.atomic
def _sign(
    contract: Contract, sent: Document, signed_on: date, starts_on: date, document_hash: str, by: User, at: datetime,
    kept: list[FieldFile],
) -> Contract:  # fmt: skip
    others = _locked_negotiations(contract)
    negotiation = others.pop(contract.negotiation_id)
    locked = Contract.objects.for_page().select_for_update(of=["self"]).get(pk=contract.pk)
    locked.negotiation = negotiation
    binding_side(negotiation, by)
    if locked.state == ContractState.IN_FORCE and _is_signed_with(locked, sent):
        return locked
    require_state(locked, ContractState.APPROVED)
    if negotiation.state != NegotiationState.AGREED:
        raise NotPossibleNow(_("The negotiation is closed meanwhile. Reload the page to see it."))
    version = waiting_version(locked)
    if version is None or version.state != VersionState.APPROVED:
        raise NotPossibleNow(_("No document is approved by both sides. Reload the page to see it."))
    if document_hash and document_hash != version.document_hash:
        raise OtherDocument(_("Another document was approved than the one you read. Reload the page, read it."))
    _refuse_days(version, signed_on, starts_on, at)

    listing = lock(locked.listing)
    # Nobody begins another one from here on. What came between is locked with the rest, before the listing.
    if Negotiation.objects.running().filter(listing=listing).exclude(pk__in=[*others, negotiation.pk]).exists():
        raise _Joined
    require_room(listing=listing, deal_kind=locked.deal_kind)
    ground = locked.exclusive_ground
    if locked.deal_kind in EXCLUSIVE and ground is None:
        ground = require_ground(listing, on=signed_on, by=by, at=at)
    kept.append(_keep(version, sent, by, at))
    VERSION_STATES.move(version, VersionState.IN_FORCE)
    CONTRACT_STATES.move(
        locked, ContractState.IN_FORCE, revision=locked.revision + 1, exclusive_ground=ground, signed_on=signed_on,
        starts_on=starts_on, ends_on=Clauses.from_json(version.clauses).last_day(starts_on),
    )  # fmt: skip
    NEGOTIATION_STATES.move(negotiation, NegotiationState.CONTRACTED, revision=negotiation.revision + 1, **NOBODY)
    seat = party_of(negotiation, by, Permission.AGREE_TERMS)
    add_entry(negotiation=negotiation, kind=EntryKind.CONTRACTED, seat=seat, by=by, at=at)
    settle_others(contract=locked, others=others.values(), at=at)
    _follow_listing(locked, listing, by, at)
    _record_deals(locked, version, at)
    contract_signed.send(sender=Contract, contract=locked, version=version, at=at)
    notices.signed(locked, at)
    return locked


def _locked_negotiations(contract: Contract) -> dict[int, Negotiation]:
    """This one and all that run about the technology, in one order, before the listing: two contracts about one
    technology that are signed at once meet here."""
    rows = Negotiation.objects.for_page().select_for_update(of=["self"])
    wanted = Negotiation.objects.running().filter(listing=contract.listing_id).values_list("pk", flat=True)
    found = rows.filter(pk__in=[*wanted, contract.negotiation_id]).order_by("pk")
    return {each.pk: each for each in found}


def _is_signed_with(contract: Contract, sent: Document) -> bool:
    return SignedCopy.objects.filter(version__contract=contract, checksum=sent.checksum).exists()


def _refuse_days(version: ContractVersion, signed_on: date, starts_on: date, at: datetime) -> None:
    if not is_plausible(signed_on) or signed_on > timezone.localdate(at):
        raise DomainError(_("Give the day of the signatures, not one to come."), field="signed_on")
    if signed_on < timezone.localdate(version.proposed_at):
        raise DomainError(
            _("The document was written after this day. Give the day of the signatures."), field="signed_on"
        )
    if not signed_on <= starts_on <= signed_on + LATEST_START:
        raise DomainError(_("The first day is the day of signing, or one in the year after it."), field="starts_on")


def _keep(version: ContractVersion, sent: Document, by: User, at: datetime) -> FieldFile:
    made = SignedCopy(
        version=version, name=sent.name, type=sent.type, checksum=sent.checksum, size=sent.size, sent_at=at, sent_by=by
    )
    made.file.save("", File(sent.file), save=False)
    storage, stored = made.file.storage, made.file.name
    try:
        made.save(force_insert=True)
    except BaseException:
        storage.delete(stored)
        raise
    return made.file


def _follow_listing(contract: Contract, listing: Listing, by: User, at: datetime) -> None:
    """Under contract, or on offer again where others may take it, too. What is off the market stays so."""
    exclusive = contract.deal_kind in EXCLUSIVE
    if listing.state == ListingState.PUBLISHED:
        listing = start_negotiation(listing=listing, by=by, at=at)
    if listing.state != ListingState.UNDER_NEGOTIATION:
        return
    listing = put_under_contract(listing=listing, exclusive=exclusive, by=by, at=at)
    if contract.deal_kind == DealKind.ASSIGNMENT:
        with translation.override("ko"):
            text = _("Assigned by contract %(number)s.") % {"number": contract.number}
        close(listing=listing, outcome=Outcome.ASSIGNED, text=text, on=contract.signed_on, by=by, at=at)
    elif not exclusive:
        follow(listing=offer_again(listing=listing, by=by, at=at), by=by, at=at)


def _record_deals(contract: Contract, version: ContractVersion, at: datetime) -> None:
    """For each broker who takes part, once: what its half-year report and its ratings are made of."""
    terms = Terms.from_json(version.terms)
    assert contract.signed_on is not None
    with translation.override("ko"):
        royalty = summary(terms)[:ROYALTY_LENGTH]
    parts = contract.negotiation.brokers.acting_on(timezone.localdate(at)).for_page()
    for part in sorted(parts, key=lambda each: each.organization_id):
        record_deal(
            broker=part.organization, origin=DealOrigin.PLATFORM,
            technology=contract.listing.text_in("title", "ko")[:TECHNOLOGY_LENGTH], holder=contract.holder,
            holder_name=contract.holder.name[:NAME_LENGTH], taker=contract.firm,
            taker_name=contract.firm.name[:NAME_LENGTH], deal_kind=contract.deal_kind,
            value_won=terms.fixed_won + sum(each.won for each in terms.milestones), royalty_text=royalty,
            signed_on=contract.signed_on, term_until=contract.ends_on, listing=contract.listing, mandate=part.mandate,
            reference=contract.number, by=None, at=at,
        )  # fmt: skip
