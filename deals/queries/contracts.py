"""Reads of contracts: for whom somebody acts, what waits, what is different between versions, what happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization, User
from accounts.roles import Permission, has_permission
from brokers.models import Quote
from deals.enums.contracts import OPEN_ENDINGS, ContractState, EndingState, VersionState
from deals.enums.negotiation import NegotiationState, Side
from deals.models import Contract, ContractApproval, ContractVersion, Ending, Negotiation
from deals.queries.seats import brokers_on, seats_of
from marketplace.core.waiting import Kind, Waiting


def acts_for(user: User, negotiation: Negotiation, day: date) -> bool:
    """Whether the user negotiates for a side, or for a broker who takes part that day."""
    return bool(seats_of(negotiation, user, Permission.NEGOTIATE, brokers_on(negotiation, day)))


def sides_bound_by(user: User, negotiation: Negotiation) -> list[Side]:
    """The sides whose organization the user may bind."""
    return [side for side in Side if has_permission(user, Permission.AGREE_TERMS, negotiation.organization_of(side))]


def belongs_to_both(user: User, negotiation: Negotiation) -> bool:
    mine = {membership.organization_id for membership in user.active_memberships()}
    return {negotiation.holder_id, negotiation.firm_id} <= mine


@dataclass(frozen=True)
class SideOf:
    """A side of a version: whether and when it approved, and through whom, named to its own people only."""

    side: Side
    organization: Organization
    approval: ContractApproval | None
    by: str


def approvals_of(version: ContractVersion, user: User) -> list[SideOf]:
    """Both sides of a version, the holder first. `approvals` are prefetched."""
    contract, given = version.contract, {each.side: each for each in version.approvals.all()}
    own = {membership.organization_id for membership in user.active_memberships()}
    found = []
    for side, organization in ((Side.HOLDER, contract.holder), (Side.FIRM, contract.firm)):
        approval = given.get(side)
        named = approval is not None and organization.pk in own
        found.append(SideOf(side, organization, approval, approval.approved_by.name if named and approval else ""))
    return found


def quotes_shown(versions: Iterable[ContractVersion], user: User) -> QuerySet[Quote]:
    """The frozen fees that this reader may see: a broker's fee is its client's matter, not the other side's."""
    numbers = {each["quote"] for version in versions for each in version.rules.get("fees", ())}
    return Quote.objects.visible_to(user).filter(number__in=numbers).select_related("schedule", "broker").order_by("pk")


def counts(rows: QuerySet[Contract]) -> dict[str, int]:
    """How many in each state, and in all. One query."""
    wanted = {state.value: Count("pk", filter=Q(state=state)) for state in ContractState}
    return rows.order_by().aggregate(all=Count("pk"), **wanted)


def to_draft(organization: Organization) -> QuerySet[Negotiation]:
    """Agreed negotiations of the organization of which no contract was written."""
    written = Contract.objects.filter(negotiation=OuterRef("pk")).exclude(state=ContractState.CANCELLED)
    rows = Negotiation.objects.filter(~Exists(written), state=NegotiationState.AGREED)
    return rows.filter(Q(holder=organization) | Q(firm=organization)).for_list()


def to_approve(organization: Organization) -> QuerySet[ContractVersion]:
    """Versions that its side has not approved yet."""
    done = ContractApproval.objects.filter(version=OuterRef("pk"))
    rows = ContractVersion.objects.filter(state=VersionState.PROPOSED).select_related("contract")
    as_holder = Q(contract__holder=organization) & ~Exists(done.filter(side=Side.HOLDER))
    as_firm = Q(contract__firm=organization) & ~Exists(done.filter(side=Side.FIRM))
    return rows.filter(as_holder | as_firm).order_by("proposed_at", "pk")


def to_sign(organization: Organization) -> QuerySet[Contract]:
    rows = Contract.objects.filter(state=ContractState.APPROVED)
    return rows.filter(Q(holder=organization) | Q(firm=organization)).order_by("drafted_at", "pk")


def to_answer(organization: Organization) -> QuerySet[Ending]:
    """Ends that the other side proposed."""
    rows = Ending.objects.filter(state=EndingState.PROPOSED).select_related("contract")
    as_holder = Q(contract__holder=organization, side=Side.FIRM)
    as_firm = Q(contract__firm=organization, side=Side.HOLDER)
    return rows.filter(as_holder | as_firm).order_by("last_day", "pk")


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """What waits on the user in `organization`: documents to approve, contracts to sign, ends to answer, contracts to
    write."""
    if organization is None:
        return
    if has_permission(user, Permission.AGREE_TERMS, organization):
        yield Kind(to_approve(organization), ("serial", "contract__number", "contract__public_id"), _to_approve)
        yield Kind(to_sign(organization), ("number", "public_id"), _to_sign)
        yield Kind(
            to_answer(organization), ("last_day", "contract__number", "contract__public_id"),
            lambda ending: _to_answer(ending, day),
        )  # fmt: skip
    if has_permission(user, Permission.NEGOTIATE, organization):
        yield Kind(to_draft(organization), ("number", "public_id"), _to_draft)


