"""A small house with something on every page."""

from datetime import date, timedelta
from io import BytesIO

from django.utils import timezone

from accounts.enums import Role
from brokers.clocks import ended_half_years
from brokers.models import Registration
from brokers.services.ratings.moderate import report_text
from brokers.services.ratings.rate import rate
from brokers.services.ratings.respond import answer_rating
from matching.alert_notices import leave_token
from matching.enums import SearchState
from matching.models import Need, SavedSearch
from obligations.models import DutyDraft, ResearchResult, RnDProject
from obligations.services.draft import draft_for
from obligations.services.settle import settle
from tech_listings.enums import DealKind, RunKind
from tech_listings.models import InventorInvitation, Listing, Run
from tech_listings.services import ingest_apply, ingest_receive
from tech_listings.services.inventor import digest_of
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
    invitation_token,
)
from tests.factories.brokers.cases import handed_over, held, noticed, opened, opened_noticed, stated
from tests.factories.brokers.duties import (
    counted,
    due_report,
    licence,
    manager_of,
    reported_deal,
    submitted,
    suggested,
    told,
    warned,
)
from tests.factories.brokers.duties import minimum as least_staff
from tests.factories.brokers.duties import named as named_as_staff
from tests.factories.brokers.fees import asked as asked_about_fee
from tests.factories.brokers.fees import broker_user, organization_of, outside, published, quoted, shipped
from tests.factories.brokers.fees import draft as fee_draft
from tests.factories.brokers.mandates import in_force
from tests.factories.brokers.mandates import manager_of as manager_of_client
from tests.factories.brokers.mandates import offered as mandate_offered
from tests.factories.brokers.mandates import registered as registered_broker
from tests.factories.brokers.office import (
    application_in,
    in_check,
    in_committee,
    registered,
    requirements_draft,
    requirements_published,
)
from tests.factories.brokers.ratings import deal, mandate, qualified
from tests.factories.brokers.ratings import rated as broker_rated
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.registration import in_completion, staff, trader_draft
from tests.factories.brokers.standing import put_into
from tests.factories.deals.contracts import negotiation_row
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.deals.studio import expected, picked, sales_of
from tests.factories.deals.studio import offered as ways_offered
from tests.factories.disclosures import ConfidentialFileFactory, DisclosureFactory, OpeningFactory
from tests.factories.matching import NeedAnswerFactory, NeedFactory, NeedMatchFactory
from tests.factories.matching_searches import match_of, saved_search
from tests.factories.notifications import NotificationFactory
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, duty, exemption, letter_about, named
from tests.factories.royalties import income as money
from tests.factories.royalties.calendar import reached_and_reported
from tests.factories.tech_listings import (
    ListingExportFactory,
    ListingFactory,
    SourceFactory,
    SynonymGroupFactory,
    inventor_answered,
    patent,
    returned,
    sent,
)
from tests.obligations.imports.files import project as rows_of
from tests.obligations.imports.files import projects

LIST = "관리번호,기술명,출원번호,초록\n"
ONE, TWO = "K-1,연료전지 촉매,10-2020-0000001,백금을 절반만 쓴다.\n", "K-2,봉지재,10-2020-0000002,수분을 막는다.\n"
CHANGED = "K-1,연료전지 촉매,10-2020-0000001,백금을 3분의 1만 쓴다.\n"
REFUSED = "K-3,새 기술,1.02E+12,번호가 망가졌다.\n"
ADDED = "K-4,또 하나의 새 기술,10-2020-0000004,요약이 있다.\n"


