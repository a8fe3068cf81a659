"""Who sits where in a negotiation: the two parties, and brokers who speak for one of them under its mandate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.mandates import PartnerState
from brokers.enums.mandates import Side as MandateSide
from brokers.models import Mandate, MandateListing, MandatePartner
from brokers.querysets.mandates import MandateQuerySet
from deals.enums.negotiation import OTHER_SIDE, Side
from deals.models import Negotiation, NegotiationBroker
from matching.models import Match, Need, NeedAnswer
from tech_listings.models import Listing


@dataclass(frozen=True)
class Seat:
    """Whose words a person says: of `side`, as its `organization`, or as a broker's under `part`."""

    side: Side
    organization: Organization
    part: NegotiationBroker | None = None

    @property
    def is_broker(self) -> bool:
        return self.part is not None


def brokers_on(negotiation: Negotiation, day: date) -> list[NegotiationBroker]:
    """Who takes part for either side that day. One query."""
    return list(negotiation.brokers.acting_on(day).for_page())


def seats_of(
    negotiation: Negotiation, user: User, permission: Permission, brokers: Iterable[NegotiationBroker] = ()
) -> list[Seat]:
    """Where the user may do this, a party's seat before a broker's. `brokers` are those of `brokers_on`."""
    found = [
        Seat(side, negotiation.organization_of(side))
        for side in (Side.HOLDER, Side.FIRM)
        if has_permission(user, permission, negotiation.organization_of(side))
    ]
    return found + [
        Seat(Side(part.side), part.organization, part)
        for part in brokers
        if has_permission(user, permission, part.organization)
    ]


def sides_of(negotiation: Negotiation, user: User, brokers: Iterable[NegotiationBroker] = ()) -> set[str]:
    """The sides whose words the user reads as its own: of the party, or of a broker for it, in any role."""
    mine = {membership.organization_id for membership in user.active_memberships()}
    found = {str(side) for side in Side if negotiation.organization_of(side).pk in mine}
    return found | {part.side for part in brokers if part.organization_id in mine}


def mandates_covering(
    *, client: Organization, side: str, listing: Listing, need: Need | None, day: date
) -> MandateQuerySet:
    """Mandates of a party in force that day that are about this technology or need, or about everything."""
    rows = Mandate.objects.in_force_on(day).filter(client=client, side=MandateSide(side))
    if side == Side.HOLDER:
        about = Exists(MandateListing.objects.filter(mandate=OuterRef("pk"), listing=listing))
        return rows.filter(Q(subject_count=0) | about)
    answered = NeedAnswer.objects.filter(need=OuterRef("need"), listing=listing)
    found = Match.objects.wanted().filter(need=OuterRef("need"), listing=listing)
    return rows.filter(Q(need__isnull=True) | Q(need=need) | Exists(answered) | Exists(found))


def covers(
    mandate: Mandate, *, client: Organization, side: str, listing: Listing, need: Need | None, day: date
) -> bool:
    rows = mandates_covering(client=client, side=side, listing=listing, need=need, day=day)
    return rows.filter(pk=mandate.pk).exists()


def acts_in(mandate: Mandate, organization: Organization) -> bool:
    """Whether the broker has agreed to a share in the mandate."""
    rows = MandatePartner.objects.filter(mandate=mandate, organization=organization)
    return rows.filter(state=PartnerState.AGREED).exists()


@dataclass(frozen=True)
class Invitable:
    """A broker that a party may bring in, and the mandate under which."""

    mandate: Mandate
    organization: Organization


def invitable(negotiation: Negotiation, side: str, day: date, *, also_inside: bool = False) -> list[Invitable]:
    """Brokers of a side who do not take part, or those too, each once, under the mandate that lasts longest."""
    inside = set() if also_inside else set(negotiation.brokers.acting_on(day).values_list("organization", flat=True))
    mandates = mandates_covering(
        client=negotiation.organization_of(side), side=side, listing=negotiation.listing, need=negotiation.need, day=day
    )
    parts = MandatePartner.objects.filter(mandate__in=mandates.values("pk"), state=PartnerState.AGREED)
    rows = parts.exclude(organization__in=inside).select_related("organization", "mandate")
    found: dict[int, Invitable] = {}
    for part in sorted(rows.order_by("pk"), key=lambda part: part.mandate.last_day, reverse=True):
        found.setdefault(part.organization_id, Invitable(part.mandate, part.organization))
    return sorted(found.values(), key=lambda each: each.organization.name)


def client_mandates(broker: Organization, listing: Listing, day: date) -> list[Mandate]:
    """Mandates of firms under which a broker may open a negotiation about the technology."""
    rows = Mandate.objects.in_force_on(day).taken_by([broker.pk]).filter(side=MandateSide.FIRM)
    answered = NeedAnswer.objects.filter(need=OuterRef("need"), listing=listing)
    found = Match.objects.wanted().filter(need=OuterRef("need"), listing=listing)
    rows = rows.filter(Q(need__isnull=True) | Exists(answered) | Exists(found))
    return list(rows.select_related("client", "need").order_by("client__name", "pk"))


def other(side: str) -> Side:
    return OTHER_SIDE[Side(side)]
