"""Contracts whose calendar is kept, and the people of both sides."""

import datetime

from django.utils import timezone

from accounts.enums import Role
from deals.enums.contracts import ContractState, VersionState
from deals.models import ContractVersion
from deals.terms import Instalment, Method, Milestone, Terms
from royalties.models import Due
from royalties.services.calendar.reach import report_reached
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.settle import settle
from royalties.services.rules.load import load_late, read_late
from tests.factories.deals.contracts import HASH, approved_by_both, in_force, member, negotiation_row

SIGNED_ON = datetime.date(2024, 4, 1)
NOW = datetime.datetime(2026, 3, 2, 1, 0, tzinfo=datetime.UTC)  # 10 o'clock in Korea
TODAY = datetime.date(2026, 3, 2)
RUNNING = Terms(method=Method.RUNNING, upfront_won=10_000_000, running_bp=300)
GUARDED = Terms(method=Method.RUNNING, upfront_won=10_000_000, running_bp=300, minimum_won=5_000_000)
SWAP = Terms(method=Method.SWAP, upfront_won=10_000_000, running_bp=300, swap_discount_won=10_000_000)
LUMP = Terms(
    method=Method.LUMP_SUM, upfront_won=10_000_000, instalments=(Instalment(6, 5_000_000), Instalment(30, 5_000_000))
)
STEPS = Terms(
    method=Method.MILESTONES,
    upfront_won=1_000_000,
    milestones=(
        Milestone("prototype", "Prototype runs", 20_000_000, 12),
        Milestone("sale", "First sale", 30_000_000, 30),
    ),
)


def moment(day, hour=10):
    return datetime.datetime.combine(day, datetime.time(hour), timezone.get_default_timezone())


def contract(terms=RUNNING, *, at=NOW, signed_on=SIGNED_ON, **also):
    """In force, its calendar settled at `at`."""
    made = in_force(terms=terms.to_json(), method=terms.method, signed_on=signed_on, **also)
    settle(contract=made, at=at)
    return made


def due(made, key):
    return Due.objects.get(contract=made, key=key)


def rows(made):
    """(key, amount, state) of every due, in the order of keys."""
    return sorted(Due.objects.filter(contract=made).values_list("key", "amount_won", "state"))


def amended(made, terms, *, holds_from, at=NOW):
    """Other terms, approved and in force."""
    before = made.versions.get(state=VersionState.IN_FORCE)
    before.state = VersionState.REPLACED
    before.save()
    version = ContractVersion.objects.create(
        contract=made, serial=before.serial + 1, method=terms.method, terms=terms.to_json(), document_hash=HASH,
        proposed_at=at, proposed_by=made.drafted_by, reason="x", holds_from=holds_from,
    )  # fmt: skip
    approved_by_both(version, at)
    for state in (VersionState.APPROVED, VersionState.IN_FORCE):
        version.state = state
        version.save()
    return version


def ended(made, day, *, reason="agreed"):
    made.state, made.ended_on, made.end_reason = ContractState.ENDED, day, reason
    made.save()
    return made


def reporter(made):
    return member(made.firm, role=Role.STAFF)


def keeper(made):
    return member(made.holder, role=Role.STAFF)


def manager(organization):
    return member(organization)


def late_rules():
    load_late(rows=read_late())


def reached_and_reported(*, request, title, at):
    """A contract from an answered request, whose milestone and sales the firm has reported in words with `title`."""
    milestone = Milestone("prototype", f"{title} prototype", 20_000_000, 12)
    terms = Terms(method=Method.RUNNING, upfront_won=10_000_000, running_bp=300, milestones=(milestone,))
    signed_on = timezone.localdate(at) - datetime.timedelta(days=800)
    made = contract(terms, at=at, signed_on=signed_on, negotiation=negotiation_row(request=request))
    by, found = member(made.firm), due(made, "milestone:prototype")
    reached = report_reached(due=found, reached_on=signed_on, text=title, by=by, at=at)
    line = {"product": title, "quantity": 1, "sales_won": 50_000_000, "deductions_won": 0}
    year = timezone.localdate(at).year - 1
    statement = report_sales(contract=made, year=year, gross_won=0, lines=[line], text=title, by=by, at=at).statement
    return made, found, reached, statement
