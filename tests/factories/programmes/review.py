"""Calls and submitted applications as rows, and what is done with them through the services."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.enums import Role
from accounts.models import BusinessProfile
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CallState, SchemeKind
from programmes.events import call_published
from programmes.models import Application, ApplicationDocument, ApplicationFlag, Call, CallVersion, Selection, Transfer
from programmes.numbers import application_number, call_number
from programmes.scheme import Caps, Criterion, Days, Paper, PaperStage, Scheme, Stage, StageKind, Words
from programmes.services.review import check, panel
from programmes.services.review.approve import approve
from programmes.services.review.objections import answer_objection, raise_objection
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish
from programmes.services.review.publishing import go_on
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
"""Noon in Korea."""
DAY = timedelta(days=1)
S = ApplicationState


def scheme(**changes):
    """Two criteria of 60 and 40 points, one score each, then staff and a manager approve."""
    given = {
        "notice": Words("공고", "Notice"),
        "caps": Caps(award_won=50_000_000, firm_won=100_000_000),
        "papers": (Paper("plan", Words("사업계획서", "Business plan"), PaperStage.APPLICATION),),
        "stages": (
            Stage("check", StageKind.CHECK, Words("요건검토", "Check")),
            Stage("panel", StageKind.PANEL, Words("평가", "Panel"), least=1),
            Stage("first", StageKind.APPROVAL, Words("검토", "Review"), role="staff"),
            Stage("second", StageKind.APPROVAL, Words("승인", "Approval"), role="manager"),
        ),
        "criteria": (
            Criterion("market", Words("시장성", "Market"), 60),
            Criterion("team", Words("역량", "Team"), 40),
        ),
        "days": Days(),
        "reserve_places": 2,
    } | changes
    return Scheme(**given)


def officer(call=None, *, role=Role.STAFF, second_factor=False):
    """A member of the call's office."""
    office = {"organization": call.office} if call is not None else {"government": True}
    return MembershipFactory(user__second_factor=second_factor, role=role, **office).user


def manager(call, **also):
    return officer(call, role=Role.MANAGER, **also)


def call_row(*, at=NOW, budget_won=100_000_000, closed=True, content=None, office=None, **changes):
    """A published call, its window over, in an office with one member who wrote it."""
    office = office or OrganizationFactory(government=True)
    writer = MembershipFactory(organization=office).user
    publisher = MembershipFactory(organization=office, role=Role.MANAGER).user
    call = Call.objects.create(
        number=call_number(at), office=office, kind=SchemeKind.VOUCHER, title_ko="기술 사업화 바우처",
        title_en="Commercialization voucher", budget_won=budget_won, opens_at=at - 30 * DAY,
        closes_at=at - DAY if closed else at + DAY, created_by=writer, **changes,
    )  # fmt: skip
    version = CallVersion.objects.create(
        call=call, serial=1, content=(content or scheme()).to_json(), written_by=writer, written_at=at - 40 * DAY
    )
    version.state, version.published_by, version.published_at = "published", publisher, at - 30 * DAY
    version.save()
    call.state, call.current, call.published_at = CallState.PUBLISHED, version, at - 30 * DAY
    call.save()
    call_published.send(sender=Call, call=call, version=version, by=publisher, at=at)
    return call


def firm(**also):
    """A company whose manager is `firm.boss`, with a profile of its own so that nothing about it is unknown."""
    organization = OrganizationFactory(company=True, **also)
    organization.boss = MembershipFactory(organization=organization, role=Role.MANAGER).user
    known(organization)
    return organization


def known(organization):
    """Its representative, address: like nobody else's."""
    name = f"김{organization.pk:06d}"
    return BusinessProfile.objects.create(
        organization=organization, representatives=[name], representative_keys=[name],
        address=f"서울 {organization.pk}로 1", address_key=f"seoul{organization.pk}",
    )  # fmt: skip


def submitted(call=None, *, by_firm=None, at=NOW, government_won=40_000_000, submitted_at=None, **changes):
    """Submitted with its documents, five days before the call closed."""
    call = call or call_row(at=at)
    organization = by_firm or firm()
    boss = getattr(organization, "boss", None) or MembershipFactory(organization=organization, role=Role.MANAGER).user
    application = Application.objects.create(
        call=call, version=call.current, organization=organization, begun_by=boss, begun_at=at - 10 * DAY,
        plan={
            "texts": {"product": "Ceramic filters"}, "declared": [],
            "services": [{"key": "design", "what": "Design of a filter", "supply_won": 50_000_000}],
        },
        facts={"name": organization.name, "business_number": organization.business_number} | changes.pop("facts", {}),
        checked=[{"key": "sme", "outcome": "met", "why": "Small by its sales"}],
        government_won=government_won, own_won=government_won // 3, number=application_number(at),
        state=S.SUBMITTED, submitted_by=boss, submitted_at=submitted_at or at - 5 * DAY,
        digest=hashlib.sha256(str(organization.pk).encode()).hexdigest(), **changes,
    )  # fmt: skip
    application.organization, application.boss = organization, boss
    return application


