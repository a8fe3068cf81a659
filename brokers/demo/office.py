"""Applications of the demo that officers decided: two agencies and a trader registered, one refused who objects.

One officer checks, the other decides; the objection waits for the one who did not refuse. Days count back from loading.
Of one agency two people have left since, so that it is below its minimum.
"""

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from reportlab.pdfgen.canvas import Canvas

from accounts.enums import MembershipState, Role
from accounts.models import Membership, Organization, User
from brokers.demo.days import afternoon
from brokers.enums.registration import DocumentKind, QualificationState, RegistrationKind, StaffState
from brokers.models import Application, Qualification, RequirementVersion, StaffEntry
from brokers.services.office.check_documents import pass_to_advice, take_up
from brokers.services.office.hear_others import put_before_committee, record_advice, record_session
from brokers.services.office.refuse import refuse
from brokers.services.office.register import register
from brokers.services.registration.documents import add_document
from brokers.services.registration.draft import save_application, start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.load_requirements import load_requirements, read_product
from brokers.services.registration.withdraw import object_to_refusal

PAPERS = {
    RegistrationKind.AGENCY: (DocumentKind.ARTICLES, DocumentKind.BUSINESS_PLAN, DocumentKind.GUIDELINE),
    RegistrationKind.TRADER: (DocumentKind.CAREER, DocumentKind.TRAINING),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def rows() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "office.json").read_text(encoding="utf-8"))
    return found


