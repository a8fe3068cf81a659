"""Firms that apply: with a profile, a technology taken over, and a draft as complete as asked for."""

import datetime
from dataclasses import replace
from io import BytesIO
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.enums import Role
from accounts.models import BusinessProfile, FinancialYear
from programmes.enums.calls import CallState, SchemeKind, VersionState
from programmes.models import Application, Call, CallVersion
from programmes.numbers import call_number
from programmes.scheme import (
    Band,
    Caps,
    Condition,
    ConditionKind,
    Paper,
    PaperStage,
    Scheme,
    Service,
    Stage,
    StageKind,
    Words,
)
from programmes.services.applications.begin import begin
from programmes.services.applications.documents import add_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.applications.transfers import record_transfer
from tests.factories.accounts import MembershipFactory, OrganizationFactory

NOW = datetime.datetime(2026, 11, 20, 14, tzinfo=ZoneInfo("Asia/Seoul"))
DAY = datetime.timedelta(days=1)
MILLION = 1_000_000
SCHEME = Scheme(
    notice=Words(ko="기술을 이전받은 중소기업의 사업화를 지원합니다.", en="For SMEs that took over a technology."),
    conditions=(
        Condition("transfer", ConditionKind.TRANSFER),
        Condition("age", ConditionKind.AGE, most=20),
        Condition("honest", ConditionKind.DECLARED, words=Words(ko="체납이 없습니다.", en="We owe no taxes.")),
    ),
    caps=Caps(award_won=50 * MILLION),
    bands=(Band(300 * MILLION, 1_000), Band(1_000 * MILLION, 2_000), Band(12_000 * MILLION, 3_333)),
    menu=(
        Service("proto", Words(ko="시제품", en="Prototype"), "technical", most_won=30 * MILLION),
        Service("test", Words(ko="시험", en="Testing"), "technical"),
        Service("market", Words(ko="시장조사", en="Market study"), "market"),
        Service("broker", Words(ko="중개", en="Brokerage"), "broker", is_brokerage=True),
    ),
    papers=(
        Paper("plan", Words(ko="사업계획서", en="Business plan"), PaperStage.APPLICATION),
        Paper("extra", Words(ko="기타", en="Anything else"), PaperStage.APPLICATION, is_required=False),
    ),
    stages=(
        Stage("check", StageKind.CHECK, Words(ko="요건검토", en="Check")),
        Stage("approve", StageKind.APPROVAL, Words(ko="승인", en="Approval"), role="manager"),
    ),
)
TEXTS = {
    "product": "A membrane for pumps that lasts three times as long.",
    "market": "Makers of pumps in three provinces asked for samples.",
    "schedule": "Prototype by March, tests by June, sold from August on.",
}
SERVICES = (
    {"key": "proto", "what": "Ten samples", "supply_won": 20 * MILLION},
    {"key": "market", "what": "Survey of pump makers", "supply_won": 10 * MILLION + 1},
)


def open_call(*, office=None, scheme=SCHEME, at=NOW, opens_at=None, closes_at=None, rehearsal=False, **also):
    """A published call that takes applications at `at`, written by one officer and published by another."""
    office = office or OrganizationFactory(government=True)
    writer = MembershipFactory(organization=office, role=Role.STAFF, user__second_factor=True).user
    publisher = MembershipFactory(organization=office, role=Role.MANAGER, user__second_factor=True).user
    call = Call.objects.create(
        number=call_number(at),
        office=office,
        kind=SchemeKind.VOUCHER,
        is_rehearsal=rehearsal,
        title_ko="기술사업화 바우처",
        title_en="Commercialization voucher",
        budget_won=1_000 * MILLION,
        opens_at=opens_at or at - 10 * DAY,
        closes_at=closes_at or at + 10 * DAY,
        created_by=writer,
        **also,
    )
    version = CallVersion.objects.create(
        call=call, serial=1, content=scheme.to_json(), written_by=writer, written_at=at - 12 * DAY
    )
    published(call, version, by=publisher, at=at - 11 * DAY)
    return call


def published(call, version, *, by, at):
    version.state, version.published_by, version.published_at = VersionState.PUBLISHED, by, at
    version.save()
    call.state, call.current, call.published_at = CallState.PUBLISHED, version, call.published_at or at
    call.save()


def changed(call, *, at=NOW, **changes):
    """A later version of the call is in force, with `changes` of its scheme."""
    scheme = replace(Scheme.from_json(call.current.content), **changes)
    people = [each.user for each in call.office.memberships.order_by("pk")[:2]]
    serial = call.current.serial + 1
    version = CallVersion.objects.create(
        call=call, serial=serial, content=scheme.to_json(), written_by=people[0], written_at=at
    )
    published(call, version, by=people[1], at=at)
    return version


def firm(*, at=NOW, sales_won=(200 * MILLION, 250 * MILLION, 300 * MILLION), transfer=True, role=Role.STAFF, **profile):
    """A person who applies for a firm with a profile and, unless `transfer` is false, one technology taken over."""
    person = MembershipFactory(company=True, role=role).user
    organization = person.active_organizations().get()
    known(organization, sales_won=sales_won, at=at, **profile)
    if transfer:
        taken_over(organization, at=at)
    return person


def known(organization, *, sales_won=(250 * MILLION,), at=NOW, **profile):
    said = {
        "representatives": [f"대표 {organization.pk}"],
        "address": f"대전광역시 유성구 과학로 {organization.pk}",
        "founded_on": datetime.date(2015, 3, 2),
        "industry_code": "C26",
    } | profile
    made = BusinessProfile.objects.create(organization=organization, **said)
    year = timezone.localtime(at).year
    for back, amount in enumerate(reversed(sales_won), start=1):
        FinancialYear.objects.create(
            profile=made, ends_on=datetime.date(year - back, 12, 31), sales_won=amount, assets_won=MILLION, employees=9
        )
    return made


def taken_over(organization, *, at=NOW, reference=None, **also):
    said = {"title": "펌프용 막", "holder_name": "가온대학교", "signed_on": timezone.localdate(at - 100 * DAY)} | also
    return record_transfer(organization=organization, reference=reference or f"C2026{organization.pk:06d}", **said)


def firm_of(person):
    return person.active_organizations().get()


def paper(name="plan"):
    return BytesIO(b"%PDF-1.7 " + name.encode())


def draft(call=None, person=None, *, at=NOW, complete=True, texts=TEXTS):
    """A draft of the person's firm; unless `complete` is false nothing is missing."""
    call, person = call or open_call(at=at), person or firm(at=at)
    made = begin(call=call, organization=firm_of(person), by=person, at=at)
    if not complete:
        return made
    made = save(
        application=made, revision=made.revision, services=SERVICES, texts=texts, declared=["honest"], by=person, at=at
    )
    add_document(application=made, key="plan", file=paper(), name="plan.pdf", by=person, at=at)
    return Application.objects.get(pk=made.pk)


def submitted(call=None, person=None, *, at=NOW):
    made = draft(call, person, at=at)
    return submit(application=made, revision=made.revision, declared=True, by=made.begun_by, at=at).application
