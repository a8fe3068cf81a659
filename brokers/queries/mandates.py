"""Reads of mandates: what stands in the way, whom a conflict touches, what happened, who may act for a technology."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from brokers.enums.mandates import MandateState, OfferedBy, PartnerState, Side
from brokers.models import Mandate, MandateConsent, MandateListing, MandatePartner, Registration
from brokers.queries.fees import Step
from brokers.querysets.mandates import MandateQuerySet
from matching.models import Match, Need, NeedAnswer
from tech_listings.models import Listing

SIDES = {OrganizationKind.INSTITUTE: Side.HOLDER, OrganizationKind.COMPANY: Side.FIRM}
"""Whom a broker acts for, by the kind of the client."""


def is_open_to_work(organization: Organization) -> bool:
    """Whether it may be given new work: registered, and not suspended."""
    return Registration.objects.open_to_work().filter(organization=organization).exists()


def knows_who_asks(broker: Organization, need: Need) -> bool:
    """Whether the need says who posted it, or the company itself has offered the broker a mandate for it."""
    return not need.is_anonymous or Mandate.objects.filter(need=need).taken_by([broker.pk]).exists()


def in_the_way(
    *, client: Organization, broker: Organization, is_exclusive: bool, first: date, last: date,
    listings: Iterable[Listing] = (), need: Need | None = None,
) -> MandateQuerySet:  # fmt: skip
    """Agreed mandates of the client for the same thing and days, where one of the two is exclusive.

    The trigger `brokers_in_the_way` asks the same. Without listings and need it is about everything of the client.
    """
    found = Mandate.objects.agreed().lasting_to(first).filter(client=client, starts_on__lte=last)
    if is_exclusive:
        found = found.filter(~Q(broker=broker) | Q(is_exclusive=True))
    else:
        found = found.filter(~Q(broker=broker), is_exclusive=True)
    everything = Q(need__isnull=True, subject_count=0)
    subjects = [listing.pk for listing in listings]
    if need is not None:
        found = found.filter(everything | Q(need=need))
    elif subjects:
        touched = MandateListing.objects.filter(mandate=OuterRef("pk"), listing__in=subjects)
        found = found.filter(everything | Exists(touched))
    return found.order_by("starts_on", "pk")


def for_the_other_side(
    *, client: Organization, brokers: Collection[int], first: date, last: date,
    listings: Iterable[Listing] = (), need: Need | None = None,
) -> MandateQuerySet:  # fmt: skip
    """Agreed mandates of these brokers (keys) with the other side of the same technology, in the same days.

    A need and a technology belong together where one was found for the other, or an answer names it.
    """
    rows = Mandate.objects.agreed().taken_by(brokers).exclude(client=client)
    rows = rows.lasting_to(first).filter(starts_on__lte=last)
    everything = Q(need__isnull=True, subject_count=0)
    if SIDES[OrganizationKind(client.kind)] == Side.HOLDER:
        subjects = [listing.pk for listing in listings]
        concerned = Listing.objects.filter(pk__in=subjects) if subjects else Listing.objects.filter(holder=client)
        needs = _joined("need", listing__in=concerned.values("pk"))
        firms = Need.objects.filter(pk__in=needs).values("organization")
        about = Q(need__in=needs) | (everything & Q(client__in=firms))
        return rows.filter(about, side=Side.FIRM).order_by("starts_on", "pk")
    needs = Need.objects.filter(pk=need.pk) if need else Need.objects.open().of(client)
    technologies = _joined("listing", need__in=needs.values("pk"))
    holders = Listing.objects.filter(pk__in=technologies).values("holder")
    touched = MandateListing.objects.filter(mandate=OuterRef("pk"), listing__in=technologies)
    about = Exists(touched) | (everything & Q(client__in=holders))
    return rows.filter(about, side=Side.HOLDER).order_by("starts_on", "pk")


def _joined(name: str, **given: Any) -> Any:
    """Keys of needs or listings that a match or an answer joins."""
    matches = Match.objects.wanted().filter(need__isnull=False, **given).values(name)
    answers = NeedAnswer.objects.filter(listing__isnull=False, **given).values(name)
    return matches.union(answers, all=True)


@dataclass(frozen=True)
class Acting:
    """Who may act for the holder of a technology, for everybody to read: each broker with its number in the register,
    empty where it has none any more."""

    brokers: tuple[tuple[Organization, str], ...]
    is_exclusive: bool
    until: date


def acting_for(listing: Listing, day: date) -> list[Acting]:
    """The brokers of the holder for this technology that day, the exclusive first. Cancelled brokers act for nobody."""
    about = Exists(MandateListing.objects.filter(mandate=OuterRef("pk"), listing=listing))
    registered = Registration.objects.listed().filter(organization=OuterRef("broker"))
    rows = Mandate.objects.in_force_on(day).filter(
        Q(subject_count=0) | about, Exists(registered), client=listing.holder_id, side=Side.HOLDER
    )
    found = [
        (mandate, _brokers(mandate)) for mandate in rows.with_brokers().order_by("-is_exclusive", "starts_on", "pk")
    ]
    numbers = numbers_in_register({broker.pk for _mandate, brokers in found for broker in brokers}) if found else {}
    return [
        Acting(
            tuple((broker, numbers.get(broker.pk, "")) for broker in brokers), mandate.is_exclusive, mandate.last_day
        )
        for mandate, brokers in found
    ]


def numbers_in_register(organizations: Iterable[int]) -> dict[int, str]:
    """The number of each that is listed; an office's own before that of a trader in it."""
    rows = Registration.objects.listed().filter(organization__in=organizations)
    return dict(rows.order_by("-kind", "-number").values_list("organization", "number"))