def _to_approve(version: ContractVersion) -> Waiting:
    number = {"number": version.contract.number}
    words = _("Approve contract %(number)s") if version.serial == 1 else _("Approve a new version of %(number)s")
    return Waiting(words % number, _address(version.contract))


def _to_sign(contract: Contract) -> Waiting:
    return Waiting(_("Sign contract %(number)s") % {"number": contract.number}, _address(contract))


def _to_answer(ending: Ending, day: date) -> Waiting:
    words = _("Answer about the end of contract %(number)s") % {"number": ending.contract.number}
    return Waiting(words, _address(ending.contract), ending.last_day, ending.last_day < day)


def _to_draft(negotiation: Negotiation) -> Waiting:
    words = _("Write the contract to negotiation %(number)s") % {"number": negotiation.number}
    return Waiting(words, reverse("deals:contract_new", args=[negotiation.public_id]))


def _address(contract: Contract) -> str:
    return reverse("deals:contract", args=[contract.public_id])


@dataclass(frozen=True)
class Step:
    """A line of the history: persons are named to their own organization only."""

    at: datetime
    title: str
    by: str
    text: str = ""


def history(contract: Contract, versions: Iterable[ContractVersion], user: User) -> list[Step]:
    """What happened, oldest first. `versions` come from `for_page`. Three queries, however much it was."""
    versions, names = list(versions), _Names(contract, user)
    names.learn(person for version in versions for person in _people(version))
    found = [step for version in versions for step in _of_version(version, names)]
    for ending in contract.endings.select_related("proposed_by", "answered_by").order_by("pk"):
        found += _of_ending(ending, names)
    if contract.cancelled_at:
        found.append(Step(contract.cancelled_at, _("Not concluded"), "", contract.cancel_text))
    if contract.ended_at:
        found.append(Step(contract.ended_at, _("Contract over"), "", contract.get_end_reason_display()))
    return sorted(found, key=lambda step: step.at)


class _Names:
    """Who did something, as the reader may know it: the organization, and the person where it is the reader's own."""

    def __init__(self, contract: Contract, user: User) -> None:
        self.own = {membership.organization_id for membership in user.active_memberships()}
        self.sides = {Side.HOLDER: contract.holder, Side.FIRM: contract.firm}
        parts = contract.negotiation.brokers.select_related("organization").order_by("pk")
        self.parties = {each.pk: each for each in (*self.sides.values(), *(part.organization for part in parts))}
        self.known: dict[int, Organization] = {}

    def learn(self, people: Iterable[User]) -> None:
        """For which party each of them acts. One query; who has left since is known no more."""
        rows = Membership.objects.active().filter(user__in={each.pk for each in people}, organization__in=self.parties)
        for membership in rows.order_by("pk"):
            self.known.setdefault(membership.user_id, self.parties[membership.organization_id])

    def of_side(self, side: str, person: User) -> str:
        return self._named(self.sides[Side(side)], person)

    def of(self, person: User | None) -> str:
        organization = self.known.get(person.pk) if person else None
        return self._named(organization, person) if person and organization else ""

    def _named(self, organization: Organization, person: User) -> str:
        name = organization.display_name
        return f"{name} · {person.name}" if person.name and organization.pk in self.own else name


def _people(version: ContractVersion) -> list[User]:
    copy = getattr(version, "signed_copy", None)
    return [each for each in (version.proposed_by, version.refused_by, copy.sent_by if copy else None) if each]


def _of_version(version: ContractVersion, names: _Names) -> Iterator[Step]:
    serial = {"serial": version.serial}
    yield Step(
        version.proposed_at, _("Version %(serial)d written") % serial, names.of(version.proposed_by), version.reason
    )
    for approval in version.approvals.all():
        title = _("Version %(serial)d approved") % serial
        yield Step(approval.approved_at, title, names.of_side(approval.side, approval.approved_by))
    if version.refused_at:
        title = _("Version %(serial)d refused") % serial
        yield Step(version.refused_at, title, names.of(version.refused_by), version.refusal_text)
    copy = getattr(version, "signed_copy", None)
    if copy is not None:
        yield Step(copy.sent_at, _("Signed copy sent"), names.of(copy.sent_by))


def _of_ending(ending: Ending, names: _Names) -> Iterator[Step]:
    title = _("End named: %(reason)s") % {"reason": ending.get_reason_display()}
    yield Step(ending.proposed_at, title, names.of_side(ending.side, ending.proposed_by), ending.text)
    if ending.answered_at and ending.answered_at != ending.proposed_at:
        title = _("End: %(state)s") % {"state": ending.get_state_display()}
        yield Step(ending.answered_at, title, "", ending.answer_text)


def ending_open(contract: Contract) -> Ending | None:
    """What is said about the end: proposed, a breach that can be mended, or settled with a day to come."""
    rows = contract.endings.filter(state__in=OPEN_ENDINGS)
    return rows.select_related("proposed_by").first()


def last_day_of(contract: Contract, ending: Ending | None) -> date | None:
    """The last day as it stands now: that of a settled end, or of the term."""
    if contract.ended_on:
        return contract.ended_on
    if ending is not None and ending.state == EndingState.SETTLED:
        return ending.last_day
    return contract.ends_on
