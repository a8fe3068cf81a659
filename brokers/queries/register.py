"""What the pages and the API of the public register show of a broker."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch
from django.utils import timezone

from accounts.enums import Region
from brokers.enums.register import (
    DAYS_A_DECLARATION_HOLDS,
    EXAMPLE_WON,
    FEW,
    Language,
    PublicState,
    TextKind,
    seed_of,
)
from brokers.enums.registration import QualificationKind
from brokers.fees import quote
from brokers.models import FeeSchedule, Rating, RatingText, Registration
from brokers.queries.figures import Figures, figures_of
from marketplace.core.money import share_rounded_down
from taxonomy.enums import System
from taxonomy.queries import titles


def draw(day: date, number: str) -> str:
    """The value by which the register is in order on that day in Korea, the smallest first: what SQL computes too."""
    return hashlib.md5(f"{seed_of(day)}{number}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One broker as everybody may read it. Nothing in here names a client or a party of a deal."""

    registration: Registration
    figures: Figures
    state: PublicState
    takes_new_work: bool
    fields: list[tuple[str, str]]
    regions: list[str]
    languages: list[str]
    credentials: list[tuple[str, int]]

    @property
    def name(self) -> str:
        return self.registration.display_name


def entries(registrations: Iterable[Registration], *, day: date) -> list[Entry]:
    """All of them in six questions, and the titles of classes, which are remembered."""
    rows = list(registrations)
    is_open = set(
        Registration.objects.publicly_open(day).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    figures = figures_of(rows, day=day)
    named = titles(System.IPC, {code for row in rows for code in row.ipc_prefixes})
    return [_entry(row, figures[row.pk], named, day, row.pk in is_open) for row in rows]


def _entry(row: Registration, figures: Figures, named: dict[str, str], day: date, is_open: bool) -> Entry:
    return Entry(
        registration=row,
        figures=figures,
        state=row.public_state_on(day),
        takes_new_work=is_open,
        fields=[(code, named.get(code, "")) for code in row.ipc_prefixes],
        regions=labels(Region, row.regions),
        languages=labels(Language, row.languages),
        credentials=[(str(QualificationKind(kind).label), many) for kind, many in figures.credentials.items()],
    )


def labels(known: type, codes: Iterable[str]) -> list[str]:
    """What people call each code; one that is not known stands as it is."""
    return [str(known(code).label) if code in known.values else code for code in codes]  # type: ignore[attr-defined]


def introduction_in(registration: Registration, language: str) -> tuple[str, str]:
    """(text, its language) in the reader's language, or in one that there is: Korean, English, Chinese."""
    order = {"en": ("en", "ko", "zh"), "zh": ("zh", "en", "ko")}.get(language[:2], ("ko", "en", "zh"))
    for code in order:
        if text := getattr(registration, f"introduction_{code}"):
            return text, "zh-hans" if code == "zh" else code
    return "", language


@dataclass(frozen=True)
class FeeBesideGuideline:
    """What the broker usually takes of the guideline's fee, and what both are for a deal of `value_won`."""

    schedule: FeeSchedule
    value_won: int
    guideline_won: int
    usual_won: int | None


def fee_beside_guideline(figures: Figures, *, day: date) -> FeeBesideGuideline | None:
    """None where no guideline is in force."""
    schedule = FeeSchedule.objects.in_force_on(day).with_tiers().first()
    if schedule is None:
        return None
    guideline = quote(schedule.plan, value_won=EXAMPLE_WON).guideline_won
    usual = None if figures.fee_bp is None else share_rounded_down(guideline, figures.fee_bp)
    return FeeBesideGuideline(schedule, EXAMPLE_WON, guideline, usual)


def is_declaration_old(registration: Registration, day: date) -> bool:
    """Whether what the broker said about conflicts of interest was said more than a year ago."""
    declared = registration.conflicts_declared_at
    return declared is not None and timezone.localdate(declared) < day - timedelta(days=DAYS_A_DECLARATION_HOLDS)


def shown_ratings(registration: Registration) -> list[Rating]:
    """The newest ratings with their texts; nothing while there are fewer than `FEW`: one could tell whose it is."""
    rows = Rating.objects.of_broker(registration.organization_id)
    if rows.count() < FEW:
        return []
    texts = RatingText.objects.order_by("written_at", "pk")
    found = rows.select_related("organization").prefetch_related(Prefetch("texts", queryset=texts))
    return list(found.order_by("-rated_at", "-pk")[:20])


def text_of(rating: Rating, kind: TextKind) -> RatingText | None:
    """Of a rating whose texts were read with it."""
    return next((text for text in rating.texts.all() if text.kind == kind), None)
