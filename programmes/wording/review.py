"""What an application says, in the reader's language, as officers and panel members read it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from marketplace.core.money import won
from programmes.enums.applications import PlanText
from programmes.models import Application
from programmes.scheme import Scheme

Pairs = list[tuple[str, str]]


def said_of(application: Application, scheme: Scheme) -> dict[str, Any]:
    """`texts`, `services`, `declared`, `facts` and `findings`: what was submitted, and what the check said then."""
    plan = application.plan
    labels = dict(PlanText.choices)
    services = []
    for each in plan.get("services", []):
        service = scheme.service(each.get("key", ""))
        services.append(
            {
                "name": str(service.words) if service else each.get("key", ""),
                "what": each.get("what", ""),
                "supply_won": each.get("supply_won"),
            }
        )
    conditions = {each.key: each for each in scheme.conditions}
    return {
        "texts": [(str(labels.get(key, key)), text) for key, text in plan.get("texts", {}).items()],
        "services": services,
        "declared": [str(conditions[key].words) for key in plan.get("declared", []) if key in conditions],
        "facts": facts_in_words(application.facts),
        "findings": [
            {
                "name": _condition(conditions.get(each.get("key", "")), each),
                "outcome": each.get("outcome", ""),
                "why": each.get("why", ""),
            }
            for each in application.checked
        ],
    }


def facts_in_words(facts: Mapping[str, Any]) -> Pairs:
    """What was known of the firm, flat: sums in won, lists in a row. What is empty is left out."""
    labels = {
        "name": _("Name"), "business_number": _("Business registration number"), "address": _("Address"),
        "corporate_number": _("Corporate registration number"), "founded_on": _("Founded on"), "region": _("Region"),
        "industry_code": _("Main industry"), "representatives": _("Representatives"), "owners": _("Owners"),
        "size": _("Size"), "average_sales_won": _("Average sales of three years (won)"), "years": _("Years"),
    }  # fmt: skip
    rows = []
    for key, value in facts.items():
        if value in (None, "", [], {}):
            continue
        rows.append((labels.get(key, key.replace("_", " ")), _text(key, value)))
    return rows


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int) and key.endswith("_won"):
        return won(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(name, each)}" for name, each in value.items() if each not in (None, ""))
    if isinstance(value, list):
        return "; ".join(_text(key, each) for each in value)
    return str(value)


def _condition(condition: Any, finding: Mapping[str, Any]) -> str:
    if condition is None:
        return str(finding.get("key", ""))
    return str(condition.words) if condition.words else str(condition.kind.label)


def paper_name(scheme: Scheme, key: str) -> str:
    return next((str(each.words) for each in scheme.papers if each.key == key), key)


def criteria_in_words(scheme: Scheme, points: Mapping[str, int]) -> list[tuple[str, int | None, int]]:
    """Each criterion with its points (None: not given) and the most there are."""
    return [(str(each.words), points.get(each.key), each.most) for each in scheme.criteria]
