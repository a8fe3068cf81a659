"""Reads that pages and the API share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.days import last_day
from marketplace.core.errors import DomainError
from marketplace.core.models import field_of
from marketplace.core.waiting import Number, Waiting
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.clocks import ExclusivityRule, exclusivity_rule
from tech_listings.enums import PUBLIC_STATES, WAITING_STATES, DealKind, Decision, ListingState, Severity
from tech_listings.models import ExclusivityTerm, Finding, Listing, Submission
from tech_listings.numbers import LISTING_NUMBER

PUBLIC_FIELDS = (
    "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko", "summary_en", "summary_zh",
    "problem", "effect", "field_of_use", "conditions_of_use", "keywords", "trl", "ipc_codes", "st_class", "ksic_code",
    "deal_kinds", "price_won", "state", "withdrawn_reason", "confidential_reason",
)  # fmt: skip
LONGEST_SHOWN = 400


@dataclass(frozen=True)
class Exclusivity:
    """Whether a registered technology may be licensed exclusively because nobody asked for a non-exclusive licence.

    The period runs from `registered_on` to `ends_on`; from `opens_on` it is possible, unless somebody asked within it:
    on `asked_on` the first time. `term` is the decision of the institute's head where there is one.
    """

    rule: ExclusivityRule
    registered_on: date
    months: int
    ends_on: date
    opens_on: date
    asked_on: date | None
    term: ExclusivityTerm | None

    def is_open_on(self, day: date) -> bool:
        return self.asked_on is None and day >= self.opens_on


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Number]:
    """One item for what officers have to register, one for technologies of `organization` to confirm."""
    if has_permission(user, Permission.REVIEW_LISTINGS, organization):
        yield Number(Listing.objects.filter(state__in=WAITING_STATES), _to_register)
    if organization is not None and has_permission(user, Permission.PUBLISH_LISTINGS, organization):
        yield Number(Listing.objects.held_by(organization).to_confirm(day), _to_confirm)


def _to_register(many: int) -> Waiting:
    text = ngettext("%(many)s technology waits for registration", "%(many)s technologies wait for registration", many)
    return Waiting(text % {"many": f"{many:,}"}, reverse("tech_listings:review"))


def _to_confirm(many: int) -> Waiting:
    text = ngettext("Confirm %(many)s technology", "Confirm that %(many)s technologies are still available", many)
    return Waiting(text % {"many": f"{many:,}"}, reverse("tech_listings:to_confirm"))


def offers_exclusive(listing: Listing) -> bool:
    """Whether something is offered that leaves nothing for others."""
    return not {DealKind.EXCLUSIVE_LICENCE, DealKind.ASSIGNMENT}.isdisjoint(listing.deal_kinds)


def exclusivity_of(listing: Listing) -> Exclusivity:
    """Of a registered listing. Two queries."""
    assert listing.registered_at is not None
    start = timezone.localdate(listing.registered_at)
    rule, term = exclusivity_rule(start), listing.terms.order_by("-pk").first()
    months = term.months if term else rule.months
    ends_on = last_day(start, months=months)
    within = listing.interests.filter(asked_at__date__gte=start, asked_at__date__lte=ends_on)
    first = within.order_by("asked_at").values_list("asked_at", flat=True).first()
    asked_on = timezone.localdate(first) if first else None
    return Exclusivity(rule, start, months, ends_on, ends_on + timedelta(days=1), asked_on, term)


def find_visible(user: User | AnonymousUser, reference: str) -> Listing:
    """The listing with this number or public id, as far as `user` may see it. Raises `Http404`."""
    rows = Listing.objects.visible_to(user).select_related("holder", "source")
    if LISTING_NUMBER.fullmatch(reference):
        found = rows.filter(number=reference).first()
    else:
        try:
            found = rows.filter(public_id=UUID(reference)).first()
        except ValueError:
            found = None
    if found is None:
        raise Http404
    return found


def find_shown(user: User | AnonymousUser, reference: str) -> Listing:
    """As `find_visible`, but who followed an old link to what was published once is told that it is off the market.

    Nothing else is said of it, and nothing of what never was public. Raises `Http404`, `NoLongerOffered`.
    """
    try:
        return find_visible(user, reference)
    except Http404:
        registered = Listing.objects.filter(registered_at__isnull=False)
        # The public id was its address only before it had a number: nobody outside had it.
        if LISTING_NUMBER.fullmatch(reference) and registered.filter(number=reference).exists():
            raise NoLongerOffered(_("%(number)s is not offered at present.") % {"number": reference}) from None
        raise


class NoLongerOffered(DomainError):
    """Published once, and suspended, withdrawn or sent for registration anew since (410)."""

    code = "no_longer_offered"
    status = 410


def st_majors() -> list[tuple[str, str]]:
    """The 22 majors of the national science and technology classification, in the reader's language."""
    return choices(System.ST, Level.MAJOR)


