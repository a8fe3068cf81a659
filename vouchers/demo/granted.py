"""Issued vouchers of the demo, by the services: a call that is over, its firms selected, agreements signed, own shares
paid in. One that still waits for its own share is in the demo of programmes."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.demo.days import afternoon
from programmes.demo.applications import PANEL, PDF, TEXTS, transfer_for
from programmes.demo.calls import OFFICE, PUBLISHER, SCHEME, WRITER
from programmes.demo.review import check_all, score_all, select
from programmes.models import Agreement, Application, Call
from programmes.models.calls import Terms
from programmes.queries.sections import papers_of
from programmes.services.applications.begin import begin
from programmes.services.applications.documents import add_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.calls import write
from programmes.services.calls.publish import publish
from programmes.services.review.agreements import sign
from vouchers.models import Voucher
from vouchers.services.life.deposits import enter_deposit

PLAN = (("business_plan", "사업화 전략", 15_000_000), ("prototype", "시제품 열 개", 30_000_000),
        ("marketing", "전시회와 홍보물", 15_000_000))  # fmt: skip


TITLES = ("상반기 기술사업화 바우처", "Commercialization voucher, first half", "上半年技术产业化代金券")
FIRMS = ("pureunsol-battery", "solhyang-precision", "nurisaem-soft")
PUBLISHED, APPLIED, CLOSED, SELECTED, SIGNED, PAID_IN = 200, 185, 175, 165, 160, 155
"""Days before the loading."""


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Open, decide and sign, where the call is not there yet. Returns how many vouchers are new."""
    office = organizations[OFFICE]
    if Call.objects.filter(office=office, title_ko=TITLES[0]).exists():
        return 0
    people = {user.email: user for user in User.objects.filter(email__in=[WRITER, PUBLISHER, *PANEL])}
    officer, colleague = people[WRITER], people[PUBLISHER]
    call = _published(office, officer, colleague, at)
    for key in FIRMS:
        _apply(call, organizations[key], afternoon(at, APPLIED))
    # A manager of the office approves what a colleague proposes.
    day = afternoon(at, SELECTED)
    check_all(call=call, by=colleague, at=day)
    score_all(call=call, members=[people[email] for email in PANEL], by=colleague, at=day)
    select(call=call, by=colleague, deciders=[officer], at=day)
    for agreement in Agreement.objects.filter(application__call=call).order_by("pk"):
        boss = manager_of(agreement.application.organization)
        sign(agreement=agreement, digest=agreement.digest, by=boss, at=afternoon(at, SIGNED))
    vouchers = list(Voucher.objects.filter(line__call=call).order_by("pk"))
    for voucher in vouchers:
        _pay_in(voucher, officer, afternoon(at, PAID_IN))
    return len(vouchers)


def _published(office: Organization, writer: User, publisher: User, at: datetime) -> Call:
    title_ko, title_en, title_zh = TITLES
    terms = Terms(
        title_ko=title_ko, title_en=title_en, title_zh=title_zh, budget_won=500_000_000,
        opens_at=afternoon(at, PUBLISHED - 1), closes_at=afternoon(at, CLOSED),
    )  # fmt: skip
    call = write.begin(
        office=office, kind="voucher", terms=terms, is_rehearsal=False, scheme=SCHEME, by=writer,
        at=afternoon(at, PUBLISHED + 1),
    )  # fmt: skip
    publish(version=call.versions.get(), revision=1, by=publisher, at=afternoon(at, PUBLISHED))
    call.refresh_from_db()
    return call


def manager_of(organization: Organization) -> User:
    found = users_with_permission(organization, Permission.SIGN_AGREEMENTS).order_by("pk").first()
    assert found is not None, organization
    return found


def _apply(call: Call, firm: Organization, at: datetime) -> Application:
    assert call.current is not None
    person = manager_of(firm)
    transfer = transfer_for(firm, at)
    made = begin(call=call, organization=firm, by=person, at=at)
    services = [{"key": key, "what": what, "supply_won": supply_won} for key, what, supply_won in PLAN]
    save(
        application=made, revision=made.revision, texts=TEXTS, services=services,
        declared=[each.key for each in SCHEME.conditions if each.kind == "declared"],
        transfer=transfer, standing={"independence": "independent"}, by=person, at=at,
    )  # fmt: skip
    for paper in papers_of(SCHEME):
        if paper.is_required:
            content = BytesIO(PDF + paper.key.encode())
            add_document(application=made, key=paper.key, file=content, name=f"{paper.words.ko}.pdf", by=person, at=at)
    made.refresh_from_db()
    return submit(application=made, revision=made.revision, declared=True, by=person, at=at).application


def _pay_in(voucher: Voucher, by: User, at: datetime) -> None:
    """In two parts, as banks show it."""
    first_won = voucher.own_won // 3
    for part, amount_won in enumerate((first_won, voucher.own_won - first_won), start=1):
        enter_deposit(
            voucher=voucher, amount_won=amount_won, received_on=timezone.localdate(at), by=by, at=at,
            reference=f"{voucher.number}-{part}", key=uuid5(voucher.public_id, f"deposit {part}"),
        )  # fmt: skip
