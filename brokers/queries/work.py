"""What the work page of a broker shows: what waits, what fits its speciality and why, and its mandates.

Every read is bounded, so that the page costs the same however many needs, technologies and mandates there are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind, Region
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, organizations_with
from brokers.enums.mandates import OfferedBy
from brokers.models import Mandate, MandateConsent, Registration
from brokers.queries.cases import waiting_kinds as cases_waiting
from brokers.queries.duties import waiting_kinds as duties_waiting
from brokers.queries.fees import waiting_kinds as fees_waiting
from brokers.queries.ratings import waiting_kinds as ratings_waiting
from brokers.queries.registration import waiting_kinds as applications_waiting
from brokers.querysets.mandates import UNTIL
from marketplace.core.waiting import Kind, Number, Waiting, ask, by_deadline
from matching.models import Match, Need, NeedAnswer
from tech_listings.models import Listing

SHOWN = 6
NEWEST_NEEDS, NEWEST_LISTINGS = 300, 2_000
"""So many of the newest are looked at. What lies farther back is found by search."""

ENDS_SOON = timedelta(days=30)


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Mandates to answer, shares to agree to, and what one's broker asks about the other side."""
    gives = has_permission(user, Permission.GIVE_MANDATES, organization)
    if organization is None or not (gives or has_permission(user, Permission.TAKE_MANDATES, organization)):
        return
    rows = Mandate.objects.waiting_for([organization.pk], day).order_by("offer_until", "pk")
    yield Kind(rows, OF_A_MANDATE, lambda mandate: _of_mandate(mandate, organization))
    if gives:
        asked = MandateConsent.objects.filter(other__client=organization).waiting_on(day)
        yield Kind(asked.order_by("mandate__offered_at", "pk"), OF_A_CONSENT, _of_consent)


OF_A_MANDATE = (
    "public_id", "number", "offered_side", "offer_until", "client_id", "broker_id", "client__name", "client__name_en",
    "client__name_zh", "broker__name", "broker__name_en", "broker__name_zh",
)  # fmt: skip
OF_A_CONSENT = (
    "other__public_id", "mandate__offer_until", "mandate__broker__name", "mandate__broker__name_en",
    "mandate__broker__name_zh",
)  # fmt: skip


def _of_consent(consent: MandateConsent) -> Waiting:
    title = _("Say whether “%(broker)s” may act for both sides") % {"broker": consent.mandate.broker.display_name}
    url = f"{reverse('brokers:mandate', args=[consent.other.public_id])}#consents"
    return Waiting(title, url, consent.mandate.offer_until)


def _of_mandate(mandate: Mandate, organization: Organization) -> Waiting:
    given = {"number": mandate.number, "name": mandate.client.display_name}
    if organization.pk == mandate.client_id:
        title = _("Accept or decline mandate %(number)s of “%(name)s”")
        given["name"] = mandate.broker.display_name
    elif organization.pk == mandate.broker_id and mandate.offered_side == OfferedBy.CLIENT:
        title = _("Accept or decline mandate %(number)s of “%(name)s”")
    else:
        title = _("Agree to your share in mandate %(number)s of “%(name)s”")
    return Waiting(title % given, reverse("brokers:mandate", args=[mandate.public_id]), mandate.offer_until)


WAITING: tuple[Callable[[User, Organization | None, date], Iterable[Kind | Number]], ...] = (
    waiting_kinds,
    fees_waiting,
    cases_waiting,
    duties_waiting,
    applications_waiting,
    ratings_waiting,
)
"""What waits on a broker, by part. The home page shows the same, and what waits on officers and clients besides."""


def waiting_on(user: User, broker: Organization, day: date) -> list[Waiting]:
    """All parts, by deadline. One question."""
    return by_deadline(ask(kind for part in WAITING for kind in part(user, broker, day)))


@dataclass(frozen=True)
class Speciality:
    """What the register says of a broker: beginnings of IPC symbols, and regions by their code."""

    registrations: tuple[Registration, ...]
    ipc_prefixes: tuple[str, ...]
    regions: tuple[str, ...]

    @property
    def says_nothing(self) -> bool:
        return not self.ipc_prefixes and not self.regions


def broker_of(user: User, current: Organization | None) -> Organization | None:
    """The broker whose work is shown: the current organization where it is one, else the first one of the user's."""
    both = (Permission.TAKE_MANDATES, Permission.QUOTE_FEES)
    brokers = [each for permission in both for each in organizations_with(user, permission)]
    brokers = [each for each in brokers if each.kind == OrganizationKind.BROKER]
    here = [each for each in brokers if current and each.pk == current.pk]
    return next(iter([*here, *brokers]), None)