def trl_levels() -> list[tuple[str, str]]:
    """(level, level and title) of all nine, in the reader's language; without titles where no codes are loaded."""
    titles = dict(choices(System.TRL, Level.STEP))
    return [(level, f"{level} · {titles[level]}" if level in titles else level) for level in map(str, range(1, 10))]


@dataclass(frozen=True)
class FieldChange:
    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Version:
    """One saved version. `number` counts those shown, from 1, whose `changes` are empty: nothing is before it."""

    number: int
    at: datetime
    changes: list[FieldChange]


def versions(listing: Listing) -> QuerySet[Any]:
    """The stored former states of a listing, oldest first (written by the database at every change)."""
    return listing.events.filter(pgh_label="update").order_by("pgh_id")  # type: ignore[attr-defined]


def version_history(listing: Listing, *, inside: bool) -> list[Version]:
    """Newest first. Outsiders see what was public: neither drafts nor what was written while it was withdrawn."""
    states = [s for s in (*versions(listing), listing) if inside or s.state in PUBLIC_STATES]
    made: list[Version] = []
    for before, after in zip([None, *states], states, strict=False):
        if before is None or before.revision != after.revision:
            changes = [] if before is None else list(_compare(before, after))
            made.append(Version(len(made) + 1, _saved_at(after, listing), changes))
    return made[::-1]


def _saved_at(state: Any, listing: Listing) -> datetime:
    at: datetime = state.updated_at or listing.updated_at
    return at


def _compare(before: Any, after: Any) -> Iterator[FieldChange]:
    for name in PUBLIC_FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            label = str(field_of(Listing, name).verbose_name)
            yield FieldChange(name, label, _shown(name, old), _shown(name, new))


def compare_with_form(newest: Listing, typed: dict[str, Any]) -> list[FieldChange]:
    """Where the stored listing (`before`) and what somebody typed (`after`) differ."""
    found = []
    for name, value in typed.items():
        stored = getattr(newest, name)
        if stored != value:
            label = str(field_of(Listing, name).verbose_name)
            found.append(FieldChange(name, label, _shown(name, stored), _shown(name, value)))
    return found


def shown(name: str, value: Any) -> str:
    """The value of a field of a listing as people read it."""
    field = field_of(Listing, name)
    choices = dict(getattr(getattr(field, "base_field", field), "choices", None) or ())
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(choices.get(v, v)) for v in values if v not in (None, ""))


def _shown(name: str, value: Any) -> str:
    text = shown(name, value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def last_return(listing: Listing) -> Submission | None:
    """The last submission that an officer returned, as long as nothing was decided after it."""
    decided = listing.submissions.exclude(decision__in=("", Decision.TAKEN_BACK)).order_by("-serial").first()
    return decided if decided is not None and decided.decision == Decision.RETURNED else None


def waiting_for_officers() -> QuerySet[Listing]:
    """What was sent for registration, longest waiting first, with `sent_at`, `serial` and how many `warnings`."""
    sent = Submission.objects.waiting().filter(listing=OuterRef("pk"))
    warned = Finding.objects.filter(
        submission__listing=OuterRef("pk"), submission__decision="", severity=Severity.WARNING
    ).order_by()
    many = warned.values("submission").annotate(many=Count("pk")).values("many")
    return (
        Listing.objects.filter(state__in=WAITING_STATES)
        .select_related("holder")
        .annotate(
            sent_at=Subquery(sent.values("submitted_at")),
            serial=Subquery(sent.values("serial")),
            warnings=Coalesce(Subquery(many), 0),
        )
        .order_by("sent_at", "pk")
    )


def warnings_of(listings: Sequence[Listing]) -> dict[int, list[Finding]]:
    """By primary key: what officers should look at closely in what waits of these listings. One query."""
    found: dict[int, list[Finding]] = {}
    rows = Finding.objects.filter(
        submission__listing__in=[listing.pk for listing in listings], submission__decision="", severity=Severity.WARNING
    )
    for finding in rows.select_related("submission", "other").order_by("pk"):
        found.setdefault(finding.submission.listing_id, []).append(finding)
    return found


def not_looked_at() -> QuerySet[Listing]:
    """Public technologies that a file brought or somebody changed, and no officer has seen since; oldest first."""
    rows = Listing.objects.published().filter(reviewed_at__isnull=True).select_related("holder", "source")
    return rows.order_by("registered_at", "pk")


def suspended() -> QuerySet[Listing]:
    rows = Listing.objects.filter(state=ListingState.SUSPENDED).select_related("holder")
    return rows.order_by("suspended_at", "pk")
