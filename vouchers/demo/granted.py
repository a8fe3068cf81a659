"""Vouchers of the demo from their beginning, by the services: two calls that are over, their firms selected, agreements
signed. Whose own share came in has an issued voucher, one firm still has to pay."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import NamedTuple
from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.demo.days import afternoon
from programmes.demo.applications import PDF, TEXTS
from programmes.demo.calls import OFFICE, PUBLISHER, SCHEME, WRITER
from programmes.demo.review import check_all, score_all, select
from programmes.enums.transfers import TransferState
from programmes.models import Agreement, Application, Call, Transfer
from programmes.models.calls import Terms
from programmes.queries.facts import transfers_of
from programmes.queries.sections import papers_of
from programmes.services.applications.begin import begin
from programmes.services.applications.documents import add_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.applications.transfers import record_transfer
from programmes.services.calls import write
from programmes.services.calls.publish import publish
from programmes.services.review.agreements import sign
from vouchers.models import Voucher
from vouchers.services.life.deposits import enter_deposit

PANEL = ("tlo@narae.example", "tlo@dasom.example", "tlo@doore.example")
PLAN = (("business_plan", "사업화 전략", 15_000_000), ("prototype", "시제품 열 개", 30_000_000),
        ("marketing", "전시회와 홍보물", 15_000_000))  # fmt: skip


class Past(NamedTuple):
    """A call that is over. Days count back from the loading; `paid_in` is None where the own share is still awaited."""

    title: str
    title_en: str
    title_zh: str
    published: int
    applied: int
    closed: int
    selected: int
    signed: int
    paid_in: int | None
    firms: tuple[str, ...]


PASTS = (
    Past("상반기 기술사업화 바우처", "Commercialization voucher, first half", "上半年技术产业化代金券",
         200, 185, 175, 165, 160, 155, ("pureunsol-battery", "solhyang-precision")),
    Past("추가 기술사업화 바우처", "Commercialization voucher, additional", "增补技术产业化代金券",
         60, 45, 35, 12, 8, None, ("nurisaem-soft",)),
)  # fmt: skip


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Open, decide and sign what is not there yet. Returns how many vouchers are new."""
    people = {user.email: user for user in User.objects.filter(email__in=[WRITER, PUBLISHER, *PANEL])}
    new = 0
    for past in PASTS:
        if not Call.objects.filter(office=organizations[OFFICE], title_ko=past.title).exists():
            new += _run(past, organizations, people, at)
    return new


def _run(past: Past, organizations: Mapping[str, Organization], people: Mapping[str, User], at: datetime) -> int:
    officer, colleague = people[WRITER], people[PUBLISHER]
    terms = Terms(
        title_ko=past.title, title_en=past.title_en, title_zh=past.title_zh, budget_won=500_000_000,
        opens_at=afternoon(at, past.published - 1), closes_at=afternoon(at, past.closed),
    )  # fmt: skip
    call = write.begin(
        office=organizations[OFFICE], kind="voucher", terms=terms, is_rehearsal=False, scheme=SCHEME, by=officer,
        at=afternoon(at, past.published + 1),
    )  # fmt: skip
    call = publish(version=call.versions.get(), revision=1, by=colleague, at=afternoon(at, past.published))
    for key in past.firms:
        _apply(call, organizations[key], afternoon(at, past.applied))
    # A manager of the office approves what a colleague proposes.
    day = afternoon(at, past.selected)
    check_all(call=call, by=colleague, at=day)
    score_all(call=call, members=[people[email] for email in PANEL], by=colleague, at=day)
    select(call=call, by=colleague, deciders=[officer], at=day)
    for agreement in Agreement.objects.filter(application__call=call).order_by("pk"):
        firm = agreement.application.organization
        sign(agreement=agreement, digest=agreement.digest, by=manager_of(firm), at=afternoon(at, past.signed))
    vouchers = list(Voucher.objects.filter(line__call=call).order_by("pk"))
    for voucher in vouchers if past.paid_in is not None else ():
        assert past.paid_in is not None
        _pay_in(voucher, officer, afternoon(at, past.paid_in))
    return len(vouchers)


def manager_of(organization: Organization) -> User:
    found = users_with_permission(organization, Permission.SIGN_AGREEMENTS).order_by("pk").first()
    assert found is not None, organization
    return found


def _known(firm: Organization, day: date) -> list[Transfer]:
    """Contracts that were concluded here: what a firm enters itself waits for an officer."""
    return [each for each in transfers_of([firm.pk], day) if each.state == TransferState.RECORDED]


def _apply(call: Call, firm: Organization, at: datetime) -> Application:
    assert call.current is not None
    person = manager_of(firm)
    day = timezone.localdate(at)
    if not (known := _known(firm, day)):
        record_transfer(
            organization=firm, reference=f"demo-{firm.business_number}-{call.number}",
            title="펌프용 고분자 막의 제조 방법",
            holder_name="가온대학교 산학협력단", signed_on=day - timedelta(days=100),
        )  # fmt: skip
        known = _known(firm, day)
    made = begin(call=call, organization=firm, by=person, at=at)
    services = [{"key": key, "what": what, "supply_won": supply_won} for key, what, supply_won in PLAN]
    save(
        application=made, revision=made.revision, texts=TEXTS, services=services,
        declared=[each.key for each in SCHEME.conditions if each.kind == "declared"],
        transfer=known[0], standing={"independence": "independent"}, by=person, at=at,
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
