"""What the register counts of a broker: each figure for many brokers in one question, and never one that would tell.

Figures belong to the organization that holds mandates: of traders who work through an office, to the office.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Aggregate, Case, CharField, Count, F, Q, Value, When
from django.db.models import Avg as Mean
from django.utils import timezone

from brokers.enums.mandates import MandateState, OfferedBy
from brokers.enums.register import FEW, MONTHS_COUNTED, SIZE_BOUNDS, DealSize
from brokers.enums.registration import QualificationKind, RegistrationKind
from brokers.models import BrokeredDeal, Mandate, Qualification, Rating, Registration, StaffEntry
from marketplace.core.days import add_months

OTHER = "other"


class Median(Aggregate):
    """The middle value; of an even number the mean of both. None of none."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


class MiddleRow(Median):
    """The middle value as it stands in a row: of an even number the lower one. Whole numbers stay whole."""

    template = "percentile_disc(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Cells:
    """How many of all are of each kind, so that nobody can work out a number below `FEW`.

    `total` is None where there are fewer altogether. What is left of the kinds that are not named is `other`.
    """

    total: int | None
    parts: tuple[tuple[str, int], ...] = ()
    other: int = 0


def cells(counts: Mapping[str, int]) -> Cells:
    """`counts` as it may be shown: kinds with fewer than `FEW` are put together, and with the next one while they are
    too few themselves. Kinds keep their order; an empty key is a kind that is not known, and goes with the others.
    """
    total = sum(counts.values())
    if total < FEW:
        return Cells(None)
    shown = {kind: many for kind, many in counts.items() if kind and many >= FEW}
    other = total - sum(shown.values())
    for kind in sorted(shown, key=lambda kind: (shown[kind], kind)):
        if other == 0 or other >= FEW:
            break
        other += shown.pop(kind)
    return Cells(total, tuple(shown.items()), other)


@dataclass(frozen=True)
class FirstAnswers:
    """Offers of clients in the last 12 months: how many were to be answered, how many were, and how soon usually.

    `median` is None where fewer than `FEW` were answered, all is 0 where fewer were to be.
    """

    asked: int = 0
    answered: int = 0
    median: timedelta | None = None


@dataclass(frozen=True)
class Stars:
    """Of at least `FEW` ratings: how many, the middle and the mean."""

    count: int
    median: float
    mean: float


@dataclass
class Figures:
    """All of one broker. None or empty is: too few to be told."""

    by_field: Counter[str] = field(default_factory=Counter)
    by_size: Counter[str] = field(default_factory=Counter)
    by_origin: Counter[str] = field(default_factory=Counter)
    answers: FirstAnswers = field(default_factory=FirstAnswers)
    fee_bp: int | None = None
    stars: Stars | None = None
    staff: int = 0
    credentials: dict[str, int] = field(default_factory=dict)

    @property
    def deals(self) -> int | None:
        """How many deals, None where they are too few."""
        return cells(self.by_field).total

    @property
    def fields(self) -> Cells:
        return cells(dict(sorted(self.by_field.items())))

    @property
    def sizes(self) -> Cells:
        return cells({size: self.by_size[size] for size in DealSize.values if self.by_size[size]})

    @property
    def origins(self) -> Cells:
        return cells(dict(sorted(self.by_origin.items())))


def size_of() -> Case:
    bands = [When(value_won__lt=below, then=Value(str(size))) for size, below in SIZE_BOUNDS]
    return Case(*bands, default=Value(str(DealSize.FROM_1B)), output_field=CharField())


def since(day: date) -> datetime:
    """The first moment of the months that are looked at."""
    return datetime.combine(add_months(day, -MONTHS_COUNTED), time(), timezone.get_default_timezone())


def to_be_answered(day: date) -> Q:
    """Offers of clients of the last months that were answered, or passed without an answer. Taken back ones are not."""
    lately = Q(offered_side=OfferedBy.CLIENT, offered_at__gte=since(day))
    return lately & (Q(answered_at__isnull=False) | Q(state=MandateState.OFFERED, offer_until__lt=day))