class World:
    """`people` by role and `paths` of the pages that need a number."""

    def __init__(self) -> None:
        office = OrganizationFactory(institute=True, name="가온대학교 산학협력단", phone="02-000-0000")
        firm = MembershipFactory(company=True, manager=True)
        self.people = {
            "anonymous": None,
            "newcomer": UserFactory(),
            "firm": firm.user,
            "viewer": MembershipFactory(organization=office, role=Role.VIEWER).user,
            "manager": MembershipFactory(organization=office, manager=True).user,
            "officer": MembershipFactory(government=True, user=UserFactory(second_factor=True)).user,
            "officer_without_factor": MembershipFactory(government=True).user,
        }
        listing, draft, withdrawn = self.listings(office)
        MembershipFactory(organization=office, requested=True, message="특허 담당입니다.")
        InvitationFactory(organization=office, serial=1)
        asked = {"listing": listing, "requester": firm.organization, "requested_by": firm.user}
        request, answered = TransferRequestFactory(**asked), TransferRequestFactory(talk=True, **asked)
        TransferRequestFactory(declined=True, **asked)
        NotificationFactory(recipient=self.people["manager"])
        NotificationFactory(recipient=firm.user, read=True)
        applied, run = self.runs(office)
        ready, waits = ListingExportFactory(owner=firm.user, ready=True, rows=7), ListingExportFactory(owner=firm.user)
        failed = ListingExportFactory(owner=firm.user, failed=True, query="q=수소&trl=5")
        synonyms = SynonymGroupFactory(words=["이차전지", "secondary battery", "二次电池"])
        SynonymGroupFactory(is_active=False, reference="drone", note="시험")
        duty()
        duty(title="수소 저장 합금의 조성과 열처리 방법")
        owed, letter = self.duties(office)
        project, result = self.project(office, listing)
        link, answer = self.work(office, draft)
        need = self.needs(firm, listing)
        closed_need = NeedFactory(organization=firm.organization, owner=firm.user, closed=True)
        search = saved_search("q=수소&trl=5", by=firm.user)
        match_of(search, listing=listing)
        match_of(search, why_not="too_early", judged_at=search.opened_at)
        SavedSearch.objects.filter(pk=saved_search("q=막", by=firm.user).pk).update(asked_at=search.opened_at)
        paused = saved_search("q=촉매", by=firm.user)
        SavedSearch.objects.filter(pk=paused.pk).update(state=SearchState.PAUSED, paused_at=search.opened_at)
        waiting = sent(holder=office, rights=[patent(77)], title_en="A technology that waits")
        sent(holder=office, rights=[patent(77)], title_en="Another one that waits")
        back = returned(holder=office, marks={"effect": "Say by how much", "rights": "Which patent?"})
        ListingFactory(holder=office, suspended=True)
        opened = DisclosureFactory(request=answered, accepted=True)
        ConfidentialFileFactory(listing=listing)
        ConfidentialFileFactory(listing=listing, scan_state="failed", scan_note="timed out")
        OpeningFactory(disclosure=opened, by=firm.user)
        DisclosureFactory(request=request)
        self.people["broker"] = broker_user()
        self.paths = (
            self.fees(firm.organization)
            | self.studio(office, firm.organization)
            | self.royalties(office, firm)
            | self.applications()
            | self.duties_of_brokers()
            | self.register(firm)
            | self.cases()
            | {
                "secret": f"/my/listings/{listing.number}/confidential/",
                "offered": f"/requests/{request.public_id}/confidential/",
                "opened": f"/requests/{answered.public_id}/confidential/",
                "search": f"/my/searches/{search.public_id}/",
                "mail_off": f"/my/searches/mail-off/{leave_token(firm.user, [search])}/",
                "listing": f"/technologies/{listing.number}/",
                "withdrawn": f"/technologies/{withdrawn.number}/",
                "withdraw": f"/my/listings/{listing.number}/withdraw/",
                "close": f"/my/listings/{listing.number}/close/",
                "exclusivity": f"/my/listings/{listing.number}/exclusivity/",
                "case": f"/review/{waiting.public_id}/",
                "public_case": f"/review/{listing.number}/",
                "returned": f"/technologies/{back.public_id}/",
                "returned_edit": f"/my/listings/{back.public_id}/edit/",
                "draft": f"/technologies/{draft.public_id}/",
                "draft_edit": f"/my/listings/{draft.public_id}/edit/",
                "inventor": link,
                "inventors": f"/my/listings/{draft.public_id}/inventors/",
                "inventor_answer": f"/my/inventors/{answer.public_id}/",
                "ask": f"/requests/new/{listing.public_id}/",
                "organization": f"/organizations/{office.public_id}/",
                "invitation": f"/invitations/{invitation_token(1)}/",
                "request": f"/requests/{request.public_id}/",
                "need": f"/needs/{need.public_id}/",
                "closed_need": f"/needs/{closed_need.public_id}/",
                "duty": f"/duties/{owed.public_id}/",
                "letter": f"/letters/{letter.public_id}/",
                "answered": f"/requests/{answered.public_id}/",
                "run": f"/my/imports/{run.public_id}/",
                "export_ready": f"/my/exports/{ready.public_id}/",
                "export_waits": f"/my/exports/{waits.public_id}/",
                "export_failed": f"/my/exports/{failed.public_id}/",
                "synonyms": f"/officer/synonyms/{synonyms.public_id}/",
                "project": f"/projects/{project.public_id}/",
                "result": f"/results/{result.public_id}/",
                "projects_run": f"/my/imports/{self.projects_run(office).public_id}/",
                "applied": f"/my/imports/{applied.public_id}/",
            }
        )
        self.paths |= self.brokers_office()

    def duties_of_brokers(self) -> dict[str, str]:
        """A registered agency below its minimum, with a report due and one submitted, changes and a warning."""
        now = timezone.now()
        today = timezone.localdate(now)
        least_staff(3)
        broker = agency(at=now - timedelta(days=400))
        organization = broker.organization
        self.people["agent"] = manager_of(organization)
        counted(organization, from_on=today, at=now)
        named_as_staff(organization, self.people["agent"], from_on=today, at=now)
        licence(at=now)
        last, before = ended_half_years(today, 2)
        due, done = due_report(broker, day=last.first_on), due_report(broker, day=before.first_on)
        deal = reported_deal(organization, signed_on=last.first_on, term_until=None, at=now)
        submitted(done, at=now)
        suggestion = suggested(broker, at=now, happened_on=today - timedelta(days=40))
        notice = told(broker, at=now, happened_on=today)
        warning = warned(broker, at=now)
        return {
            "report": f"/brokers/reports/{due.public_id}/",
            "report_done": f"/brokers/reports/{done.public_id}/",
            "deal_edit": f"/brokers/reports/deals/{deal.public_id}/",
            "change": f"/brokers/changes/{suggestion.public_id}/",
            "change_told": f"/brokers/changes/{notice.public_id}/",
            "warning": f"/brokers/warnings/{warning.public_id}/",
            "broker_duties": f"/officer/brokers/duties/{broker.public_id}/",
        }

    def register(self, firm) -> dict[str, str]:
        """A broker of whom everything is known, one suspended, one cancelled; a deal to rate, a rating reported."""
        now, by = timezone.now(), self.people["broker"]
        full = organization_of(by).broker_registrations.get()
        Registration.objects.filter(pk=full.pk).update(
            regions=["1100000000"], languages=["ko", "en"], speciality="이차전지 소재", introduction_ko="소개합니다.",
            fee_text="착수금 없음", conflicts="없음", conflicts_declared_at=now - timedelta(days=500),
        )  # fmt: skip
        for n in range(3):
            qualified(full.organization, "lawyer")
            mandate(full.organization, hours=5 + n, offered_at=now - timedelta(days=30))
            broker_rated(full.organization, at=now, text="연락이 빨랐습니다.")
        given = {"taker": firm.organization, "at": now}
        to_rate, done = deal(full.organization, **given), deal(full.organization, **given)
        said = {"stars": 2, "text": "답이 늦었습니다.", "by": firm.user, "at": now}
        rating = rate(deal=done, organization=firm.organization, **said)
        answer_rating(rating=rating, text="죄송합니다.", by=by, at=now)
        text = rating.texts.get(kind="rating")
        report_text(text=text, reason="이름", by=self.people["newcomer"], at=now)
        suspended, cancelled = agency(at=now), agency(at=now)
        put_into(suspended, "suspended", at=now)
        put_into(cancelled, "cancelled", at=now)
        trader(self.people["viewer"], at=now)
        pages = {"full": full, "suspended": suspended, "cancelled": cancelled}
        return {f"broker_{name}": f"/brokers/{row.number}/" for name, row in pages.items()} | {
            "broker_entry": f"/brokers/entry/{full.number}/",
            "broker_compare": f"/brokers/compare/?broker={full.number}&broker={suspended.number}",
            "to_rate": f"/brokers/ratings/new/{to_rate.public_id}/",
            "rating": f"/brokers/ratings/{rating.public_id}/",
            "rating_report": f"/brokers/ratings/texts/{text.public_id}/report/",
        }
        self.paths |= self.cases()

    def fees(self, firm) -> dict[str, str]:
        """A version of the guideline, a draft, and quotes to the firm: offered, without a reason yet, and with one."""
        now, by = timezone.now(), self.people["broker"]
        shipped()
        version, draft = published(at=now, paid_by="both", holder_share_bp=6_000), fee_draft(at=now, tiers=[(0, 400)])
        made = {
            "fee_quote": quoted(at=now, by=by, client=firm),
            "fee_outside": outside(at=now, by=by, client=firm, subject="밸브"),
            "fee_asked": asked_about_fee(outside(at=now, by=by, client=firm, subject="펌프"), at=now).quote,
        }
        quotes = self.mandates(firm, now) | {name: f"/fees/quotes/{quote.public_id}/" for name, quote in made.items()}
        return quotes | {"fee_version": f"/fees/{version.public_id}/", "fee_draft": f"/fees/{draft.public_id}/"}

    def studio(self, office, firm) -> dict[str, str]:
        """Two offers to the firm: one it has compared and chosen of, one it has not looked at yet."""
        now, by = timezone.now(), self.people["firm"]
        today = timezone.localdate(now)
        made = []
        for _ in range(2):
            asked = TransferRequestFactory(
                talk=True, listing=ListingFactory(holder=office), requester=firm, requested_by=by
            )
            made.append(ways_offered(negotiation_row(request=asked), at=now, valid_until=today + timedelta(days=30)))
        sales = sales_of(1_000, 2_000, 3_000, first=today + timedelta(days=400), discount_bp=800)
        expected(made[0], by=by, at=now, sales=sales)
        choice = picked(made[0], by=by, at=now)
        return {
            "studio": f"/offers/{made[0].public_id}/compare/",
            "studio_empty": f"/offers/{made[1].public_id}/compare/",
            "studio_choice": f"/choices/{choice.public_id}/",
        }

    def royalties(self, office, firm) -> dict[str, str]:
        """A calendar with something reported; another contract's money asked for, received and shared out."""
        now, by = timezone.now(), self.people["manager"]
        asked = TransferRequestFactory(
            talk=True, listing=ListingFactory(holder=office), requester=firm.organization, requested_by=firm.user
        )
        contract, reported, _reached, sales = reached_and_reported(request=asked, title="시제품", at=now)
        other = money.concluded(listing=ListingFactory(holder=office), firm=firm.organization)
        line, to_ask = money.due(other), money.due(other, key="second")
        invoice = money.invoiced(line, by=by, at=now)
        made = money.shared(money.paid(invoice, 11_000_000, by=by, at=now), by=by, at=now)
        waits = money.paid(other.invoices.get(), 11_000_000, by=by, at=now)
        receipt = money.received(office, by=by, at=now)
        file = money.bank_file(office, by=by, at=now)
        own = ListingFactory(holder=firm.organization)
        money.used_and_paid(own, at=now)
        money.ahead(own, at=now)
        return {
            "own_use": f"/royalties/government/{own.public_id}/",
            "calendar": f"/royalties/contracts/{contract.public_id}/",
            "due": f"/royalties/dues/{reported.public_id}/",
            "sales": f"/royalties/sales/{sales.public_id}/",
            "invoice": f"/royalties/invoices/{invoice.public_id}/",
            "to_ask": f"/royalties/to-ask-for/{to_ask.public_id}/",
            "receipt": f"/royalties/receipts/{receipt.public_id}/",
            "bank_file": f"/royalties/bank-files/{file.public_id}/",
            "share_plan": f"/royalties/sharing/plans/{other.public_id}/",
            "proposal": f"/royalties/sharing/{waits.public_id}/",
            "distribution": f"/royalties/distributions/{made.public_id}/",
            "statement": f"/royalties/statements/{office.payees.order_by('pk')[0].public_id}/",
        }

    def applications(self) -> dict[str, str]:
        """An agency's that is to be completed, and a trader's draft with everything in it."""
        now = timezone.now()
        found, draft = in_completion(at=now), trader_draft(complete=True, at=now)
        staff(found.organization, verified=False)
        self.people |= {"applicant": found.applicant, "trader": draft.applicant}
        pages = {"completion": found, "trader_draft": draft}
        return {name: f"/brokers/applications/{each.public_id}/" for name, each in pages.items()}

    def mandates(self, firm, now) -> dict[str, str]:
        """Of the broker: offered to it with a fellow, in force for the firm, and one whose conflict the firm reads."""
        broker = organization_of(self.people["broker"])
        self.people["broker_manager"] = MembershipFactory(organization=broker, manager=True).user
        agency(broker, at=now, ipc_prefixes=["H01M", "B"])
        shares = {broker: 6_000, registered_broker(): 4_000}
        asked = mandate_offered(at=now, broker=broker, shares=shares, terms="매달 보고")
        held = in_force(at=now, client=firm, broker=broker, shares=shares, is_exclusive=True)
        return {"mandate": f"/mandates/{asked.public_id}/", "mandate_held": f"/mandates/{held.public_id}/"}

    def brokers_office(self) -> dict[str, str]:
        """Applications on the desks of officers, one registered, and versions of what is needed."""
        now, by = timezone.now(), self.people["officer"]
        found, trader = in_check(by=by, at=now), in_committee(at=now)
        application_in("objected", at=now)
        registered(at=now, conditions="배터리 분야에 한함")
        draft = requirements_draft(by=by, at=now)
        requirements_published(at=now, valid_from=timezone.localdate(now) + timedelta(days=30))
        return {
            "office_agency": f"/officer/brokers/{found.public_id}/",
            "office_trader": f"/officer/brokers/{trader.public_id}/",
            "requirements_draft": f"/officer/brokers/requirements/{draft.public_id}/",
        }

    def cases(self) -> dict[str, str]:
        """Of the broker a case whose hearing is ahead, with a statement; one to decide; a hand-over with its client."""
        now, by = timezone.now(), self.people["broker"]
        registration = organization_of(by).broker_registrations.get()
        ahead = noticed(opened(registration, at=now), chair=self.people["officer"], at=now)
        stated(ahead, by=by, at=now, files=[(BytesIO(b"%PDF-1.4"), "보고서.pdf")])
        to_decide, asked = held(opened_noticed(at=now)), handed_over(at=now)
        self.people["client"] = manager_of_client(asked.mandate.client)
        return {
            "cancellation": f"/officer/cases/{ahead.public_id}/",
            "case_to_decide": f"/officer/cases/{to_decide.public_id}/",
            "my_case": f"/brokers/cases/{ahead.public_id}/",
            "hearing_notice": f"/brokers/cases/hearings/{ahead.hearings.get().public_id}/",
            "hand_over": f"/brokers/hand-overs/{asked.public_id}/",
        }

    def duties(self, office):
        """Asked to be exempt from one, another done; a letter about both to the head, long ago; one officer asked."""
        project = ProjectFactory(lead=office, title="고체 전해질 대량 합성 공정 개발")
        asked, done = (duty(ResultFactory(project=project, number="")) for _ in range(2))
        exemption(asked, asked_by=self.people["manager"])
        exemption(asked_by_officer := duty(ResultFactory(number="")), asked_by=self.people["officer"])
        offered = Listing.objects.published().filter(holder=office).order_by("pk").first()
        named(done, offered)
        letter = letter_about([asked, asked_by_officer], day=asked.due_on)
        settle(projects=[project.pk], at=NOW)
        return asked, letter

    def needs(self, firm, listing) -> Need:
        """One with answers and matches of both kinds, and somebody else's without a name."""
        need = NeedFactory(organization=firm.organization, owner=firm.user, budget_won=50_000_000, trl_from=4)
        NeedMatchFactory(need=need, listing=listing, score=72)
        NeedMatchFactory(need=need, why_not="known", judged_at=timezone.now())
        NeedAnswerFactory(need=need, listing=listing)
        NeedAnswerFactory(need=need, no_supply=True)
        NeedFactory(anonymous=True)
        return need

    def project(self, office, listing) -> tuple[RnDProject, ResearchResult]:
        """A project with a result in every state that its page shows, changed once, and its duties."""
        project = ProjectFactory(lead=office, title="수소 저장 소재의 개발과 실증", ends_on=date(2025, 1, 1))
        project.partners.add(OrganizationFactory(institute=True))
        ResultFactory.create_batch(2, project=project, number="")
        ResultFactory(project=project, number="", title="지운 성과", deleted_at=timezone.now())
        result = ResultFactory(project=project, number="", kind="know_how", title="합금을 열처리하는 노하우")
        found = duty(result)
        named(found, listing, at=timezone.now())
        settle(projects=[project.pk], at=timezone.now())
        type(project).objects.filter(pk=project.pk).update(programme="소재 혁신", revision=2)
        return project, result

    def projects_run(self, office) -> Run:
        """A file of projects that waits, with a security project among them."""
        source = SourceFactory(organization=office, target="projects")
        rows = projects(rows_of(1), rows_of(2, 보안등급="보안"), rows_of(3, 총연구비="x"))
        return self.receive(source, self.people["manager"], rows.decode(), "과제.csv")

    def work(self, office, draft) -> tuple[str, InventorInvitation]:
        """Duties of the office with and without a draft, an inventor's open link, and what another one sent."""
        project = ProjectFactory(lead=office, title="수소 사회로 가는 길")
        people = [{"name": "이이음", "email": "lee@lab.example"}, {"name": "박다솜", "email": ""}]
        owed = [duty(ResultFactory(project=project, number=f"102025{n:07d}", inventors=people)) for n in range(3)]
        by, now = self.people["manager"], timezone.now()
        draft_for(obligation=owed[0], by=by, at=now)
        DutyDraft.objects.create(obligation=owed[1], listing=draft, made_at=now, made_by=by)
        answer = inventor_answered(draft, by=by)
        token = "t" * 43
        InventorInvitation.objects.create(
            listing=draft,
            name="김가온",
            email="kim@lab.example",
            language="ko",
            token_digest=digest_of(token),
            invited_by=by,
            expires_at=now + timedelta(days=14),
        )
        return f"/inventor/{token}/", answer

    def listings(self, office) -> tuple[Listing, Listing, Listing]:
        """One with everything, a draft with a right and a withdrawn one; enough others for a second short page."""
        for number in range(4):
            ListingFactory(holder=office, title_ko=f"수소차 저장 탱크 {number}", trl=5, price_won=30_000_000)
        full = ListingFactory(
            holder=office,
            title_ko="수소 연료전지 분리판의 내부식 코팅",
            value_ko="분리판 수명을 5,000시간에서 12,000시간으로 늘린다.",
            problem="분리판이 부식된다.",
            effect="접촉 저항이 8 mΩ에서 3 mΩ으로 준다.",
            trl=6,
            ipc_codes=["H01M 8/0228", "C23C 14/06"],
            keywords=["수소", "연료전지"],
            deal_kinds=[DealKind.EXCLUSIVE_LICENCE.value, DealKind.NON_EXCLUSIVE_LICENCE.value],
            price_won=50_000_000,
            confidential_text="코팅 조건",
            confidential_reason="특허에 없는 노하우",
            rights=[patent(1, title="분리판"), patent(2, country="US", application_number="16/123456")],
        )
        draft = ListingFactory(holder=office, draft=True, title_ko="쓰는 중인 기술", rights=[patent(3)])
        return full, draft, ListingFactory(holder=office, withdrawn=True)

    def runs(self, office) -> tuple[Run, Run]:
        """An applied import, and one that waits with a row of every kind."""
        source, by = SourceFactory(organization=office), self.people["manager"]
        first = self.receive(source, by, LIST + ONE + TWO, "목록.csv")
        ingest_apply.approve_run(run=first, by=by, at=timezone.now())
        return first, self.receive(source, by, LIST + CHANGED + REFUSED + ADDED, "목록-2.csv")

    def receive(self, source, by, text: str, name: str) -> Run:
        run, _new = ingest_receive.receive_file(
            source=source, file=BytesIO(text.encode()), file_name=name, kind=RunKind.ADDITIONS, by=by, at=timezone.now()
        )
        run.refresh_from_db()
        return run
