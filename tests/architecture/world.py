"""One of everything, and one person of every kind."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from brokers.services.ratings.rate import rate
from deals.services.contracts.approve import refuse
from disclosures.services.offer import write_terms
from marketplace.core.days import add_months
from matching.alert_notices import leave_token
from obligations.models import RnDProject
from policy.models import Snapshot
from policy.queries.figures.registry import FIGURES
from policy.services.figures.freeze import freeze
from programmes.services.applications.declared import check_transfer, declare_transfer
from royalties.services.share.plan import Part
from tech_listings.models import Run
from tech_listings.services.embed import embed_due
from tech_listings.services.publish import withdraw
from tech_listings.services.refresh_terms import refresh_terms
from tech_listings.services.refresh_words import refresh_words
from tests.factories.accounts import (
    ApiTokenFactory,
    BusinessProfileFactory,
    InvitationFactory,
    MembershipFactory,
    MergeProposalFactory,
    UserFactory,
    invitation_token,
    sign_in,
)
from tests.factories.brokers.cases import handed_over, noticed, opened, stated
from tests.factories.brokers.duties import due_report, licence, named, reported_deal, told, warned
from tests.factories.brokers.fees import asked as asked_about_fee
from tests.factories.brokers.fees import draft as fee_draft
from tests.factories.brokers.fees import guideline, outside
from tests.factories.brokers.mandates import in_force, offered
from tests.factories.brokers.office import applied, requirements_draft
from tests.factories.brokers.ratings import deal, mandate, qualified
from tests.factories.brokers.register import agency
from tests.factories.brokers.registration import handed_in, moved, trader_draft
from tests.factories.deals.agreements import CLAUSES, about, agreed, approved, drafted, signed
from tests.factories.deals.contracts import negotiation_row
from tests.factories.deals.negotiation import asked as asked_in
from tests.factories.deals.negotiation import offered as offered_in
from tests.factories.deals.negotiation import opened as negotiated
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.deals.studio import expected, picked, sales_of
from tests.factories.deals.studio import offered as ways_offered
from tests.factories.disclosures import ConfidentialFileFactory, DisclosureFactory, OpeningFactory, pdf
from tests.factories.matching import NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import match_of, saved_search
from tests.factories.notifications import NotificationFactory, PushDeviceFactory
from tests.factories.obligations import ProjectFactory, ResultFactory, duty, exemption, letter_about
from tests.factories.open_data import endpoint_of, key_of, message_to, partner, reported
from tests.factories.policy_index import published as ranked
from tests.factories.policy_index import weights_draft
from tests.factories.policy_plans import plan_draft, plan_published
from tests.factories.policy_survey import a_round, accepted, submitted, survey_file
from tests.factories.policy_survey import drafted as survey_drafted
from tests.factories.programmes import applications as applying
from tests.factories.programmes import review
from tests.factories.programmes.calls import draft_call, published_call
from tests.factories.royalties.calendar import reached_and_reported
from tests.factories.royalties.income import (
    PLAN,
    ahead,
    bank_file,
    concluded,
    due,
    invoiced,
    paid,
    planned,
    received,
    shared,
    used_and_paid,
)
from tests.factories.tech_listings import (
    ListingExportFactory,
    ListingFactory,
    SourceFactory,
    SynonymGroupFactory,
    inventor_answered,
    sent,
)
from tests.factories.vouchers import money as money_rows
from tests.factories.vouchers import orders as order_rows
from tests.factories.vouchers import recovery as recoveries
from tests.factories.vouchers.money import agreement_row, application_row, call_row, issued
from vouchers.enums.vouchers import ChangeKind
from vouchers.services.life.changes import ask_change

ASKED, HIDDEN = "kanarienvogel", "zeisig"
CANARY = f"{ASKED} {HIDDEN}"


class World:
    help_role, statistics_key, sitemap_part = "firm", "technologies-by-field", ("technologies", 0)

    def __init__(self):
        self.listing = ListingFactory(confidential_text=CANARY, confidential_reason="know-how")
        institute = self.listing.holder
        self.draft = ListingFactory(holder=institute, draft=True, title_ko=CANARY)
        ListingFactory(title_ko=f"{ASKED} 저장 장치")
        self.in_review = sent(holder=institute, confidential_text=CANARY, confidential_reason="know-how")
        self.withdrawn_after_it_was_known(institute)
        firm = MembershipFactory(company=True)
        self.people = {
            "newcomer": UserFactory(),
            "firm": firm.user,
            "viewer": MembershipFactory(organization=institute, role=Role.VIEWER).user,
            "staff": MembershipFactory(organization=institute).user,
            "manager": MembershipFactory(organization=institute, role=Role.MANAGER).user,
            "other": MembershipFactory(institute=True).user,
            "officer_no_factor": MembershipFactory(government=True).user,
            "officer": MembershipFactory(government=True, user=UserFactory(second_factor=True)).user,
        }
        staff = self.people["staff"]
        self.organization = institute
        self.figure = "transfer_rate"
        last_month = add_months(timezone.localdate().replace(day=1), -1)
        freeze(figure=FIGURES[self.figure], month=last_month, at=timezone.now())
        self.snapshot = (self.figure, Snapshot.objects.filter(figure=self.figure).order_by("pk")[0].public_id)
        self.request = TransferRequestFactory(
            listing=self.listing, requester=firm.organization, requested_by=firm.user, message=CANARY
        )
        disclosure = DisclosureFactory(request=self.request, accepted=True)
        self.secret_file = ConfidentialFileFactory(listing=self.listing, name=f"{CANARY}.pdf", data=pdf(words=CANARY))
        self.request_and_file = (self.request.public_id, self.secret_file.public_id)
        OpeningFactory(disclosure=disclosure, by=firm.user)
        write_terms(listing=self.listing, text_ko=CANARY, by=self.people["staff"], at=timezone.now())
        hidden = MembershipFactory(user__name=CANARY).user
        NeedFactory(organization=hidden.active_organizations().first(), owner=hidden, title=f"{ASKED} 펌프")
        self.need = NeedFactory(organization=firm.organization, owner=firm.user)
        self.match = NeedMatchFactory(need=self.need, listing=self.listing)
        self.notification = NotificationFactory(recipient=staff)
        self.membership = MembershipFactory(organization=institute, requested=True, message=CANARY)
        self.invitation = InvitationFactory(organization=institute, serial=1)
        self.invitation_token = invitation_token(1)
        self.token = ApiTokenFactory(user=staff)
        self.merge = MergeProposalFactory()
        BusinessProfileFactory(organization=institute)
        self.synonyms = SynonymGroupFactory()
        self.export = ListingExportFactory(owner=staff, ready=True)
        self.saved_search = saved_search(f"q={ASKED}", by=staff, name=CANARY)
        self.push_device = PushDeviceFactory(user=staff)
        self.search_match = match_of(self.saved_search, listing=self.listing)
        self.alerts_off_token = leave_token(staff, [saved_search("trl=5", by=staff)])
        self.answered = inventor_answered(self.draft, by=staff, name=CANARY)
        self.duties(institute)
        self.run = Run.objects.create(
            source=SourceFactory(organization=institute),
            uploaded_by=staff,
            file_name="특허.csv",
            checksum="0" * 64,
            file_size=1,
        )

        self.fees(firm.organization)
        self.programmes()
        self.studio(institute, firm.organization)
        self.applications(staff)
        self.brokers_office()
        self.programme_applications(firm)  # the firm says who it is, before it is selected
        self.review(firm)
        self.recovery_of(firm.organization)
        self.brokers()
        self.register(firm)
        self.cases(firm.organization)
        self.contracts(institute, firm)
        self.royalty_money(firm)
        self.vouchers(firm)
        self.voucher_orders(firm)
        self.negotiations(institute, firm)
        self.open_data()
        self.survey_index_and_plans(institute)
        self.calendar_contract, self.calendar_due, self.reached, self.sales = reached_and_reported(
            request=self.request, title=CANARY, at=timezone.now()
        )
        self.project = ProjectFactory(lead=institute)
        self.result = ResultFactory(project=self.project, number="")
        self.duty = duty(self.result)
        self.duty_and_draft = (self.duty.public_id, self.draft.public_id)
        secret = ProjectFactory(lead=institute, title=CANARY, ministry=CANARY, security=True)
        ResultFactory(project=secret, title=CANARY, number="")

    def withdrawn_after_it_was_known(self, holder):
        """Its meaning was made, its words were counted and suggested, and then it was withdrawn."""
        listing = ListingFactory(holder=holder, title_ko=CANARY, keywords=[HIDDEN, CANARY])
        while embed_due(at=timezone.now()):
            pass
        refresh_words(at=timezone.now())
        refresh_terms(at=timezone.now())
        withdraw(listing=listing, reason="licensed", by=UserFactory(), at=timezone.now())

    def duties(self, institute):
        """One owed by the institute, with an exemption asked for and a letter; and of a secret project."""
        project = ProjectFactory(lead=institute)
        secret = ProjectFactory(lead=institute, title=CANARY, ministry=CANARY, number=f"RS-{CANARY}-1")
        self.duty = duty(ResultFactory(project=project, number="", title=f"{ASKED} 성과"))
        hidden = duty(ResultFactory(project=secret, number="", title=CANARY))
        self.exemption = exemption(self.duty)
        exemption(hidden)
        letter_about([hidden], day=self.duty.due_on, step="late")
        self.letter = letter_about([self.duty, hidden], day=self.duty.due_on)
        RnDProject.objects.filter(pk=secret.pk).update(is_security=True)

    def studio(self, institute, firm):
        """An offer to the firm, what the firm expects to sell, and what it chose."""
        now = timezone.now()
        listing = ListingFactory(holder=institute)
        asked = TransferRequestFactory(talk=True, listing=listing, requester=firm, requested_by=self.people["firm"])
        today = timezone.localdate(now)
        self.studio_offer = ways_offered(
            negotiation_row(request=asked), at=now, valid_until=today + timedelta(days=30), text=CANARY
        )
        sales = sales_of(1_000, 2_000, first=today + timedelta(days=400))
        expected(self.studio_offer, by=self.people["firm"], at=now, sales=sales)
        self.studio_choice = picked(self.studio_offer, by=self.people["firm"], at=now)

    def fees(self, firm):
        """A guideline, a draft, a quote to the firm, and one to another with a reason. Officers read all of it."""
        now = timezone.now()
        self.guideline = guideline(now)
        self.fee_draft = fee_draft(at=now)
        self.fee_quote = outside(at=now, client=firm, subject=f"{ASKED} 중개")
        asked_about_fee(outside(at=now), at=now)
        self.mandate = in_force(at=now, client=firm, terms=f"{ASKED} 위임")
        offered(at=now, terms=f"{ASKED} 위임")

    def negotiations(self, institute, firm):
        """One with a question and an offer, a request from which none has begun yet, and an answer to the need."""
        now, asked = timezone.now(), {"requester": firm.organization, "requested_by": firm.user}
        self.talk_request = TransferRequestFactory(talk=True, listing=ListingFactory(holder=institute), **asked)
        begun = TransferRequestFactory(talk=True, listing=ListingFactory(holder=institute), **asked)
        staff = self.people["staff"]
        self.negotiation = negotiated(request=begun, by=staff, text=CANARY, at=now)
        question = asked_in(self.negotiation, CANARY, at=now)
        self.negotiation_and_question = (self.negotiation.public_id, question.serial)
        self.negotiation_offer = offered_in(self.negotiation, by=staff, at=now, text=CANARY, territory=CANARY)
        self.negotiation_and_offer = (self.negotiation.public_id, self.negotiation_offer.public_id)
        listing = ListingFactory(holder=institute)
        self.need_answer = NeedAnswerFactory(need=self.need, listing=listing, answered_by=staff)

    def applications(self, person):
        """One that was handed in and withdrawn, which officers read, and a draft, which they do not."""
        now = timezone.now()
        self.application = moved(handed_in(trader_draft(person, complete=True, at=now), at=now), "withdrawn")
        self.application_and_document = (self.application.public_id, self.application.documents.first().public_id)
        self.application_draft = trader_draft(person, at=now, speciality=CANARY)

    def programme_applications(self, firm):
        """A draft of the firm with a paper, whose words nobody else may read, and one that was submitted."""
        now = timezone.now()
        office = self.people["officer"].active_memberships()[0].organization
        applying.known(firm.organization, at=now)
        applying.taken_over(firm.organization, at=now)
        written = {"at": now, "texts": applying.TEXTS | {"market": f"{CANARY} {applying.TEXTS['market']}"}}
        self.firm_draft = applying.draft(applying.open_call(at=now, office=office), firm.user, **written)
        self.firm_submitted = applying.submitted(applying.open_call(at=now, office=office), firm.user, at=now)
        paper = self.firm_draft.documents.get()
        contract = BytesIO(b"%PDF-1.7 " + CANARY.encode())
        entered = declare_transfer(
            application=self.firm_draft, revision=self.firm_draft.revision, title=CANARY, holder_name=CANARY,
            signed_on=timezone.localdate(now), file=contract, name="contract.pdf", by=firm.user, at=now,
        )  # fmt: skip
        self.firm_draft.refresh_from_db()
        self.firm_draft_and_transfer = (self.firm_draft.public_id, entered.public_id)
        self.firm_draft_and_part = (self.firm_draft.public_id, "plan")
        self.firm_draft_and_paper = (self.firm_draft.public_id, paper.public_id)

    def review(self, firm):
        """A call of the officer's office: one application to be checked, one scored, one refused, one selected."""
        now = timezone.now()
        office = self.people["officer"].active_memberships()[0].organization
        self.review_call = call = review.call_row(at=now, office=office, budget_won=500_000_000)
        self.review_application = review.submitted(call, at=now)
        flag = review.flagged(self.review_application, at=now)
        paper = review.with_paper(self.review_application, at=now)
        self.review_application_and_act = (self.review_application.public_id, "eligible")
        self.review_application_and_flag = (self.review_application.public_id, flag.public_id)
        self.review_application_and_paper = (self.review_application.public_id, paper.public_id)

        self.review_seat = seat = review.member(call, user=self.people["newcomer"], at=now)
        applicant = review.firm()
        scored = review.submitted(call, by_firm=applicant, transfer=review.entered(applicant, at=now), at=now)
        check_transfer(application=scored, accept=True, by=review.officer(call), at=now)
        paper = review.with_paper(scored, at=now)
        review.found_eligible(scored, at=now)
        review.scored(scored, seat=seat, at=now)
        self.review_call_and_seat = (call.number, seat.public_id)
        self.review_seat_and_application = (seat.public_id, scored.public_id)
        self.review_seat_and_entered = self.review_seat_and_application
        self.review_seat_and_paper = (seat.public_id, scored.public_id, paper.public_id)
        self.review_refused = review.ineligible(call, by_firm=firm.organization, at=now)
        self.review_objection = review.objected(self.review_refused, at=now)

        other = review.call_row(at=now, office=office)
        mine = review.eligible(other, by_firm=firm.organization, at=now)
        review.scored(mine, at=now)
        self.review_selection = review.published(review.proposed(call=other, at=now), at=now)
        self.review_selection_and_act = (self.review_selection.public_id, "approve")
        self.review_agreement = mine.agreement

    def recovery_of(self, firm):
        """Money asked back of the firm by the officer's office, with a sanction that a colleague proposed."""
        now = timezone.now()
        office = self.people["officer"].active_memberships()[0].organization
        voucher = recoveries.paid_voucher(call=money_rows.call_row(office=office, at=now), firm=firm, at=now)
        made = {"interest_from": timezone.localdate(now), "at": now}
        self.recovery = recoveries.announced(voucher, principal_won=1_000_000, **made)
        objected = recoveries.objected(recoveries.announced(voucher, principal_won=1_000_000, **made), at=now)
        self.sanction = recoveries.proposed(recoveries.confirmed(objected, at=now), at=now)
        self.heard_sanction = recoveries.accused(voucher.holder, office=office, at=now)

    def brokers_office(self):
        """An application that nobody has taken up, and a draft of the requirements by the officer who looks."""
        now = timezone.now()
        self.office_application = applied(at=now)
        self.office_application_and_act = (self.office_application.public_id, "take-up")
        self.requirements_draft = requirements_draft(by=self.people["officer"], at=now)

    def brokers(self):
        """A registered agency with staff, a report, a change and a warning. Officers read all of it."""
        now = timezone.now()
        self.agency = agency(at=now)
        self.staff_entry = named(self.agency.organization, at=now)
        self.licence = licence(self.staff_entry.user, at=now, number="L-1")
        self.deal_report = due_report(self.agency)
        self.reported_deal = reported_deal(self.agency.organization, at=now, technology=f"{ASKED} 거래")
        self.change_notice = told(self.agency, at=now, text=f"{ASKED} 변경", happened_on=timezone.localdate(now))
        self.broker_warning = warned(self.agency, at=now, text=f"{ASKED} 경고")

    def register(self, firm):
        """A broker with two closed deals of the firm, one of them rated, and what other clients keep to themselves."""
        now = timezone.now()
        self.agency = agency(at=now, speciality=f"{ASKED} 중개")
        broker = self.agency.organization
        self.closed_deal = deal(broker, taker=firm.organization, at=now)
        rated_deal = deal(broker, taker=firm.organization, at=now)
        given = {"stars": 4, "text": "x", "by": firm.user, "at": now}
        self.rating = rate(deal=rated_deal, organization=firm.organization, **given)
        self.rating_text = self.rating.texts.get()
        deal(broker, taker_name=CANARY, at=now, technology=CANARY, royalty_text=CANARY)
        mandate(broker, hours=3, offered_at=now - timedelta(days=3), terms=CANARY, answer_text=CANARY)
        qualified(broker, "lawyer", user=UserFactory(name=CANARY))

    def cases(self, firm):
        """A case with a hearing ahead, a statement with a document, and a hand-over of a mandate of the firm."""
        now = timezone.now()
        self.case = noticed(opened(text=f"{ASKED} 보고", at=now), at=now)
        statement = stated(self.case, at=now, files=[(BytesIO(pdf(words=ASKED)), "보고.pdf")])
        self.case_document, self.hearing = statement.documents.get(), self.case.hearings.get()
        self.hand_over = handed_over(client=firm, at=now)

    def contracts(self, institute, firm):
        """Of the institute and the firm: one to write, one refused, one to sign, one in force."""
        now = timezone.now()

        def negotiation():
            of_firm = {"requester": firm.organization, "requested_by": firm.user}
            return agreed(negotiation=about(ListingFactory(holder=institute), at=now, **of_firm), at=now)

        clauses = replace(CLAUSES, special=CANARY, territory=CANARY)
        self.agreed_negotiation = negotiation()
        self.refused_contract = drafted(negotiation=negotiation(), clauses=clauses, at=now)
        by = self.people["manager"]
        refuse(version=self.refused_contract.versions.get(), text=CANARY, by=by, at=now)
        self.approved_contract = approved(negotiation=negotiation(), clauses=clauses, at=now)
        self.contract = signed(negotiation=negotiation(), clauses=clauses, words=CANARY, at=now)
        self.contract_and_version = (self.contract.public_id, 1)
        self.contract_and_pdf = (self.contract.public_id, 1, "ko")

    def royalty_money(self, firm):
        """Of the institute and the firm: asked for, paid in part, shared out. Others see none of it."""
        contract = concluded(listing=self.listing, firm=firm.organization)
        self.royalty_due, line = due(contract, key="second"), due(contract)
        by, now = self.people["manager"], timezone.now()
        self.royalty_invoice = invoiced(line, by=by, at=now)
        planned(contract, replace(PLAN, people=(Part("researchers", CANARY, "c@example.org", 10_000),)), by=by, at=now)
        self.royalty_distribution = shared(paid(self.royalty_invoice, 11_000_000, by=by, at=now), by=by, at=now)
        self.royalty_allocation = paid(contract.invoices.get(), 11_000_000, by=by, at=now)
        self.royalty_receipt = received(contract.holder, by=by, at=now, payer=CANARY)
        self.payee = contract.holder.payees.get()
        self.bank_file = bank_file(contract.holder, by=by, at=now, payer=CANARY)
        self.listing_of_firm = ListingFactory(holder=firm.organization)
        self.direct_use, self.government_payment = used_and_paid(self.listing_of_firm, reference=CANARY, at=now)
        self.ahead_notice = ahead(self.listing_of_firm, reference=CANARY, at=now)

    def programmes(self):
        """Of the officer's office: a call that everybody sees, and a draft."""
        now, office = timezone.now(), self.people["officer"].active_organizations().get()
        self.programme_call = published_call(office=office, at=now)
        self.programme_unpublished = draft_call(office=office, at=now, title_ko=CANARY)
        self.programme_rehearsal = published_call(office=office, at=now, is_rehearsal=True, title_ko=CANARY)
        self.programme_section = (self.programme_unpublished.public_id, "menu")

    def voucher_orders(self, firm):
        """A claim of the firm's provider that was paid, with all that led there."""
        now = timezone.localtime()
        office = self.people["officer"].memberships.get().organization
        call = money_rows.call_row(office=office, scheme=order_rows.SCHEME, at=now)
        made = order_rows.voucher(firm=firm.organization, call=call, at=now)
        self.voucher_claim = order_rows.paid(order_rows.running(made, at=now), at=now)
        self.voucher_order = self.voucher_claim.order
        self.voucher_document = self.voucher_claim.documents.order_by("pk").first()
        self.payment_file = self.voucher_claim.payments.get().batch

    def vouchers(self, firm):
        """Of the firm and the officer's office; a request to change it waits."""
        office = self.people["officer"].active_memberships()[0].organization
        call = call_row(office=office, at=timezone.now())
        self.voucher = issued(agreement_row(application_row(call, firm=firm.organization)), at=timezone.now())
        boss = self.voucher.agreement.application.submitted_by
        self.voucher_change = ask_change(
            voucher=self.voucher, kind=ChangeKind.END, text="No need any more.", by=boss, at=timezone.now()
        )

    def open_data(self):
        """A key and a webhook of the institute, and a deal of its technology that a partner reports."""
        mine = self.people["manager"].memberships.get()
        self.partner_key = key_of(mine)[0]
        self.webhook = endpoint_of(mine)
        self.webhook_message = message_to(self.webhook)
        self.partner_deal = reported(partner(), self.listing)

    def survey_index_and_plans(self, institute):
        """A year begun, one that waits and one that was accepted and ranked; a plan and a draft of another one."""
        now, officer, staff = timezone.now(), self.people["officer"], self.people["staff"]
        begun, sent, held = (a_round(at=now, year=now.year - back) for back in (1, 2, 3))
        self.survey_year = begun.year
        given = {"institute": institute, "by": staff, "at": now}
        survey_drafted(round=begun, reasons={"new_technologies": CANARY}, **given)
        accepted(round=held, decider=officer, **given)
        self.survey_sheet = submitted(round=sent, **given)
        row = f"{institute.business_number},{now.year - 9},1,1,1,"
        self.survey_file = survey_file(row, sender=institute, by=staff, at=now, name=f"{CANARY}.csv")
        self.ranking = ranked(year=held.year, by=officer, at=now)
        self.index_weights = weights_draft(by=officer, at=now)
        self.plan_version = plan_published(at=now)
        self.plan_draft = plan_draft(at=now)
        self.plan_measure = (self.plan_draft.public_id, 1)

    bad_token = "nonsense"

    def client_of(self, who):
        client = Client(raise_request_exception=False)
        return client if who == "anonymous" else sign_in(client, self.people[who])
