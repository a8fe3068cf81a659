"""Calls of the demo, through the life of one: in writing, coming, open and once made longer, under review, decided;
and a rehearsal.

Bands, cap and menu follow the published figures of a relative of the voucher (domain-facts §5.2, innovation voucher for
small manufacturers): at most 50 million won, own share 10, 20, 30 and 50 % by sales up to 0.3, 1, 5 and 12 billion won,
three fields, one service of each. What that notice does not say (steps, points, clocks) is assumed, and says so.
"""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from programmes.models import Call
from programmes.models.calls import TITLES, Terms
from programmes.scheme import (
    Band,
    Caps,
    Condition,
    ConditionKind,
    Criterion,
    Paper,
    PaperStage,
    Scheme,
    Service,
    Stage,
    StageKind,
    Words,
)
from programmes.services.calls.publish import publish
from programmes.services.calls.write import begin, next_version, save

OFFICE, WRITER, PUBLISHER = "technology-diffusion-office", "officer@diffusion.example", "reviewer@diffusion.example"
K, A, C = ConditionKind, PaperStage.APPLICATION, PaperStage.CLAIM
LONGER = "접수 마감을 일주일 늦춥니다. 나머지는 그대로입니다."
CONSULTING, SUPPORT, MARKETING = "컨설팅", "기술지원", "마케팅"
SCHEME = Scheme(
    notice=Words(
        "공공연구기관의 기술을 이전받아 사업화하려는 중소기업에 바우처를 드립니다. "
        "기업은 등록된 수행기관을 자유롭게 골라 필요한 서비스를 쓰고, "
        "정부는 검수가 끝난 서비스의 정부지원금을 수행기관에 지급합니다.",
        "Firms that took over a technology of public research get a voucher to bring it to the market. "
        "They choose registered providers freely, and the government pays its part to the provider once the work is "
        "accepted.",
        "面向受让公共研究机构技术并拟产业化的中小企业发放代金券。企业自由选择已登记的服务机构，验收后由政府向服务机构支付其负担部分。",
    ),
    conditions=(
        Condition("sme", K.SME),
        Condition("transfer", K.TRANSFER),
        Condition("sales", K.SALES, most=12_000_000_000),
        Condition("awards", K.AWARDS, most=2),
        Condition("no_exclusion", K.NO_EXCLUSION),
        Condition("no_debt", K.NO_DEBT),
        Condition(
            "taxes", K.DECLARED,
            words=Words(
                "국세·지방세를 체납하지 않았고 휴·폐업 상태가 아닙니다.",
                "No taxes are overdue and the business is not closed.",
                "未欠缴国税、地方税，且未处于停业或歇业状态。",
            ),
        ),
    ),
    caps=Caps(award_won=50_000_000, firm_won=150_000_000, firm_years=5),
    bands=(
        Band(300_000_000, 1_000), Band(1_000_000_000, 2_000), Band(5_000_000_000, 3_000), Band(12_000_000_000, 5_000),
    ),
    menu=(
        Service("business_plan", Words("사업화 전략 수립", "Business plan", "产业化战略制定"), CONSULTING, 15_000_000),
        Service("brokerage", Words("기술거래 중개", "Brokerage", "技术交易中介"), CONSULTING, 10_000_000, True),
        Service("prototype", Words("시제품 제작", "Prototype", "样机制作"), SUPPORT, 40_000_000),
        Service("testing", Words("시험·인증", "Testing and certification", "试验与认证"), SUPPORT, 20_000_000),
        Service("marketing", Words("시장 조사·홍보", "Research and promotion", "市场推广"), MARKETING, 20_000_000),
    ),
    papers=(
        Paper("registration", Words("사업자등록증", "Certificate of business registration", "营业执照"), A),
        Paper("sme", Words("중소기업확인서", "Confirmation as an SME", "中小企业确认书"), A),
        Paper("statements", Words("표준재무제표증명(3년)", "Financial statements, 3 years", "三年财务报表"), A),
        Paper("taxes", Words("국세·지방세 완납증명", "Certificates that taxes are paid", "完税证明"), A),
        Paper("contract", Words("기술이전계약서 사본", "Contract of the technology transfer", "技术转让合同副本"), A),
        Paper("report", Words("결과보고서", "Report of results", "成果报告"), C),
        Paper("invoice", Words("전자세금계산서", "Electronic tax invoice", "电子税务发票"), C),
        Paper("photos", Words("산출물 사진", "Photographs of what was delivered", "成果照片"), C, False),
    ),
    stages=(
        Stage("check", StageKind.CHECK, Words("요건검토", "Check of documents", "资格审查")),
        Stage("panel", StageKind.PANEL, Words("평가위원회", "Panel", "评审委员会"), role="", least=3),
        Stage("head", StageKind.APPROVAL, Words("선정 승인", "Approval of the selection", "选定批准"), role="manager"),
    ),
    criteria=(
        Criterion("need", Words("지원 필요성", "Need", "支援必要性"), 20),
        Criterion("market", Words("시장성", "Market", "市场性"), 40),
        Criterion("plan", Words("사업화 계획의 타당성", "Soundness of the plan", "产业化计划可行性"), 40),
    ),
    source="지원 한도, 부담 구간, 분야: 중소 제조기업 혁신바우처(2020년 보도 기준). 절차, 점수, 기한: 가정.",
)  # fmt: skip


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Write and publish the calls that are not there yet, by two officers. Returns how many are new."""
    people = {user.email: user for user in User.objects.filter(email__in=[WRITER, PUBLISHER])}
    office, new = organizations[OFFICE], 0
    for row in rows_of_file():
        titles = dict(zip(TITLES, row["title"], strict=True))
        if Call.objects.filter(office=office, title_ko=titles["title_ko"]).exists():
            continue
        moment = at - timedelta(days=row["days_ago"])
        opens, closes = (_hour(at, row["opens"], 9), _hour(at, row["closes"], 18))
        terms = Terms(**titles, budget_won=row["budget_won"], opens_at=opens, closes_at=closes)
        call = begin(
            office=office, kind="voucher", terms=terms, is_rehearsal=row["is_rehearsal"], scheme=SCHEME,
            by=people[WRITER], at=moment,
        )  # fmt: skip
        if row["publish"]:
            publish(version=call.versions.get(), revision=1, by=people[PUBLISHER], at=moment + timedelta(hours=2))
        if longer := row.get("extended"):
            _extend(call, longer, people, at - timedelta(days=1))
        new += 1
    return new


def _extend(call: Call, days: int, people: Mapping[str, User], at: datetime) -> None:
    """The window of a published call made longer, as a version of its own."""
    call.refresh_from_db()
    version = next_version(call=call, by=people[WRITER], at=at)
    closes = call.closes_at + timedelta(days=days)
    version = save(version=version, terms={"closes_at": closes}, why=LONGER, revision=1, by=people[WRITER], at=at)
    publish(version=version, revision=version.revision, by=people[PUBLISHER], at=at + timedelta(hours=1))


def calls_of_demo(organizations: Mapping[str, Organization]) -> dict[str, Call]:
    """The calls that were published, by the key of the file."""
    found = {call.title_ko: call for call in Call.objects.filter(office=organizations[OFFICE])}
    return {row["key"]: found[row["title"][0]] for row in rows_of_file() if row["title"][0] in found}


def rows_of_file() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "calls.json").read_text(encoding="utf-8"))
    return rows


def _hour(at: datetime, days: int, hour: int) -> datetime:
    """That hour in Korea so many days from `at`."""
    day = timezone.localdate(at) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))
