"""Reads for the home page, the calculator and the pages of quotes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers import fees
from brokers.enums.fees import BandState, QuoteState
from brokers.models import BandRequest, FeeSchedule, Quote
from brokers.querysets.fees import FeeScheduleQuerySet, governs_fees
from marketplace.core.waiting import Kind, Waiting

OF_A_QUOTE = ("public_id", "number", "subject")


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Fees outside the band and drafts to publish (officers), quotes to answer (clients), reasons to give (brokers)."""
    if organization is not None and has_permission(user, Permission.GOVERN_FEES, organization):
        yield from _of_officer(user)
    open_now = Quote.objects.open().filter(valid_until__gte=day).order_by("valid_until", "pk")
    if organization is not None and has_permission(user, Permission.ACCEPT_FEES, organization):
        asked = open_now.to_accept().filter(client=organization)
        yield Kind(
            asked, (*OF_A_QUOTE, "valid_until"),
            lambda quote: _waiting(quote, _("Accept or decline the fee %(number)s: %(subject)s"), dated=True),
        )  # fmt: skip
    if organization is not None and has_permission(user, Permission.QUOTE_FEES, organization):
        unasked = open_now.filter(broker=organization, state=QuoteState.OUTSIDE, band_request=None)
        yield Kind(
            unasked, OF_A_QUOTE, lambda quote: _waiting(quote, _("Give a reason for the fee %(number)s: %(subject)s"))
        )


def _of_officer(user: User) -> Iterator[Kind]:
    def to_decide(request: BandRequest) -> Waiting:
        return _waiting(request.quote, _("Decide on a fee outside the band: %(number)s"))

    def to_publish(draft: FeeSchedule) -> Waiting:
        title = _("Publish or change the draft: %(name)s") % {"name": draft.display_name}
        return Waiting(title, reverse("brokers:schedule", args=[draft.public_id]), draft.valid_from)

    columns = tuple(f"quote__{name}" for name in OF_A_QUOTE)
    yield Kind(BandRequest.objects.visible_to(user).waiting().order_by("asked_at", "pk"), columns, to_decide)
    names = ("public_id", "name_ko", "name_en", "name_zh", "valid_from")
    yield Kind(drafts_to_publish(user), names, to_publish)


def drafts_to_publish(user: User) -> FeeScheduleQuerySet:
    """Dated drafts that others wrote: who wrote one does not publish it."""
    drafts = FeeSchedule.objects.drafts().guidelines().filter(valid_from__isnull=False)
    written = FeeSchedule.objects.filter(writings__isnull=False).values("pk")
    return drafts.filter(pk__in=written).exclude(writings__written_by=user).order_by("valid_from", "pk")


def _waiting(quote: Quote, text: str, *, dated: bool = False) -> Waiting:
    url = reverse("brokers:quote", args=[quote.public_id])
    title = text % {"number": quote.number, "subject": quote.subject}
    return Waiting(title, url, quote.valid_until if dated else None)


def schedule_to_compute_with(day: date) -> FeeSchedule | None:
    """The guideline in force, else the newest table there is to compute with."""
    in_force = FeeSchedule.objects.in_force_on(day).with_tiers().first()
    return in_force or FeeSchedule.objects.computable().for_list().first()


@dataclass(frozen=True)
class OtherVersion:
    """What another version would say of the same deal. `more_won` is its fee less the one of the chosen version."""

    schedule: FeeSchedule
    calculation: fees.Calculation
    more_won: int


def other_versions(
    chosen: FeeSchedule, calculation: fees.Calculation, shares: Mapping[str, int] | None = None
) -> list[OtherVersion]:
    """The same value by every other version one can compute with. Two queries."""
    found = []
    for schedule in FeeSchedule.objects.computable().exclude(pk=chosen.pk).for_list():
        made = fees.quote(schedule.plan, value_won=calculation.value_won, brokers=shares)
        found.append(OtherVersion(schedule, made, made.guideline_won - calculation.guideline_won))
    return found


@dataclass(frozen=True)
class Step:
    """A line of a history. `by` is a person's name, empty where it is not for the reader."""

    title: str
    at: datetime
    by: str = ""
    text: str = ""


def history_of_schedule(schedule: FeeSchedule, user: object) -> list[Step]:
    """What became of a version, oldest first. Officers read who did it."""
    inside = isinstance(user, User) and governs_fees(user)

    def name(person: User | None) -> str:
        return str(person) if inside and person else ""

    steps = []
    if inside or schedule.published_at is None:
        writings = schedule.writings.select_related("written_by").order_by("written_at", "pk")
        steps = [Step(_("Written in the draft"), w.written_at, name(w.written_by)) for w in writings]
    if schedule.published_at:
        steps.append(Step(_("Published"), schedule.published_at, name(schedule.published_by)))
    if schedule.superseded_at:
        steps.append(Step(_("Superseded by a newer version"), schedule.superseded_at))
    if schedule.withdrawn_at:
        text = schedule.withdrawal_reason
        steps.append(Step(_("Withdrawn"), schedule.withdrawn_at, name(schedule.withdrawn_by), text))
    return steps


def history_of_quote(quote: Quote, user: User) -> list[Step]:
    """What became of a quote, oldest first. Persons are named to their own side only, officers to officers."""
    mine = {membership.organization_id for membership in user.active_memberships()}

    def who(side: Organization, person: User | None) -> str:
        return f"{side.display_name} · {person}" if person and side.pk in mine else side.display_name

    def officer(person: User | None) -> str:
        return str(person) if governs_fees(user) and person else _("Officer")

    steps = [Step(pgettext("step", "Quoted"), quote.quoted_at, who(quote.broker, quote.quoted_by))]
    request = band_request_of(quote)
    if request:
        by = who(quote.broker, request.asked_by)
        steps.append(Step(_("Reason given for a fee outside the band"), request.asked_at, by, request.reason))
        if request.decided_at:
            outcome = (
                _("Allowed outside the band") if request.state == BandState.GRANTED else _("Refused by an officer")
            )
            steps.append(Step(outcome, request.decided_at, officer(request.decided_by), request.decision_text))
    if quote.accepted_at:
        steps.append(Step(_("Accepted"), quote.accepted_at, who(quote.client, quote.accepted_by)))
    if quote.closed_at:
        side = quote.broker if quote.state == QuoteState.WITHDRAWN else quote.client
        steps.append(Step(quote.get_state_display(), quote.closed_at, who(side, quote.closed_by)))
    return steps


def band_request_of(quote: Quote) -> BandRequest | None:
    """What was asked about it, without another query where the quote came from `for_page`."""
    try:
        return quote.band_request
    except BandRequest.DoesNotExist:
        return None


def find_organizations(text: str, kinds: Sequence[str]) -> list[Organization]:
    """Of these kinds, by a part of a name or the whole business number; at most two, to tell one from several."""
    return list(Organization.objects.filter(kind__in=kinds).matching(text).order_by("name", "pk")[:2])