def answered(day: date) -> Q:
    return Q(offered_side=OfferedBy.CLIENT, offered_at__gte=since(day), answered_at__isnull=False)


def figures_of(registrations: Iterable[Registration], *, day: date) -> dict[int, Figures]:
    """By the primary key of the registration, for all of them in five questions."""
    rows = list(registrations)
    houses = {row.organization_id for row in rows if row.organization_id}
    by_house: dict[int, Figures] = {pk: Figures() for pk in houses}
    if houses:
        _deals(by_house)
        _mandates(by_house, day)
        _stars(by_house)
    credentials = _credentials(rows, day)
    found = {}
    for row in rows:
        # Brokers of one house share its figures, not its credentials.
        mine = Figures(**vars(by_house[row.organization_id])) if row.organization_id else Figures()
        mine.staff, mine.credentials = credentials.get(row.pk, (0, {}))
        found[row.pk] = mine
    return found


def _deals(by_house: dict[int, Figures]) -> None:
    rows = BrokeredDeal.objects.filter(broker__in=by_house).annotate(size=size_of())
    counted = rows.values_list("broker", "ipc_section", "size", "origin").annotate(many=Count("pk")).order_by()
    for broker, section, size, origin, many in counted:
        found = by_house[broker]
        found.by_field[section] += many
        found.by_size[size] += many
        found.by_origin[origin] += many


def _mandates(by_house: dict[int, Figures], day: date) -> None:
    accepted = Q(state__in=[MandateState.ACCEPTED, MandateState.ENDED])
    rows = Mandate.objects.filter(broker__in=by_house).values("broker").order_by()
    for row in rows.annotate(
        asked=Count("pk", filter=to_be_answered(day)),
        answered=Count("pk", filter=answered(day)),
        median=Median(F("answered_at") - F("offered_at"), filter=answered(day)),
        accepted=Count("pk", filter=accepted),
        fee=MiddleRow("fee_bp", filter=accepted),
    ):
        found = by_house[row["broker"]]
        if row["asked"] >= FEW:
            median = row["median"] if row["answered"] >= FEW else None
            found.answers = FirstAnswers(row["asked"], row["answered"], median)
        if row["accepted"] >= FEW:
            found.fee_bp = row["fee"]


def _stars(by_house: dict[int, Figures]) -> None:
    rows = Rating.objects.filter(deal__broker__in=by_house).values("deal__broker").order_by()
    for row in rows.annotate(many=Count("pk"), median=Median("stars"), mean=Mean("stars")):
        if row["many"] >= FEW:
            by_house[row["deal__broker"]].stars = Stars(row["many"], float(row["median"]), float(row["mean"]))


def _credentials(rows: list[Registration], day: date) -> dict[int, tuple[int, dict[str, int]]]:
    """How many people count for an agency, and how many have which verified qualification; of a trader his own.

    To be registered here as a trader is one of them.
    """
    agencies = [row.organization_id for row in rows if row.user_id is None]
    people: dict[int, list[int]] = {}
    entries = StaffEntry.objects.counting_on(day).filter(organization__in=agencies)
    for house, user in entries.values_list("organization", "user"):
        people.setdefault(house, []).append(user)
    traders = [row.user_id for row in rows if row.user_id is not None]
    known = [*traders, *(user for staff in people.values() for user in staff)]
    kinds: dict[int, set[str]] = {}
    licences = Qualification.objects.standing().filter(user__in=known).values_list("user", "kind")
    registered = Registration.objects.listed().filter(kind=RegistrationKind.TRADER, user__in=known)
    here = registered.values_list("user", Value(str(QualificationKind.TRADER), output_field=CharField()))
    for user, kind in licences.order_by().union(here.order_by()):
        kinds.setdefault(user, set()).add(kind)
    found = {}
    for row in rows:
        staff = [row.user_id] if row.user_id is not None else people.get(row.organization_id or 0, [])
        counted = Counter(kind for user in staff for kind in kinds.get(user, ()))
        found[row.pk] = (len(staff), dict(sorted(counted.items())))
    return found
