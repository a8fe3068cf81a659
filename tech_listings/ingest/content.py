"""A record as what is stored: fields of a listing and of its right."""

import datetime
from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from tech_listings.enums import RightKind, RightStatus
from tech_listings.ingest.records import ListingRecord, language_of

RIGHT_KINDS = {"10": RightKind.PATENT, "20": RightKind.UTILITY_MODEL, "30": RightKind.DESIGN}
TERM_YEARS = {"10": 20, "20": 10}
"""Terms counted from filing: patents 20 years, utility models 10 (Patent Act art. 88, Utility Model Act art. 22)."""
KEPT = tuple(f.name for f in fields(ListingRecord) if f.name != "row")
_kept = attrgetter(*KEPT)
TEXTS = ("problem", "effect", "field_of_use")
LISTS = (("keywords", "keywords"), ("ipc", "ipc_codes"), ("deal_kinds", "deal_kinds"))
CODES = (("trl", "trl"), ("industry_codes", "ksic_code"), ("science_class", "st_class"))


def as_stored(record: ListingRecord) -> dict[str, Any]:
    """What is not empty, as JSON values: days as ISO text, a price as [won, negotiable]."""
    return {
        name: value.isoformat() if value.__class__ is datetime.date else value
        for name, value in zip(KEPT, _kept(record), strict=True)
        if value or value == 0
    }


def listing_content(record: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a listing that the record (see `as_stored`) says something about."""
    content: dict[str, Any] = dict(_texts(record))
    for theirs, ours in LISTS:
        if theirs in record:
            content[ours] = list(record[theirs])
    for theirs, ours in CODES:
        if theirs in record:
            content[ours] = record[theirs]
    won, negotiable = record.get("price", (None, False))
    if won is not None or negotiable:
        content["price_won"] = won
    return content


def _texts(record: Mapping[str, Any]) -> dict[str, str]:
    content = {name: record[name] for name in ("title_en", "title_zh", *TEXTS) if name in record}
    summary = "\n\n".join(filter(None, (record.get("overview"), record.get("abstract"))))
    title = record.get("title") or record.get("invention_title") or ""
    for name, text in (("title", title), ("summary", summary), ("value", record.get("value_sentence", ""))):
        if text:
            content.setdefault(f"{name}_{language_of(text)}", text)
    if "title_ko" not in content and "title_en" not in content:
        content["title_en"] = content["title_zh"]  # a listing needs a title in Korean or English
    if terms := "; ".join(filter(None, (record.get("conditions_of_use"), *record.get("licenses", ())))):
        content["conditions_of_use"] = terms
    return content


def right_content(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The right that the record names, or None. Days as ISO text."""
    applied, registered = record.get("application_number", ""), record.get("registration_number", "")
    if not applied and not registered:
        return None
    prefix = (applied or registered)[:2]
    korean = prefix.isdigit()
    return {
        "kind": RIGHT_KINDS.get(prefix, RightKind.PATENT).value,
        "country": "KR" if korean else ("WO" if prefix == "PC" else prefix),
        "title": record.get("invention_title") or record.get("title") or record.get("title_en") or "",
        "application_number": applied,
        "application_on": record.get("application_date"),
        "publication_number": record.get("publication_number", ""),
        "publication_on": record.get("publication_date"),
        "registration_number": registered,
        "registration_on": record.get("registration_date"),
        "status": record.get("right_status") or _status(record),
        "expires_on": record.get("expiry_date") or _expiry(record, prefix if korean else ""),
        "applicants": record.get("applicant", ""),
    }


def _status(record: Mapping[str, Any]) -> str:
    if record.get("registration_number"):
        return RightStatus.REGISTERED.value
    return (RightStatus.PUBLISHED if record.get("publication_number") else RightStatus.APPLIED).value


def _expiry(record: Mapping[str, Any], prefix: str) -> str | None:
    """The end of the term of a registered right; 29 February becomes 28 February."""
    applied = record.get("application_date")
    if not applied or not record.get("registration_number") or prefix not in TERM_YEARS:
        return None
    year = int(applied[:4]) + TERM_YEARS[prefix]
    return f"{year:04d}{applied[4:8]}28" if applied[5:] == "02-29" else f"{year:04d}{applied[4:]}"
