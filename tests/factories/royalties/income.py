"""Contracts with a calendar, invoices, receipts and plans, made by the services."""

import datetime
import io
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.enums import Role
from deals.enums.terms import Method
from royalties.enums.calendar import DueKind
from royalties.models import Due
from royalties.services.government.ahead import Told, pay_ahead
from royalties.services.government.record import Used, record_payment, record_use
from royalties.services.income.assign import assign
from royalties.services.income.bank import read_bank_file
from royalties.services.income.issue import issue_invoice
from royalties.services.income.receive import enter_receipt
from royalties.services.rules.load import load_rules, read_government, read_sharing
from royalties.services.share.plan import Given, Part, write_plan
from royalties.services.share.propose import propose
from royalties.services.share.share import share
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.deals.contracts import in_force, negotiation_row
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory

NOW = datetime.datetime(2026, 11, 20, 14, tzinfo=ZoneInfo("Asia/Seoul"))
TODAY = timezone.localdate(NOW)
DAY = datetime.timedelta(days=1)
MILLION = 1_000_000
SHARES = {"researchers": 5_500, "contributors": 1_000, "transfer": 1_500, "rest": 2_000}
PEOPLE = (
    Part("researchers", "Kim Haneul", "haneul@example.org", 6_000, "A-1"),
    Part("researchers", "Lee Bada", "bada@example.org", 4_000),
    Part("contributors", "Park Sol", "sol@example.org", 10_000),
)
PLAN = Given(shares_bp=SHARES, people=PEOPLE, government_won=80 * MILLION, total_won=100 * MILLION)


def rules():
    load_rules(sharing=read_sharing(), government=read_government())


def manager(organization):
    return MembershipFactory(organization=organization, manager=True).user


def staff(organization):
    return MembershipFactory(organization=organization, role=Role.STAFF).user


def concluded(*, holder=None, firm=None, **also):
    """A contract in force between an institute and a company."""
    listing = also.pop("listing", None) or ListingFactory(holder=holder or OrganizationFactory(institute=True))
    request = TransferRequestFactory(talk=True, listing=listing, requester=firm or OrganizationFactory())
    terms = {"version": 1, "method": Method.LUMP_SUM, "upfront_won": 100 * MILLION}
    return in_force(terms=terms, method=Method.LUMP_SUM, negotiation=negotiation_row(request=request), **also)


def due(contract=None, *, amount_won=100 * MILLION, key="upfront", **also):
    """A line of the calendar that is expected."""
    contract = contract or concluded()
    made = {"kind": DueKind.UPFRONT, "due_on": TODAY + 10 * DAY} | also
    return Due.objects.create(
        contract=contract, version=contract.versions.get(), key=key, amount_won=amount_won, **made
    )


def invoiced(line=None, *, by=None, at=NOW, **also):
    line = line or due(**also)
    return issue_invoice(due=line, by=by or staff(line.contract.holder), at=at).invoice


def received(holder, amount_won=110 * MILLION, *, by=None, at=NOW, payer="Pureunsol", **also):
    booked_on = also.pop("booked_on", timezone.localdate(at))
    by = by or staff(holder)
    return enter_receipt(
        holder=holder, booked_on=booked_on, amount_won=amount_won, payer=payer, by=by, at=at, **also
    ).receipt


def bank_file(holder, *, by=None, at=NOW, amount_won=11 * MILLION, payer="Pureunsol", memo="", text=None):
    """A statement that was read and not booked: one deposit, or what `text` says."""
    text = text or f"거래일,의뢰인,적요,입금액\n{timezone.localdate(at)},{payer},{memo},{amount_won}\n"
    file = io.BytesIO(text.encode())
    return read_bank_file(holder=holder, file=file, name="statement.csv", by=by or staff(holder), at=at).file


def paid(invoice=None, amount_won=None, *, by=None, at=NOW, **also):
    """An allocation: the invoice is paid, or `amount_won` of it."""
    invoice = invoice or invoiced(**also)
    by = by or staff(invoice.contract.holder)
    receipt = received(invoice.contract.holder, amount_won or invoice.open_won, by=by, at=at)
    return assign(receipt=receipt, invoice=invoice, by=by, at=at)


def planned(contract, given=PLAN, *, by=None, at=NOW):
    seen = contract.share_plans.count()
    return write_plan(contract=contract, given=given, seen=seen, by=by or manager(contract.holder), at=at)


def shared(allocation=None, *, by=None, at=NOW, given=PLAN, **also):
    """A distribution by the plan; rules are loaded where they are not."""
    rules()
    allocation = allocation or paid(at=at, **also)
    contract = allocation.invoice.contract
    if not contract.share_plans.exists():
        planned(contract, given, at=at)
    by = by or manager(contract.holder)
    seen = propose(allocation, today=timezone.localdate(at)).digest
    return share(allocation=allocation, seen=seen, by=by, at=at)


def used_and_paid(listing, *, reference="N-1", by=None, at=NOW):
    """A company's own use of its result, of which half is paid."""
    rules()
    by = by or staff(listing.holder)
    year = at.year - 1
    used = Used(
        sold_from=datetime.date(year, 1, 1), sold_until=datetime.date(year, 12, 31), sales_won=100 * MILLION,
        research_won=300 * MILLION, agreed_on=datetime.date(2024, 12, 31), task_ended_on=datetime.date(2025, 6, 30),
        firm_size="sme",
    )  # fmt: skip
    use = record_use(holder=listing.holder, listing=listing, used=used, by=by, at=at).use
    payment = record_payment(
        holder=listing.holder, listing=listing, paid_on=timezone.localdate(at), amount_won=use.owed_won // 2,
        reference=reference, by=by, at=at,
    ).payment  # fmt: skip
    return use, payment


def ahead(listing, *, reference="L-1", by=None, at=NOW):
    """A company's notice that it pays the whole cap of `used_and_paid` at once."""
    rules()
    told = Told(
        told_on=timezone.localdate(at), reference=reference, agreed_on=datetime.date(2024, 12, 31),
        task_ended_on=datetime.date(2025, 6, 30), firm_size="sme", research_won=300 * MILLION,
    )  # fmt: skip
    return pay_ahead(holder=listing.holder, listing=listing, told=told, by=by or staff(listing.holder), at=at).notice
