"""What a firm wants changed of its voucher: asked, taken back, decided by an officer."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.days import add_months
from marketplace.core.errors import Conflict, DomainError
from vouchers.enums.vouchers import (
    CHANGE_STATES,
    VOUCHER_STATES,
    ChangeKind,
    ChangeState,
    VoucherState,
)
from vouchers.models import ChangeRequest, Voucher, VoucherStep
from vouchers.notices import life as notices
from vouchers.queries.orders import scheme_of, service_words
from vouchers.queries.taken import taken_of
from vouchers.services.life.asking import (
    lock_voucher,
    reason_given,
    require_holder,
    require_officer,
)
from vouchers.services.life.over import end_locked

PERMISSION = {
    ChangeKind.EXTEND: Permission.USE_VOUCHERS,
    ChangeKind.PLAN: Permission.USE_VOUCHERS,
    ChangeKind.END: Permission.SIGN_AGREEMENTS,  # it binds the firm: its manager
}


def latest_end(voucher: Voucher) -> date | None:
    """How long the term may become at most: by the call's months after the first term."""
    if voucher.valid_from is None:
        return None
    days = scheme_of(voucher).days
    return add_months(voucher.valid_from, days.valid_months + days.extension_months)


@transaction.atomic
def ask_change(
    *, voucher: Voucher, kind: ChangeKind, text: str, by: User, at: datetime, valid_until: date | None = None,
    services: list[str] | None = None,
) -> ChangeRequest:  # fmt: skip
    """Ask for a longer term (`valid_until`), other services of the menu (`services`), or the end. One of a kind at a
    time; the same asked again is the one that is open. Raises `NotAllowed`, `Conflict`, `DomainError`."""
    locked = lock_voucher(voucher.pk)
    require_holder(by, PERMISSION[kind], locked)
    if locked.state not in (VoucherState.ISSUED, VoucherState.SUSPENDED):
        raise Conflict(_("Only a voucher that runs can be changed."))
    content = _content(locked, kind, valid_until, services)
    said = reason_given(text)
    if earlier := locked.changes.filter(kind=kind, state=ChangeState.ASKED).first():
        if (earlier.content, earlier.text) != (content, said):
            raise Conflict(_("You have asked for this already. Take it back first, to ask for something else."))
        return earlier
    change = ChangeRequest.objects.create(
        voucher=locked, kind=kind, content=content, text=said, asked_by=by, asked_at=at
    )
    notices.change_asked(change, at)
    return change


def _content(
    voucher: Voucher, kind: ChangeKind, valid_until: date | None, services: list[str] | None
) -> dict[str, Any]:
    if kind == ChangeKind.EXTEND:
        return {"valid_until": _checked_end(voucher, valid_until).isoformat()}
    if kind == ChangeKind.PLAN:
        return {"services": _checked_services(voucher, services or [])}
    return {}


def _checked_end(voucher: Voucher, day: date | None) -> date:
    latest = latest_end(voucher)
    if day is None or voucher.valid_until is None or day <= voucher.valid_until:
        raise DomainError(_("Choose a day after the present end."), field="valid_until")
    if latest is None or day > latest:
        raise DomainError(
            _("The call allows a term until %(latest)s at most.") % {"latest": latest}, field="valid_until"
        )
    return day


def _checked_services(voucher: Voucher, chosen: list[str]) -> list[str]:
    scheme = scheme_of(voucher)
    found = [scheme.service(key) for key in dict.fromkeys(chosen)]
    known = [each for each in found if each is not None]
    if not known or len(known) != len(found):
        raise DomainError(_("Choose services of the call's menu."), field="services")
    if len(known) > scheme.most_services:
        raise DomainError(_("At most %(most)d services.") % {"most": scheme.most_services}, field="services")
    if scheme.one_per_area and len({each.area for each in known}) < len(known):
        raise DomainError(_("One service of each field only."), field="services")
    keys = [each.key for each in known]
    for key, taken in taken_of(voucher).items():
        if key not in keys and scheme.service(key):
            raise DomainError(
                _("“%(service)s” is ordered (%(number)s): it stays among the services.")
                % {"service": service_words(voucher, key), "number": taken.order.number},
                field="services",
            )
    return keys


@transaction.atomic
def withdraw_change(*, change: ChangeRequest, by: User, at: datetime) -> ChangeRequest:
    """The firm takes it back before it is decided. Raises `NotAllowed`, `IllegalTransition`."""
    voucher, locked = _lock(change)
    require_holder(by, PERMISSION[ChangeKind(locked.kind)], voucher)
    CHANGE_STATES.move(locked, ChangeState.WITHDRAWN)
    return locked


@transaction.atomic
def decide_change(*, change: ChangeRequest, approve: bool, text: str, by: User, at: datetime) -> ChangeRequest:
    """An officer of the office says yes, and it is done, or no, with the reason.

    Raises `NotAllowed`, `IllegalTransition`, `Conflict` where the voucher runs no more, `DomainError`.
    """
    voucher, locked = _lock(change)
    require_officer(by, voucher)
    to = ChangeState.APPROVED if approve else ChangeState.REFUSED
    CHANGE_STATES.check(locked, to)
    said = reason_given(text)
    CHANGE_STATES.move(locked, to, decided_by=by, decided_at=at, decision_text=said)
    if approve:
        _carry_out(voucher, locked, said, by, at)
    notices.change_decided(locked, at)
    return locked


def _lock(change: ChangeRequest) -> tuple[Voucher, ChangeRequest]:
    voucher = lock_voucher(change.voucher_id)
    locked = ChangeRequest.objects.select_for_update(of=["self"]).get(pk=change.pk)
    locked.voucher = voucher
    return voucher, locked


def _carry_out(voucher: Voucher, change: ChangeRequest, text: str, by: User, at: datetime) -> None:
    if change.kind == ChangeKind.END:
        VOUCHER_STATES.check(voucher, VoucherState.ENDED)
        end_locked(voucher, text, by=by, at=at)
        return
    if voucher.state not in (VoucherState.ISSUED, VoucherState.SUSPENDED):
        raise Conflict(_("This voucher runs no more, so nothing of it can be changed. Refuse the request."))
    if change.kind == ChangeKind.EXTEND:
        until = _checked_end(voucher, date.fromisoformat(change.content["valid_until"]))
        in_time = voucher.valid_until is None or timezone.localdate(change.asked_at) <= voucher.valid_until
        if not in_time:  # the office may be late, the firm not
            raise Conflict(_("Its term is over already. Refuse the request."))
        voucher.valid_until = until
    else:
        _checked_services(voucher, change.content["services"])  # what was ordered since stays among them
    voucher.revision += 1
    voucher.save(update_fields=["valid_until", "revision", "updated_at"])
    VoucherStep.objects.create(voucher=voucher, state=voucher.state, by=by, at=at, text=text)
