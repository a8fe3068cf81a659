"""Choose how to pay, and keep the evidence of what was shown."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.negotiation import NegotiationState, Side
from deals.models import Choice, Negotiation, Offer, Option
from deals.queries.studio import Way, chosen, compared, saved_forecast, ways
from deals.terms import Comparison, digest
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow


@transaction.atomic
def choose(*, option: Option, seen: str | None, by: User, at: datetime) -> Choice:
    """The firm picks `option` among those of its offer. Kept are the options shown, the firm's forecast and day, every
    figure that came out, who and when: append-only, so that it can be computed again to the won. Binds nobody yet;
    accepting the offer does. Without a saved forecast only the ways to pay are kept.

    `seen` is the digest of the comparison that the page showed, empty where it showed none; None from programs, which
    saw what they asked for. The negotiation is locked: the same pick twice is one row. Raises `NotAllowed`,
    `NotPossibleNow`, and `ChangedMeanwhile` where forecast or options are not those that were seen.
    """
    offer = Offer.objects.for_page().get(pk=option.offer_id)
    if not has_permission(by, Permission.NEGOTIATE, offer.negotiation.firm):
        raise NotAllowed(_("Only members of the firm may choose how it pays."))
    negotiation = Negotiation.objects.select_for_update(of=["self"]).get(pk=offer.negotiation_id)
    offer = Offer.objects.for_page().get(pk=offer.pk)
    today = timezone.localdate(at)
    if offer.side != Side.HOLDER or negotiation.state != NegotiationState.OPEN or not offer.can_be_accepted_on(today):
        raise NotPossibleNow(_("This offer does not wait for an answer any more."))
    shown, made = _evidence(offer, today)
    if seen is not None and seen != (made.digest if made else ""):
        raise ChangedMeanwhile(_("The numbers have changed since you saw them. Look at the comparison again."))
    inputs = {"signed_on": made.signed_on.isoformat(), "forecast": made.forecast.to_json()} if made else {}
    result = made.to_json() if made else {}
    evidence_hash = hash_of(option, inputs=inputs, shown=shown, result=result)
    latest = chosen(offer)
    if latest is not None and latest.evidence_hash == evidence_hash:
        return latest
    return Choice.objects.create(
        option=option,
        firm=offer.negotiation.firm,
        inputs=inputs,
        shown=shown,
        result=result,
        evidence_hash=evidence_hash,
        chosen_at=at,
        chosen_by=by,
    )


def hash_of(option: Option, *, inputs: Any, shown: Any, result: Any) -> str:
    """SHA-256 of the evidence, the pick among it."""
    return digest({"picked": str(option.public_id), "inputs": inputs, "shown": shown, "result": result})


def _evidence(offer: Offer, today: date) -> tuple[list[dict[str, Any]], Comparison | None]:
    found, sales = ways(offer), saved_forecast(offer)
    return [_shown(each) for each in found], compared(found, sales, today) if sales else None


def _shown(way: Way) -> dict[str, Any]:
    option = way.option
    return {
        "key": way.key,
        "position": option.position,
        "title": option.title,
        "method": option.method,
        "terms": option.terms,
        "terms_hash": option.terms_hash,
    }
