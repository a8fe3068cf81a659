"""Reads for the page of a negotiation, the home page and the pages from which one begins."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.negotiation import RESTS_AFTER_DAYS, NegotiationState
from deals.models import Entry, Negotiation, Offer, TransferRequest
from marketplace.core.waiting import Kind, Waiting
from matching.models import Need

LINES = 50
TITLES = ("listing__title_ko", "listing__title_en", "listing__title_zh")


def thread(negotiation: Negotiation) -> QuerySet[Entry]:
    """What was said and what happened, oldest first, each with `is_answered`; answers stand in their own place."""
    answers = Entry.objects.filter(reply_to=OuterRef("pk"))
    return negotiation.entries.for_page().select_related("offer").annotate(is_answered=Exists(answers))


def page_of_line(serial: int) -> int:
    """The page of the thread on which a line stands: serials have no gaps."""
    return (serial - 1) // LINES + 1


def offers_of(negotiation: Negotiation) -> list[Offer]:
    """Newest first, with their ways to pay."""
    return list(negotiation.offers.for_page().order_by("-serial"))


def meetings_ahead(negotiation: Negotiation, at: datetime) -> list[Entry]:
    """The next first."""
    return list(negotiation.entries.filter(meets_at__gte=at).order_by("meets_at", "serial"))


def rests_on(negotiation: Negotiation, day: date) -> bool:
    """Whether nobody waits and nothing was said for a month: somebody should go on with it or close it."""
    if negotiation.state != NegotiationState.OPEN or negotiation.turn:
        return False
    said = timezone.localdate(negotiation.last_said_at or negotiation.opened_at)
    return said + timedelta(days=RESTS_AFTER_DAYS) < day


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Answers that `organization` owes as a side or a broker, the most urgent first; then what rests."""
    if organization is None or not has_permission(user, Permission.NEGOTIATE, organization):
        return
    language = get_language() or "ko"

    def line(each: Negotiation, sentence: str, due_on: date | None, *, is_overdue: bool) -> Waiting:
        words = {"number": each.number, "title": each.listing.text_in("title", language)}
        return Waiting(sentence % words, reverse("deals:negotiation", args=[each.public_id]), due_on, is_overdue)

    def to_answer(each: Negotiation) -> Waiting:
        sentence = _("Answer in negotiation %(number)s: %(title)s")
        return line(each, sentence, each.answer_due_on, is_overdue=each.is_late_on(day))

    def resting(each: Negotiation) -> Waiting:
        return line(each, _("Go on with negotiation %(number)s, or close it: %(title)s"), None, is_overdue=False)

    mine = Negotiation.objects.waiting_for([organization.pk], day).order_by("answer_due_on", "pk")
    yield Kind(mine, ("public_id", "number", "answer_due_on", *TITLES), to_answer)
    rows = Negotiation.objects.of([organization.pk]).filter(
        state=NegotiationState.OPEN, turn="", last_said_at__date__lt=day - timedelta(days=RESTS_AFTER_DAYS)
    )
    yield Kind(rows.order_by("last_said_at", "pk"), ("public_id", "number", *TITLES), resting)


def may_begin(request: TransferRequest, user: User) -> bool:
    """Whether to offer the user to begin from it: either side, but of a broker's request only the broker."""
    asker = has_permission(user, Permission.NEGOTIATE, request.requester)
    if request.requester.kind == OrganizationKind.BROKER:
        return asker
    return asker or has_permission(user, Permission.NEGOTIATE, request.holder)


def negotiation_of(request: TransferRequest, user: User) -> Negotiation | None:
    """The one that grew out of a request, as far as the user sees it."""
    return Negotiation.objects.visible_to(user).filter(request=request).first()


def negotiations_about(need: Need, user: User) -> dict[int, Negotiation]:
    """Running ones that grew out of a need, by the technology's key, as far as the user sees them. One query."""
    rows = Negotiation.objects.visible_to(user).running().filter(need=need).order_by("pk")
    return {each.listing_id: each for each in rows}
