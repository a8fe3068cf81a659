"""What an application says, in the reader's language, as officers and panel members read it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.enums import Region
from accounts.numbers import format_business_number, format_corporate_number
from marketplace.core.money import in_percent, won
from programmes.eligibility import BANDS, bands_label, in_readers_words, label_of
from programmes.enums.applications import PlanText
from programmes.models import Application
from programmes.scheme import Scheme
from programmes.sizes import Size

Pairs = list[tuple[str, str]]


def said_of(application: Application, scheme: Scheme) -> dict[str, Any]:
    """`texts`, `services`, `declared`, `facts` and `findings`: what was submitted, and what the check said then."""
    plan = application.plan
    texts = plan.get("texts", {})
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
        "texts": [(label, texts[key]) for key, label in PlanText.choices if texts.get(key)],
        "services": services,
        "declared": [str(conditions[key].words) for key in plan.get("declared", []) if key in conditions],
        "facts": facts_in_words(application.facts),
        "findings": [
            {
                "name": _condition(conditions.get(each.get("key", "")), each),
                "outcome": each.get("outcome", ""),
                "why": each["why"],
            }
            for each in map(in_readers_words, application.checked)
        ],
    }


def facts_in_words(facts: Mapping[str, Any]) -> Pairs:
    """What was known of the firm, flat: sums in won, lists in a row. What is empty is left out."""
    labels = {
        "name": pgettext("organization", "Name"), "business_number": _("Business registration number"),
        "address": pgettext("of a firm", "Address"),
        "corporate_number": _("Corporate registration number"), "founded_on": _("Founded on"), "region": _("Region"),
        "industry_code": _("Main industry"), "representatives": _("Representatives"), "owners": _("Owners"),
        "size": pgettext("of a firm", "Size"), "average_sales_won": _("Average sales of three years (won)"),
        "years": _("Years"), "region_code": _("Region"), "transfers": _("Technologies taken over"),
        "transfers_declared": _("Technologies taken over, not checked yet"),
        "awards": _("Awards in the last five years"), "is_excluded": _("Excluded from programmes"),
        "owes_money": _("Owes money that was asked back"),
    }  # fmt: skip
    rows = []
    for key, value in facts.items():
        if value in (None, "", [], {}):
            continue
        rows.append((labels.get(key, key.replace("_", " ")), _text(key, value)))
    return rows


NUMBERS = {"business_number": format_business_number, "corporate_number": format_corporate_number}


def _size(value: str) -> str:
    words: dict[str, str] = {
        Size.SMALL: pgettext("size of a firm", "Small enterprise"),
        Size.MEDIUM: pgettext("size of a firm", "Medium enterprise"),
        Size.NOT_SME: pgettext("size of a firm", "No small or medium enterprise"),
        Size.UNCLEAR: pgettext("size of a firm", "Not known"),
    }
    return words.get(value, value)


def _within(name: str) -> str:
    """What a year or an owner says, by the name it is kept under."""
    return {
        "ends_on": pgettext("fiscal year", "ends on"), "sales_won": pgettext("fiscal year", "sales"),
        "assets_won": pgettext("fiscal year", "assets"), "employees": pgettext("fiscal year", "employees"),
        "name": pgettext("agency or firm", "Name"), "business_number": _("Business registration number"),
        "share_bp": pgettext("owner", "share"),
    }.get(name, name.replace("_", " "))  # fmt: skip


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int) and key.endswith("_won"):
        return won(value)
    if isinstance(value, int) and key.endswith("_bp"):
        return f"{in_percent(value).removesuffix('.00')}%"
    if key == "region_code":
        return str(dict(Region.choices).get(value, value))
    if key == "size":
        return _size(value)
    if key in NUMBERS and isinstance(value, str):
        return NUMBERS[key](value)
    if key == "ends_on":
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if isinstance(value, dict):
        return ", ".join(
            f"{_within(name)}: {_text(name, each)}" for name, each in value.items() if each not in (None, "")
        )
    if isinstance(value, list):
        return "; ".join(_text(key, each) for each in value)
    return str(value)


def _condition(condition: Any, finding: Mapping[str, Any]) -> str:
    """The sentence that applicants read; of a condition that this version of the call does not know, its key."""
    if condition is not None:
        return label_of(condition)
    key = str(finding.get("key", ""))
    return bands_label() if key == BANDS else key


def paper_name(scheme: Scheme, key: str) -> str:
    return next((str(each.words) for each in scheme.papers if each.key == key), key)


def criteria_in_words(scheme: Scheme, points: Mapping[str, int]) -> list[tuple[str, int | None, int]]:
    """Each criterion with its points (None: not given) and the most there are."""
    return [(str(each.words), points.get(each.key), each.most) for each in scheme.criteria]
