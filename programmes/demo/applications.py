"""Applications of the demo, by the services: under each call firms stand at different places of the way.

The open call takes drafts and applications, the one under review is being checked, the decided one has its selection,
and the rehearsal has samples of that.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from programmes.demo.calls import PUBLISHER, WRITER, calls_of_demo
from programmes.demo.review import check_all, object_last, score_all, score_half, select
from programmes.enums.applications import ApplicationState, Part
from programmes.models import Agreement, Application, Call, Transfer
from programmes.queries.facts import transfers_of
from programmes.queries.sections import papers_of, sheet_of
from programmes.scheme import Scheme
from programmes.services.applications.begin import begin
from programmes.services.applications.declared import declare_transfer
from programmes.services.applications.documents import add_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.applications.transfers import record_transfer
from programmes.services.applications.withdraw import withdraw
from programmes.services.review.agreements import sign
from programmes.services.review.check import ask_completion, find_eligible, find_ineligible
from programmes.services.review.samples import take_samples

PUREUNSOL, BAREUNGYEOL, SOLHYANG = "pureunsol-battery", "bareungyeol-bio", "solhyang-precision"
NURISAEM, HAESOL = "nurisaem-soft", "haesol-trade-tech"
FIRMS = (PUREUNSOL, BAREUNGYEOL, SOLHYANG, NURISAEM, HAESOL)
PANEL = ("tlo@narae.example", "tlo@dasom.example", "tlo@mirinae.example")
TEXTS = {
    "product": "이전받은 기술로 펌프용 막을 만들어, 지금 쓰는 막보다 세 배 오래 쓰게 합니다.",
    "market": "세 개 도의 펌프 제조사 열두 곳이 시제품을 요청했고, 교체 주기가 길어 값을 더 치르겠다고 합니다.",
    "schedule": "3월까지 시제품, 6월까지 시험, 8월부터 판매합니다. 개발팀 세 명이 맡습니다.",
}
EACH_WON = 40_000_000
SAMPLES = 4
TITLE, HOLDER = "펌프용 고분자 막의 제조 방법", "가온대학교 산학협력단"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Apply under the calls that have no application yet, and go on from there. Returns how many are new."""
    calls, new = calls_of_demo(organizations), 0
    for key, live in LIVES.items():
        call = calls.get(key)
        if call is not None and not call.applications.exists():
            live(call, organizations, at)
            new += call.applications.count()
    _rehearsed(calls, at)
    return new


def _rehearsed(calls: Mapping[str, Call], at: datetime) -> None:
    """The rehearsal has samples of the decided call, to be checked."""
    rehearsal, source = calls.get("rehearsal"), calls.get("decided")
    if rehearsal is None or source is None or rehearsal.applications.exists():
        return
    officer = User.objects.get(email=WRITER)
    take_samples(call=rehearsal, source=source, most=SAMPLES, key=uuid4(), by=officer, at=at - timedelta(hours=4))


def _open(call: Call, organizations: Mapping[str, Organization], at: datetime) -> None:
    """A draft begun, one with a contract concluded elsewhere, two submitted, one withdrawn."""
    at -= timedelta(hours=5)
    _written(call, organizations[PUREUNSOL], at, half=True)
    made = _written(call, organizations[BAREUNGYEOL], at, half=True)
    _contract(made, at)
    _submitted(call, organizations[SOLHYANG], at)
    _submitted(call, organizations[HAESOL], at + timedelta(hours=1))
    done = _submitted(call, organizations[NURISAEM], at)
    withdraw(
        application=done, revision=done.revision, text="다른 사업으로 진행합니다.", confirmed=True, by=done.begun_by,
        at=at + timedelta(hours=2),
    )  # fmt: skip


def _reviewed(call: Call, organizations: Mapping[str, Organization], at: datetime) -> None:
    """One of each: to be completed, eligible, not eligible, with a contract to be checked, not looked at yet."""
    then, officer = call.closes_at - timedelta(days=3), User.objects.get(email=PUBLISHER)
    made = {key: _submitted(call, organizations[key], then, elsewhere=key == NURISAEM) for key in FIRMS}
    ask_completion(
        application=made[PUREUNSOL], parts={Part.SERVICES: "시제품 수량과 단가의 근거를 적어 주십시오."},
        due_on=timezone.localdate(at) + timedelta(days=5), by=officer, at=at - timedelta(days=2),
    )  # fmt: skip
    find_eligible(application=made[BAREUNGYEOL], by=officer, at=at - timedelta(days=2))
    members = list(User.objects.filter(email__in=PANEL).order_by("pk"))
    find_eligible(application=made[HAESOL], by=officer, at=at - timedelta(days=2))
    score_half(call=call, members=members, by=officer, at=at - timedelta(days=1))
    find_ineligible(
        application=made[SOLHYANG], text="이전받은 기술의 계약 기간이 끝난 것으로 확인됩니다.", by=officer,
        at=at - timedelta(days=1),
    )  # fmt: skip


