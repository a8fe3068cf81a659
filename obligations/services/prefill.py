"""What is known of a technology before anybody types: from its result, its project and records of its patent.

For many duties at once, with the same number of questions as for one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from obligations.enums import ResultKind
from obligations.models import DutyDraft, Obligation, ResearchResult
from tech_listings.enums import PUBLIC_STATES, DealKind, ListingState, Origin, RightKind, RightStatus
from tech_listings.models import Listing, Right, Source
from tech_listings.services.edit import RIGHT_FIELDS

HANGUL = re.compile("[가-힣]")
FROM_RECORD = ("summary_ko", "summary_en", "summary_zh", "problem", "effect", "keywords", "ipc_codes", "trl")
"""What a record of the same patent says of the invention itself, whoever holds it."""

FROM_SIBLING = ("field_of_use", "st_class", "ksic_code")
"""What technologies of one project usually share."""

RIGHT_KINDS = {
    ResultKind.PATENT: (RightKind.PATENT, RightStatus.APPLIED),
    ResultKind.SOFTWARE: (RightKind.SOFTWARE, RightStatus.NONE),
    ResultKind.KNOW_HOW: (RightKind.KNOW_HOW, RightStatus.NONE),
}


@dataclass
class Known:
    """Values for a draft by field, its rights, where each came from, and the people who invented it."""

    content: dict[str, Any] = field(default_factory=dict)
    rights: list[dict[str, Any]] = field(default_factory=list)
    origins: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: list[dict[str, str]] = field(default_factory=list)

    def say(self, name: str, value: Any, origin: Origin) -> None:
        """Put a value in, unless there is none or something better was there before."""
        if value not in ("", None, []) and name not in self.content:
            self.content[name] = value
            self.origins[name] = {"from": origin.value, "value": value}


def gather(duties: Sequence[Obligation]) -> dict[int, Known]:
    """By primary key of the duty. `duties` come with project, result and institute, all of one institute."""
    institute = {duty.institute_id for duty in duties}
    records = _records({duty.result.number for duty in duties if duty.result and _is_patent(duty.result)}, institute)
    siblings = _siblings({duty.project_id for duty in duties}, institute)
    usual = _usual(institute)
    found = {}
    for duty in duties:
        known, result = Known(), duty.result
        assert result is not None
        _say_result(known, duty, result, records.get(result.number) if _is_patent(result) else None)
        for name in FROM_SIBLING:
            known.say(name, _first(siblings.get(duty.project_id, ()), name), Origin.SIBLING)
        for name, value, origin in usual:
            known.say(name, value, origin)
        found[duty.pk] = known
    return found


def _is_patent(result: ResearchResult | None) -> bool:
    return result is not None and result.kind == ResultKind.PATENT and bool(result.number)


def _say_result(known: Known, duty: Obligation, result: ResearchResult, record: Right | None) -> None:
    known.say("title_ko" if HANGUL.search(result.title) else "title_en", result.title[:500], Origin.RESULT)
    known.people = [{"name": who["name"], "email": who.get("email", "")} for who in result.inventors if who.get("name")]
    if record is not None:
        listing = record.listing
        other = "title_en" if "title_ko" in known.content else "title_ko"
        known.say(other, getattr(listing, other), Origin.PATENT_RECORD)
        for name in (*FROM_RECORD, *FROM_SIBLING):
            known.say(name, getattr(listing, name), Origin.PATENT_RECORD)
    _say_project(known, duty)
    if result.kind in RIGHT_KINDS:
        kind, status = RIGHT_KINDS[ResultKind(result.kind)]
        right = {"kind": kind, "country": "KR", "title": result.title[:500], "status": status}
        if kind == RightKind.PATENT:
            right["application_number"] = result.number
        elif kind == RightKind.SOFTWARE:
            right["registration_number"] = result.number
        if record is not None:
            right |= {name: getattr(record, name) for name in RIGHT_FIELDS if getattr(record, name)}
        known.rights = [right]
        known.origins["rights"] = {"from": (Origin.PATENT_RECORD if record else Origin.RESULT).value, "value": None}


def _say_project(known: Known, duty: Obligation) -> None:
    """A sentence that says where the technology comes from, where nothing better is known. In the result's language."""
    language = "ko" if "title_ko" in known.content else "en"
    if any(known.content.get(f"summary_{code}") for code in ("ko", "en")):
        return
    project = duty.project
    with translation.override(language):
        text = _("Result of the R&D project “%(title)s” (%(number)s, %(ministry)s).") % {
            "title": project.title, "number": project.number, "ministry": project.ministry,
        }  # fmt: skip
    known.say(f"summary_{language}", text, Origin.PROJECT)


def _records(numbers: set[str], institutes: set[int]) -> dict[str, Right]:
    """The fullest record of each number: of what the institute has not discarded, or of what anybody has published."""
    if not numbers:
        return {}
    rows = Right.objects.filter(application_number__in=numbers, kind=RightKind.PATENT).select_related("listing")
    rows = rows.exclude(listing__state=ListingState.DISCARDED)  # whoever threw it away does not want it back
    best: dict[str, Right] = {}
    for right in rows.order_by("pk"):
        listing = right.listing
        if listing.holder_id not in institutes and listing.state not in PUBLIC_STATES:
            continue
        held = best.get(right.application_number)
        if held is None or _fullness(right, institutes) > _fullness(held, institutes):
            best[right.application_number] = right
    return best


def _fullness(right: Right, institutes: set[int]) -> tuple[int, bool]:
    listing = right.listing
    said = [getattr(right, name) for name in RIGHT_FIELDS] + [getattr(listing, name) for name in FROM_RECORD]
    return sum(1 for value in said if value), listing.holder_id in institutes


def _siblings(projects: set[int], institutes: set[int]) -> dict[int, list[Listing]]:
    """The institute's technologies that were written for other results of the same projects, newest first."""
    rows = DutyDraft.objects.alive().filter(obligation__project__in=projects, listing__holder__in=institutes)
    found: dict[int, list[Listing]] = {}
    for draft in rows.select_related("listing", "obligation").order_by("-pk")[:500]:
        found.setdefault(draft.obligation.project_id, []).append(draft.listing)
    return found


def _usual(institutes: set[int]) -> list[tuple[str, Any, Origin]]:
    """Deal types and conditions of the newest file source that says them, else conditions of the newest technology."""
    usual: list[tuple[str, Any, Origin]] = []
    source = Source.objects.filter(organization__in=institutes).exclude(conditions_of_use="").order_by("-pk").first()
    listing = Listing.objects.filter(holder__in=institutes, registered_at__isnull=False).exclude(conditions_of_use="")
    if source is not None:
        usual.append(("deal_kinds", list(source.deal_kinds), Origin.INSTITUTE))
        usual.append(("conditions_of_use", source.conditions_of_use, Origin.INSTITUTE))
    elif (last := listing.order_by("-registered_at", "-pk").first()) is not None:
        usual.append(("conditions_of_use", last.conditions_of_use, Origin.INSTITUTE))
    usual.append(("deal_kinds", [DealKind.NON_EXCLUSIVE_LICENCE.value], Origin.LAW))
    return usual


def _first(listings: Iterable[Listing], name: str) -> Any:
    return next((value for listing in listings if (value := getattr(listing, name))), "")
