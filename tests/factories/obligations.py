import datetime
import io
from zoneinfo import ZoneInfo

import factory
from django.core.files.base import ContentFile
from pypdf import PdfWriter

from accounts.models import User
from obligations.enums import DutyKind, EvidenceType, ExemptionGround, ExemptionState, LetterStep, ResultKind
from obligations.models import Discharge, DutyRule, Exemption, Letter, Obligation, Reminder, ResearchResult, RnDProject
from obligations.services.load_rules import load_rules, read_product
from obligations.services.results import ResultData
from obligations.services.settle import settle
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory

SEOUL = ZoneInfo("Asia/Seoul")
TODAY = datetime.date(2026, 6, 15)
NOW = datetime.datetime(2026, 6, 15, 10, tzinfo=SEOUL)


def _one_page() -> bytes:
    made, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(595, 842)
    writer.write(made)
    return made.getvalue()


PDF = _one_page()


def at_day(day: datetime.date, hour: int = 10) -> datetime.datetime:
    """This hour of a day in Korea."""
    return datetime.datetime.combine(day, datetime.time(hour), tzinfo=SEOUL)


def rules() -> None:
    """The law as it comes with the product."""
    if not DutyRule.objects.exists():
        load_rules(rules=read_product())


class ProjectFactory(factory.django.DjangoModelFactory):
    """A project whose agreement runs on; nothing of it is owed before somebody calls `settle`."""

    class Meta:
        model = RnDProject
        skip_postgeneration_save = True

    class Params:
        security = factory.Trait(is_security=True)

    number = factory.Sequence(lambda n: f"RS-2024-{n:08d}")
    title = factory.Sequence(lambda n: f"시험 과제 {n}")
    ministry = "과학기술정보통신부"
    lead = factory.SubFactory(OrganizationFactory, institute=True)
    starts_on = datetime.date(2024, 1, 1)
    ends_on = datetime.date(2026, 12, 31)

    @factory.post_generation
    def with_partners(self, create, extracted, **kwargs):
        if extracted:
            self.partners.set(extracted)


class ResultFactory(factory.django.DjangoModelFactory):
    """A reported patent of the institute that leads its project."""

    class Meta:
        model = ResearchResult

    project = factory.SubFactory(ProjectFactory)
    kind = ResultKind.PATENT
    title = factory.Sequence(lambda n: f"시험 성과 {n}")
    number = factory.Sequence(lambda n: f"102024{n:07d}")
    owner = factory.SelfAttribute("project.lead")
    completed_on = datetime.date(2026, 6, 1)


def duty(result: ResearchResult | None = None, *, at: datetime.datetime = NOW, **of_result) -> Obligation:
    """The duty to list a result, as the house makes it: due, and overdue on `TODAY`, unless told otherwise."""
    rules()
    result = result or ResultFactory(**of_result)
    settle(projects=[result.project_id], at=at)
    return Obligation.objects.get(kind=DutyKind.LISTING, result=result)


def result_data(result: ResearchResult, **changes) -> ResultData:
    """All that is said of a result, with these changes, for the services."""
    said = {name: getattr(result, name) for name in ResultData.__dataclass_fields__}
    said["inventors"] = [(each["name"], each["email"]) for each in result.inventors]
    return ResultData(**{**said, **changes})


def named(obligation: Obligation, listing: Listing, *, at: datetime.datetime = NOW) -> Discharge:
    """A person has said that this technology lists it, past the service; the caller settles."""
    return Discharge.objects.create(obligation=obligation, listing=listing, at=at, by=UserFactory())


def officer(**more) -> User:
    return MembershipFactory(government=True, **more).user


def exemption(
    obligation: Obligation | None = None, state: str = ExemptionState.ASKED, *, until=None, runs_from=TODAY, **more
) -> Exemption:
    """An exemption in this state, moved there past the services; its duty is settled by the caller."""
    obligation = obligation or duty()
    until = until or runs_from + datetime.timedelta(days=365)
    made = Exemption(
        obligation=obligation,
        organization=obligation.institute,
        ground=more.pop("ground", ExemptionGround.IP_PENDING),
        text="Applied for abroad",
        evidence_name="근거.pdf",
        evidence_type=EvidenceType.PDF,
        evidence_checksum="0" * 64,
        asked_until=until,
        asked_at=more.pop("asked_at", NOW),
        asked_by=more.pop("asked_by", None) or MembershipFactory(organization=obligation.institute).user,
        **more,
    )
    made.evidence.save("", ContentFile(PDF), save=False)
    made.save()
    if state != ExemptionState.ASKED:
        for step in {ExemptionState.ENDED: [ExemptionState.GRANTED, ExemptionState.ENDED]}.get(state, [state]):
            Exemption.objects.filter(pk=made.pk).update(state=step, **fields_of(step, made, runs_from, until))
    made.refresh_from_db()
    return made


def fields_of(state: str, made: Exemption, runs_from=TODAY, until=None) -> dict:
    """The columns that an exemption has in this state and not before."""
    until = until or made.asked_until
    decided = {"decided_at": NOW, "decided_by": officer()}
    return {
        ExemptionState.GRANTED: lambda: {
            **decided,
            "decided_at": at_day(runs_from),
            "runs_from": runs_from,
            "until": until,
        },
        ExemptionState.REFUSED: lambda: decided | {"decision_text": "Not enough"},
        ExemptionState.TAKEN_BACK: lambda: {"taken_back_at": NOW, "taken_back_by": made.asked_by},
        ExemptionState.ENDED: lambda: {"ended_at": NOW, "why_ended": "expired"},
        ExemptionState.ASKED: dict,
    }[state]()


def letter_about(duties, *, day=TODAY, step=LetterStep.HEAD, deadline=None) -> Letter:
    """A letter of this day about these duties of one institute, written past the service: nobody is told."""
    letter = Letter.objects.create(
        institute=duties[0].institute, step=step, day=day, written_at=at_day(day), languages=["ko"]
    )
    for about in duties:
        Reminder.objects.create(
            letter=letter,
            obligation=about,
            step=step,
            deadline=deadline or about.deadline,
            number=about.project.number,
            title=about.result.title if about.result else about.project.title,
        )
    return letter
