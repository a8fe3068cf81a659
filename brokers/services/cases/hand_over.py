"""What becomes of a running mandate whose broker was suspended or cancelled: the client chooses, officers supervise."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers.enums.cases import HAND_OVER_STATES, HandOverChoice, HandOverState
from brokers.enums.mandates import MANDATE_STATES, MandateState, OfferedBy
from brokers.models import HandOver, Mandate, Registration
from brokers.models.cases import REASON_TEXT
from brokers.notices import hand_overs as notices
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import is_member, text_of
from brokers.services.cases.offer_again import offer_again
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow

STILL_OVER = (MandateState.ENDED, MandateState.DECLINED, MandateState.WITHDRAWN)


@transaction.atomic
def choose_hand_over(
    *, hand_over: HandOver, choice: str, to_broker: Organization | None = None, by: User, at: datetime
) -> HandOver:
    """The client keeps the mandate with its broker (suspension only), offers it to another one, or ends it.

    Offered, the old mandate runs until the other broker accepts. Raises `NotAllowed`, `NotPossibleNow` saying what
    happened meanwhile, and `DomainError` naming the field.
    """
    locked = locked_hand_over(hand_over)
    require_member(by, Permission.GIVE_MANDATES, locked.mandate.client)
    _refuse_unless_open(locked)
    chosen = {"choice": choice, "chosen_at": at, "chosen_by": by}
    if choice == HandOverChoice.KEEP:
        if not locked.may_be_kept:
            raise DomainError(
                _("The broker’s registration was cancelled: choose another broker, or end the mandate."), field="choice"
            )
        HAND_OVER_STATES.move(locked, HandOverState.KEPT, settled_at=at, **chosen)
        notices.settled(locked, at)
    elif choice == HandOverChoice.END:
        reason = _("The client ended it when the broker was closed to new work.")
        end_mandate_of(locked, by=by, at=at, reason=reason, side=OfferedBy.CLIENT)
        HAND_OVER_STATES.move(locked, HandOverState.ENDED, settled_at=at, **chosen)
        notices.settled(locked, at)
    elif choice == HandOverChoice.MOVE:
        broker = _taker(locked, to_broker)
        mandate = offer_again(mandate=locked.mandate, instead_of=locked.from_broker, broker=broker, by=by, at=at)
        HAND_OVER_STATES.move(locked, HandOverState.OFFERED, to_broker=broker, new_mandate=mandate, **chosen)
    else:
        raise DomainError(_("Choose one of the ways."), field="choice")
    return locked


@transaction.atomic
def settle_hand_over(*, hand_over: HandOver, choice: str, text: str, by: User, at: datetime) -> HandOver:
    """An officer settles what the client left open until its day passed: kept (suspension only) or ended.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_hand_over(hand_over)
    if not governs_brokers(by):
        raise NotAllowed(_("Only officers who register brokers can do this."))
    if any(is_member(by, side) for side in sides_of(locked)):
        raise NotAllowed(_("You belong to one of the sides: another officer has to settle this."))
    _refuse_unless_open(locked)
    if timezone.localdate(at) <= locked.until_on:
        raise NotPossibleNow(_("The client still has time to choose."))
    text = text_of(text, most=REASON_TEXT, field="text", missing=_("Say why: client and broker will read it."))
    done = {"settled_at": at, "settled_by": by, "settled_text": text}
    if choice == HandOverChoice.KEEP and locked.may_be_kept:
        HAND_OVER_STATES.move(locked, HandOverState.KEPT, **done)
    elif choice == HandOverChoice.END:
        end_mandate_of(locked, by=by, at=at, reason=text[:500])
        HAND_OVER_STATES.move(locked, HandOverState.ENDED, **done)
    else:
        raise DomainError(_("Choose one of the ways."), field="choice")
    notices.settled(locked, at)
    return locked


@transaction.atomic
def give_way(*, mandate: Mandate, at: datetime) -> None:
    """Before another broker accepts `mandate`: the old one ends on the day before it begins, but not before today.

    For whoever accepts mandates, in the same transaction; nothing happens where it is no hand-over.
    """
    found = HandOver.objects.filter(new_mandate=mandate, state=HandOverState.OFFERED).first()
    if found is not None:
        _hand_on(locked_hand_over(found), at=at)


