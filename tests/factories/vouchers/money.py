"""Rows of calls, applications and agreements as far as money asks for them; lines with money; vouchers.

Written as rows, without the services of the parts they belong to; money moves by `post` alone, as everywhere.
"""

import datetime
import uuid
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.enums import Role
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CallState, SchemeKind, VersionState
from programmes.enums.review import AgreementState
from programmes.models import Agreement, Application, Call, CallVersion
from programmes.numbers import application_number, call_number
from programmes.scheme import Scheme, Words
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from vouchers.enums.money import Verb
from vouchers.enums.vouchers import VOUCHER_STATES, VoucherState
from vouchers.models import BudgetLine, Deposit, Voucher
from vouchers.numbers import take
from vouchers.services.money.post import post

NOW = datetime.datetime(2026, 11, 20, 14, tzinfo=ZoneInfo("Asia/Seoul"))
TODAY = timezone.localdate(NOW)
DAY = datetime.timedelta(days=1)
MILLION = 1_000_000
SCHEME = Scheme(
    notice=Words(ko="기술을 이전받은 중소기업의 사업화를 지원합니다.", en="For SMEs that took over a technology.")
)


def officer(office, role=Role.STAFF):
    return MembershipFactory(organization=office, role=role, user__second_factor=True).user


def call_row(*, office=None, scheme=None, rehearsal=False, budget_won=1_000 * MILLION, at=NOW, published=True):
    """A published call of a voucher scheme, written by one officer and published by another."""
    office = office or OrganizationFactory(government=True)
    writer, publisher = officer(office), officer(office, Role.MANAGER)
    call = Call.objects.create(
        number=call_number(at),
        office=office,
        kind=SchemeKind.VOUCHER,
        is_rehearsal=rehearsal,
        title_ko="기술사업화 바우처",
        title_en="Commercialization voucher",
        budget_won=budget_won,
        opens_at=at - 30 * DAY,
        closes_at=at + 30 * DAY,
        created_by=writer,
    )
    content = (scheme or SCHEME).to_json()
    version = CallVersion.objects.create(call=call, serial=1, content=content, written_by=writer, written_at=at)
    if published:
        version.state, version.published_by, version.published_at = VersionState.PUBLISHED, publisher, at
        version.save()
        call.state, call.current, call.published_at = CallState.PUBLISHED, version, at
        call.save()
    return call


def application_row(call=None, *, firm=None, government_won=50 * MILLION, own_won=None, person=None, at=NOW, **also):
    """A selected application, unless `state` says otherwise. The own share is a quarter of all where it is not said."""
    call = call or call_row(at=at)
    firm = firm or OrganizationFactory()
    person = person or MembershipFactory(organization=firm, role=Role.MANAGER).user
    made = {
        "number": application_number(at),
        "version": call.current,
        "state": ApplicationState.SELECTED,
        "government_won": government_won,
        "own_won": government_won // 3 if own_won is None else own_won,
        "begun_by": person,
        "begun_at": at,
        "submitted_by": person,
        "submitted_at": at,
        "digest": "0" * 64,
    } | also
    return Application.objects.create(call=call, organization=firm, **made)


def agreement_row(application=None, *, signed=True, at=NOW, **also):
    """An agreement on what the application was granted."""
    application = application or application_row(at=at, **also)
    agreement = Agreement.objects.create(
        application=application,
        government_won=application.government_won,
        own_won=application.own_won,
        content={},
        digest="0" * 64,
        offered_at=at,
        sign_by=timezone.localdate(at + 14 * DAY),
    )
    if signed:
        agreement.state, agreement.signed_at = AgreementState.SIGNED, at
        agreement.signed_by = application.submitted_by
        agreement.save()
    return agreement


def line_of(call, *, at=NOW):
    """The call's budget line, made and filled with the call's budget where there is none yet."""
    line, made = BudgetLine.objects.get_or_create(call=call)
    if made:
        post(line_id=line.pk, verb=Verb.ALLOCATE, amount_won=call.budget_won, subject=call.public_id,
             key=uuid.uuid4(), by=None, at=at)  # fmt: skip
    line.refresh_from_db()
    return line


def line(*, budget_won=1_000 * MILLION, at=NOW, **also):
    """A budget line of a call of its own, all of it available."""
    return line_of(call_row(budget_won=budget_won, at=at, **also), at=at)


def waiting(agreement=None, *, at=NOW, **also):
    """A voucher whose own share is to be paid in; its money is reserved."""
    agreement = agreement or agreement_row(at=at, **also)
    application = agreement.application
    held = line_of(application.call, at=at)
    post(line_id=held.pk, verb=Verb.RESERVE, amount_won=agreement.government_won, subject=application.public_id,
         key=uuid.uuid4(), by=None, at=at)  # fmt: skip
    if application.state == ApplicationState.SELECTED:
        application.state = ApplicationState.AGREED
        application.save()
    return Voucher.objects.create(
        number=take("voucher", at),
        line=held,
        agreement=agreement,
        holder=application.organization,
        face_won=agreement.government_won,
        own_won=agreement.own_won,
        deposit_by=timezone.localdate(at + 14 * DAY),
    )


def issued(agreement=None, *, at=NOW, valid_until=None, **also):
    """A voucher that orders can be placed on: own share paid in, money committed, valid for a year from `at`."""
    voucher = waiting(agreement, at=at, **also)
    if voucher.own_won:
        entered_by = officer(voucher.line.call.office)
        Deposit.objects.create(
            voucher=voucher, amount_won=voucher.own_won, received_on=timezone.localdate(at),
            reference=f"T-{voucher.number}", entered_by=entered_by, entered_at=at, key=uuid.uuid4(),
        )  # fmt: skip
    day = timezone.localdate(at)
    asked_by = voucher.agreement.application.public_id
    post(line_id=voucher.line_id, verb=Verb.COMMIT, amount_won=voucher.face_won, subject=asked_by, key=uuid.uuid4(),
         by=None, at=at, voucher=voucher)  # fmt: skip
    VOUCHER_STATES.move(
        voucher, VoucherState.ISSUED, issued_at=at, valid_from=day, valid_until=valid_until or day + 365 * DAY
    )
    return voucher


def spend(voucher, amount_won, *, at=NOW):
    """Bind and pay some of an issued voucher, without an order: where only the sums matter."""
    for verb in (Verb.BIND, Verb.DISBURSE):
        post(line_id=voucher.line_id, verb=verb, amount_won=amount_won, subject=uuid.uuid4(), key=uuid.uuid4(),
             by=None, at=at, voucher=voucher)  # fmt: skip
    return voucher


def scheme(**also):
    return replace(SCHEME, **also)
