"""Who did what to a duty, when: from the rows themselves and from what triggers kept of earlier ones.

Persons are named to officers and to their own side; to the institute an officer is an officer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from obligations.enums import DutyState, ExemptionState
from obligations.models import EvidenceOpening, Exemption, Obligation
from obligations.querysets import sees_all

CLOCKS = timedelta(seconds=2)
"""Rows carry the moment of the edge, kept versions that of the database: those may be apart by so much."""


@dataclass(frozen=True)
class Line:
    """One thing that happened. `by` is a name fit for the reader; empty where the house did it."""

    at: datetime
    title: str
    by: str = ""
    text: str = ""
    person: int | None = None


def history(duty: Obligation, reader: User) -> list[Line]:
    """Everything, oldest first. The number of questions does not depend on how much happened."""
    lines = [
        Line(duty.created_at, _("The duty arose")),
        *_of_duty(duty),
        *_of_discharges(duty),
        *_of_exemptions(duty, reader),
    ]
    if sees_all(reader):
        lines += _of_openings(duty)
    return sorted(_named(lines, duty, reader), key=lambda line: line.at)


def since(duty: Obligation, revision: int, reader: User) -> list[Line]:
    """What happened after the duty was seen at this revision, oldest first; empty where that cannot be told."""
    event = apps.get_model("obligations", "ObligationEvent")
    replaced = event.objects.filter(pgh_obj=duty.pk, revision=revision).order_by("pgh_id").first()
    if replaced is None:
        return []
    return [line for line in history(duty, reader) if line.at >= replaced.pgh_created_at - CLOCKS]


def _of_duty(duty: Obligation) -> Iterable[Line]:
    """From each kept version to the next, and from the last to what is now."""
    event = apps.get_model("obligations", "ObligationEvent")
    kept = list(event.objects.filter(pgh_obj=duty.pk).select_related("pgh_context").order_by("pgh_id"))
    for before, after in pairwise([*kept, duty]):
        at, person = before.pgh_created_at, _person(before)
        if after.state != before.state:
            yield _moved(before, after, at, person)
        if after.extended_to != before.extended_to:
            yield _extended(after, at)
        if after.due_on != before.due_on:
            yield Line(at, _("New date by law: %(day)s") % {"day": _day(after.due_on)}, person=person)
        if after.listings_needed != before.listings_needed:
            title = _("Technologies needed: %(count)d") % {"count": after.listings_needed}
            yield Line(at, title, person=person)
        if after.institute_id != before.institute_id:
            yield Line(at, _("Another institute owes it now"), person=person)


def _moved(before: Any, after: Any, at: datetime, person: int | None) -> Line:
    """Who verified stands in the row; otherwise it is who was signed in, if anybody."""
    title = str(DutyState(after.state).label)
    if after.state == DutyState.VERIFIED:
        return Line(at, title, text=after.get_verified_how_display(), person=after.verified_by_id)
    if before.state == DutyState.DROPPED:
        return Line(at, _("Owed again"), person=person)
    if after.state == DutyState.DROPPED:
        return Line(at, title, text=after.get_closed_reason_display(), person=person)
    return Line(at, title, person=person)


def _extended(after: Any, at: datetime) -> Line:
    if after.extended_to is None:
        return Line(at, _("The accepted delay does not hold any more"))
    title = _("A reason for delay was accepted, until %(day)s") % {"day": _day(after.extended_to)}
    return Line(after.extended_at, title, text=after.extension_reason, person=after.extended_by_id)


def _of_discharges(duty: Obligation) -> Iterable[Line]:
    """Named, taken back, named again: the row holds the last, its kept versions the others."""
    event = apps.get_model("obligations", "DischargeEvent")
    rows = {row.pk: row for row in duty.discharges.select_related("listing")}
    for kept in [*event.objects.filter(pgh_obj__in=list(rows)).order_by("pgh_id"), *rows.values()]:
        row = rows[getattr(kept, "pgh_obj_id", kept.pk)]
        name = f"{row.listing.number or ''} {row.listing.title_ko or row.listing.title_en}".strip()
        yield Line(kept.at, _("Listed by a technology"), text=name, person=kept.by_id)
        if kept.ended_at:
            why = f"{name}: {kept.get_why_ended_display()}"
            yield Line(kept.ended_at, _("The technology does not count any more"), text=why, person=kept.ended_by_id)


def _of_exemptions(duty: Obligation, reader: User) -> Iterable[Line]:
    for row in Exemption.objects.visible_to(reader).filter(obligation=duty):
        asked = _("An extension of the exemption was asked for") if row.extends_id else _("An exemption was asked for")
        ground = _("%(ground)s, until %(day)s") % {"ground": row.get_ground_display(), "day": _day(row.asked_until)}
        yield Line(row.asked_at, asked, text=ground, person=row.asked_by_id)
        if row.decided_at and row.until:
            granted = _("The exemption was granted until %(day)s") % {"day": _day(row.until)}
            yield Line(row.decided_at, granted, text=row.decision_text, person=row.decided_by_id)
        elif row.decided_at:
            yield Line(row.decided_at, _("The exemption was refused"), text=row.decision_text, person=row.decided_by_id)
        if row.state == ExemptionState.TAKEN_BACK:
            yield Line(row.taken_back_at, _("The exemption was taken back"), person=row.taken_back_by_id)
        if row.ended_at:
            ended = _("The exemption ended")
            yield Line(row.ended_at, ended, text=row.get_why_ended_display(), person=row.taken_back_by_id)


def _of_openings(duty: Obligation) -> Iterable[Line]:
    for row in EvidenceOpening.objects.filter(exemption__obligation=duty).select_related("exemption"):
        title = _("The evidence was opened")
        yield Line(row.opened_at, title, text=row.exemption.evidence_name, person=row.opened_by_id)


def _named(lines: list[Line], duty: Obligation, reader: User) -> list[Line]:
    ids = {line.person for line in lines if line.person}
    people = User.objects.in_bulk(ids)
    own = set(Membership.objects.filter(user__in=ids, organization=duty.institute_id).values_list("user_id", flat=True))
    everybody = sees_all(reader)

    def name(person: int | None) -> str:
        if person is None or person not in people:
            return ""
        if person in own:
            return f"{duty.institute.display_name} · {people[person]}"
        return str(people[person]) if everybody else _("An officer")

    return [replace(line, by=name(line.person)) for line in lines]


def _person(event: Any) -> int | None:
    """Who was signed in when the version was replaced (HistoryMiddleware)."""
    context = getattr(event, "pgh_context", None)
    user = (context.metadata or {}).get("user") if context else None
    return int(user) if isinstance(user, int | str) and str(user).isdecimal() else None


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
