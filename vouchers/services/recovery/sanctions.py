"""Warnings and exclusions: proposed by one officer, imposed or dropped by another, lifted with a reason.

Most follow a confirmed recovery, in which the debtor was heard. For fraud that was found before money was paid, and for
who was convicted, none is needed (facts §5.5); then whom it is for is told at once and may answer before it is decided.
An exclusion ends by itself after its last day; `programmes` hears of it as standing (`vouchers.queries.standing`).
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organization, User
from accounts.relations import family_of
from accounts.roles import Permission, has_permission
from marketplace.core.days import add_months
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.text import tidy
from programmes.models import Application
from vouchers.enums.recovery import (
    SANCTION_STATES,
    RecoveryGround,
    RecoveryState,
    SanctionGround,
    SanctionKind,
    SanctionState,
)
from vouchers.models import Order, Recovery, Sanction
from vouchers.notices import recovery as notices
from vouchers.recovery import rules_on
from vouchers.services.life.asking import reason_given
from vouchers.services.orders.asking import lock_organizations, lock_standing, refuse_gone
from vouchers.services.recovery.announce import rules_of
from vouchers.services.recovery.asking import lock_recovery, require_of_the_office, require_officer

MOST_YEARS = 5
FOUNDED = (RecoveryState.CONFIRMED, RecoveryState.DELINQUENT, RecoveryState.PAID_BACK)
OPEN = (SanctionState.PROPOSED, SanctionState.IMPOSED)


def lock_sanction(sanction: Sanction) -> Sanction:
    rows = Sanction.objects.select_for_update(of=["self"]).select_related("organization", "office", "recovery")
    return rows.get(pk=sanction.pk)


@transaction.atomic
def propose(
    *, recovery: Recovery, kind: str, reason: str, until_on: date | None = None, key: UUID, by: User, at: datetime
) -> Sanction:
    """Propose to warn or exclude who owes. Nobody outside hears of it before it is imposed.

    The same `key` gives the first one again. Raises `NotAllowed`, `KeyReused`, `NotPossibleNow` unless the recovery was
    confirmed, where one of the kind stands, or where the law does not exclude (yet), `DomainError` for an end that is
    missing, past or more than five years away.
    """
    lock_standing(pk=recovery.debtor_id)
    locked = lock_recovery(recovery)
    require_officer(by, locked)
    office, today = locked.voucher.line.call.office, timezone.localdate(at)
    until_on = until_on if kind == SanctionKind.EXCLUSION else None
    if earlier := _earlier(office, key, (locked.debtor_id, locked.pk, "", "", kind, until_on, tidy(reason))):
        return earlier
    if locked.state not in FOUNDED:
        raise NotPossibleNow(_("A sanction follows a recovery that was confirmed."))
    ends_on = _end_of(kind, until_on, today)
    if locked.sanctions.filter(kind=kind, state__in=OPEN).exists():
        raise NotPossibleNow(_("One of this kind is proposed or imposed already."))
    if kind == SanctionKind.EXCLUSION:
        _require_enough(locked)
    return Sanction.objects.create(
        organization=locked.debtor, recovery=locked, office=office, kind=kind, reason=reason_given(reason, "reason"),
        from_on=today, until_on=ends_on, proposed_by=by, proposed_at=at, key=key,
    )  # fmt: skip


@transaction.atomic
def propose_for_fraud(
    *, organization: Organization, office: Organization, ground: str, evidence: str, kind: str, reason: str,
    until_on: date | None = None, key: UUID, by: User, at: datetime,
) -> Sanction:  # fmt: skip
    """Propose it without money to come back. The organization's managers are told, and may answer until `answer_by`.

    The same `key` gives the first one again. Raises `NotAllowed`, `KeyReused`, `NotPossibleNow` where one of the kind
    stands, `DomainError` for who has nothing to do with the office's calls, an unknown ground, no evidence, no end.
    """
    [firm] = lock_organizations(pk=organization.pk)
    require_of_the_office(by, office, firm)
    today, until_on = timezone.localdate(at), until_on if kind == SanctionKind.EXCLUSION else None
    said = tidy(evidence)
    if earlier := _earlier(office, key, (firm.pk, None, ground, said, kind, until_on, tidy(reason))):
        return earlier
    refuse_gone([firm])
    if not concerned_by(office).filter(pk=firm.pk).exists():
        raise DomainError(
            _("Only who applied under a call of the office, or took orders on its vouchers."), field="organization"
        )
    if ground not in SanctionGround.values:
        raise DomainError(_("Choose one of the grounds."), field="ground")
    if not said or len(said) > Sanction._meta.get_field("evidence").max_length:  # type: ignore[operator]
        raise DomainError(_("Name the decision or judgment, in at most 200 characters."), field="evidence")
    ends_on = _end_of(kind, until_on, today)
    rows = Sanction.objects.filter(organization=firm, office=office, recovery__isnull=True, kind=kind, state__in=OPEN)
    if rows.filter(Q(until_on__isnull=True) | Q(until_on__gte=today)).exists():
        raise NotPossibleNow(_("One of this kind is proposed or imposed already."))
    sanction = Sanction.objects.create(
        organization=firm, office=office, kind=kind, ground=ground, evidence=said,
        reason=reason_given(reason, "reason"), from_on=today, until_on=ends_on, proposed_by=by, proposed_at=at, key=key,
        answer_by=today + timedelta(days=rules_on(today).object_days),
    )  # fmt: skip
    notices.sanction_proposed(sanction, at)
    return sanction


def concerned_by(office: Organization) -> QuerySet[Organization]:
    """Who applied under a call of the office, or took an order on one of its vouchers, and who they were merged into:
    decided applications and orders keep the name they were made under.
    """
    applied = Application.objects.real().filter(call__office=office, submitted_at__isnull=False).values("organization")
    ordered = Order.objects.filter(voucher__line__call__office=office).values("provider")
    named = Organization.objects.filter(Q(pk__in=applied) | Q(pk__in=ordered))
    return Organization.objects.filter(Q(pk__in=named) | Q(pk__in=named.values("merged_into")))


def _earlier(office: Organization, key: UUID, asked: tuple[object, ...]) -> Sanction | None:
    """What was proposed with this key before. Raises `KeyReused` where that was something else."""
    earlier = Sanction.objects.filter(office=office, key=key).first()
    if earlier is not None and asked != (
        earlier.organization_id, earlier.recovery_id, earlier.ground, earlier.evidence, earlier.kind, earlier.until_on,
        earlier.reason,
    ):  # fmt: skip
        raise KeyReused(_("This key was used for another sanction. Send this one with a key of its own."))
    return earlier


def _end_of(kind: str, until_on: date | None, today: date) -> date | None:
    """The last day; a warning has none. Raises `DomainError`."""
    if kind not in SanctionKind.values:
        raise DomainError(_("Choose a warning or an exclusion."), field="kind")
    if kind == SanctionKind.WARNING:
        return None
    if until_on is None or not today < until_on <= add_months(today, 12 * MOST_YEARS):
        raise DomainError(_("An exclusion ends after today and within five years."), field="until_on")
    return until_on


def _require_enough(recovery: Recovery) -> None:
    """Raise `NotPossibleNow` unless as many recoveries were confirmed on the ground as the law excludes for."""
    needed = rules_of(recovery).exclusion_from.get(recovery.ground)
    if needed is None:
        raise NotPossibleNow(_("On this ground the law has no exclusion. A warning is possible."))
    found = Recovery.objects.filter(
        debtor__in=family_of(recovery.debtor), ground=recovery.ground, state__in=FOUNDED
    ).count()
    if found < needed:
        raise NotPossibleNow(
            ngettext(
                "On this ground %(needed)d confirmed recovery excludes; here it is %(found)d. A warning is possible.",
                "On this ground %(needed)d confirmed recoveries exclude; here it is %(found)d. A warning is possible.",
                needed,
            )
            % {"needed": needed, "found": found}
        )


@transaction.atomic
def answer_sanction(*, sanction: Sanction, text: str, by: User, at: datetime) -> Sanction:
    """A manager of whom it is for says why not, in time and once.

    Raises `NotAllowed`, `NotPossibleNow` where nobody is heard (any more), `DomainError` without words.
    """
    locked = lock_sanction(sanction)
    if not has_permission(by, Permission.SIGN_AGREEMENTS, locked.organization):
        raise NotAllowed(_("Only a manager of “%(name)s” can answer.") % {"name": locked.organization})
    if locked.state != SanctionState.PROPOSED or locked.answer_by is None or locked.answered_at is not None:
        raise NotPossibleNow(_("No answer is asked for."))
    if timezone.localdate(at) > locked.answer_by:
        raise NotPossibleNow(_("The days to answer are over."))
    locked.answer, locked.answered_at = reason_given(text), at
    locked.save(update_fields=["answer", "answered_at", "updated_at"])
    notices.sanction_answered(locked, at)
    return locked


@transaction.atomic
def decide_sanction(*, sanction: Sanction, impose: bool, text: str, by: User, at: datetime) -> Sanction:
    """Impose or drop what another officer proposed. An exclusion for fraud is published (Subsidy Act art. 36-2).

    Locks the organization and what was merged into it first, as ordering and reserving do: who comes second
    finds what the first did. Raises `NotAllowed`, `NotPossibleNow` while it can be answered or where its end has
    passed, `IllegalTransition`, `DomainError`.
    """
    lock_organizations(pk__in=family_of(sanction.organization))
    locked = lock_sanction(sanction)
    require_of_the_office(by, locked.office, locked.organization)
    if by.pk == locked.proposed_by_id:
        raise NotAllowed(_("You proposed this: a second officer has to decide."))
    to = SanctionState.IMPOSED if impose else SanctionState.DROPPED
    SANCTION_STATES.check(locked, to)
    today = timezone.localdate(at)
    if impose and locked.until_on is not None and locked.until_on <= today:
        raise NotPossibleNow(_("Its end has passed. Drop it and propose another one."))
    if impose and may_still_answer(locked, today):
        raise NotPossibleNow(_("The organization may still answer. Decide when its days are over."))
    is_public = impose and locked.kind == SanctionKind.EXCLUSION and _is_fraud(locked)
    said = reason_given(text)
    # It begins when it is imposed: the public list shows no day on which it was only proposed.
    also = {"from_on": today} if impose else {}
    SANCTION_STATES.move(locked, to, decided_by=by, decided_at=at, decision_text=said, is_public=is_public, **also)
    if impose:
        notices.sanctioned(locked, at)
    elif locked.answer_by is not None:
        notices.sanction_dropped(locked, at)
    return locked


def may_still_answer(sanction: Sanction, today: date) -> bool:
    """Whether whom it is for is heard now: it has not answered, and its days are not over."""
    return sanction.answer_by is not None and sanction.answered_at is None and today <= sanction.answer_by


def _is_fraud(sanction: Sanction) -> bool:
    return sanction.recovery is None or sanction.recovery.ground == RecoveryGround.FALSE


@transaction.atomic
def lift(*, sanction: Sanction, text: str, by: User, at: datetime) -> Sanction:
    """End it before its day, with a reason which the organization reads.

    Raises `NotAllowed`, `IllegalTransition`, `DomainError` without a reason.
    """
    locked = lock_sanction(sanction)
    require_of_the_office(by, locked.office, locked.organization)
    SANCTION_STATES.check(locked, SanctionState.LIFTED)
    said = reason_given(text)
    SANCTION_STATES.move(locked, SanctionState.LIFTED, lifted_by=by, lifted_at=at, lift_text=said)
    notices.lifted(locked, at)
    return locked