@transaction.atomic
def follow_hand_over(*, mandate: Mandate, at: datetime) -> HandOver | None:
    """What was offered to another broker was answered: accepted, the old mandate ends; else the client chooses anew.

    `mandate` is the new one. Safe to call twice, and for a mandate that is none of these (None).
    """
    found = HandOver.objects.open().filter(new_mandate=mandate).first()
    if found is None:
        return None
    locked = locked_hand_over(found)
    if locked.state != HandOverState.OFFERED or locked.new_mandate is None:
        return None
    answered = Mandate.objects.select_related("broker").get(pk=locked.new_mandate.pk)
    if answered.state == MandateState.ACCEPTED:
        _hand_on(locked, at=at)
        HAND_OVER_STATES.move(locked, HandOverState.MOVED, settled_at=at)
        notices.settled(locked, at)
        return locked
    lapsed = answered.state == MandateState.OFFERED and answered.offer_until < timezone.localdate(at)
    if lapsed or answered.state in STILL_OVER:
        HAND_OVER_STATES.move(
            locked, HandOverState.OPEN,
            choice="", chosen_at=None, chosen_by=None, to_broker=None, new_mandate=None,
        )  # fmt: skip
        notices.asked(locked, at, again=answered)
        return locked
    return None


def locked_hand_over(hand_over: HandOver) -> HandOver:
    """Locks the hand-over, then its mandate."""
    rows = HandOver.objects.select_for_update(of=["self"]).select_related("case__registration", "new_mandate")
    locked = rows.select_related("from_broker", "to_broker").get(pk=hand_over.pk)
    mandates = Mandate.objects.select_for_update(of=["self"]).select_related("client", "broker", "schedule")
    locked.mandate = mandates.get(pk=locked.mandate_id)
    return locked


def sides_of(hand_over: HandOver) -> set[int]:
    """The client and every broker of the mandate, by key: whose officers settle nothing."""
    return {hand_over.mandate.client_id, *(part.organization_id for part in hand_over.mandate.partners.all())}


def _hand_on(hand_over: HandOver, *, at: datetime) -> None:
    """Ended by who chose for the client: people of the broker that takes over are no matter of the one before."""
    end_mandate_of(
        hand_over, by=hand_over.chosen_by, at=at, reason=_("Another broker took it over."), side=OfferedBy.CLIENT
    )


def end_mandate_of(hand_over: HandOver, *, by: User | None, at: datetime, reason: str, side: str = "") -> None:
    """End the locked mandate, if it has not ended meanwhile: today, or just before the one that takes over begins."""
    mandate, last = hand_over.mandate, timezone.localdate(at)
    if mandate.state != MandateState.ACCEPTED:
        return
    if hand_over.new_mandate:
        last = max(last, hand_over.new_mandate.starts_on - timedelta(days=1))
    last = min(last, mandate.ends_on)
    MANDATE_STATES.move(
        mandate, MandateState.ENDED, ended_on=last, ended_at=at, ended_by=by, ended_side=side, end_reason=reason
    )


def _refuse_unless_open(hand_over: HandOver) -> None:
    if hand_over.state == HandOverState.OFFERED:
        raise NotPossibleNow(_("It is offered to another broker. Take the offer back, or wait for the answer."))
    if hand_over.state != HandOverState.OPEN or hand_over.mandate.state != MandateState.ACCEPTED:
        raise NotPossibleNow(_("This was settled already. Reload the page to see how."))


def _taker(hand_over: HandOver, broker: Organization | None) -> Organization:
    if broker is None:
        raise DomainError(_("Choose the broker who is to take it over."), field="to_broker")
    if broker.pk in {hand_over.from_broker_id, hand_over.mandate.client_id}:
        raise DomainError(_("Choose another broker."), field="to_broker")
    able = Registration.objects.filter(organization=broker).open_to_work()
    if broker.kind != OrganizationKind.BROKER or not able.exists():
        raise DomainError(_("Only a registered broker that is open to work can take it over."), field="to_broker")
    return broker
