"""Calls, written and published through the services as officers do it; only days are moved."""

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

from accounts.enums import Role
from programmes.enums.calls import CALL_STATES, CallState, SchemeKind
from programmes.models.calls import Terms
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
from programmes.services.calls.end import cancel, close
from programmes.services.calls.publish import publish
from programmes.services.calls.write import begin, next_version, save
from tests.factories.accounts import MembershipFactory, OrganizationFactory

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
        Condition("debt", ConditionKind.NO_DEBT),
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


def officers(office=None):
    """A writer and a publisher of one office."""
    office = office or OrganizationFactory(government=True)
    return [MembershipFactory(organization=office, role=role).user for role in (Role.STAFF, Role.MANAGER)]


def terms(at=NOW, **changes):
    return Terms(
        **{
            "title_ko": "기술사업화 바우처", "title_en": "Commercialization voucher", "title_zh": "技术产业化代金券",
            "budget_won": 1_000_000_000, "opens_at": at + DAY, "closes_at": at + 31 * DAY,
        } | changes
    )  # fmt: skip


def draft_call(*, by=None, office=None, at=NOW, content=SCHEME, kind=SchemeKind.VOUCHER, is_rehearsal=False, **changes):
    """A call that an officer wrote completely and nobody published."""
    by = by or officers(office)[0]
    office = office or by.active_organizations().get()
    return begin(
        office=office, kind=kind, terms=terms(at, **changes), is_rehearsal=is_rehearsal, scheme=content, by=by, at=at
    )


def published_call(*, office=None, at=NOW, **also):
    """Written by one officer and published by another of the same office."""
    office = office or OrganizationFactory(government=True)
    writer, publisher = officers(office)
    call = draft_call(by=writer, office=office, at=at, **also)
    return publish(version=call.versions.get(), revision=1, by=publisher, at=at)


def next_draft(call, *, at=NOW, why="More firms asked than the money reached for.", **terms):
    """The next version of a published call, written by a new officer."""
    by = officers(call.office)[0]
    version = next_version(call=call, by=by, at=at)
    return save(version=version, terms=terms, why=why, revision=version.revision, by=by, at=at)


def call_in(state):
    """A call in each state of the table."""
    if state == CallState.DRAFT:
        return draft_call()
    call = published_call()
    if state == CallState.CANCELLED:
        return cancel(call=call, reason="No money.", by=officers(call.office)[0], at=NOW)
    if state in {CallState.DECIDED, CallState.CLOSED}:
        CALL_STATES.move(call, CallState.DECIDED)
    if state == CallState.CLOSED:
        return close(call=call, by=officers(call.office)[0], at=NOW)
    return call
