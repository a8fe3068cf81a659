"""Calls, written and published through the services as officers do it; only days are moved."""

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

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

NOW = datetime.datetime(2026, 6, 10, 15, tzinfo=ZoneInfo("Asia/Seoul"))
DAY = datetime.timedelta(days=1)


def words(text):
    return Words(f"{text} (한국어)", text, f"{text} (中文)")


SCHEME = Scheme(
    notice=words("Vouchers for firms that took over a technology."),
    conditions=(
        Condition("sme", ConditionKind.SME),
        Condition("transfer", ConditionKind.TRANSFER),
        Condition("sales", ConditionKind.SALES, most=12_000_000_000),
        Condition("clean", ConditionKind.NO_EXCLUSION),
        Condition("tax", ConditionKind.DECLARED, words=words("No taxes are overdue.")),
    ),
    caps=Caps(award_won=50_000_000, firm_won=100_000_000),
    bands=(
        Band(300_000_000, 1_000),
        Band(1_000_000_000, 2_000),
        Band(5_000_000_000, 3_000),
        Band(12_000_000_000, 5_000),
    ),
    menu=(
        Service("plan", words("Business plan"), "consulting", most_won=10_000_000),
        Service("prototype", words("Prototype"), "technical"),
        Service("brokerage", words("Brokerage"), "marketing", is_brokerage=True),
    ),
    papers=(
        Paper("registration", words("Business registration"), PaperStage.APPLICATION),
        Paper("report", words("Report of results"), PaperStage.CLAIM),
    ),
    stages=(
        Stage("check", StageKind.CHECK, words("Check of documents")),
        Stage("panel", StageKind.PANEL, words("Panel"), role="", least=3),
        Stage("head", StageKind.APPROVAL, words("Head of the office"), role="manager"),
    ),
    criteria=(Criterion("market", words("Market"), 60), Criterion("team", words("Team"), 40)),
    source="Assumed for a test",
)
"""A complete scheme of a voucher, as JSON under `content` of a version."""


def scheme(**changes):
    return replace(SCHEME, **changes)