def found_eligible(application, *, by=None, at=NOW):
    return check.find_eligible(application=application, by=by or officer(application.call), at=at)


def with_paper(application, *, key="plan", at=NOW):
    """A paper that came with a completion, the only way to one after the submission."""
    by = officer(application.call)
    check.ask_completion(application=application, parts={"papers": "The plan"}, by=by, at=at)
    paper = ApplicationDocument(
        application=application, key=key, name="plan.pdf", type="application/pdf", size=9,
        sha256="0" * 64, sent_by=application.boss, sent_at=at,
    )  # fmt: skip
    paper.file.save("plan.pdf", ContentFile(b"%PDF-1.7\n"), save=True)
    Application.objects.filter(pk=application.pk).update(state=S.SUBMITTED, complete_by=None)
    return paper


def entered(organization, *, at=NOW):
    """A contract that the firm concluded elsewhere and entered itself, with its file."""
    boss = getattr(organization, "boss", None) or MembershipFactory(organization=organization, role=Role.MANAGER).user
    transfer = Transfer(
        organization=organization, reference=f"E{organization.pk}", state="declared", title="Ceramic membrane",
        holder_name="Gaon University", signed_on=timezone.localdate(at - 90 * DAY), document_name="contract.pdf",
        document_type="application/pdf", document_size=9, sha256="0" * 64, declared_by=boss, declared_at=at - 9 * DAY,
    )  # fmt: skip
    transfer.document.save("contract.pdf", ContentFile(b"%PDF-1.7\n"), save=True)
    return transfer


def flagged(application, other=None, *, kind="representative", at=NOW):
    other = other or submitted(application.call)
    return ApplicationFlag.objects.create(
        application=application, other=other, kind=kind, evidence="Kim Gaon", found_at=at
    )


def eligible(call=None, *, by=None, at=NOW, **also):
    made = submitted(call, at=at, **also)
    found = check.find_eligible(application=made, by=by or officer(made.call), at=at)
    found.boss = made.boss
    return found


def ineligible(call=None, *, by=None, at=NOW, **also):
    made = submitted(call, at=at, **also)
    found = check.find_ineligible(application=made, text="Too old", by=by or officer(made.call), at=at)
    found.boss = made.boss
    return found


def member(call, *, user=None, at=NOW):
    """Takes part in the panel, in a rehearsal as somebody of the office."""
    user = user or (officer(call) if call.is_rehearsal else UserFactory())
    asked = panel.invite(call=call, email=user.email, by=officer(call), at=at)
    return panel.answer_invitation(panelist=asked, accept=True, by=user, at=at)


def scored(application, market=50, team=30, *, seat=None, at=NOW):
    """Declared free of ties, scored and handed in."""
    seat = seat or member(application.call, at=at)
    panel.declare(panelist=seat, application=application, has_conflict=False, by=seat.user, at=at)
    points = {"market": market, "team": team}
    return panel.save_score(panelist=seat, application=application, points=points, hand_in=True, by=seat.user, at=at)


def ready(*points, call=None, at=NOW, **also):
    """A call with an eligible application for each of `points` (of the first criterion), scored by one member."""
    call = call or call_row(at=at, **also)
    seat, by = member(call, at=at), officer(call)
    made = [eligible(call, by=by, at=at) for _each in points]
    for each, market in zip(made, points, strict=True):
        scored(each, market, seat=seat, at=at)
    return call, made


def proposed(*points, call=None, by=None, at=NOW, **also) -> Selection:
    if call is None:
        call, _made = ready(*(points or (60, 50)), at=at, **also)
    return propose(call=call, why="By the scores", by=by or officer(call), at=at)


def approved(selection=None, *, at=NOW, **also) -> Selection:
    """By every stage."""
    selection = selection or proposed(at=at, **also)
    for stage in selection.basis["stages"]:
        by = manager(selection.call) if stage["role"] == "manager" else officer(selection.call)
        approve(selection=selection, digest=selection.digest, by=by, at=at)
    return selection


def published(selection=None, *, by=None, at=NOW, **also) -> Selection:
    selection = approved(selection, at=at, **also)
    publish(selection=selection, by=by or selection.proposed_by, at=at)
    go_on(selection_id=selection.public_id, clock=lambda: at)
    return fresh(selection)


def objected(application, *, at=NOW, text="The scores are wrong"):
    boss = application.organization.memberships.filter(role=Role.MANAGER).order_by("pk").first().user
    return raise_objection(application=application, text=text, by=boss, at=at)


def answered(objection, *, uphold=True, by=None, at=NOW):
    by = by or officer(objection.application.call)
    return answer_objection(objection=objection, uphold=uphold, answer="We looked again", by=by, at=at)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.rowcount
