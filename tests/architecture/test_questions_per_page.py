"""Every list asks the database as often for 12 rows as for 4."""

import io
from dataclasses import replace
from datetime import timedelta

import pghistory
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from brokers.enums.registration import RegistrationKind
from brokers.services.office.check_documents import ask_completion
from brokers.services.ratings.moderate import report_text
from brokers.services.registration.documents import add_document
from brokers.services.registration.hand_in import hand_in
from deals.services.contracts.amend import amend
from deals.services.contracts.approve import refuse
from deals.services.offers.answer import withdraw as withdraw_offer
from obligations.models import DutyDraft
from obligations.services.settle import settle
from policy.services.plans.publish import enter_progress
from royalties.services.share.plan import Part
from tech_listings.enums import RowAction, RunState
from tech_listings.models import InventorInvitation, RunRow
from tech_listings.services.refresh_words import refresh_words
from tests.factories.accounts import (
    ApiTokenFactory,
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    sign_in,
)
from tests.factories.brokers.cases import broker_person, handed_over, noticed, opened, stated
from tests.factories.brokers.duties import counted, due_report, licence, reported_deal, suggested, told, warned
from tests.factories.brokers.fees import asked as asked_about_fee
from tests.factories.brokers.fees import draft as fee_draft
from tests.factories.brokers.fees import guideline, officer, quoted
from tests.factories.brokers.fees import published as fees_published
from tests.factories.brokers.mandates import in_force
from tests.factories.brokers.mandates import offered as mandate_offered
from tests.factories.brokers.office import (
    applied,
    in_check,
    registered,
    requirements_draft,
    requirements_published,
)
from tests.factories.brokers.ratings import deal, mandate, qualified
from tests.factories.brokers.ratings import rated as broker_rated
from tests.factories.brokers.register import agency
from tests.factories.brokers.registration import WORK, paper, trader_draft
from tests.factories.deals.agreements import CLAUSES, RUNNING, about, agreed, drafted, signed
from tests.factories.deals.contracts import negotiation_row
from tests.factories.deals.negotiation import asked as asked_in
from tests.factories.deals.negotiation import brokered
from tests.factories.deals.negotiation import offered as offered_in
from tests.factories.deals.negotiation import opened as negotiated
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.disclosures import (
    ConfidentialFileFactory,
    DisclosureFactory,
    OpeningFactory,
    SecretListingFactory,
)
from tests.factories.matching import NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import match_of, saved_search
from tests.factories.notifications import NotificationFactory
from tests.factories.obligations import ProjectFactory, ResultFactory, duty, exemption, letter_about, named
from tests.factories.open_data import endpoint_of, key_of, message_to, partner, reported
from tests.factories.policy_index import published as ranked
from tests.factories.policy_index import weights_draft
from tests.factories.policy_plans import plan_published
from tests.factories.policy_survey import a_round, accepted, survey_file
from tests.factories.policy_survey import drafted as survey_drafted
from tests.factories.programmes.calls import published_call
from tests.factories.royalties.calendar import contract as calendar_contract
from tests.factories.royalties.income import (
    PLAN,
    bank_file,
    concluded,
    invoiced,
    paid,
    planned,
    received,
    shared,
    used_and_paid,
)
from tests.factories.royalties.income import due as royalty_due
from tests.factories.tech_listings import (
    ListingExportFactory,
    ListingFactory,
    RunFactory,
    SourceFactory,
    SynonymGroupFactory,
    inventor_answered,
    patent,
    sent,
)


