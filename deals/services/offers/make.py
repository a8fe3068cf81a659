"""One side puts ways to pay before the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.enums.negotiation import OTHER_SIDE, EntryKind, NegotiationState, OfferState, Side
from deals.models import Entry, Negotiation, Offer, Option
from deals.queries.studio import speaks_as
from deals.terms import Terms, refusals
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow

MOST_OPTIONS = 6
LEAST_OPTIONS_OF_A_HOLDER = 2
TITLE_LENGTH = 100
LONGEST_VALID = timedelta(days=180)


@dataclass(frozen=True)
class OptionContent:
    """A way to pay, and what it is called."""

    terms: Terms
    title: str = ""


@dataclass(frozen=True)
class OfferContent:
    """What is offered. `valid_until` is the last day on which it can be accepted; `term_months` 0: without a term."""

    deal_kind: str
    options: Sequence[OptionContent]
    valid_until: date
    term_months: int = 0
    territory: str = ""
    field_of_use: str = ""
    text: str = ""
    no_running_reason: str = ""


class Made(NamedTuple):
    offer: Offer
    is_new: bool


@transaction.atomic
def make_offer(
    *, negotiation: Negotiation, content: OfferContent, counter_to: Offer | None = None, by: User, at: datetime,
    key: UUID | None = None,
) -> Made:  # fmt: skip
    """Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field: `options.<place>.<field>`."""
    organization = speaks_as(by, negotiation, Side.HOLDER)
    if organization is None:
        raise NotAllowed(_("Only who takes part for this side may make an offer."))
    locked = Negotiation.objects.select_for_update(of=["self"]).get(pk=negotiation.pk)
    if locked.state != NegotiationState.OPEN or locked.offers.filter(state=OfferState.OFFERED).exists():
        raise NotPossibleNow(_("An offer of your side waits for an answer. Withdraw it before you make another one."))
    today = timezone.localdate(at)
    if not today <= content.valid_until <= today + LONGEST_VALID:
        raise DomainError(_("Choose another day."), field="valid_until")
    _check_options(content)
    offer = Offer.objects.create(
        negotiation=locked, serial=locked.offers.count() + 1, side=Side.HOLDER, organization=organization,
        deal_kind=content.deal_kind, term_months=content.term_months, territory=content.territory,
        field_of_use=content.field_of_use, text=content.text, no_running_reason=content.no_running_reason.strip(),
        offered_at=at, offered_by=by, valid_until=content.valid_until, idempotency_key=key,
    )  # fmt: skip
    for place, each in enumerate(content.options, start=1):
        Option.objects.create(
            offer=offer, position=place, title=each.title, method=each.terms.method, terms=each.terms.to_json(),
            terms_hash=each.terms.digest,
        )  # fmt: skip
    Entry.objects.create(
        negotiation=locked, serial=locked.entries.count() + 1, kind=EntryKind.OFFERED, side=Side.HOLDER,
        organization=organization, by=by, at=at,
    )  # fmt: skip
    locked.turn, locked.answer_due_on = OTHER_SIDE[Side.HOLDER], content.valid_until
    locked.save(update_fields=["turn", "answer_due_on", "updated_at"])
    return Made(offer, True)


def _check_options(content: OfferContent) -> None:
    for place, each in enumerate(content.options):
        for problem in refusals(each.terms):
            raise DomainError(problem.text, field=f"options.{place}.{problem.field}")
    if len({each.terms.digest for each in content.options}) != len(content.options):
        raise DomainError(_("Two of these ways to pay are the same."), field="options")
    only_free = all(each.terms.is_free for each in content.options)
    if len(content.options) < LEAST_OPTIONS_OF_A_HOLDER and not only_free:
        raise DomainError(_("Offer at least two ways to pay, so that the firm can choose."), field="options")
    if not any(each.terms.counts_as_running for each in content.options) and not content.no_running_reason.strip():
        raise DomainError(
            _("Offer a running royalty, too, or say why not: a public holder has to. It is counted publicly."),
            field="no_running_reason",
        )
