"""Whether a technology that is said to list a result is that result: number, holder and project (design of the bank).

Where the number of a patent application, holder and project agree the house verifies by itself
(`services.settle_sql.AGREES`). Where something does not agree, institute and officer are told what. A result without a
number leaves nothing to compare with it: an officer looks at it in any case.
"""

from collections.abc import Iterable, Mapping

from obligations.enums import Agreement
from obligations.models import Discharge, Obligation, ResearchResult
from obligations.querysets import DischargeQuerySet


def disagreements(discharges: DischargeQuerySet) -> dict[int, list[Agreement]]:
    """What does not agree, by primary key of the discharge; empty where all does. Five questions for all of them."""
    rows = list(
        discharges.select_related("obligation__result", "obligation__project", "listing")
        .prefetch_related("listing__rights", "obligation__project__partners")
        .order_by("pk")
    )
    numbers = {row.obligation.result.number for row in rows if row.obligation.result}
    shown = ResearchResult.objects.live().filter(project__is_security=False)
    same = shown.filter(number__in=numbers - {""}).order_by()
    projects: dict[str, set[int]] = {}
    for number, project in same.values_list("number", "project"):
        projects.setdefault(number, set()).add(project)
    return {row.pk: list(_of(row, projects)) for row in rows}


def _of(row: Discharge, projects: Mapping[str, set[int]]) -> Iterable[Agreement]:
    duty, project, holder = row.obligation, row.obligation.project, row.listing.holder_id
    number = duty.result.number if duty.result else ""
    held = {n for right in row.listing.rights.all() for n in (right.application_number, right.registration_number)}
    if number and number not in held:
        yield Agreement.NUMBER
    if holder != duty.institute_id:
        yield Agreement.HOLDER
    takes_part = holder == project.lead_id or any(partner.pk == holder for partner in project.partners.all())
    if not takes_part or projects.get(number, set()) - {project.pk}:
        yield Agreement.PROJECT


def disagreements_of_duties(duties: Iterable[Obligation]) -> dict[int, list[Agreement]]:
    """The same by primary key of the duty: what does not agree of any technology that counts for it."""
    live = Discharge.objects.live().filter(obligation__in=[duty.pk for duty in duties])
    owner = dict(live.values_list("pk", "obligation"))
    found: dict[int, set[Agreement]] = {}
    for pk, lacking in disagreements(live).items():
        found.setdefault(owner[pk], set()).update(lacking)
    return {pk: [each for each in Agreement if each in lacking] for pk, lacking in found.items()}