def _brokers(mandate: Mandate) -> tuple[Organization, ...]:
    """The leading one first, the others by share."""
    others = (part.organization for part in mandate.partners.all() if part.organization_id != mandate.broker_id)
    return (mandate.broker, *others)


def mandates_for_need(need: Need, user: User, day: date) -> list[Mandate]:
    """Those about this need that one of the user's organizations has given or taken, agreed or offered."""
    mine = [membership.organization_id for membership in user.active_memberships()]
    rows = Mandate.objects.of_sides(mine).filter(Q(need=need) | Q(need__isnull=True, client=need.organization_id))
    now = rows.running_on(day).values("pk").union(rows.offered_on(day).values("pk"))
    return list(Mandate.objects.filter(pk__in=now).for_list())


def shows_need_to(mandate: Mandate, user: User) -> bool:
    """Whether the need may be named: an officer reads which firm it is, so not one that was posted unnamed."""
    if mandate.need is None:
        return False
    mine = {membership.organization_id for membership in user.active_memberships()}
    sides = {mandate.client_id, *(part.organization_id for part in mandate.partners.all())}
    return bool(mine & sides) or not mandate.need.is_anonymous


def part_of(mandate: Mandate, user: User) -> MandatePartner | None:
    """The share that the user may agree to or refuse for its own broker, other than the leading one."""
    mine = {each.pk for each in organizations_with(user, Permission.TAKE_MANDATES)}
    for part in mandate.partners.all():
        if part.state == PartnerState.ASKED and part.organization_id in mine - {mandate.broker_id}:
            return part
    return None


def others_have_agreed(mandate: Mandate) -> bool:
    """Whether only the answer of the other side is still needed."""
    shares = [part for part in mandate.partners.all() if part.organization_id != mandate.broker_id]
    asked = [*shares, *mandate.consents.all()]
    return all(each.state == PartnerState.AGREED for each in asked)


def consents_asked_of(mandate: Mandate, user: User, day: date) -> list[MandateConsent]:
    """Questions about other mandates of its broker that the client of this one has to answer."""
    rows = MandateConsent.objects.visible_to(user).filter(other=mandate).waiting_on(day)
    return list(rows.for_list())


def history_of_mandate(mandate: Mandate, user: User) -> list[Step]:
    """What became of it, oldest first. Persons are named to their own organization only."""
    mine = {membership.organization_id for membership in user.active_memberships()}
    offering, answering = _offering_and_answering(mandate)

    def who(side: Organization, person: User | None) -> str:
        return f"{side.display_name} · {person}" if person and side.pk in mine else side.display_name

    steps = [Step(pgettext("mandate", "Offered"), mandate.offered_at, who(offering, mandate.offered_by))]
    for part in mandate.partners.all():
        if part.organization_id == mandate.broker_id or part.agreed_at is None:
            continue
        agreed = part.state == PartnerState.AGREED
        title = _("Agreed to its share") if agreed else _("Refused its share")
        steps.append(Step(title, part.agreed_at, who(part.organization, part.agreed_by)))
    for consent in mandate.consents.all():
        if consent.answered_at is not None:
            agreed = consent.state == PartnerState.AGREED
            title = _("The client on the other side agreed") if agreed else _("The client on the other side refused")
            steps.append(Step(title, consent.answered_at))
    if mandate.answered_at:
        declined = mandate.state == MandateState.DECLINED
        title = pgettext("mandate", "Declined") if declined else pgettext("mandate", "Accepted")
        by = who(answering, mandate.answered_by) if _answered_itself(mandate) else ""
        steps.append(Step(title, mandate.answered_at, by, mandate.answer_text))
    if mandate.withdrawn_at:
        steps.append(Step(mandate.get_state_display(), mandate.withdrawn_at, who(offering, mandate.withdrawn_by)))
    if mandate.ended_at:
        steps.append(Step(pgettext("mandate", "Ended"), mandate.ended_at, _ended_by(mandate, who), mandate.end_reason))
    return sorted(steps, key=lambda step: step.at)


def _offering_and_answering(mandate: Mandate) -> tuple[Organization, Organization]:
    by_client = mandate.offered_side == OfferedBy.CLIENT
    return (mandate.client, mandate.broker) if by_client else (mandate.broker, mandate.client)


def _answered_itself(mandate: Mandate) -> bool:
    """Whether the other side answered, and not a fellow broker or a client of the broker who would not have it."""
    asked = [*mandate.partners.all(), *mandate.consents.all()]
    return all(each.state != PartnerState.REFUSED for each in asked)


def _ended_by(mandate: Mandate, who: Any) -> str:
    if mandate.ended_side == OfferedBy.CLIENT:
        return str(who(mandate.client, mandate.ended_by))
    return str(who(mandate.broker, mandate.ended_by)) if mandate.ended_side else ""
