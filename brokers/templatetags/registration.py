"""How requirements and applications are shown."""

from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from brokers.enums.registration import ApplicationState, CareerRoute, Outcome, RequirementKey, RequirementUnit
from brokers.requirements import Finding, Needed

register = template.Library()

TONES = {
    ApplicationState.DRAFT: "gray",
    ApplicationState.COMPLETION: "warning",
    ApplicationState.TRAINING: "warning",
    ApplicationState.DESIGNATED: "success",
    ApplicationState.REFUSED: "danger",
    ApplicationState.REJECTED: "danger",
    ApplicationState.WITHDRAWN: "gray",
}
OUTCOME_TONES = {Outcome.MET: "success", Outcome.MISSING: "danger", Outcome.UNCLEAR: "warning"}


@register.filter
def application_tone(state: str) -> str:
    return TONES.get(ApplicationState(state), "information")


@register.filter
def outcome_tone(outcome: str) -> str:
    return OUTCOME_TONES[Outcome(outcome)]


@register.filter
def requirement_name(line: Needed | Finding) -> str:
    """The name of a requirement; of a career, its route."""
    route = getattr(line, "route", "")
    return str(CareerRoute(route).label if route else RequirementKey(line.key).label)


@register.filter
def amount(line: Needed) -> str:
    """`36 months`, `3 people`, `40 hours`; of a document that it is needed."""
    number = {"number": line.least}
    if line.unit == RequirementUnit.MONTHS:
        return ngettext("%(number)d month", "%(number)d months", line.least) % number
    if line.unit == RequirementUnit.HOURS:
        return ngettext("%(number)d hour", "%(number)d hours", line.least) % number
    if line.unit == RequirementUnit.PEOPLE:
        return ngettext("%(number)d person", "%(number)d people", line.least) % number
    return gettext("Needed")


@register.filter
def translated(text: Any) -> str:
    """A source as data, in the reader's language as far as the catalogues know it."""
    return gettext(str(text)) if text else ""
