"""What everybody may read of an object, as plain values: the same in the feed, in bulk files and for harvesters.

Each field is named here. What is confidential, and people's names, are not among them: a trader of the register is a
person, so that only number, kind and state of the entry are given (its page says the rest).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers.enums.registration import RegistrationKind
from brokers.models import Registration
from marketplace.core.errors import DomainError
from open_data.enums import Collection
from tech_listings.models import Listing, Right

AS_IT_IS = (
    "number", "state", "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko",
    "summary_en", "summary_zh", "problem", "effect", "field_of_use", "conditions_of_use", "keywords", "trl",
    "ipc_codes", "st_class", "ksic_code", "deal_kinds", "price_won", "right_summary",
)  # fmt: skip
OF_RIGHT = (
    "kind", "country", "title", "application_number", "application_on", "publication_number", "publication_on",
    "registration_number", "registration_on", "status", "expires_on",
)  # fmt: skip
OF_BROKER = (
    "conditions", "speciality", "regions", "languages", "introduction_ko", "introduction_en", "introduction_zh",
    "fee_text",
)  # fmt: skip


def _said(value: Any) -> Any:
    """As it stands in JSON: days as they are, moments in Korean time."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _organization(row: Organization) -> dict[str, Any]:
    return {
        "id": str(row.public_id), "name": row.name, "name_en": row.name_en, "name_zh": row.name_zh, "kind": row.kind,
        "institute_kind": row.institute_kind, "region_code": row.region_code, "answer_days": row.answer_days,
    }  # fmt: skip


def _listing(row: Listing) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        **{name: getattr(row, name) for name in AS_IT_IS},
        "registered_at": _said(row.registered_at),
        "confirmed_on": _said(row.confirmed_on),
        "outcome": row.outcome,
        "outcome_on": _said(row.outcome_on),
        "holder": _organization(row.holder),
        "rights": [{name: _said(getattr(right, name)) for name in OF_RIGHT} for right in row.rights.all()],
        "url": f"{settings.SITE_URL}/technologies/{row.number}/",
    }


def _broker(row: Registration) -> dict[str, Any]:
    is_person = row.kind == RegistrationKind.TRADER
    open_words = {name: [] if name in ("regions", "languages") else "" for name in OF_BROKER}
    office = None if is_person or row.organization is None else _organization(row.organization)
    return {
        "id": str(row.public_id),
        "number": row.number,
        "kind": row.kind,
        "state": row.public_state_on(timezone.localdate()).value,
        "suspended_until": _said(row.suspended_until),
        "registered_at": _said(row.registered_at),
        "cancelled_at": _said(row.cancelled_at),
        "office": office,
        "ipc_prefixes": [] if is_person else row.ipc_prefixes,
        **(open_words if is_person else {name: getattr(row, name) for name in OF_BROKER}),
        "url": f"{settings.SITE_URL}/brokers/{row.number}/",
    }


SHAPES: dict[str, Callable[[Any], dict[str, Any]]] = {Collection.LISTINGS: _listing, Collection.BROKERS: _broker}
FIELDS: dict[str, tuple[str, ...]] = {
    Collection.LISTINGS: (
        "id", *AS_IT_IS, "registered_at", "confirmed_on", "outcome", "outcome_on", "holder", "rights", "url",
    ),
    Collection.BROKERS: (
        "id", "number", "kind", "state", "suspended_until", "registered_at", "cancelled_at", "office", "ipc_prefixes",
        *OF_BROKER, "url",
    ),
}  # fmt: skip
"""The names of what a record holds, in their order."""


def public_rows(collection: str) -> QuerySet[Any]:
    """Everything of the collection that opens for everybody, with what a record needs."""
    if collection == Collection.BROKERS:
        return Registration.objects.select_related("organization")
    rights = Right.objects.order_by("pk")
    shown = Listing.objects.shown().defer("confidential_text", "confidential_reason")
    return shown.select_related("holder").prefetch_related(Prefetch("rights", rights))


def record(collection: str, row: Model) -> dict[str, Any]:
    return SHAPES[collection](row)


def records(
    collection: str, ids: Iterable[UUID], *, fields: Iterable[str] | None = None
) -> dict[UUID, tuple[dict[str, Any], str | None]]:
    """Record and number of those of `ids` that open for everybody. Three questions at most."""
    wanted = None if fields is None else set(fields)
    rows = public_rows(collection).filter(public_id__in=list(ids)).order_by("pk")
    return {row.public_id: (_only(record(collection, row), wanted), row.number) for row in rows}


def all_records(collection: str, *, at_once: int = 1_000) -> Iterator[dict[str, Any]]:
    """All of them by age, read little by little. Within a transaction, from one moment."""
    for row in public_rows(collection).order_by("pk").iterator(chunk_size=at_once):
        yield record(collection, row)


def _only(whole: dict[str, Any], wanted: set[str] | None) -> dict[str, Any]:
    return whole if wanted is None else {name: value for name, value in whole.items() if name in wanted}


def chosen_fields(collection: str, text: str) -> list[str]:
    """The names in `text`, separated by commas. Raises `DomainError` naming one that is not known."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FIELDS[collection]:
            known = ", ".join(FIELDS[collection])
            raise DomainError(_("There is no such field. Known are: %(names)s.") % {"names": known}, field="opt_fields")
    return names