def _decided(call: Call, organizations: Mapping[str, Organization], at: datetime) -> None:
    """Two firms get the money there is, one of them has signed; two wait on the reserve list, one is not selected."""
    then, people = call.closes_at - timedelta(days=10), {user.email: user for user in User.objects.all()}
    for place, key in enumerate(FIRMS):
        _submitted(call, organizations[key], then + timedelta(hours=place))
    officer = people[PUBLISHER]
    check_all(call=call, by=officer, at=at - timedelta(days=15))
    score_all(call=call, members=[people[email] for email in PANEL], by=officer, at=at - timedelta(days=12))
    made = select(call=call, by=officer, deciders=[people[WRITER]], at=at - timedelta(days=5))
    object_last(selection=made, at=at - timedelta(days=1))
    agreement = Agreement.objects.filter(application__organization=organizations[PUREUNSOL], application__call=call)
    if (offered := agreement.first()) is not None:
        manager = users_with_permission(organizations[PUREUNSOL], Permission.SIGN_AGREEMENTS).order_by("pk")[0]
        sign(agreement=offered, digest=offered.digest, by=manager, at=at - timedelta(days=3))


LIVES: Mapping[str, Callable[[Call, Mapping[str, Organization], datetime], None]] = {
    "decided": _decided,
    "reviewed": _reviewed,
    "open": _open,
}


def _submitted(call: Call, firm: Organization, at: datetime, *, elsewhere: bool = False) -> Application:
    made = _written(call, firm, at)
    if elsewhere:
        made = _contract(made, at)
    with override("ko"):
        if not sheet_of(made, timezone.localdate(at)).is_ready:
            return made
    return submit(application=made, revision=made.revision, declared=True, by=made.begun_by, at=at).application


def transfer_for(firm: Organization, at: datetime) -> Transfer:
    """One that the firm may use that day; what other parts of the demo signed is younger than some calls."""
    day = timezone.localdate(at)
    if usable := transfers_of([firm.pk], day):
        return usable[0]
    return record_transfer(
        organization=firm, reference=f"demo-{firm.business_number}", title=TITLE, holder_name=HOLDER,
        signed_on=day - timedelta(days=200),
    )  # fmt: skip


def _written(call: Call, firm: Organization, at: datetime, *, half: bool = False) -> Application:
    person = users_with_permission(firm, Permission.APPLY_PROGRAMMES).order_by("pk")[0]
    usable = transfer_for(firm, at)
    made = begin(call=call, organization=firm, by=person, at=at)
    scheme = Scheme.from_json(made.version.content)
    services = [
        {"key": each.key, "what": "시제품 열 개", "supply_won": EACH_WON}
        for each in scheme.menu
        if each.key == "prototype"
    ]
    declared = [each.key for each in scheme.conditions if each.kind == "declared"]
    transfer = made.transfer or usable
    save(
        application=made, revision=made.revision, texts={"product": TEXTS["product"]} if half else TEXTS,
        services=services, declared=() if half else declared, transfer=transfer,
        standing=None if half else {"independence": "independent"}, by=person, at=at,
    )  # fmt: skip
    for paper in () if half else papers_of(scheme):
        if paper.is_required:
            content = BytesIO(PDF + paper.key.encode())
            add_document(application=made, key=paper.key, file=content, name=f"{paper.words.ko}.pdf", by=person, at=at)
    made.refresh_from_db()
    return made


def _contract(made: Application, at: datetime) -> Application:
    """The firm concluded its contract elsewhere and enters it."""
    if made.state == ApplicationState.DRAFT:
        declare_transfer(
            application=made, revision=made.revision, title="세라믹 여과막의 표면 처리 방법",
            holder_name="나래대학교 산학협력단", signed_on=timezone.localdate(at) - timedelta(days=90),
            file=BytesIO(PDF + b"contract"), name="기술이전계약서.pdf", by=made.begun_by, at=at,
        )  # fmt: skip
        made.refresh_from_db()
    return made