@transaction.atomic
def load_office(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Load the applications of people who have none yet; how many are new."""
    load_requirements(versions=read_product(), at=at)
    given = rows()
    emails = [row["by"] for row in (*given["agencies"], given["trader"], given["refused"])]
    people = {user.email: user for user in User.objects.filter(email__in=[*emails, given["checker"], given["decider"]])}
    new = sum(_agency(row, people, organizations[row["organization"]], at) for row in given["agencies"])
    return new + _trader(people, at) + _refused(people, at)


def _may_apply_on(kind: str, moment: datetime) -> bool:
    """Whether something was required that day: the law of the product begins somewhere."""
    return RequirementVersion.objects.in_force_on(timezone.localdate(moment), kind).exists()


def _agency(row: Mapping[str, Any], people: Mapping[str, User], organization: Organization, at: datetime) -> bool:
    by, checker, moment = people[row["by"]], people[rows()["checker"]], afternoon(at, row["days_ago"])
    there = Application.objects.filter(organization=organization).exists()
    if there or not _may_apply_on(RegistrationKind.AGENCY, moment):
        return False
    staff = [_staff(place, name, organization, by, moment) for place, name in enumerate(row["staff"], 1)]
    made = start_application(kind=RegistrationKind.AGENCY, organization=organization, by=by, at=moment)
    made = _handed_in(made, by, moment, content=row["content"])
    advice = row["advice"]
    made = _checked(made, checker, moment, whose=advice["whose"] if advice else "")
    if advice:
        given = moment + 8 * DAY
        record_advice(application=made, **advice, given_on=timezone.localdate(given), by=checker, at=given)
    register(application=made, conditions=row["conditions"], by=people[rows()["decider"]], at=moment + 9 * DAY)
    for gone in row["left"]:
        until = timezone.localdate(at) - timedelta(days=gone["days_ago"])
        StaffEntry.objects.filter(pk=staff[gone["place"] - 1].pk).update(
            state=StaffState.ENDED, until_on=until, ended_at=afternoon(at, gone["days_ago"]), ended_by=by
        )
    return True


def _staff(place: int, name: str, organization: Organization, by: User, at: datetime) -> StaffEntry:
    """A person who counts, with a verified qualification; without a password nobody signs in as them."""
    domain = by.email.partition("@")[2]
    person = User.objects.create_user(email=f"staff{place}@{domain}", name=name, language="ko", password=None)
    decided = {"decided_at": at, "decided_by": User.objects.get(email=rows()["checker"])}
    Membership.objects.create(
        user=person, organization=organization, role=Role.STAFF, state=MembershipState.ACTIVE, decided_at=at,
        decided_by=by,
    )  # fmt: skip
    licence = rows()["licences"][place - 1]
    Qualification.objects.create(
        user=person, kind=licence["kind"], number=f"DEMO-{domain[:5]}-{place}", state=QualificationState.VERIFIED,
        issued_on=date.fromisoformat(licence["issued_on"]), **decided,
    )  # fmt: skip
    return StaffEntry.objects.create(
        organization=organization, user=person, state=StaffState.CONFIRMED, named_at=at, named_by=by, answered_at=at,
        from_on=timezone.localdate(at) - 400 * DAY,
    )  # fmt: skip


def _trader(people: Mapping[str, User], at: datetime) -> bool:
    row = rows()["trader"]
    made = _of_a_trader(row, people, at)
    if made is None:
        return False
    moment, checker = afternoon(at, row["days_ago"]), people[rows()["checker"]]
    made = _checked(made, checker, moment)
    session = moment + 10 * DAY
    day = timezone.localdate(session)
    put_before_committee(application=made, session_on=day, by=checker, at=moment + 2 * DAY)
    record_session(application=made, held_on=day, **row["session"], by=checker, at=session + HOUR)
    register(application=made, by=people[rows()["decider"]], at=session + DAY)
    return True


def _refused(people: Mapping[str, User], at: datetime) -> bool:
    """Checked and refused by one officer, so that the other one can decide on the objection."""
    row = rows()["refused"]
    made = _of_a_trader(row, people, at)
    if made is None:
        return False
    moment, checker = afternoon(at, row["days_ago"]), people[rows()["checker"]]
    made = take_up(application=made, by=checker, at=moment + 3 * HOUR)
    refuse(application=made, text=row["reason"], by=checker, at=moment + 6 * DAY)
    object_to_refusal(application=made, text=row["objection"], by=people[row["by"]], at=moment + 15 * DAY)
    return True


def _of_a_trader(row: Mapping[str, Any], people: Mapping[str, User], at: datetime) -> Application | None:
    """Handed in; None where the person has applied already."""
    by, moment = people[row["by"]], afternoon(at, row["days_ago"])
    there = Application.objects.filter(kind=RegistrationKind.TRADER, applicant=by).exists()
    if there or not _may_apply_on(RegistrationKind.TRADER, moment):
        return None
    made = start_application(kind=RegistrationKind.TRADER, organization=None, by=by, at=moment)
    work = row["career"] | {"from_on": date.fromisoformat(row["career"]["from_on"]), "to_on": None}
    lessons = [each | {"finished_on": date.fromisoformat(each["finished_on"])} for each in row["training"]]
    content = {"speciality": row["speciality"], "career_route": row["route"]}
    return _handed_in(made, by, moment, content=content, career=[work], training=lessons)


def _handed_in(made: Application, by: User, at: datetime, **given: Any) -> Application:
    for kind in PAPERS[RegistrationKind(made.kind)]:
        add_document(application=made, kind=kind, file=_paper(), name=f"{kind.label}.pdf", by=by, at=at)
    made = save_application(application=made, revision=made.revision, by=by, at=at, **given)
    return hand_in(application=made, revision=made.revision, declared=True, by=by, at=at).application


def _checked(made: Application, by: User, at: datetime, *, whose: str = "") -> Application:
    text = "등록 요건에 대한 의견을 요청합니다." if whose else "제출 서류로 충분하여 따로 자문하지 않습니다."
    made = take_up(application=made, by=by, at=at + 2 * HOUR)
    return pass_to_advice(application=made, whose=whose, text=text, by=by, at=at + DAY)


def _paper() -> io.BytesIO:
    """A page of PDF, the same each time."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    canvas.drawString(72, 760, "Document of the demo")
    canvas.save()
    file.seek(0)
    return file
