"""What becomes of an offered mandate: each broker agrees to its share, the other side accepts or declines."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, require_member
from brokers.enums.fees import ScheduleState
from brokers.enums.mandates import MANDATE_STATES, PARTNER_STATES, MandateState, OfferedBy, PartnerState
from brokers.models import FeeSchedule, Mandate, MandateConsent, MandatePartner
from brokers.models.mandates import LONG_TEXT
from brokers.notices import mandates as notices
from brokers.queries.mandates import for_the_other_side, part_of
from brokers.services.asking import is_member, text_of
from brokers.services.cases.hand_over import follow_hand_over, give_way
from brokers.services.mandates.checks import (
    listings_of,
    locked_mandate,
    refuse_beside_exclusive,
    require_open_to_work,
)
from marketplace.core.errors import NotAllowed, NotPossibleNow


@transaction.atomic
def accept(*, mandate: Mandate, by: User, at: datetime) -> Mandate:
    """The other side accepts; from then on both are bound for the term.

    Every fellow broker and every client that was asked agreed before, all brokers may take new work, no exclusive
    mandate stands in the way, and whoever acts for both sides has said so. The database says so too. Raises
    `NotAllowed` and `NotPossibleNow` saying what happened meanwhile.
    """
    locked = locked_mandate(mandate)
    by_client = locked.offered_side == OfferedBy.BROKER
    _require_answerer(locked, by)
    refuse_if_closed(locked, at)
    if FeeSchedule.objects.filter(pk=locked.schedule_id, state=ScheduleState.WITHDRAWN).exists():
        raise NotPossibleNow(_("The guideline of this offer was withdrawn. A new offer is needed."))
    _refuse_before_all_agreed(locked)
    require_open_to_work(part.organization for part in locked.partners.all())
    give_way(mandate=locked, at=at)
    refuse_beside_exclusive(locked, listings=listings_of(locked), tell_whose=by_client)
    _refuse_undeclared(locked, by_client=by_client)
    own = next(part for part in locked.partners.all() if part.organization_id == locked.broker_id)
    if own.state == PartnerState.ASKED:
        PARTNER_STATES.move(own, PartnerState.AGREED, agreed_at=at, agreed_by=by)
    MANDATE_STATES.move(locked, MandateState.ACCEPTED, answered_at=at, answered_by=by)
    notices.accepted(locked, at)
    follow_hand_over(mandate=locked, at=at)
    return locked


@transaction.atomic
def decline(*, mandate: Mandate, text: str, by: User, at: datetime) -> Mandate:
    """The other side does not want it and says why. Raises `NotAllowed`, `NotPossibleNow` and `DomainError`."""
    locked = locked_mandate(mandate)
    _require_answerer(locked, by)
    refuse_if_closed(locked, at)
    answer = text_of(text, most=LONG_TEXT, field="text", missing=_("Say in a few words why."))
    MANDATE_STATES.move(locked, MandateState.DECLINED, answered_at=at, answered_by=by, answer_text=answer)
    notices.declined(locked, at)
    follow_hand_over(mandate=locked, at=at)
    return locked


@transaction.atomic
def take_back(*, mandate: Mandate, by: User, at: datetime) -> Mandate:
    """Who offered takes the offer back, also when it has lapsed. Raises `NotAllowed` and `NotPossibleNow`."""
    locked = locked_mandate(mandate)
    by_client = locked.offered_side == OfferedBy.CLIENT
    permission = Permission.GIVE_MANDATES if by_client else Permission.TAKE_MANDATES
    require_member(by, permission, locked.client if by_client else locked.broker)
    refuse_if_closed(locked)
    MANDATE_STATES.move(locked, MandateState.WITHDRAWN, withdrawn_at=at, withdrawn_by=by)
    notices.taken_back(locked, at)
    follow_hand_over(mandate=locked, at=at)
    return locked


@transaction.atomic
def agree_to_share(*, mandate: Mandate, by: User, at: datetime) -> MandatePartner:
    """A fellow broker agrees to its share. One that acts for the other side may not (docs/adr, “Mandates”).

    Raises `NotAllowed` and `NotPossibleNow`.
    """
    locked = locked_mandate(mandate)
    part = _part_to_answer(locked, by, at)
    require_open_to_work([part.organization])
    if _other_side(locked, [part.organization]):
        raise NotPossibleNow(
            _("You act for the other side of the same technology, so you cannot take a share here. Refuse it.")
        )
    PARTNER_STATES.move(part, PartnerState.AGREED, agreed_at=at, agreed_by=by)
    notices.share_agreed(locked, part, at)
    return part


@transaction.atomic
def refuse_share(*, mandate: Mandate, text: str, by: User, at: datetime) -> MandatePartner:
    """A fellow broker does not take its share: the offer is declined by that. Raises as `agree_to_share`."""
    locked = locked_mandate(mandate)
    part = _part_to_answer(locked, by, at)
    answer = text_of(text, most=LONG_TEXT, field="text", missing=_("Say in a few words why."))
    PARTNER_STATES.move(part, PartnerState.REFUSED, agreed_at=at, agreed_by=by)
    MANDATE_STATES.move(locked, MandateState.DECLINED, answered_at=at, answered_by=by, answer_text=answer)
    notices.declined(locked, at)
    follow_hand_over(mandate=locked, at=at)
    return part


@transaction.atomic
def answer_consent(*, consent: MandateConsent, agree: bool, by: User, at: datetime) -> MandateConsent:
    """The client on the other side agrees that its broker acts for both, or not: then the offer is declined.

    Raises `NotAllowed` and `NotPossibleNow`.
    """
    locked = locked_mandate(consent.mandate)
    asked = MandateConsent.objects.select_for_update(of=["self"]).select_related("other__client").get(pk=consent.pk)
    require_member(by, Permission.GIVE_MANDATES, asked.other.client)
    if any(is_member(by, part.organization_id) for part in locked.partners.all()):
        raise NotAllowed(_("You belong to the broker, too: another manager has to answer."))
    if asked.state != PartnerState.ASKED:
        raise NotPossibleNow(_("Somebody of your organization has answered meanwhile. Reload the page to see it."))
    if locked.state != MandateState.OFFERED or locked.has_lapsed_on(timezone.localdate(at)):
        raise NotPossibleNow(_("The broker’s offer is over, so nothing has to be answered any more."))
    state = PartnerState.AGREED if agree else PartnerState.REFUSED
    PARTNER_STATES.move(asked, state, answered_at=at, answered_by=by)
    if agree:
        notices.consent_given(locked, asked, at)
    else:
        MANDATE_STATES.move(locked, MandateState.DECLINED, answered_at=at, answered_by=by)
        notices.declined(locked, at)
    follow_hand_over(mandate=locked, at=at)
    return asked


def refuse_if_closed(mandate: Mandate, at: datetime | None = None) -> None:
    """Raise `NotPossibleNow` with what happened, for whoever came second; with `at` also where the day has passed."""
    if mandate.state != MandateState.OFFERED:
        given = {"state": mandate.get_state_display(), "side": _who_acted(mandate)}
        raise NotPossibleNow(
            _("This offer is “%(state)s” meanwhile, by “%(side)s”. Reload the page to see it.") % given
        )
    if at is not None and mandate.has_lapsed_on(timezone.localdate(at)):
        day = date_format(mandate.offer_until, "SHORT_DATE_FORMAT")
        raise NotPossibleNow(_("It could be answered until %(day)s. A new offer is needed.") % {"day": day})


def _who_acted(mandate: Mandate) -> str:
    """The organization that ended the offer. A client on the other side is never named."""
    by_client = mandate.offered_side == OfferedBy.CLIENT
    offering, answering = (mandate.client, mandate.broker) if by_client else (mandate.broker, mandate.client)
    refused = [part.organization for part in mandate.partners.all() if part.state == PartnerState.REFUSED]
    if any(consent.state == PartnerState.REFUSED for consent in mandate.consents.all()):
        return _("Another client of the broker")
    side = offering if mandate.state == MandateState.WITHDRAWN else next(iter(refused), answering)
    return side.display_name


def _require_answerer(mandate: Mandate, by: User) -> None:
    """Of the side that did not offer, and nobody of the one that did."""
    if mandate.offered_side == OfferedBy.BROKER:
        require_member(by, Permission.GIVE_MANDATES, mandate.client)
        if any(is_member(by, part.organization_id) for part in mandate.partners.all()):
            raise NotAllowed(_("You belong to the broker, too: another manager of the client has to answer."))
    else:
        require_member(by, Permission.TAKE_MANDATES, mandate.broker)
        if is_member(by, mandate.client_id):
            raise NotAllowed(_("You belong to the client, too: another manager of the broker has to answer."))


def _part_to_answer(mandate: Mandate, by: User, at: datetime) -> MandatePartner:
    part = part_of(mandate, by)
    if part is None:
        takes = any(has_permission(by, Permission.TAKE_MANDATES, each.organization) for each in mandate.partners.all())
        if not takes:
            raise NotAllowed(_("Only a broker that is asked for its share can do this."))
    refuse_if_closed(mandate, at)
    if part is None:
        raise NotPossibleNow(_("Your share was answered already. Reload the page to see it."))
    return part


def _refuse_before_all_agreed(mandate: Mandate) -> None:
    for part in mandate.partners.all():
        if part.state != PartnerState.AGREED and part.organization_id != mandate.broker_id:
            name = {"name": part.organization.display_name}
            raise NotPossibleNow(_("“%(name)s” has not agreed to its share yet.") % name)
    if any(consent.state != PartnerState.AGREED for consent in mandate.consents.all()):
        raise NotPossibleNow(_("The broker’s client on the other side has not agreed yet."))


def _other_side(mandate: Mandate, brokers: list[Organization]) -> list[Mandate]:
    return list(
        for_the_other_side(
            client=mandate.client, brokers=[broker.pk for broker in brokers], listings=listings_of(mandate),
            need=mandate.need, first=mandate.starts_on, last=mandate.ends_on,
        )
    )  # fmt: skip


def _refuse_undeclared(mandate: Mandate, *, by_client: bool) -> None:
    """Nobody acts for both sides of a technology unless both were told. The client learns nothing of the other one."""
    agreed = {consent.other_id for consent in mandate.consents.all()}
    found = _other_side(mandate, [part.organization for part in mandate.partners.all()])
    undeclared = [other for other in found if other.pk not in agreed]
    if not undeclared:
        return
    if by_client:
        raise NotPossibleNow(
            _("The broker has to declare a conflict of interest first. Ask it for a new offer that does.")
        )
    raise NotPossibleNow(
        _("You or a fellow broker act for the other side of the same technology. Decline, and offer the mandate "
          "yourself with a declaration: both clients have to agree.")
    )  # fmt: skip