class Office:
    """An institute with a manager, who also belongs to a company; `grow` adds one of everything."""

    def __init__(self):
        self.institute = OrganizationFactory(institute=True, name="가")
        self.company = OrganizationFactory(name="나")
        self.manager = MembershipFactory(organization=self.institute, manager=True, user__second_factor=True).user
        MembershipFactory(organization=self.company, user=self.manager, role=Role.STAFF)
        self.office = OrganizationFactory(government=True, name="다")
        MembershipFactory(organization=self.office, user=self.manager, role=Role.STAFF)
        self.source = SourceFactory(organization=self.institute)
        self.run = RunFactory(source=self.source, uploaded_by=self.manager)
        self.need = NeedFactory(organization=self.company, owner=self.manager)
        self.used = ListingFactory(holder=self.company, draft=True)
        self.draft = ListingFactory(holder=self.institute, draft=True)
        self.serial = 0
        self.secret = SecretListingFactory(holder=self.institute)
        asked = TransferRequestFactory(
            listing=SecretListingFactory(), requester=self.company, requested_by=self.manager
        )
        self.opened = DisclosureFactory(request=asked, accepted=True)
        self.search = saved_search("q=수소", by=self.manager)
        self.project = ProjectFactory(lead=self.institute)
        self.projects_run = RunFactory(source=SourceFactory(organization=self.institute, target="projects"))
        self.guideline = guideline(timezone.now())
        self.broker = agency(at=timezone.now())
        self.rating = broker_rated(self.broker.organization, organization=self.company, at=timezone.now())
        self.fee_quote = quoted(at=timezone.now(), client=self.company)
        self.application = trader_draft(self.manager, at=timezone.now())
        self.mandate = in_force(at=timezone.now(), client=self.company)
        begun = TransferRequestFactory(talk=True, listing=ListingFactory(holder=self.institute))
        self.negotiation = negotiated(request=begun, by=self.manager, at=timezone.now())
        self.contract = self.contracted(timezone.now())
        self.calendared = None
        self.plan = None
        self.office_application = in_check(at=timezone.now())
        now = timezone.now()
        self.agency = agency(OrganizationFactory(broker=True, name="라"), at=now - timedelta(days=900))
        MembershipFactory(organization=self.agency.organization, user=self.manager, role=Role.MANAGER)
        self.report = due_report(self.agency, day=timezone.localdate(now) - timedelta(days=366))
        self.case = noticed(opened(at=timezone.now()), at=timezone.now())
        self.of_broker = broker_person(self.case.registration)

    def open_data(self):
        mine = self.manager.memberships.get(organization=self.institute)
        key_of(mine)
        made = endpoint_of(mine)
        self.webhook = getattr(self, "webhook", made)
        message_to(self.webhook)
        listing = ListingFactory(holder=self.institute)
        reported(partner(), listing)

    def grow(self, times):
        for _ in range(times):
            self.serial += 1
            self.open_data()
            listing = ListingFactory(holder=self.institute, title_ko="수소", rights=[patent(self.serial)])
            ListingFactory(holder=self.institute, draft=True)
            RunFactory(source=self.source, uploaded_by=MembershipFactory(organization=self.institute).user)
            RunRow.objects.create(run=self.run, row=self.serial, action=RowAction.CHANGE, subject_id=listing.pk)
            TransferRequestFactory(listing=listing)
            TransferRequestFactory(requester=self.company, requested_by=self.manager, talk=True)
            need = NeedFactory(st_class="EF", region_code="11")
            NeedFactory(organization=self.company, owner=self.manager)
            NeedMatchFactory(need=need, listing=listing, score=70)
            NeedMatchFactory(need=self.need)
            NeedAnswerFactory(need=self.need)
            NotificationFactory(recipient=self.manager, about=self.institute)
            MembershipFactory(organization=self.institute, requested=True)
            InvitationFactory(organization=self.institute, invited_by=self.manager)
            ApiTokenFactory(user=self.manager)
            ListingExportFactory(owner=self.manager, query=f"q=수소 {self.serial}", ready=True)
            SynonymGroupFactory(changed_by=self.colleague())
            saved_search(f"q=수소 {self.serial}", by=self.manager)
            match_of(self.search, listing=listing)
            self.royalty_money()
            duty(project__lead=self.institute)
            self.duties()
            result = duty(project=self.project, title=f"성과 {self.serial}").result
            with pghistory.context(user=self.manager.pk):
                type(result).objects.filter(pk=result.pk).update(title="둘째 이름")
            RunRow.objects.create(
                run=self.projects_run, row=self.serial, action=RowAction.CHANGE, subject_id=result.project_id
            )
            self.fees(timezone.now())
            self.applications()
            self.brokers_office(timezone.now())
            self.brokers()
            self.register(timezone.now())
            self.cases(timezone.now())
            self.calendars(timezone.now())
            self.negotiations(timezone.now())
            self.contracts(timezone.now())
            self.survey_index_and_plans(timezone.now())
            sent(holder=self.institute, rights=[patent(self.serial)])
            ListingFactory(holder=self.institute, suspended=True)
            self.secrets()
            owed = duty(project__lead=self.institute)
            link = {"made_at": timezone.now(), "made_by": self.manager}
            made = ListingFactory(holder=self.institute, draft=True, rights=[patent(self.serial)])
            DutyDraft.objects.create(obligation=owed, listing=made, **link)
            inventor_answered(made)
            InventorInvitation.objects.create(
                listing=self.draft,
                name="김",
                email=f"kim{self.serial}@lab.example",
                language="ko",
                token_digest=f"{self.serial + 10**9:064x}",
                invited_by=self.manager,
                expires_at=timezone.now(),
            )
        refresh_words(at=timezone.now())
        # Autovacuum sees no row of this transaction, but those that earlier tests took back: it may have written down
        # that the tables are empty, and then every join is a walk through all of both sides. What it would find:
        with connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = 0; analyze")  # autovacuum may be at a table

    shared_out = None
    own_uses = 0

    def royalty_money(self):
        """A contract more with an invoice, a receipt that waits, one that was shared out, and a file."""
        now, by = timezone.now(), self.manager
        contract = concluded(holder=self.institute)
        royalty_due(contract, key="second")
        part = paid(invoiced(royalty_due(contract), by=by, at=now), 11_000_000, by=by, at=now)
        people = (Part("researchers", "김", f"kim{self.serial}@lab.example", 10_000),)
        planned(contract, replace(PLAN, people=people), by=by, at=now)
        made = shared(part, by=by, at=now)
        paid(contract.invoices.get(), 1_100_000, by=by, at=now)
        receipt = received(self.institute, by=by, at=now)
        file = bank_file(self.institute, by=by, at=now, amount_won=self.serial)
        used_and_paid(self.used, at=now.replace(year=now.year - self.own_uses), reference=f"N-{self.own_uses}")
        used_and_paid(ListingFactory(holder=self.company, draft=True), at=now)
        self.own_uses += 1
        if self.shared_out is None:  # the pages of the first ones are opened
            self.shared_out, self.receipt, self.bank_file = made, receipt, file

    def brokers_office(self, now):
        """An application to take up, one registered, a version ahead; a step and a change more of the one looked at."""
        applied(RegistrationKind.TRADER, at=now)
        registered(kind=RegistrationKind.TRADER, at=now)
        requirements_draft(at=now)
        requirements_published(at=now, valid_from=timezone.localdate(now) + timedelta(days=self.serial))
        by = officer()
        ask_completion(application=self.office_application, parts={"other": "x"}, by=by, at=now)
        with pghistory.context(user=by.pk):
            made = type(self.office_application).objects.get(pk=self.office_application.pk)
            hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=now)

    def register(self, now):
        """Another broker with all that its card counts; and of the one whose page is opened one more of each."""
        other = agency(at=now, ipc_prefixes=["H01M"], regions=["1100000000"], languages=["ko"])
        for broker in (other, self.broker):
            qualified(broker.organization, "lawyer", "engineer")
            mandate(broker.organization, hours=3, offered_at=now - timedelta(days=3))
            broker_rated(broker.organization, at=now)
        deal(other.organization, taker=self.company, at=now)
        rating = broker_rated(other.organization, organization=self.company, at=now)
        report_text(text=rating.texts.get(), reason="x", by=self.colleague(), at=now)

    def calendars(self, now):
        """A contract of the institute with its dues; the first one's page is opened."""
        listing = ListingFactory(holder=self.institute)
        request = TransferRequestFactory(listing=listing, talk=True)
        made = calendar_contract(at=now, negotiation=negotiation_row(request=request))
        self.calendared = self.calendared or made

    def cases(self, now):
        """A hand-over of the company's mandate with its case, and a statement in another."""
        handed_over(client=self.company, at=now)
        stated(self.case, at=now, by=self.of_broker)

    def fees(self, now):
        """A draft, a version ahead, a quote to the company, and one of others that waits for a decision."""
        fee_draft(at=now)
        published_call(office=self.office, at=now)
        fees_published(at=now, valid_from=timezone.localdate(now) + timedelta(days=self.serial))
        quoted(at=now, client=self.company, subject=f"밸브 {self.serial}")
        asked_about_fee(at=now)
        mandate_offered(at=now, client=self.company, need=self.need)
        in_force(at=now, client=self.institute)

    def applications(self):
        """A time of work and a file more in the draft, and another application that was thrown away."""
        self.application.career.create(**WORK)
        self.application.training.create(subject="law", hours=1)
        file = io.BytesIO(paper(f"career {self.serial}"))
        given = {"kind": "career", "file": file, "name": "proof.pdf", "by": self.manager, "at": timezone.now()}
        add_document(application=self.application, **given)
        type(self.application).objects.create(kind="trader", applicant=self.manager, state="withdrawn")

    def brokers(self):
        """One more of everything of an agency, and one more agency with something open."""
        now = timezone.now()
        today, organization = timezone.localdate(now), self.agency.organization
        counted(organization, at=now)
        licence(self.manager, at=now)
        licence(at=now)
        reported_deal(organization, signed_on=self.report.first_on, term_until=None, at=now)
        reported_deal(organization, signed_on=today, term_until=None, at=now)
        day = timezone.localdate(now) - timedelta(days=366 + 184 * self.serial)
        due_report(self.agency, day=day)
        told(self.agency, at=now, by=self.manager, happened_on=today, text=f"변경 {self.serial}")
        suggested(self.agency, at=now, happened_on=today)
        warned(self.agency, at=now, text=f"경고 {self.serial}")
        told(agency(at=now), at=now, happened_on=today)

    def negotiations(self, now):
        """Another one, and in the same one a broker, a question, and an offer that is withdrawn again."""
        listing = ListingFactory(holder=self.institute)
        negotiated(request=TransferRequestFactory(talk=True, listing=listing), by=self.manager, at=now)
        brokered(self.negotiation, at=now)
        asked_in(self.negotiation, at=now)
        offer = offered_in(self.negotiation, by=self.manager, at=now)
        withdraw_offer(offer=offer, by=self.manager, at=now)

    def terms_agreed(self, now):
        return agreed(negotiation=about(ListingFactory(holder=self.institute), at=now), at=now)

    def contracted(self, now):
        return signed(negotiation=self.terms_agreed(now), at=now)

    def contracts(self, now):
        """Another one, one to approve, and in the one looked at an amendment that was refused."""
        self.contracted(now)
        drafted(negotiation=agreed(negotiation=about(ListingFactory(holder=self.institute), at=now), at=now), at=now)
        changed = replace(RUNNING, running_bp=100 + self.serial)
        given = {
            "clauses": CLAUSES,
            "reason": "x",
            "holds_from": timezone.localdate(now),
            "by": self.manager,
            "at": now,
        }
        version = amend(contract=self.contract, terms=changed, **given)
        refuse(version=version, text="x", by=self.manager, at=now)

    def secrets(self):
        """A file, a disclosure and an opening of the same technology each time, and a file for the firm's page."""
        ConfidentialFileFactory(listing=self.secret)
        asked = TransferRequestFactory(listing=self.secret)
        OpeningFactory(disclosure=DisclosureFactory(request=asked, accepted=True))
        ConfidentialFileFactory(listing=self.opened.request.listing)

    def survey_index_and_plans(self, now):
        """An accepted answer more, of another institute; a year, a ranking, a version, a plan and a file."""
        accepted(round=a_round(at=now), at=now)
        year = a_round(at=now, year=2000 + self.serial)
        survey_drafted(institute=self.institute, round=year, by=self.manager, at=now)
        self.ranking = ranked(year=now.year - 1, reason="One more.", at=now)
        weights_draft(at=now)
        other = plan_published(at=now).plan
        self.plan = self.plan or other
        enter_progress(plan=self.plan, code=1, state="late", text="x", by=self.manager, at=now)
        row = f"{self.institute.business_number},2000,1,1,{self.serial},"
        self.survey_file = survey_file(row, sender=self.institute, by=self.manager, at=now)

    def duties(self):
        """One done and to be verified, one with an exemption asked for, one that a letter is about."""
        done = duty(ResultFactory(number=""))
        named(done, ListingFactory(holder=done.institute), at=timezone.now())
        settle(projects=[done.project_id], at=timezone.now())
        owed = duty(project__lead=self.institute)
        exemption(duty(project__lead=self.institute))
        exemption(duty())
        letter_about([owed], day=owed.due_on - timedelta(days=self.serial))
        letter_about([duty()], day=owed.due_on)

    def colleague(self):
        return MembershipFactory(organization=self.office).user


