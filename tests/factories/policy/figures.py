"""Survey answers, and a small nation in which every figure has hard cases."""

import datetime
from dataclasses import replace
from itertools import count
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from brokers.enums.fees import QuoteState
from deals.enums.contracts import ContractState
from deals.enums.negotiation import NegotiationState
from deals.models import Contract
from obligations.models import RnDProject
from obligations.services.settle import settle
from policy.models import SurveyAnswer
from royalties.enums.calendar import Usage
from royalties.models import SalesStatement, UsageReport
from royalties.services.income.assign import undo_assignment
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import quote_in
from tests.factories.deals.contracts import in_force, negotiation_row
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.deals.studio import OPTIONS, offered
from tests.factories.obligations import duty, exemption, named
from tests.factories.royalties.calendar import LUMP, RUNNING, ended
from tests.factories.royalties.income import due, invoiced, paid
from tests.factories.tech_listings import ListingFactory
from tests.factories.vouchers.orders import paid as claim_paid
from tests.factories.vouchers.orders import submitted as claim_submitted

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime.datetime(2026, 11, 20, 14, tzinfo=SEOUL)
TODAY = timezone.localdate(NOW)
DAY = datetime.timedelta(days=1)
YEAR = 2026
SERIAL = count(999_000)


def officer():
    """Of an office, with a second factor: sees all figures, sets targets, corrects."""
    return MembershipFactory(government=True, user__second_factor=True).user


def institute(**also):
    return OrganizationFactory(institute=True, **also)


def answer(of=None, *, year=YEAR, at=NOW, technologies=10, spent_won=1_000_000_000, version=1):
    """What an institute says of a year; a later version takes the place of the one before."""
    of = of or institute()
    SurveyAnswer.objects.filter(institute=of, year=year, replaced_at__isnull=True).update(replaced_at=at)
    return SurveyAnswer.objects.create(
        institute=of,
        year=year,
        version=version,
        new_technologies=technologies,
        research_expenditure_won=spent_won,
        office_staff=2,
        answered_at=at,
    )


def merged(gone, into):
    """As the service leaves the row, past its two officers and the question to every app."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE accounts_organization SET merged_into_id = %s WHERE id = %s", [into.pk, gone.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _contract(holder, terms, *, signed_on=datetime.date(YEAR, 4, 1), **listed):
    request = TransferRequestFactory(talk=True, listing=ListingFactory(holder=holder, **listed))
    negotiation = negotiation_row(request=request)
    return in_force(terms=terms.to_json(), method=terms.method, signed_on=signed_on, negotiation=negotiation)


def _not_concluded(holder):
    """A contract that was drafted, and then not concluded."""
    negotiation = negotiation_row(request=TransferRequestFactory(talk=True, listing=ListingFactory(holder=holder)))
    for state in (NegotiationState.AGREED, NegotiationState.CONTRACTED):
        negotiation.state = state
        negotiation.save()
    contract = Contract.objects.create(
        number=f"C2026{next(SERIAL)}", negotiation=negotiation, listing=negotiation.listing, holder=holder,
        firm=negotiation.firm, deal_kind=negotiation.deal_kind, drafted_at=NOW, drafted_by=negotiation.opened_by,
    )  # fmt: skip
    contract.state, contract.cancelled_at, contract.cancel_text = ContractState.CANCELLED, NOW, "x"
    contract.save()


class Nation:
    """Two institutes that answered, one that did not, one that was merged; of all what counts and what does not."""

    def __init__(self):
        self.gaon, self.naru, self.silent = institute(name="가온"), institute(name="나루"), institute(name="다온")
        self.gone = institute(name="라온")
        merged(self.gone, self.gaon)
        self.gaon_manager = MembershipFactory(organization=self.gaon, manager=True).user
        self.officer = officer()
        self.answers()
        self.contracts()
        self.royalties()
        self.duties()
        self.market()
        self.money()

    def answers(self):
        answer(self.gaon, technologies=12)
        answer(self.gaon, technologies=10, spent_won=2_000_000_000, version=2, at=NOW)
        answer(self.naru, technologies=5)
        answer(self.gone, technologies=3)
        answer(self.gaon, year=YEAR - 1, technologies=7)

    def contracts(self):
        self.lump = [_contract(each, LUMP) for each in (self.gaon, self.naru)]
        self.running = _contract(self.gaon, RUNNING)
        self.ended = ended(_contract(self.gaon, LUMP), datetime.date(YEAR, 10, 31))
        self.older = _contract(self.naru, RUNNING, signed_on=datetime.date(YEAR - 1, 5, 1))
        _contract(OrganizationFactory(), LUMP)  # of a company, which is no public institute
        _not_concluded(self.gaon)
        for contract, usage in ((self.lump[0], Usage.IN_USE), (self.running, Usage.ABANDONED)):
            self.say(contract, Usage.PAUSED, YEAR - 1)
            self.say(contract, usage, YEAR)
        TransferRequestFactory(declined=True, answered_at=NOW, listing=ListingFactory(holder=self.naru))  # late
        TransferRequestFactory(withdrawn=True, listing=ListingFactory(holder=self.naru))

    def say(self, contract, usage, year):
        UsageReport.objects.create(contract=contract, year=year, usage=usage, reported_at=NOW)

    def royalties(self):
        before = [paid(invoiced(due(contract))) for contract in (*self.lump, self.ended)]
        with_sales = paid(invoiced(due(self.running, amount_won=30_000_000)))
        reporter = MembershipFactory(organization=self.running.firm).user
        SalesStatement.objects.create(
            contract=self.running, year=YEAR - 1, gross_won=9, net_sales_won=9, reported_at=NOW, reported_by=reporter
        )
        undone = paid(invoiced(due(self.older)))
        undo_assignment(allocation=undone, reason="Wrong invoice", by=undone.assigned_by, at=NOW)
        self.received = [*before, with_sales]

    def duties(self):
        self.late = [duty(at=NOW) for _ in range(2)]
        listed, exempted, secret = duty(at=NOW), duty(at=NOW), duty(at=NOW)
        named(listed, ListingFactory(holder=listed.institute), at=NOW)
        exemption(exempted, "granted", runs_from=TODAY)
        settle(projects=[listed.project_id, exempted.project_id], at=NOW)
        RnDProject.objects.filter(pk=secret.project_id).update(is_security=True)

    def market(self):
        for _ in range(2):
            offered(negotiation_row())
        once = OPTIONS[0]
        half = replace(once, terms=replace(once.terms, upfront_won=once.terms.upfront_won // 2), title="Half")
        offered(negotiation_row(), options=(once, half), no_running_reason="Too small")
        for trait in ("draft", "withdrawn", "suspended", "closed"):
            ListingFactory(holder=self.naru, **{trait: True})
        self.fresh = ListingFactory(holder=self.naru, confirmed_on=TODAY)

    def money(self):
        for _ in range(3):
            quote_in(QuoteState.ACCEPTED)
        quote_in(QuoteState.DECLINED)
        for _ in range(3):
            claim_paid()
        claim_submitted()
