"""Applications of the demo, `registration.json`: one in each state that the office's part of the demo does not show.

What applicants do and what officers have done goes through the services; where something waits, an officer who did not
check it can decide.
"""

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from reportlab.pdfgen.canvas import Canvas

from accounts.models import Organization, User
from brokers.enums.registration import ApplicationState, DocumentKind, QualificationState, StaffState
from brokers.models import Application, Qualification, StaffEntry
from brokers.services.office.check_documents import ask_completion, pass_to_advice, take_up
from brokers.services.office.hear_others import ask_training, put_before_committee, record_session
from brokers.services.office.refuse import decide_objection, refuse
from brokers.services.registration.documents import add_document
from brokers.services.registration.draft import save_application, start_application
from brokers.services.registration.hand_in import hand_in
from brokers.services.registration.load_requirements import load_requirements, read_product
from brokers.services.registration.withdraw import object_to_refusal, withdraw_application
from marketplace.core.fonts import drawing_font

A4 = (595, 842)
OFFICER, CHECKER = "officer@diffusion.example", "reviewer@diffusion.example"
S = ApplicationState


@cache
def rows() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "registration.json").read_text(encoding="utf-8"))
    return found


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Make the applications of those who have made none. Returns how many are new."""
    load_requirements(versions=read_product(), at=at)
    for row in rows()["staff"]:
        _staff(row, organizations[row["organization"]], at)
    new = 0
    for row in rows()["applications"]:
        by, organization = User.objects.get(email=row["by"]), organizations.get(row.get("organization", ""))
        whose: dict[str, Any] = {"organization": organization} if organization else {"applicant": by}
        if Application.objects.filter(kind=row["kind"], **whose).exists():
            continue
        _apply(row, organization, by, at)
        new += 1
    return new


def _staff(row: Mapping[str, Any], organization: Organization, at: datetime) -> None:
    person, moment = User.objects.get(email=row["email"]), _morning(at, 60)
    decided = {"decided_at": moment, "decided_by": User.objects.get(email=OFFICER)} if row["verified"] else {}
    Qualification.objects.get_or_create(
        user=person, kind=row["kind"], number=row["number"],
        defaults={
            "issued_on": date.fromisoformat(row["issued_on"]), **decided,
            "state": QualificationState.VERIFIED if row["verified"] else QualificationState.CLAIMED,
        },
    )  # fmt: skip
    if StaffEntry.objects.filter(organization=organization, user=person).exists():
        return
    manager = organization.memberships.active().filter(role="manager").order_by("pk").first()
    assert manager is not None, f"nobody names staff for {organization}"
    StaffEntry.objects.create(
        organization=organization, user=person, state=StaffState.CONFIRMED, from_on=timezone.localdate(moment),
        named_at=moment, named_by=manager.user, answered_at=moment,
    )  # fmt: skip


def _apply(row: Mapping[str, Any], organization: Organization | None, by: User, at: datetime) -> None:
    moment = _morning(at, row["days_ago"])
    made = start_application(kind=row["kind"], organization=organization, by=by, at=moment)
    Application.objects.filter(pk=made.pk).update(created_at=moment)
    for kind in row["documents"]:
        given = {"kind": kind, "file": _paper(kind), "name": f"{DocumentKind(kind).value}.pdf"}
        add_document(application=made, **given, by=by, at=moment)
    entries = {name: [_days(entry) for entry in row[name]] for name in ("career", "training") if name in row}
    made = save_application(
        application=made, revision=made.revision, content=row["content"], **entries, by=by, at=moment
    )
    if row["state"] == S.DRAFT:
        return
    found = hand_in(application=made, revision=made.revision, declared=True, by=by, at=moment).application
    if row["state"] == S.APPLIED:
        return
    _by_the_office(found, row, moment + timedelta(days=1), timezone.localdate(at))


def _by_the_office(made: Application, row: Mapping[str, Any], moment: datetime, today: date) -> None:
    """What an officer has done with it so far; another one can decide."""
    given: dict[str, Any] = {"application": made, "by": User.objects.get(email=CHECKER), "at": moment}
    if row["state"] == S.WITHDRAWN:
        made.refresh_from_db()
        withdraw_application(application=made, revision=made.revision, by=made.applicant, at=moment)
        return
    take_up(**given)
    if row["state"] == S.COMPLETION:
        asked = row["completion"]
        due_on = today + timedelta(days=asked["in_days"])
        ask_completion(parts=asked["parts"], text=asked["text"], due_on=due_on, **given)
    elif row["state"] == S.ADVICE:
        pass_to_advice(**row["advice"], **given)
    elif row["state"] in {S.COMMITTEE, S.TRAINING}:
        pass_to_advice(text="제출 서류로 충분하여 따로 자문하지 않습니다.", **given)
        is_heard = row["state"] == S.TRAINING
        session = timezone.localdate(moment + timedelta(days=12)) if is_heard else today + timedelta(days=4)
        put_before_committee(session_on=session, **given)
        if is_heard:
            heard = given | {"at": moment + timedelta(days=12, hours=5)}
            record_session(held_on=session, **row["session"], **heard)
            ask_training(text=row["outstanding"], **heard)
    elif row["state"] == S.REJECTED:
        refuse(text=row["refusal"], **given)
        objected, decided = moment + timedelta(days=10), moment + timedelta(days=21)
        object_to_refusal(application=made, text=row["objection"], by=made.applicant, at=objected)
        decider = User.objects.get(email=OFFICER)
        decide_objection(application=made, uphold=False, text=row["rejection"], by=decider, at=decided)


def _days(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if name.endswith("_on") and value else value for name, value in entry.items()
    }


def _paper(kind: str) -> io.BytesIO:
    """A page that says which document it stands for."""
    made = io.BytesIO()
    page = Canvas(made, pagesize=A4, invariant=1)
    page.setFont(drawing_font(), 14)
    page.drawString(72, 760, f"Demo: {DocumentKind(kind).value}")
    page.showPage()
    page.save()
    made.seek(0)
    return made


def _morning(at: datetime, days_ago: int) -> datetime:
    """Some minute of that morning in Korea."""
    day = timezone.localdate(at) - timedelta(days=days_ago)
    return datetime.combine(day, time(10, 7 * days_ago % 60), timezone.get_default_timezone())
