"""What an institute's office has to do, the most urgent first, and for each duty the shortest next step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Number, Waiting
from obligations.enums import DutyKind, DutyState, ExemptionState, ResultKind
from obligations.models import Discharge, DutyDraft, Exemption, Obligation
from obligations.numbers import project_key
from obligations.querysets import ObligationQuerySet, overdue_on
from tech_listings.enums import FINAL_STATES, PUBLIC_STATES, WAITING_STATES, ListingState, RightKind
from tech_listings.models import InventorInvitation, Listing, Right
from tech_listings.quality import Quality, quality_of
from tech_listings.services.publish import missing_parts

SOON = timedelta(days=30)


class When(models.TextChoices):
    OVERDUE = "overdue", gettext_lazy("Overdue")
    SOON = "soon", gettext_lazy("In the next 30 days")
    LATER = "later", gettext_lazy("Later")


class Stand(models.TextChoices):
    """How far the technology of a duty has come."""

    NONE = "none", gettext_lazy("No draft yet")
    DRAFT = "draft", gettext_lazy("Draft")
    RETURNED = "returned", gettext_lazy("Returned for completion")
    WAITING = "waiting", gettext_lazy("In review")
    OFF = "off", gettext_lazy("Off the market or not disclosed")


STATES_OF: Mapping[str, tuple[str, ...]] = {
    Stand.DRAFT: (ListingState.DRAFT,),
    Stand.RETURNED: (ListingState.RETURNED,),
    Stand.WAITING: WAITING_STATES,
    Stand.OFF: (ListingState.EXEMPTED, ListingState.SUSPENDED, ListingState.WITHDRAWN),
}


class Step(models.TextChoices):
    """The shortest way on. The value is for the API."""

    MAKE = "make_draft", gettext_lazy("Make a draft")
    LINK = "link", gettext_lazy("Link the technology")
    COMPLETE = "complete", gettext_lazy("Complete the draft")
    SEND = "send", gettext_lazy("Send for registration")
    RETURNED = "see_why_returned", gettext_lazy("See why it was returned")
    LOOK = "look", gettext_lazy("Look at the technology")
    WAIT = "wait", gettext_lazy("In review")
    EXEMPTION = "exemption_asked", gettext_lazy("An officer decides on the exemption")
    REPORT = "hand_in", gettext_lazy("Hand in the report")


@dataclass(frozen=True)
class Asked:
    """What is looked at; empty means all."""

    when: str = ""
    stand: str = ""
    result_kind: str = ""
    kind: str = ""
    project: str = ""
    q: str = ""


@dataclass(frozen=True)
class Row:
    """A duty and the way on. `days` until its date, negative once it is overdue. `same` has its patent number."""

    duty: Obligation
    days: int
    step: Step
    listing: Listing | None = None
    quality: Quality | None = None
    same: Listing | None = None

    @property
    def is_overdue(self) -> bool:
        return self.days < 0

    @property
    def days_late(self) -> int:
        return -self.days

    @property
    def may_need_time(self) -> bool:
        """Its date is near or past and no officer has it in hand: a delay or an exemption may be the way on."""
        near = self.days <= SOON.days
        return near and self.step in (Step.MAKE, Step.LINK, Step.COMPLETE, Step.RETURNED)

    @property
    def can_be_drafted(self) -> bool:
        return self.step == Step.MAKE

    @property
    def can_be_checked(self) -> bool:
        return self.listing is not None and self.listing.state in (ListingState.DRAFT, ListingState.RETURNED)


def due(user: User | AnonymousUser, organization: Organization, asked: Asked, day: date) -> ObligationQuerySet:
    """The duties of the institute that are to be done, by date; as far as the user may see them."""
    found = Obligation.objects.visible_to(user).filter(institute=organization, state=DutyState.DUE)
    if asked.when:
        found = found.filter(_when(day)[asked.when])
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.result_kind:
        found = found.filter(result__kind=asked.result_kind)
    if asked.project:
        found = found.filter(project__number__icontains=asked.project.strip())
    if asked.q:
        words = Q(result__title__icontains=asked.q) | Q(project__title__icontains=asked.q)
        words |= Q(project__number__icontains=asked.q)
        if digits := "".join(c for c in project_key(asked.q) if c.isdigit()):
            words |= Q(result__number__contains=digits)
        found = found.filter(words)
    if asked.stand:
        found = _standing(found, asked.stand)
    return found


def _when(day: date) -> dict[str, Q]:
    late, near = overdue_on(day), overdue_on(day + SOON + timedelta(days=1))
    return {When.OVERDUE: late, When.SOON: near & ~late, When.LATER: ~near}


def _standing(found: ObligationQuerySet, stand: str) -> ObligationQuerySet:
    drafts = DutyDraft.objects.on_the_way().filter(obligation=OuterRef("pk"))
    if stand == Stand.NONE:
        return found.filter(~Exists(drafts), kind=DutyKind.LISTING)
    newest = drafts.order_by("-pk").values("listing__state")[:1]
    return found.annotate(stands=Subquery(newest)).filter(stands__in=STATES_OF[stand])


def counts(user: User | AnonymousUser, organization: Organization, asked: Asked, day: date) -> dict[str, int]:
    """How many are overdue, soon and later due, under the other filters; in one question."""
    rest = due(user, organization, Asked("", asked.stand, asked.result_kind, asked.kind, asked.project, asked.q), day)
    return rest.order_by().aggregate(**{name: Count("pk", filter=part) for name, part in _when(day).items()})


def rows(duties: Iterable[Obligation], day: date) -> list[Row]:
    """Each duty (of `due(...).for_list()`) with its next step; the same number of questions however many there are."""
    found = list(duties)
    drafts = drafts_of(found)
    open_ones = [duty for duty in found if duty.pk not in drafts and duty.kind == DutyKind.LISTING]
    same = same_patents(open_ones)
    asked = set(
        Exemption.objects.filter(obligation__in=[duty.pk for duty in found], state=ExemptionState.ASKED).values_list(
            "obligation", flat=True
        )
    )
    return [_row(duty, day, drafts.get(duty.pk), same.get(duty.pk), duty.pk in asked) for duty in found]


def _row(duty: Obligation, day: date, draft: Listing | None, same: Listing | None, is_asked: bool) -> Row:
    days = (duty.deadline - day).days
    if duty.kind != DutyKind.LISTING:
        return Row(duty, days, Step.REPORT)
    if draft is not None:
        quality = quality_of(draft)
        return Row(duty, days, _step_of(draft), draft, quality)
    if is_asked:
        return Row(duty, days, Step.EXEMPTION)
    return Row(duty, days, Step.LINK if same else Step.MAKE, same=same)


def _step_of(listing: Listing) -> Step:
    if listing.state == ListingState.RETURNED:
        return Step.RETURNED
    if listing.state in WAITING_STATES:
        return Step.WAIT
    if listing.state != ListingState.DRAFT:
        return Step.LOOK
    return Step.COMPLETE if missing_parts(listing) else Step.SEND


def drafts_of(duties: Sequence[Obligation]) -> dict[int, Listing]:
    """By primary key of the duty: the newest technology on its way to do it, with `has_rights`."""
    links = DutyDraft.objects.on_the_way().filter(obligation__in=[duty.pk for duty in duties]).order_by("pk")
    pairs = dict(links.values_list("obligation", "listing"))
    listings = Listing.objects.with_rights().select_related("holder").in_bulk(set(pairs.values()))
    return {duty: listings[listing] for duty, listing in pairs.items()}


def same_patents(duties: Sequence[Obligation]) -> dict[int, Listing]:
    """By primary key of the duty: a technology of the institute with the result's patent number, the readiest first.

    One that a person has said not to be it (an ended discharge) is not named again.
    """
    numbers = {
        duty.result.number: None for duty in duties if duty.result and _is_patent(duty.result.kind, duty.result.number)
    }
    if not numbers:
        return {}
    rights = Right.objects.filter(
        application_number__in=numbers, kind=RightKind.PATENT, listing__holder__in={d.institute_id for d in duties}
    ).exclude(listing__state__in=FINAL_STATES)
    by_number: dict[tuple[int, str], list[Listing]] = {}
    for right in rights.select_related("listing").order_by("listing"):
        by_number.setdefault((right.listing.holder_id, right.application_number), []).append(right.listing)
    known = set(
        Discharge.objects.filter(obligation__in=[duty.pk for duty in duties]).values_list("obligation", "listing")
    )
    found = {}
    for duty in duties:
        held = by_number.get((duty.institute_id, duty.result.number if duty.result else ""), [])
        if left := [listing for listing in held if (duty.pk, listing.pk) not in known]:
            found[duty.pk] = min(left, key=_readiness)
    return found


def _is_patent(kind: str, number: str) -> bool:
    return kind == ResultKind.PATENT and bool(number)


def _readiness(listing: Listing) -> tuple[int, int]:
    order = 0 if listing.state in PUBLIC_STATES else 1 if listing.state in WAITING_STATES else 2
    return order, listing.pk


# --- the home page ----------------------------------------------------------------------------------------------------


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind | Number]:
    """What is overdue or soon due, returned drafts, answers of inventors: one line each."""
    if organization is None or not has_permission(user, Permission.EDIT_RESULTS, organization):
        return
    for when, tell in ((When.OVERDUE, _overdue), (When.SOON, _soon)):
        yield Number(due(user, organization, Asked(when, kind=DutyKind.LISTING), day), tell)
    yield Number(Listing.objects.filter(holder=organization, state=ListingState.RETURNED), _returned)
    answers = InventorInvitation.objects.answered().filter(listing__holder=organization).order_by("sent_at", "pk")
    yield Kind(answers.exclude(listing__state=ListingState.DISCARDED), ("public_id", "name"), _answered, 5)


def _overdue(late: int) -> Waiting:
    text = ngettext("%(n)s result is overdue for listing", "%(n)s results are overdue for listing", late)
    return Waiting(text % {"n": f"{late:,}"}, f"{reverse('obligations:work')}?kind=listing&when=overdue")


def _soon(soon: int) -> Waiting:
    text = ngettext(
        "%(n)s result is to be listed within 30 days", "%(n)s results are to be listed within 30 days", soon
    )
    return Waiting(text % {"n": f"{soon:,}"}, f"{reverse('obligations:work')}?kind=listing&when=soon")


def _returned(many: int) -> Waiting:
    text = ngettext(
        "%(n)s technology was returned for completion", "%(n)s technologies were returned for completion", many
    )
    return Waiting(text % {"n": many}, f"{reverse('tech_listings:mine')}?state=returned")


def _answered(answer: InventorInvitation) -> Waiting:
    words: dict[str, Any] = {"name": answer.name}
    url = reverse("tech_listings:inventor_answer", args=[answer.public_id])
    return Waiting(_("Look at what the inventor %(name)s sent") % words, url)