def speciality_of(broker: Organization) -> Speciality:
    """Of the agency, and of traders who work through it."""
    found = tuple(Registration.objects.listed().filter(organization=broker).order_by("pk"))
    prefixes = {prefix.upper() for registration in found for prefix in registration.ipc_prefixes}
    regions = {region for registration in found for region in registration.regions}
    return Speciality(found, tuple(sorted(prefixes)), tuple(sorted(regions)))


@dataclass(frozen=True)
class FittingNeed:
    """With why: IPC classes of technologies found for it, and the name of a region the broker works in."""

    need: Need
    classes: tuple[str, ...]
    region: str


def fitting_needs(broker: Organization, user: User, speciality: Speciality, day: date) -> list[FittingNeed]:
    """The newest open needs for which technologies of the speciality were found, or in its regions; three queries."""
    if speciality.says_nothing:
        return []
    newest = Need.objects.shown_to(user).open().filter(answer_by__gte=day).order_by("-opened_at", "-pk")
    keys = newest.values("pk")[:NEWEST_NEEDS]
    fits = Q()
    if speciality.ipc_prefixes:
        found = Match.objects.wanted().filter(
            need=OuterRef("pk"), listing__ipc_prefixes__overlap=list(speciality.ipc_prefixes)
        )
        fits |= Q(Exists(found))
    for code in speciality.regions:
        fits |= Q(region_code__startswith=code[:2])
    answered = NeedAnswer.objects.filter(need=OuterRef("pk"), organization=broker)
    rows = Need.objects.shown_to(user).filter(fits, ~Exists(answered), pk__in=keys).exclude(organization=broker)
    needs = list(rows.for_list()[:SHOWN])
    classes = _classes_of(needs, speciality)
    return [FittingNeed(need, classes.get(need.pk, ()), _region_of(need, speciality)) for need in needs]


def _classes_of(needs: Iterable[Need], speciality: Speciality) -> dict[int, tuple[str, ...]]:
    wanted = set(speciality.ipc_prefixes)
    if not wanted:
        return {}
    found: dict[int, set[str]] = {}
    matches = Match.objects.wanted().filter(
        need__in=[need.pk for need in needs], listing__ipc_prefixes__overlap=list(wanted)
    )
    for need, prefixes in matches.order_by("pk").values_list("need", "listing__ipc_prefixes"):
        found.setdefault(need, set()).update(wanted & set(prefixes))
    return {need: tuple(sorted(classes)) for need, classes in found.items()}


def _region_of(need: Need, speciality: Speciality) -> str:
    codes = [code for code in speciality.regions if need.region_code and need.region_code[:2] == code[:2]]
    return str(Region(codes[0]).label) if codes and codes[0] in Region.values else ""


@dataclass(frozen=True)
class FittingListing:
    listing: Listing
    classes: tuple[str, ...]


def fitting_listings(speciality: Speciality) -> list[FittingListing]:
    """The newest technologies in the classes of the speciality, with which of them."""
    wanted = list(speciality.ipc_prefixes)
    if not wanted:
        return []
    newest = Listing.objects.published().newest_first().values("pk")[:NEWEST_LISTINGS]
    rows = Listing.objects.published().filter(pk__in=newest, ipc_prefixes__overlap=wanted)
    found = rows.for_list()[:SHOWN]
    return [FittingListing(each, tuple(sorted(set(wanted) & set(each.ipc_prefixes)))) for each in found]


def running_mandates(broker: Organization, day: date) -> list[Mandate]:
    """Those in which it acts, the one that ends first first."""
    rows = Mandate.objects.taken_by([broker.pk]).running_on(day).select_related("client", "need")
    return list(rows.with_brokers().with_first_subject().order_by(UNTIL, "pk")[:SHOWN])


def offered_mandates(broker: Organization, day: date) -> list[Mandate]:
    """What it has offered and waits for: the answer of a client, of fellow brokers, or of a client it asked."""
    asked = Mandate.objects.waiting_for([broker.pk], day).values("pk")
    rows = Mandate.objects.taken_by([broker.pk]).offered_on(day).exclude(pk__in=asked).select_related("client", "need")
    return list(rows.with_brokers().with_first_subject().order_by("offer_until", "pk")[:SHOWN])
