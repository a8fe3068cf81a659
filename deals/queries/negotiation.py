"""Reads for the page of a negotiation, the home page and the pages from which one begins."""

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
from marketplace.core.waiting import Waiting
from matching.models import Need

LINES = 50


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


def waiting_on(
    user: User, organization: Organization | None, *, today: date | None = None, limit: int = 10
) -> list[Waiting]:
    """Answers that `organization` owes as a side or a broker, the most urgent first; then what rests. Two queries."""
    if not has_permission(user, Permission.NEGOTIATE, organization):
        return []
    assert organization is not None
    day, language = today or timezone.localdate(), get_language() or "ko"

    def line(negotiation: Negotiation, sentence: str, due_on: date | None, *, is_overdue: bool) -> Waiting:
        words = {"number": negotiation.number, "title": negotiation.listing.text_in("title", language)}
        url = reverse("deals:negotiation", args=[negotiation.public_id])
        return Waiting(sentence % words, url, due_on, is_overdue)

    mine = Negotiation.objects.waiting_for([organization.pk], day).for_list()
    found = [
        line(
            each, _("Answer in negotiation %(number)s: %(title)s"), each.answer_due_on, is_overdue=each.is_late_on(day)
        )
        for each in mine.order_by("answer_due_on", "pk")[:limit]
    ]
    rows = Negotiation.objects.of([organization.pk]).filter(
        state=NegotiationState.OPEN, turn="", last_said_at__date__lt=day - timedelta(days=RESTS_AFTER_DAYS)
    )
    resting = rows.for_list().order_by("last_said_at", "pk")[: limit - len(found)]
    sentence = _("Go on with negotiation %(number)s, or close it: %(title)s")
    return found + [line(each, sentence, None, is_overdue=False) for each in resting]


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