@pytest.fixture
def office():
    made = Office()
    for run in (made.run, made.projects_run):
        type(run).objects.filter(pk=run.pk).update(state=RunState.PLANNING)
        type(run).objects.filter(pk=run.pk).update(state=RunState.PLANNED, planned_at=run.created_at)
    return made


def addresses(office):
    project = office.project.public_id
    run, need, search = office.run.public_id, office.need.public_id, office.search.public_id
    return [
        "/", "/technologies/", "/technologies/?q=수소", "/technologies/?view=table", "/technologies/export.csv",
        "/technologies/suggest/?q=수", "/technologies/suggest/?q=수소+시험", "/api/v1/suggestions/?q=수",
        "/technologies/export.xlsx", "/technologies/export/", "/my/exports/", "/api/v1/listing-exports/",
        "/officer/synonyms/", "/officer/synonyms/export.csv", "/officer/synonyms/changes/", "/api/v1/synonyms/",
        "/work/", "/work/?stand=draft&tick=all", "/work/export.csv", "/work/export.xlsx", "/work/table/", "/work/send/",
        "/api/v1/work/", f"/my/listings/{office.draft.public_id}/inventors/",
        "/my/listings/", "/my/listings/confirm/", "/my/listings/confirm/?show=all",
        "/api/v1/my/listings/confirm/?show=all", "/my/imports/",
        f"/my/imports/{run}/?show=change", "/requests/", "/requests/export.csv",
        "/compliance/", "/compliance/?by=ministry", "/compliance/export.csv", "/compliance/duties/",
        "/compliance/duties/?figure=overdue", "/compliance/duties/export.csv", "/compliance/duties/export.xlsx",
        "/duties/to-verify/", "/exemptions/", "/exemptions/?show=ending", "/letters/", "/overdue/",
        "/overdue/export.csv", "/api/v1/duties/", "/api/v1/exemptions/", "/api/v1/letters/", "/api/v1/compliance/",
        "/api/v1/overdue-institutes/",
        "/projects/", "/projects/?q=시험&duty=due&sort=title", "/projects/export.csv", "/projects/export.xlsx",
        f"/projects/{project}/", f"/projects/{project}/history/", "/api/v1/projects/",
        f"/api/v1/duties/?project={project}",
        f"/api/v1/projects/{project}/results/", f"/my/imports/{office.projects_run.public_id}/?show=change",
        "/needs/", "/needs/export.csv", "/my/needs/", "/my/needs/export.csv", f"/needs/{need}/",
        f"/needs/{need}/matches/", f"/needs/{need}/matches/export.csv", "/api/v1/needs/",
        f"/api/v1/needs/{need}/answers/", f"/api/v1/needs/{need}/matches/",
        "/my/searches/", f"/my/searches/{search}/", f"/my/searches/{search}/export.csv", "/api/v1/saved-searches/",
        f"/api/v1/saved-searches/{search}/matches/",
        "/review/", "/review/?tab=after", "/review/?tab=suspended", "/review/?finding=same_number", "/api/v1/review/",
        "/api/v1/review/?tab=after",
        f"/my/listings/{office.secret.number}/confidential/",
        f"/requests/{office.opened.request.public_id}/confidential/",
        f"/my/listings/{office.secret.number}/confidential/openings/",
        f"/my/listings/{office.secret.number}/confidential/openings.csv",
        f"/api/v1/my/listings/{office.secret.number}/confidential/files/",
        f"/api/v1/my/listings/{office.secret.number}/confidential/openings/",
        "/fees/", "/fees/calculator/?value_won=12000000", "/fees/calculator.csv?value_won=12000000",
        f"/fees/{office.guideline.public_id}/", f"/fees/{office.guideline.public_id}/tiers.csv", "/fees/drafts/",
        "/fees/outside-band/", "/fees/quotes/", "/fees/quotes/?q=밸브", f"/fees/quotes/{office.fee_quote.public_id}/",
        "/api/v1/fees/schedules/", "/api/v1/fees/quotes/", f"/api/v1/fees/quotes/{office.fee_quote.public_id}/",
        "/brokers/apply/", f"/brokers/applications/{office.application.public_id}/",
        f"/brokers/applications/{office.application.public_id}/edit/", "/api/v1/broker-applications/",
        f"/api/v1/broker-applications/{office.application.public_id}/",
        "/negotiations/", "/negotiations/?tab=waiting&q=T", "/negotiations/export.csv", "/api/v1/negotiations/",
        f"/negotiations/{office.negotiation.public_id}/", f"/api/v1/negotiations/{office.negotiation.public_id}/",
        "/contracts/", "/contracts/?q=C&state=in_force", "/contracts/export.csv", "/api/v1/contracts/",
        f"/contracts/{office.contract.public_id}/", f"/contracts/{office.contract.public_id}/versions/1/",
        f"/api/v1/contracts/{office.contract.public_id}/",
        "/mandates/", "/mandates/export.csv", f"/mandates/{office.mandate.public_id}/",
        "/mandates/?tab=running", "/api/v1/mandates/", f"/api/v1/mandates/{office.mandate.public_id}/",
        "/officer/brokers/", "/officer/brokers/?tab=decided", "/officer/brokers/applications.csv?tab=decided",
        f"/officer/brokers/{office.office_application.public_id}/?tab=check", "/officer/brokers/register/",
        "/officer/brokers/register.csv", "/officer/brokers/requirements/", "/brokers/requirements/",
        f"/officer/brokers/requirements/{office.office_application.requirements.public_id}/",
        "/brokers/gazette/", "/brokers/gazette.csv", "/api/v1/broker-requirements/",
        "/api/v1/office/broker-applications/",
        f"/api/v1/office/broker-applications/{office.office_application.public_id}/",
        "/me/qualifications/", "/brokers/staff/", "/brokers/reports/", f"/brokers/reports/{office.report.public_id}/",
        f"/brokers/reports/{office.report.public_id}/export.csv", "/brokers/changes/", "/brokers/warnings/",
        "/officer/brokers/qualifications/", "/officer/brokers/duties/?show=all", "/officer/brokers/duties/export.csv",
        f"/officer/brokers/duties/{office.agency.public_id}/", "/api/v1/me/qualifications/", "/api/v1/broker-staff/",
        "/api/v1/officer/qualifications/", "/api/v1/deal-reports/", "/api/v1/deal-reports/deals/",
        f"/api/v1/deal-reports/{office.report.public_id}/", "/api/v1/broker-changes/", "/api/v1/broker-warnings/",
        "/api/v1/officer/broker-duties/",
        "/brokers/", "/brokers/?section=H&credential=lawyer&open=true&sort=answer", "/brokers/?sort=deals&language=ko",
        f"/brokers/{office.broker.number}/", "/brokers/order/", f"/brokers/compare/?broker={office.broker.number}",
        "/brokers/register.csv", "/brokers/register.json", "/brokers/ratings/", "/officer/ratings/",
        f"/brokers/ratings/{office.rating.public_id}/", "/api/v1/brokers/", f"/api/v1/brokers/{office.broker.number}/",
        "/api/v1/brokers/ratings/",
        "/officer/cases/", "/officer/cases/?stage=over&q=가", "/officer/cases/export.csv", "/officer/hand-overs/",
        f"/officer/cases/{office.case.public_id}/", f"/brokers/cases/{office.case.public_id}/", "/brokers/cases/",
        "/brokers/hand-overs/", "/api/v1/cases/", f"/api/v1/cases/{office.case.public_id}/", "/api/v1/hand-overs/",
        "/royalties/invoices/", "/royalties/invoices/?q=가", "/royalties/invoices/export/", "/royalties/to-ask-for/",
        "/royalties/receipts/", "/royalties/receipts/export/", f"/royalties/receipts/{office.receipt.public_id}/",
        "/royalties/bank-files/", f"/royalties/bank-files/{office.bank_file.public_id}/", "/royalties/sharing/",
        f"/royalties/distributions/{office.shared_out.public_id}/", "/royalties/statements/",
        "/figures/", "/figures/public_listings/rows/", "/figures/public_listings/rows/export/",
        "/api/v1/figures/public_listings/rows/",
        "/calls/", "/calls/?when=open", "/calls/export.csv", "/calls/deadlines.ics", "/officer/calls/",
        "/api/v1/calls/",
        "/royalties/statements/payroll/?lines=true", "/royalties/my-statement/", "/royalties/fees/",
        "/api/v1/royalties/invoices/", "/api/v1/royalties/receipts/", "/api/v1/royalties/shares/",
        "/api/v1/royalties/fees/", "/api/v1/royalties/to-share/", "/api/v1/royalties/distributions/",
        "/api/v1/royalties/bank-files/", f"/api/v1/royalties/bank-files/{office.bank_file.public_id}/",
        "/royalties/", "/royalties/dues/", "/royalties/dues/?tab=open", "/royalties/dues/export.csv",
        f"/royalties/contracts/{office.calendared.public_id}/", "/api/v1/royalties/dues/", "/api/v1/royalties/work/",
        f"/api/v1/royalties/contracts/{office.calendared.public_id}/",
        "/royalties/government/", f"/royalties/government/{office.used.public_id}/", "/api/v1/royalties/government/",
        f"/royalties/government/{office.used.public_id}/use/new/",
        f"/royalties/government/{office.used.public_id}/ahead/",
        f"/api/v1/royalties/government/{office.used.public_id}/",
        "/open-data/", "/open-data/keys/", "/open-data/webhooks/", f"/open-data/webhooks/{office.webhook.public_id}/",
        "/open-data/deals/", "/api/v1/changes/", "/api/v1/bulk/", "/api/v1/totals/", "/api/v1/webhooks/",
        f"/api/v1/webhooks/{office.webhook.public_id}/messages/", "/api/v1/partner-deals/",
        "/oai/?verb=ListRecords&metadataPrefix=oai_dc",
        "/", "/search/?q=수소", "/statistics/", "/sitemap-technologies-0.xml", "/api/v1/waiting/",
        "/api/v1/search/?q=수소",
        "/survey/", "/survey/office/", "/survey/office/?standing=accepted", "/survey/office/export/", "/survey/years/",
        "/survey/files/", "/capability/", "/capability/export/", "/capability/method/", "/capability/office/",
        "/capability/groups/", "/capability/versions/", "/plans/", f"/plans/{office.plan.public_id}/",
        f"/plans/{office.plan.public_id}/export/", "/api/v1/survey/years/", "/api/v1/survey/answers/",
        "/api/v1/survey/sheets/", f"/api/v1/survey/years/{office.ranking.year}/institutes/",
        "/api/v1/capability/weights/", "/api/v1/capability/rankings/", "/api/v1/plans/",
        "/api/v1/capability/groups/", f"/api/v1/capability/rankings/{office.ranking.year}/preview/",
        f"/api/v1/capability/rankings/{office.ranking.year}/", f"/api/v1/plans/{office.plan.public_id}/",
        "/inbox/", "/organizations/", f"/organizations/{office.institute.public_id}/", "/organizations/join/?q=가",
        "/me/", "/api/v1/me/", "/api/v1/listings/", "/api/v1/my/listings/", "/api/v1/ingestion-runs/",
        f"/api/v1/ingestion-runs/{run}/rows/", "/api/v1/requests/", "/api/v1/organizations/", "/api/v1/notifications/",
    ]  # fmt: skip


def questions(client, address):
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
        assert response.status_code == 200, address
        if response.streaming:
            list(response.streaming_content)
    return len(asked)


@time_machine.travel(timezone.now(), tick=False)  # what is written down once a minute is not written in between
def test_every_list_asks_as_often_for_12_rows_as_for_4(office):
    client = Client()
    sign_in(client, office.manager)
    office.grow(4)
    for address in addresses(office):
        client.get(address)  # what is remembered for a while (figures, classes) is remembered now
    few = {address: questions(client, address) for address in addresses(office)}

    office.grow(8)
    many = {address: questions(client, address) for address in addresses(office)}
    # Where a first look writes something down (that a search was opened), or what is remembered by the clock of the
    # process has run out meanwhile, a second look asks less.
    many |= {address: questions(client, address) for address in few if many[address] > few[address]}

    assert {address: (few[address], many[address]) for address in few if many[address] > few[address]} == {}
    assert max(many.values()) <= 36, many
