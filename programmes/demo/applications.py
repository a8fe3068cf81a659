"""Applications of the demo, by the services: under each call that takes some now, firms stand at different places.

Written, submitted and withdrawn are here; what officers ask, decide and select is the review's.
"""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from accounts.enums import OrganizationKind
from accounts.models import BusinessProfile, Organization, User
from accounts.roles import Permission, users_with_permission
from programmes.models import Application, Call
from programmes.queries.sections import papers_of, sheet_of
from programmes.scheme import Scheme
from programmes.services.applications.begin import begin
from programmes.services.applications.documents import add_document
from programmes.services.applications.save import save
from programmes.services.applications.submit import submit
from programmes.services.applications.transfers import record_transfer
from programmes.services.applications.withdraw import withdraw

TEXTS = {
    "product": "이전받은 기술로 펌프용 막을 만들어, 지금 쓰는 막보다 세 배 오래 쓰게 합니다.",
    "market": "세 개 도의 펌프 제조사 열두 곳이 시제품을 요청했고, 교체 주기가 길어 값을 더 치르겠다고 합니다.",
    "schedule": "3월까지 시제품, 6월까지 시험, 8월부터 판매합니다. 개발팀 세 명이 맡습니다.",
}
ENDS = ("submitted", "draft", "submitted", "withdrawn", "submitted", "submitted")
EACH_WON = 8_000_000
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Apply under every call that takes applications now and has none yet. Returns how many are new."""
    firms = [each for each in organizations.values() if each.kind == OrganizationKind.COMPANY and not each.is_gone]
    known = set(BusinessProfile.objects.filter(organization__in=firms).values_list("organization", flat=True))
    firms = sorted((each for each in firms if each.pk in known), key=lambda each: each.business_number)
    new = 0
    for call in Call.objects.taking_at(at).filter(is_rehearsal=False).select_related("current").order_by("pk"):
        if not Application.objects.filter(call=call).exists():
            new += sum(_apply(call, firm, ENDS[place % len(ENDS)], at) for place, firm in enumerate(firms))
    return new


def _apply(call: Call, firm: Organization, end: str, at: datetime) -> int:
    person = users_with_permission(firm, Permission.APPLY_PROGRAMMES).order_by("pk").first()
    if person is None or call.current is None:
        return 0
    if not firm.transfers_received.exists():
        record_transfer(
            organization=firm, reference=f"demo-{firm.business_number}", title="펌프용 고분자 막의 제조 방법",
            holder_name="가온대학교 산학협력단", signed_on=timezone.localdate(at).replace(month=1, day=15),
        )  # fmt: skip
    made = begin(call=call, organization=firm, by=person, at=at)
    _fill(made, Scheme.from_json(call.current.content), person, at, half=end == "draft")
    made.refresh_from_db()
    with override("ko"):
        ready = sheet_of(made, timezone.localdate(at)).is_ready
    if end == "draft" or not ready:
        return 1
    done = submit(application=made, revision=made.revision, declared=True, by=person, at=at).application
    if end == "withdrawn":
        withdraw(
            application=done, revision=done.revision, text="다른 사업으로 진행합니다.", confirmed=True, by=person, at=at
        )
    return 1


def _fill(made: Application, scheme: Scheme, person: User, at: datetime, *, half: bool) -> None:
    first = scheme.menu[:1]
    services = [{"key": each.key, "what": "시제품 열 개", "supply_won": EACH_WON} for each in first]
    declared = [each.key for each in scheme.conditions if each.kind == "declared"]
    transfer = made.transfer or made.organization.transfers_received.order_by("pk").first()
    texts = {"product": TEXTS["product"]} if half else TEXTS
    save(
        application=made, revision=made.revision, texts=texts, services=services, declared=() if half else declared,
        transfer=transfer, by=person, at=at,
    )  # fmt: skip
    for paper in () if half else papers_of(scheme):
        if paper.is_required:
            content = BytesIO(PDF + paper.key.encode())
            add_document(application=made, key=paper.key, file=content, name=f"{paper.words.ko}.pdf", by=person, at=at)
