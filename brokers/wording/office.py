"""Steps of an application in words, for the applicant and for officers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokers.enums.office import OTHER_PART, Recommendation, StepKind
from brokers.enums.registration import RequirementKey
from brokers.models import ApplicationStep


@dataclass(frozen=True)
class StepInWords:
    """A line of the timeline. `facts` are short sentences, `parts` (part, what is missing of it)."""

    title: str
    at: datetime
    by: str = ""
    text: str = ""
    note: str = ""
    facts: list[str] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)


def steps_in_words(steps: Iterable[ApplicationStep], *, for_officers: bool) -> list[StepInWords]:
    """In the order given. Applicants read neither notes nor names of officers, nor what others advised."""
    found = []
    for step in steps:
        if not for_officers and step.kind == StepKind.ADVICE:
            continue
        is_theirs = step.is_of_the_applicant
        name = str(step.by or "") if for_officers or is_theirs else _("Officer") if step.by_id else ""
        shows_text = for_officers or step.kind != StepKind.PASSED
        found.append(
            StepInWords(
                title=str(step.get_kind_display()),
                at=step.at,
                by=name,
                text=step.text if shows_text else "",
                note=step.note if for_officers else "",
                facts=_facts(step, for_officers=for_officers),
                parts=[(part_label(key), text) for key, text in step.parts.items()],
            )
        )
    return found


def part_label(key: str) -> str:
    """What a part of an application is called."""
    return _("Something else") if key == OTHER_PART else str(RequirementKey(key).label)


def _day(given: str) -> str:
    return date_format(date.fromisoformat(given), "SHORT_DATE_FORMAT")


def _facts(step: ApplicationStep, *, for_officers: bool) -> list[str]:
    data: dict[str, Any] = step.data
    if step.kind == StepKind.COMPLETION_ASKED:
        return [_("To be completed by %(day)s") % {"day": _day(data["due_on"])}]
    if step.kind == StepKind.PASSED and data.get("whose"):
        return [_("Advice asked of %(whose)s") % {"whose": data["whose"]}]
    if step.kind == StepKind.ADVICE:
        return [_("%(whose)s, %(day)s") % {"whose": data["whose"], "day": _day(data["given_on"])}]
    if step.kind == StepKind.COMMITTEE:
        return [_("Session on %(day)s") % {"day": _day(data["session_on"])}]
    if step.kind == StepKind.SESSION:
        facts = [_("Held on %(day)s") % {"day": _day(data["held_on"])}]
        if for_officers:
            facts.append(_("%(members)d members, %(votes_for)d for, %(votes_against)d against") % data)
        facts.append(_("Recommendation: %(what)s") % {"what": Recommendation(data["recommendation"]).label})
        return facts
    if step.kind == StepKind.DESIGNATED:
        return _of_registration(data, for_officers=for_officers)
    return []


def _of_registration(data: dict[str, Any], *, for_officers: bool) -> list[str]:
    facts = [_("Registration number %(number)s") % {"number": data["number"]}]
    if data.get("conditions"):
        facts.append(_("Conditions: %(text)s") % {"text": data["conditions"]})
    if for_officers:
        for key, why in data.get("accepted", {}).items():
            facts.append(_("%(requirement)s counts as met: %(why)s") % {"requirement": part_label(key), "why": why})
    return facts
