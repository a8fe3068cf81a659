"""Recoveries and sanctions, made through the services as people make them; what was paid before moves by `post`."""

import uuid

from django.utils import timezone

from accounts.enums import Role
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.money import DAY, MILLION, NOW, issued, officer, spend
from vouchers.enums.recovery import RecoveryGround, SanctionGround, SanctionKind
from vouchers.services.recovery.announce import announce, decide, object_to
from vouchers.services.recovery.receive import enter_receipt, set_plan
from vouchers.services.recovery.sanctions import decide_sanction, propose, propose_for_fraud

LATER = NOW + 21 * DAY  # after the last day to object
FROM = timezone.localdate(NOW)


def office_of(recovery):
    return recovery.voucher.line.call.office


def paid_voucher(paid_won=20 * MILLION, *, at=NOW, **also):
    return spend(issued(at=at, **also), paid_won, at=at)


def manager(organization):
    return MembershipFactory(organization=organization, role=Role.MANAGER).user


def announced(voucher=None, *, debtor=None, principal_won=10 * MILLION, surcharge_won=0, ground=RecoveryGround.FALSE,
              by=None, at=NOW, key=None, text="The report was copied.", interest_from=FROM):  # fmt: skip
    voucher = voucher or paid_voucher()
    return announce(
        voucher=voucher, debtor=debtor or voucher.holder, ground=ground, text=text, principal_won=principal_won,
        interest_from=interest_from, surcharge_won=surcharge_won, key=key or uuid.uuid4(),
        by=by or officer(voucher.line.call.office), at=at,
    )  # fmt: skip


def objected(recovery=None, *, by=None, at=NOW, **also):
    recovery = recovery or announced(**also)
    return object_to(recovery=recovery, text="We wrote it ourselves.", by=by or manager(recovery.debtor), at=at)


def confirmed(recovery=None, *, by=None, at=LATER, confirm=True, **also):
    recovery = recovery or announced(**also)
    by = by or officer(office_of(recovery))
    return decide(recovery=recovery, confirm=confirm, text="The copy was found.", by=by, at=at)


def planned(recovery=None, *, count=3, first_on=None, at=LATER, **also):
    recovery = recovery or confirmed(**also)
    first_on = first_on or timezone.localdate(at) + 30 * DAY
    return set_plan(recovery=recovery, first_on=first_on, count=count, by=officer(office_of(recovery)), at=at)


def received(recovery, amount_won, *, on=None, reference="T-1", key=None, by=None, at=LATER):
    return enter_receipt(
        recovery=recovery, amount_won=amount_won, received_on=on or timezone.localdate(at), reference=reference,
        key=key or uuid.uuid4(), by=by or officer(office_of(recovery)), at=at,
    )  # fmt: skip


def proposed(recovery=None, *, kind=SanctionKind.EXCLUSION, until_on=None, by=None, at=LATER, key=None, **also):
    recovery = recovery or confirmed(**also)
    until_on = until_on or (timezone.localdate(at) + 730 * DAY if kind == SanctionKind.EXCLUSION else None)
    return propose(
        recovery=recovery, kind=kind, reason="Copied from another project.", until_on=until_on,
        by=by or officer(office_of(recovery)), at=at, key=key or uuid.uuid4(),
    )  # fmt: skip


def accused(organization=None, *, office=None, ground=SanctionGround.FALSE, kind=SanctionKind.EXCLUSION, until_on=None,
            evidence="Decision 2026-17", key=None, by=None, at=LATER):  # fmt: skip
    """A sanction that is proposed for fraud without a recovery; by default of a firm that holds a voucher."""
    if organization is None:
        voucher = issued(at=NOW)
        organization, office = voucher.holder, voucher.line.call.office
    until_on = until_on or (timezone.localdate(at) + 730 * DAY if kind == SanctionKind.EXCLUSION else None)
    return propose_for_fraud(
        organization=organization, office=office, ground=ground, evidence=evidence, kind=kind,
        reason="The contract of transfer was forged.", until_on=until_on, key=key or uuid.uuid4(),
        by=by or officer(office), at=at,
    )  # fmt: skip


def imposed(sanction=None, *, impose=True, by=None, at=LATER, **also):
    sanction = sanction or proposed(at=at, **also)
    return decide_sanction(sanction=sanction, impose=impose, text="It was.", by=by or officer(sanction.office), at=at)
